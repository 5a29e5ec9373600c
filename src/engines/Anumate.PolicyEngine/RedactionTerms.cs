using Anumate.PolicyEngine.Syntax;

namespace Anumate.PolicyEngine;

/// <summary>What a <c>redact</c> rule may say: the recognisers there are, the operators and their arguments, and paths.</summary>
public static class RedactionTerms
{
    /// <summary>The recognisers that <c>pii(…)</c> can name.</summary>
    public static IReadOnlyList<string> Recognisers { get; } =
        ["EMAIL", "PHONE", "IBAN", "CARD", "IPV4", "IPV6", "US_SSN", "JWT", "API_KEY", "AADHAAR", "PAN"];

    internal static readonly string[] Operators = ["drop", "token", "hash", "mask", "partial_date"];

    /// <summary>Which arguments an operator takes.</summary>
    internal static string[] ArgumentsOf(RedactionOperator op) => op switch
    {
        RedactionOperator.Mask => ["first", "last"],
        RedactionOperator.PartialDate => ["keep"],
        _ => [],
    };

    /// <summary>The demand of a redaction as it stands in a checked document.</summary>
    internal static RedactionDemand Demand(RedactionSyntax redaction, string rule)
    {
        var arguments = redaction.Arguments.ToDictionary(a => a.Name.Text, a => a.Value.Text);
        return new RedactionDemand(PathOf(redaction.Path.Text), [.. redaction.Recognisers.Select(r => r.Text).Order(StringComparer.Ordinal)],
            (RedactionOperator)Array.IndexOf(Operators, redaction.Operator.Text))
        {
            First = Number(arguments, "first"),
            Last = Number(arguments, "last"),
            Keep = arguments.GetValueOrDefault("keep"),
            Rules = [rule],
        };
    }

    /// <summary>The demands of several rules: for each path and set of recognisers the strongest operator, with its narrowest arguments.</summary>
    internal static IReadOnlyList<RedactionDemand> Join(IEnumerable<RedactionDemand> demands) =>
    [
        .. demands.GroupBy(d => (d.Path, string.Join(' ', d.Recognisers))).Select(g => g.Aggregate(Stronger))
            .OrderBy(d => d.Path, StringComparer.Ordinal).ThenBy(d => string.Join(' ', d.Recognisers), StringComparer.Ordinal),
    ];

    static RedactionDemand Stronger(RedactionDemand a, RedactionDemand b)
    {
        var strongest = a.Operator <= b.Operator ? a : b;
        var rules = a.Rules.Union(b.Rules, StringComparer.Ordinal).Order(StringComparer.Ordinal);
        return a.Operator != b.Operator ? strongest with { Rules = [.. rules] } : a with
        {
            First = Math.Min(a.First, b.First),
            Last = Math.Min(a.Last, b.Last),
            Keep = a.Keep == "year" ? a.Keep : b.Keep,
            Rules = [.. rules],
        };
    }

    /// <summary>A path without the blanks an author may have left.</summary>
    static string PathOf(string written) => string.Concat(written.Where(c => !char.IsWhiteSpace(c)));

    static int Number(Dictionary<string, string> arguments, string name) => arguments.TryGetValue(name, out var text) ? int.Parse(text) : 0;

    /// <summary>The parts of a path below what it begins with; null when the path begins with none of these.</summary>
    internal static (string Root, IReadOnlyList<string> Parts)? Split(string path, IEnumerable<string> roots)
    {
        foreach (var root in roots)
        {
            if (path == root || (path.StartsWith(root, StringComparison.Ordinal) && path[root.Length] is '.' or '['))
            {
                return (root, Parts(path[root.Length..]));
            }
        }

        return null;
    }

    static List<string> Parts(string rest)
    {
        var parts = new List<string>();
        for (var i = 0; i < rest.Length;)
        {
            var end = rest[i] == '[' ? rest.IndexOf(']', rest.IndexOf('"', i + 2)) + 1 : rest.IndexOfAny(['.', '['], i + 1);
            end = end <= 0 ? rest.Length : end;
            parts.Add(rest[i] == '[' ? rest[(i + 2)..(end - 2)] : rest[(i + 1)..end]);
            i = end;
        }

        return parts;
    }
}
