using Anumate.PolicyEngine.Syntax;

namespace Anumate.PolicyEngine;

/// <summary>
/// Says in one sentence why a decision is what it is, from the outcomes that made it. Sentences quote the policy, never the facts' values.
/// </summary>
static class Explainer
{
    const int Clip = 160;

    public static string Allowed(PolicyPoint point, PolicyFacts facts, IReadOnlyList<MatchedRule> matched)
    {
        var allows = matched.Where(m => m.Verdict == Verdict.Allow).ToList();
        return allows.Count > 0
            ? $"{Name(allows[0])} allows it{Others(allows.Count)}{Because(allows[0])}"
            : $"no policy speaks for {Subject(point, facts)}, and only a call that has an effect needs one that allows it";
    }

    public static string AsksFor(IReadOnlyList<ApprovalDemand> demands, IReadOnlyList<MatchedRule> matched)
    {
        var demand = demands[0];
        var groups = string.Join(" or ", demand.Groups.Select(g => $"`{g}`"));
        var rule = matched.First(m => m.Verdict == Verdict.Approval && $"{m.Policy}/{m.Rule}" == demand.Rule);
        return $"`{demand.Rule}` asks for the approval of {demand.Quorum} of {groups}{Others(demands.Count)}{Because(rule)}";
    }

    public static string Denied(IReadOnlyList<MatchedRule> matched)
    {
        // A rule that was decided explains more than one that failed.
        var denials = matched.Where(m => m.Verdict == Verdict.Deny).OrderBy(m => m.Error is not null).ToList();
        return $"{Name(denials[0])} denies it{Others(denials.Count)}{Because(denials[0])}";
    }

    public static string NobodySpoke(PolicyPoint point, PolicyFacts facts) =>
        $"no policy speaks for {Subject(point, facts)}, and what has an effect needs one that allows it";

    /// <summary>The closest allow is the one with the fewest clauses unmet.</summary>
    public static string NotAllowed(PolicyPoint point, LayerOutcome layer, PolicyFacts facts)
    {
        CompiledRule? closest = null;
        IReadOnlyList<(Expression Clause, Failure? Failure)> unmet = [];
        foreach (var scope in layer.Scopes)
        {
            var evaluation = new Evaluation(scope, facts);
            foreach (var rule in scope.Rules.Where(r => r.Kind == RuleKind.Allow))
            {
                var missing = evaluation.Unmet(rule).ToList();
                if (closest is null || missing.Count < unmet.Count
                    || (missing.Count == unmet.Count && string.CompareOrdinal(rule.FullName, closest.FullName) < 0))
                {
                    (closest, unmet) = (rule, missing);
                }
            }
        }

        var start = $"no rule of the {layer.Name}'s policies allows {Subject(point, facts)}";
        if (closest is null)
        {
            return $"{start}; those that apply ({string.Join(", ", layer.Scopes.Take(3).Select(s => $"`{s.Policy}`"))}) have no `allow` rule";
        }

        var (clause, failure) = unmet[0];
        var rest = unmet.Count > 1 ? $" and {unmet.Count - 1} more" : "";
        return failure is not { } failed
            ? $"{start}; the closest, `{closest.FullName}`, needs `{Short(clause.Text)}`{rest}"
            : $"{start}; the closest, `{closest.FullName}`, fails with {failed.Code} in `{Short(clause.Text)}`{rest}";
    }

    static string Subject(PolicyPoint point, PolicyFacts facts) => facts.Tool is { } tool ? $"`{Short(tool)}` at {point}" : $"{point}";

    static string Name(MatchedRule rule) => $"`{rule.Policy}/{rule.Rule}`";

    static string Others(int count) => count > 1 ? $" (and {count - 1} more)" : "";

    static string Because(MatchedRule rule) =>
        (rule.Because is { } because ? $": {because}" : "")
        + (rule.Error is { } error ? $" (it could not be decided and counts as matched: {Short(error)})" : "");

    static string Short(string text) => text.Length <= Clip ? text : $"{text[..Clip]}…";
}
