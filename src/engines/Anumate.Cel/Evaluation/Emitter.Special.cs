namespace Anumate.Cel;

sealed partial class Emitter
{
    const int SmallList = 8;

    /// <summary>Shorter ways for what policies do most; each agrees with the function it stands for, and falls back to it.</summary>
    static Code? Special(Invoke node, Part[] parts, Position at)
    {
        if (parts.Length != 2)
        {
            return null;
        }

        return node.Function.Name switch
        {
            "_==_" when parts[1].Value.StringOrNull is { } text => EqualText(parts[0].Code, text, at, node.Function.Two!, wanted: true),
            "_!=_" when parts[1].Value.StringOrNull is { } text => EqualText(parts[0].Code, text, at, node.Function.Two!, wanted: false),
            "@in" when parts[1].Value.As<ListPayload>() is { Count: > SmallList } list && list.All(IsHashable)
                => InSet(parts[0].Code, list),
            "matches" when parts[1].Value.StringOrNull is { } pattern => Match(parts[0].Code, parts[1].Value, Patterns.Of(pattern), at),
            _ => null,
        };
    }

    static Code EqualText(Code a, string text, Position at, Code2 function, bool wanted)
    {
        var constant = CelValue.Of(text);
        return (ref frame) =>
        {
            var x = a(ref frame);
            if (x.StringOrNull is { } other)
            {
                return CelValue.Of(string.Equals(other, text) == wanted);
            }

            return x.IsError ? x : Place(ref frame, function(ref frame, x, constant), at);
        };
    }

    public static bool IsHashable(CelValue value) => value.Kind is CelKind.String or CelKind.Int or CelKind.Uint or CelKind.Bool or CelKind.Double;

    static Code InSet(Code a, ListPayload list)
    {
        var set = new HashSet<CelValue>(list.Items);
        return (ref frame) =>
        {
            var x = a(ref frame);
            return x.IsError ? x : CelValue.Of(set.Contains(x));
        };
    }

    static Code Match(Code a, CelValue pattern, Patterns compiled, Position at) => (ref frame) =>
    {
        var x = a(ref frame);
        return x.IsError ? x
            : x.StringOrNull is { } text ? Place(ref frame, compiled.Match(ref frame, text), at)
            : Place(ref frame, Operators.NoOverload("matches", x, pattern), at);
    };
}
