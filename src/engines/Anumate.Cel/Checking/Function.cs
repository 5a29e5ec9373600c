using System.Collections.Frozen;

namespace Anumate.Cel;

/// <summary>One way to call a function. A receiver is the first parameter.</summary>
sealed record Overload(bool IsMember, CelType[] Parameters, CelType Result, string Text);

delegate CelValue Code1(ref Frame frame, CelValue a);

delegate CelValue Code2(ref Frame frame, CelValue a, CelValue b);

delegate CelValue Code3(ref Frame frame, CelValue a, CelValue b, CelValue c);

delegate CelValue Code4(ref Frame frame, CelValue a, CelValue b, CelValue c, CelValue d);

/// <summary>
/// A function: what the checker must know of it, and its code for each number of arguments. The code chooses by the kinds it meets,
/// since arguments may be dyn; it is never given an error.
/// </summary>
sealed record Function(string Name, Overload[] Overloads, Code1? One = null, Code2? Two = null, Code3? Three = null, Code4? Four = null)
{
    public bool Accepts(int arguments) => arguments switch
    {
        1 => One is not null,
        2 => Two is not null,
        3 => Three is not null,
        4 => Four is not null,
        _ => false,
    };
}

/// <summary>Reads signatures such as <c>string.contains(string) -> bool</c>, <c>_+_(list(A), list(A)) -> list(A)</c>.</summary>
static class Signature
{
    public static Overload Parse(string text)
    {
        var arrow = text.IndexOf(" -> ", StringComparison.Ordinal);
        var open = text.IndexOf('(');
        var dot = text.IndexOf('.');
        var member = (dot > 0 && dot < open && Simple.ContainsKey(text[..dot]))
            || text.StartsWith("list(", StringComparison.Ordinal) || text.StartsWith("map(", StringComparison.Ordinal)
            || text.StartsWith("optional(", StringComparison.Ordinal);
        var parameters = new List<CelType>();
        var at = 0;
        if (member)
        {
            parameters.Add(Type(text, ref at));
            open = text.IndexOf('(', at);
        }

        at = open + 1;
        while (text[at] != ')')
        {
            parameters.Add(Type(text, ref at));
            if (text[at] == ',')
            {
                at += 2;
            }
        }

        at = arrow + 4;
        return new(member, [.. parameters], Type(text, ref at), text);
    }

    static CelType Type(string text, ref int at)
    {
        var start = at;
        while (at < text.Length && char.IsLetter(text[at]))
        {
            at++;
        }

        var name = text[start..at];
        switch (name)
        {
            case "list":
                at++;
                var element = Type(text, ref at);
                at++;
                return CelType.List(element);
            case "map":
                at++;
                var key = Type(text, ref at);
                at += 2;
                var value = Type(text, ref at);
                at++;
                return CelType.Map(key, value);
            case "optional":
                at++;
                var held = Type(text, ref at);
                at++;
                return CelType.Optional(held);
            case "type":
                at++;
                var inner = Type(text, ref at);
                at++;
                return CelType.TypeOf(inner);
            default:
                return Simple[name];
        }
    }

    static readonly FrozenDictionary<string, CelType> Simple = new Dictionary<string, CelType>
    {
        ["A"] = CelType.Parameter(0),
        ["B"] = CelType.Parameter(1),
        ["dyn"] = CelType.Dyn,
        ["null"] = CelType.Null,
        ["bool"] = CelType.Bool,
        ["int"] = CelType.Int,
        ["uint"] = CelType.Uint,
        ["double"] = CelType.Double,
        ["string"] = CelType.String,
        ["bytes"] = CelType.Bytes,
        ["timestamp"] = CelType.Timestamp,
        ["duration"] = CelType.Duration,
        ["money"] = CelType.Money,
        ["IP"] = CelType.Ip,
        ["CIDR"] = CelType.Cidr,
    }.ToFrozenDictionary();
}
