using Anumate.Cel;

namespace Anumate.PolicyEngine.Checks;

/// <summary>
/// Reasons about conditions that compare paths with constants. It is sound and not complete: what it cannot read it knows nothing about,
/// so it calls no condition impossible that is not.
/// </summary>
static class Conditions
{
    /// <summary>A condition as it is reasoned about: its canonical text, and the comparison it is, if it is one.</summary>
    public readonly record struct Condition(string Text, CelComparison? Comparison)
    {
        public static Condition Of(Expression clause) => new(clause.Code.ToString(), clause.Code.Comparison);
    }

    /// <summary>Whether no facts make all of them true.</summary>
    public static bool Contradict(IEnumerable<Condition> all) =>
        all.Select(c => c.Comparison).OfType<CelComparison>().GroupBy(c => c.Path).Any(g => IsEmpty([.. g]));

    /// <summary>Whether the condition is true wherever all of the others are.</summary>
    public static bool Implies(IReadOnlyList<Condition> others, Condition condition) =>
        others.Any(o => o.Text == condition.Text)
        || (condition.Comparison is { } comparison && others.Any(o => o.Comparison?.Path == comparison.Path)
            && Contradict([.. others, new Condition("", comparison.Negated)]));

    static bool IsEmpty(CelComparison[] on)
    {
        var allowed = on.FirstOrDefault(c => c.Operator is "==" or "in");
        return allowed is not null
            ? allowed.Constants.All(value => Array.Exists(on, c => IsKnownFalse(value, c)))
            : Array.Exists(on, low => low.Operator is ">" or ">=" && Array.Exists(on, high => high.Operator is "<" or "<=" && IsGap(low, high)));
    }

    /// <summary>Whether a value certainly fails a comparison; of different kinds nothing is certain (it may be an error, which is no «false»).</summary>
    static bool IsKnownFalse(CelValue value, CelComparison c) => c.Operator switch
    {
        "==" => value != c.Constants[0],
        "!=" => value == c.Constants[0],
        "in" => !c.Constants.Contains(value),
        "not in" => c.Constants.Contains(value),
        _ => Compare(value, c.Constants[0]) is { } order && c.Operator switch
        {
            "<" => order >= 0,
            "<=" => order > 0,
            ">" => order <= 0,
            _ => order < 0,
        },
    };

    static bool IsGap(CelComparison low, CelComparison high) =>
        Compare(low.Constants[0], high.Constants[0]) is { } order && (order > 0 || (order == 0 && (low.Operator == ">" || high.Operator == "<")));

    /// <summary>The order of two values of a kind that has one; null when they cannot be compared.</summary>
    static int? Compare(CelValue a, CelValue b) => (a.Kind, b.Kind) switch
    {
        (CelKind.String, CelKind.String) => null,
        (CelKind.Timestamp, CelKind.Timestamp) => a.AsTimestamp.CompareTo(b.AsTimestamp),
        (CelKind.Money, CelKind.Money) when a.AsMoney.Currency == b.AsMoney.Currency => a.AsMoney.Amount.CompareTo(b.AsMoney.Amount),
        _ => Number(a) is { } x && Number(b) is { } y ? x.CompareTo(y) : null,
    };

    static double? Number(CelValue value) => value.Kind switch
    {
        CelKind.Int => value.AsInt,
        CelKind.Uint => value.AsUint,
        CelKind.Double => value.AsDouble,
        _ => null,
    };
}
