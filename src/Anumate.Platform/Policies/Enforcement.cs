using Anumate.PolicyEngine;

namespace Anumate.Platform.Policies;

/// <summary>
/// What of the language is carried out where. A policy that asks for more is not published, and a decision that does all the same (its
/// policy may come from elsewhere) denies: an obligation that nobody carries out must not look like one.
/// </summary>
public static class Enforcement
{
    static readonly RuleKind[] Everywhere = [RuleKind.Allow, RuleKind.Deny, RuleKind.Only];

    static readonly Dictionary<PolicyPoint, RuleKind[]> CarriedOut = new()
    {
        [PolicyPoint.CapsulePublish] = Everywhere,
        [PolicyPoint.PlanCompile] = Everywhere,
        [PolicyPoint.RunStart] = [.. Everywhere, RuleKind.Approval, RuleKind.Limit, RuleKind.Require],
        [PolicyPoint.ToolBefore] = [.. Everywhere, RuleKind.Approval, RuleKind.Limit, RuleKind.Require, RuleKind.Redact],
        [PolicyPoint.ToolAfter] = [.. Everywhere, RuleKind.Redact],
        [PolicyPoint.DataRead] = [.. Everywhere, RuleKind.Redact],
    };

    /// <summary>The rules of a policy that would not be carried out.</summary>
    public static IReadOnlyList<Diagnostic> Missing(CompiledPolicy policy) =>
    [
        .. policy.Rules.Where(r => !IsCarriedOut(r.Point, r.Kind)).Select(r => Diagnostic.Error("policy.not-enforced-yet",
            CarriedOut.ContainsKey(r.Point) ? $"`{Word(r.Kind)}` rules are not carried out at `{r.Point}` yet" : $"nothing asks policies at `{r.Point}` yet",
            "", r.Place, "leave it out until it is; the language has it so that policies can be written and tested")),
    ];

    /// <summary>The decision, or a denial where it asks for what is not carried out.</summary>
    public static Decision Demand(PolicyPoint point, Decision decision)
    {
        RuleKind? missing = decision.Approvals.Count > 0 && !IsCarriedOut(point, RuleKind.Approval) ? RuleKind.Approval
            : decision.Limits.Count > 0 && !IsCarriedOut(point, RuleKind.Limit) ? RuleKind.Limit
            : decision.Redactions.Count > 0 && !IsCarriedOut(point, RuleKind.Redact) ? RuleKind.Redact
            : null;
        return missing is { } kind && decision.Verdict != Verdict.Deny
            ? Decider.Refuse(decision.Bundle, point, $"a policy asks for `{Word(kind)}` at {point}, which this platform does not carry out")
            : decision;
    }

    static bool IsCarriedOut(PolicyPoint point, RuleKind kind) => CarriedOut.TryGetValue(point, out var kinds) && kinds.Contains(kind);

    static string Word(RuleKind kind) => kind.ToString().ToLowerInvariant();
}
