using System.Collections.Frozen;

namespace Anumate.Cel;

/// <summary>All functions an expression can call. There is no I/O and no clock among them.</summary>
static class Standard
{
    static readonly Function[] All =
    [
        F("!_", one: Operators.Not, signatures: "!_(bool) -> bool"),
        F("-_", one: Operators.Negate, signatures: ["-_(int) -> int", "-_(double) -> double"]),
        F("_==_", two: Operators.Equal, signatures: "_==_(A, A) -> bool"),
        F("_!=_", two: Operators.NotEqual, signatures: "_!=_(A, A) -> bool"),
        Comparison("_<_", Operators.Less),
        Comparison("_<=_", Operators.LessOrEqual),
        Comparison("_>_", Operators.Greater),
        Comparison("_>=_", Operators.GreaterOrEqual),
        F("_+_", two: Operators.Add, signatures:
        [
            "_+_(int, int) -> int", "_+_(uint, uint) -> uint", "_+_(double, double) -> double", "_+_(string, string) -> string",
            "_+_(bytes, bytes) -> bytes", "_+_(list(A), list(A)) -> list(A)", "_+_(timestamp, duration) -> timestamp",
            "_+_(duration, timestamp) -> timestamp", "_+_(duration, duration) -> duration", "_+_(money, money) -> money",
        ]),
        F("_-_", two: Operators.Subtract, signatures:
        [
            "_-_(int, int) -> int", "_-_(uint, uint) -> uint", "_-_(double, double) -> double", "_-_(timestamp, timestamp) -> duration",
            "_-_(timestamp, duration) -> timestamp", "_-_(duration, duration) -> duration", "_-_(money, money) -> money",
        ]),
        F("_*_", two: Operators.Multiply, signatures: ["_*_(int, int) -> int", "_*_(uint, uint) -> uint", "_*_(double, double) -> double"]),
        F("_/_", two: Operators.Divide, signatures: ["_/_(int, int) -> int", "_/_(uint, uint) -> uint", "_/_(double, double) -> double"]),
        F("_%_", two: Operators.Remainder, signatures: ["_%_(int, int) -> int", "_%_(uint, uint) -> uint"]),
        F("@in", two: Operators.In, signatures: ["@in(A, list(A)) -> bool", "@in(A, map(A, B)) -> bool"]),
        F("_[_]", two: Operators.At, signatures:
        [
            "_[_](list(A), int) -> A", "_[_](map(A, B), A) -> B",
            "_[_](optional(list(A)), int) -> optional(A)", "_[_](optional(map(A, B)), A) -> optional(B)",
        ]),
        F("size", one: Strings.Size, signatures:
        [
            "size(string) -> int", "size(bytes) -> int", "size(list(A)) -> int", "size(map(A, B)) -> int",
            "string.size() -> int", "bytes.size() -> int", "list(A).size() -> int", "map(A, B).size() -> int",
        ]),
        F("contains", two: Strings.Contains, signatures: "string.contains(string) -> bool"),
        F("startsWith", two: Strings.StartsWith, signatures: "string.startsWith(string) -> bool"),
        F("endsWith", two: Strings.EndsWith, signatures: "string.endsWith(string) -> bool"),
        F("matches", two: Patterns.Matches, signatures: ["matches(string, string) -> bool", "string.matches(string) -> bool"]),
        .. Conversions.All,
        .. MoreStrings.All,
        .. Times.All,
        .. Optionals.All,
        .. Networks.All,
        Formats.Format,
    ];

    static readonly FrozenDictionary<string, Function> ByName = All.ToFrozenDictionary(f => f.Name);

    /// <summary>The names of types as values: <c>type(x) == int</c>.</summary>
    public static readonly FrozenDictionary<string, CelType> Types = new Dictionary<string, CelType>
    {
        ["bool"] = CelType.Bool,
        ["int"] = CelType.Int,
        ["uint"] = CelType.Uint,
        ["double"] = CelType.Double,
        ["string"] = CelType.String,
        ["bytes"] = CelType.Bytes,
        ["null_type"] = CelType.Null,
        ["list"] = CelType.List(CelType.Dyn),
        ["map"] = CelType.Map(CelType.Dyn, CelType.Dyn),
        ["type"] = CelType.Type,
        ["money"] = CelType.Money,
        ["net.IP"] = CelType.Ip,
        ["net.CIDR"] = CelType.Cidr,
        ["optional_type"] = CelType.Optional(CelType.Dyn),
        ["google.protobuf.Timestamp"] = CelType.Timestamp,
        ["google.protobuf.Duration"] = CelType.Duration,
    }.ToFrozenDictionary();

    public static Function? Find(string name) => ByName.GetValueOrDefault(name);

    /// <summary>Whether functions begin with this name and a dot.</summary>
    public static bool IsNamespace(string name) => name is "base64" or "cel" or "ip" or "optional" or "strings";

    public static Function Of(Operator op) => ByName[op.Function];

    /// <summary>The names an author can call, for suggestions.</summary>
    public static IEnumerable<string> Callable => ByName.Keys.Where(n => char.IsLetter(n[0])).Concat(Checker.Macros);

    public static Function F(
        string name, Code1? one = null, Code2? two = null, Code3? three = null, Code4? four = null, params ReadOnlySpan<string> signatures)
    {
        var overloads = new Overload[signatures.Length];
        for (var i = 0; i < overloads.Length; i++)
        {
            overloads[i] = Signature.Parse(signatures[i]);
        }

        return new(name, overloads, one, two, three, four);
    }

    /// <summary>Order is defined within a type, and between the numeric types by value.</summary>
    static Function Comparison(string name, Code2 code)
    {
        var same = new[] { "bool", "int", "uint", "double", "string", "bytes", "timestamp", "duration", "money" };
        var numeric = new[] { "int", "uint", "double" };
        var pairs = same.Select(t => (t, t)).Concat(numeric.SelectMany(a => numeric.Where(b => b != a).Select(b => (a, b))));
        return F(name, two: code, signatures: [.. pairs.Select(p => $"{name}({p.Item1}, {p.Item2}) -> bool")]);
    }
}
