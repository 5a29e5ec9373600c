namespace Anumate.PolicyEngine;

/// <summary>Notes, while a question is decided, what became of every rule that applies.</summary>
sealed class Trace
{
    readonly List<ExplainedRule> rules = [];

    public void Add(string layer, CompiledRule rule, RuleOutcome became, IReadOnlyList<ExplainedClause> clauses, Failure? failure) =>
        rules.Add(new ExplainedRule(layer, rule.Matched.Policy, rule.Matched.Version, rule.Name, rule.Kind, became, clauses, rule.Place.Line, rule.Place.Column)
        {
            Error = failure?.ToString(),
        });

    public Explanation Done(ClosestAllow? closest) => new(
    [
        .. rules.OrderBy(r => r.Layer == "capsule").ThenBy(r => r.Policy, StringComparer.Ordinal).ThenBy(r => r.Version)
            .ThenBy(r => r.Rule, StringComparer.Ordinal),
    ], closest);
}

/// <summary>Finds, of the rules that would have allowed what a layer withholds, the one with the fewest clauses unmet; null when it has none. Values are for explanations.</summary>
static class Closest
{
    public static ClosestAllow? Of(LayerOutcome layer, PolicyFacts facts, bool withValues)
    {
        ClosestAllow? closest = null;
        var evaluation = default(Evaluation);
        foreach (var (scope, rule) in layer.Applicable.All.Where(r => r.Rule.Kind == RuleKind.Allow))
        {
            if (!evaluation.IsOf(scope))
            {
                evaluation = new(scope, facts);
            }

            var clauses = new List<ExplainedClause>();
            evaluation.Test(rule, clauses, withValues);
            var found = new ClosestAllow(layer.Name, rule.Matched.Policy, rule.Name, [.. clauses.Where(c => !c.Holds)]);
            closest = closest is null || IsCloser(found, closest) ? found : closest;
        }

        return closest;
    }

    static bool IsCloser(ClosestAllow a, ClosestAllow b) =>
        a.Unmet.Count < b.Unmet.Count
        || (a.Unmet.Count == b.Unmet.Count && string.CompareOrdinal($"{a.Policy}/{a.Rule}", $"{b.Policy}/{b.Rule}") < 0);
}
