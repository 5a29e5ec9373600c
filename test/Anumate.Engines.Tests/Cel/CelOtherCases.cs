using System.Text.Json;
using System.Text.RegularExpressions;
using Anumate.Cel;

namespace Anumate.Engines.Tests.Cel;

/// <summary>
/// The parsing, checking and comprehension files that come with the conformance data. They hold what the reference parser and checker
/// say, not values. Left out are messages and declared functions, and what the reference was not configured for when the data were made:
/// optional syntax, quoted names, comparisons across numeric types, and its own bounds of depth.
/// </summary>
static partial class CelOtherCases
{
    static readonly string[] NotConfigured =
        ["unsupported syntax", "recursion", "lookahead limit", "accumulator variable", "overload for '_<", "overload for '_>"];

    /// <summary>The comprehension file begins with this many cases that are to be true; the others are about forms of the tree.</summary>
    const int Evaluated = 35;

    static readonly HashSet<string> NotCel =
        ["cel.syntax", "cel.escape", "cel.number", "cel.reserved", "cel.macro", "cel.unsupported", "cel.too-large", "cel.too-deep"];

    public static IEnumerable<(string File, CelConformance.Count Count)> Run(string folder)
    {
        yield return ("parsing", Count(Cases(folder, "cel-parsing.json"), Parses));
        yield return ("checking", Count(Cases(folder, "cel-checking.json").Where(c => Environment(c) is not null), Checks));
        yield return ("comprehension", Count(Cases(folder, "cel-comprehension.json", leavesOut: false).Take(Evaluated), IsTrue));
    }

    static IEnumerable<JsonElement> Cases(string folder, string file, bool leavesOut = true)
    {
        using var document = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, file)));
        return [.. document.RootElement.EnumerateArray().Select(c => c.Clone()).Where(c => !leavesOut || !IsLeftOut(c))];
    }

    static bool IsLeftOut(JsonElement test) =>
        Message().IsMatch(Source(test)) || Source(test).Contains("TestAllTypes") || (Text(test, "error") is { } error && Array.Exists(NotConfigured, error.Contains));

    [GeneratedRegex(@"[\w)]\s*\{")]
    private static partial Regex Message();

    static CelConformance.Count Count(IEnumerable<JsonElement> cases, Func<JsonElement, string?> check)
    {
        var all = cases.ToList();
        List<string> failures = [.. all.Select(c => check(c) is { } reason ? $"{Source(c)}: {reason}" : null).OfType<string>()];
        return new(all.Count - failures.Count, all.Count, failures);
    }

    static string Source(JsonElement test) => test.GetProperty("original").GetProperty("expr").GetString()!;

    static string? Text(JsonElement test, string name) => test.TryGetProperty(name, out var text) ? text.GetString() : null;

    /// <summary>We accept exactly what the reference parser makes a tree of; what is not declared or no list is no matter of parsing.</summary>
    static string? Parses(JsonElement test)
    {
        var wrong = new CelEnvironment().Compile(Source(test)).Diagnostics
            .FirstOrDefault(d => NotCel.Contains(d.Code) && !d.Message.Contains("runs over"));
        return test.TryGetProperty("ast", out _) == (wrong is null) ? null : wrong?.ToString() ?? "accepted";
    }

    static string? Checks(JsonElement test)
    {
        var compiled = Environment(test)!.Compile(Source(test));
        return Text(test, "type") is not { } type ? compiled.Expression is null ? null : $"{compiled.Expression.ResultType} instead of an error"
            : compiled.Expression is not { } expression ? string.Join("; ", compiled.Diagnostics)
            : expression.ResultType.ToString() == type ? null
            : $"type {expression.ResultType} instead of {type}";
    }

    /// <summary>The reference environment has a variable of each plain type, named <c>i</c> and a letter for the type.</summary>
    static CelEnvironment? Environment(JsonElement test)
    {
        List<CelVariable> variables =
        [
            new("is", CelType.String), new("ii", CelType.Int), new("iu", CelType.Uint), new("iz", CelType.Bool), new("id", CelType.Double),
            new("ix", CelType.Null), new("ib", CelType.Bytes),
        ];
        if (Source(test).Contains("fg_s") || Source(test).Contains("fi_s_s"))
        {
            return null;
        }

        foreach (var declaration in test.GetProperty("original").TryGetProperty("typeEnv", out var declared) ? declared.EnumerateArray() : default)
        {
            if (!declaration.TryGetProperty("ident", out var ident) || CelConformance.TypeOf(ident.GetProperty("type")) is not { } type)
            {
                return null;
            }

            variables.Add(new(declaration.GetProperty("name").GetString()!, type));
        }

        return new(variables);
    }

    static string? IsTrue(JsonElement test)
    {
        var compiled = new CelEnvironment().Compile(Source(test));
        return compiled.Expression is not { } expression ? string.Join("; ", compiled.Diagnostics)
            : expression.Evaluate(new CelEnvironment().Bind()) is var result && result.IsTrue ? null
            : result.ToString();
    }
}
