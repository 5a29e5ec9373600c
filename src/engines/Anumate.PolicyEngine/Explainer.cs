using Anumate.PolicyEngine.Syntax;

namespace Anumate.PolicyEngine;

/// <summary>
/// Says in one sentence why a decision is what it is, from the outcomes that made it. Sentences quote the policy, never the facts' values.
/// </summary>
static class Explainer
{
    const int Clip = 160;

    public static string Allowed(PolicyPoint point, PolicyFacts facts, Decision decision)
    {
        var allows = decision.Matched.Where(m => m.Kind == RuleKind.Allow).ToList();
        var allowed = allows.Count > 0
            ? $"{Name(allows[0])} allows it{Others(allows.Count)}{Because(allows[0])}"
            : $"no policy speaks for {Subject(point, facts)}, and only a call that has an effect needs one that allows it";
        return decision.Limits is not [var limit, ..]
            ? allowed
            : $"{allowed}; `{limit.Rule}` limits it to {limit.Count} in {Duration.Print(limit.Per)}{Others(decision.Limits.Count)}";
    }

    public static string AsksFor(Decision decision)
    {
        var demand = decision.Approvals[0];
        var groups = string.Join(" or ", demand.Groups.Select(g => $"`{g}`"));
        var rule = decision.Matched.First(m => m.Kind == RuleKind.Approval && $"{m.Policy}/{m.Rule}" == demand.Rule);
        return $"`{demand.Rule}` asks for the approval of {demand.Quorum} of {groups}{Others(decision.Approvals.Count)}{Because(rule)}";
    }

    public static string Denied(IReadOnlyList<MatchedRule> matched)
    {
        // A rule that was decided explains more than one that failed.
        var denials = matched.Where(m => m.Verdict == Verdict.Deny).OrderBy(m => m.Error is not null).ToList();
        var first = denials[0];
        var denies = first.Unmet is { } unmet ? $"{Name(first)} asks for {unmet}, which is not so" : $"{Name(first)} denies it";
        return $"{denies}{Others(denials.Count)}{Because(first)}";
    }

    public static string NobodySpoke(PolicyPoint point, PolicyFacts facts) =>
        $"no policy speaks for {Subject(point, facts)}, and what has an effect needs one that allows it";

    public static string NotAllowed(PolicyPoint point, PolicyFacts facts, LayerOutcome layer, ClosestAllow? closest)
    {
        var start = $"no rule of the {layer.Name}'s policies allows {Subject(point, facts)}";
        if (closest is null)
        {
            var policies = string.Join(", ", layer.Applicable.Scopes.Take(3).Select(s => $"`{s.Policy}`"));
            return $"{start}; those that apply ({policies}) have no `allow` rule";
        }

        var name = $"{closest.Policy}/{closest.Rule}";
        var clause = closest.Unmet[0];
        var rest = closest.Unmet.Count > 1 ? $" and {closest.Unmet.Count - 1} more" : "";
        return clause.Error is { } error
            ? $"{start}; the closest, `{name}`, fails with {error} in `{Short(clause.Text)}`{rest}"
            : $"{start}; the closest, `{name}`, needs `{Short(clause.Text)}`{rest}";
    }

    static string Subject(PolicyPoint point, PolicyFacts facts) => facts.Tool is { } tool ? $"`{Short(tool)}` at {point}" : $"{point}";

    static string Name(MatchedRule rule) => $"`{rule.Policy}/{rule.Rule}`";

    static string Others(int count) => count > 1 ? $" (and {count - 1} more)" : "";

    static string Because(MatchedRule rule) =>
        (rule.Because is { } because ? $": {because}" : "")
        + (rule.Error is { } error ? $" (it could not be decided and counts as matched: {Short(error)})" : "");

    static string Short(string text) => text.Length <= Clip ? text : $"{text[..Clip]}…";
}
