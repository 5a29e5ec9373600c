namespace Anumate.Cel;

/// <summary>
/// Which optional fields are known to be there: <c>has(x.f)</c>, <c>x.?f.hasValue()</c> and <c>"f" in x</c> hold where they have been found true, that is in
/// later operands of <c>&amp;&amp;</c>, in the chosen branch of <c>?:</c>, and negated in later operands of <c>||</c>.
/// </summary>
sealed class Presence
{
    readonly HashSet<string> known;

    public Presence(IEnumerable<string> assumed) => known = new(assumed, StringComparer.Ordinal);

    public bool Has(Typed target, string field) => PathOf(target) is { } path && known.Contains(Below(path, field));

    /// <summary>A field as an author would write it.</summary>
    public static string Show(Typed target, string field) =>
        PathOf(target) is { } path && path[0] != '\0' ? Below(path, field).Replace('\0', '.') : $"….{field}";

    /// <summary>Adds what follows from a part being true (or false) and returns what was new, to be taken back.</summary>
    public IReadOnlyList<string> Add(Typed condition, bool isTrue) => [.. Facts(condition, isTrue).Where(known.Add)];

    public void Remove(IEnumerable<string> facts) => known.ExceptWith(facts);

    /// <summary>The fields that must be there for a part to be true (or false).</summary>
    public static IEnumerable<string> Facts(Typed part, bool isTrue) => part switch
    {
        FieldTest test when isTrue && PathOf(test.Target) is { } path => [Below(path, test.Field)],
        Invoke { Function.Name: "@in" } call when isTrue => OfMembership(call.Arguments[0], call.Arguments[1]),
        Invoke { Function.Name: "hasValue" } call when isTrue && call.Arguments[0] is Invoke { Function.Name: Optionals.Select } read =>
            OfMembership(read.Arguments[1], read.Arguments[0]),
        Invoke { Function.Name: "!_" } call => Facts(call.Arguments[0], !isTrue),
        TypedLogic logic when logic.IsAnd == isTrue => logic.Operands.SelectMany(o => Facts(o, isTrue)),
        TypedLogic logic => logic.Operands.Select(o => Facts(o, isTrue)).Aggregate((a, b) => a.Intersect(b)),
        _ => [],
    };

    static IEnumerable<string> OfMembership(Typed key, Typed map) =>
        key is Constant { Value.StringOrNull: { } field } && PathOf(map) is { } path
            ? [Below(path, field)]
            : [];

    static string Below(string path, string field) => $"{path}\0{field}";

    /// <summary>A name for what a part reads, the same for the same fields and constant keys; null for anything computed.</summary>
    static string? PathOf(Typed part) => part switch
    {
        Variable v => v.Name,
        Local l => $"\0{l.Slot}",
        FieldRead f => PathOf(f.Target) is { } path ? Below(path, f.Field) : null,
        Invoke { Function.Name: "_[_]" } call when call.Arguments[1] is Constant key =>
            PathOf(call.Arguments[0]) is { } path ? Below(path, key.Value.StringOrNull ?? $"[{key.Value}]") : null,
        _ => null,
    };
}
