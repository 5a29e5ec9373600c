using Anumate.Cel;

namespace Anumate.PolicyEngine;

/// <summary>
/// The decision algebra (docs/policy.md states it in words):
/// <list type="bullet">
/// <item>In a layer, a matched <c>deny</c> denies; no matched <c>allow</c> denies; each matched <c>approval</c>, <c>limit</c> and
/// <c>redact</c> is demanded; an <c>only</c> or <c>require</c> that matched and is not met denies.</item>
/// <item>A rule that restricts and fails counts as matched; an <c>allow</c> that fails does not. A <c>limit</c> that fails denies, a
/// <c>redact</c> that fails drops.</item>
/// <item>A layer without an applicable policy says nothing. The narrowest layer wins; demands add up.</item>
/// <item>When no layer says anything, what has an effect is denied and the rest is allowed.</item>
/// </list>
/// Nothing here depends on the order of policies or rules.
/// </summary>
public static class Decider
{
    /// <summary>Decides one question.</summary>
    public static Decision Decide(PolicyLayers layers, PolicyPoint point, PolicyFacts facts) => Decide(layers, point, facts, null);

    /// <summary>Decides one question and says how: the same code notes every rule while it decides.</summary>
    public static Decision Explain(PolicyLayers layers, PolicyPoint point, PolicyFacts facts) => Decide(layers, point, facts, new());

    static Decision Decide(PolicyLayers layers, PolicyPoint point, PolicyFacts facts, Trace? trace)
    {
        var outcome = new Outcome(facts, detailed: true);
        var ruling = Rule(layers, point, facts, ref outcome, trace);
        var verdict = ruling.Verdict;
        var isDenied = verdict == Verdict.Deny;
        LayerOutcome? withholding = isDenied && !outcome.Denied && ruling.Spoke ? ruling.Tenant.Withholds ? ruling.Tenant : ruling.Capsule : null;
        var closest = withholding is { } layer ? Closest.Of(layer, facts, withValues: trace is not null) : null;
        var decision = new Decision(verdict, point.Name, outcome.Matches(), isDenied ? [] : outcome.DistinctApprovals())
        {
            Bundle = layers.Digest,
            Limits = isDenied ? [] : outcome.DistinctLimits(),
            Redactions = isDenied ? [] : outcome.JoinedRedactions(),
            Waived = outcome.Waivers(),
            Explanation = trace?.Done(closest),
        };
        return decision with
        {
            Digest = DecisionDigest.Of(decision),
            Reason = verdict switch
            {
                Verdict.Allow or Verdict.Limit => Explainer.Allowed(point, facts, decision),
                Verdict.Approval => Explainer.AsksFor(decision),
                _ when outcome.Denied => Explainer.Denied(decision.Matched),
                _ when withholding is { } silent => Explainer.NotAllowed(point, facts, silent, closest),
                _ => Explainer.NobodySpoke(point, facts),
            },
        };
    }

    /// <summary>
    /// The verdict alone, by the same rules and the same code, for those who need no reason: it stops at the first denial and
    /// keeps nothing.
    /// </summary>
    public static Verdict Judge(PolicyLayers layers, PolicyPoint point, PolicyFacts facts)
    {
        var outcome = new Outcome(facts, detailed: false);
        return Rule(layers, point, facts, ref outcome, null).Verdict;
    }

    /// <summary>
    /// The verdict on facts in JSON text (<see cref="PolicyFacts.Read(PolicyPoint, ReadOnlyMemory{byte}, out IReadOnlyList{Diagnostic})"/>
    /// says in what form); null, and what is wrong, when they are none. Where compiled conditions are sure of all that applies, only what they look
    /// at is read; otherwise the facts are read in full.
    /// </summary>
    public static Verdict? Judge(PolicyLayers layers, PolicyPoint point, ReadOnlyMemory<byte> json, out IReadOnlyList<Diagnostic> diagnostics)
    {
        if (QuickFacts.Judge(layers, point, json.Span) is { } verdict)
        {
            diagnostics = [];
            return verdict;
        }

        return PolicyFacts.Read(point, json, out diagnostics) is { } facts ? Judge(layers, point, facts) : null;
    }

    static Ruling Rule(PolicyLayers layers, PolicyPoint point, PolicyFacts facts, ref Outcome outcome, Trace? trace)
    {
        var tenant = Layer("tenant", layers.Tenant, point, facts, ref outcome, trace);
        var capsule = Layer("capsule", layers.Capsule, point, facts, ref outcome, trace);
        return Rule(tenant, capsule, point.IsEffect && facts.HasEffect, outcome);
    }

    /// <summary>What two layers come to: whoever denies or withholds, denies; what nobody speaks for is denied if it has an effect.</summary>
    internal static Ruling Rule(LayerOutcome tenant, LayerOutcome capsule, bool isEffect, in Outcome outcome)
    {
        var spoke = tenant.Spoke || capsule.Spoke;
        var denied = outcome.Denied || tenant.Withholds || capsule.Withholds || (!spoke && isEffect);
        var verdict = denied ? Verdict.Deny : outcome.Asks ? Verdict.Approval : outcome.Limits ? Verdict.Limit : Verdict.Allow;
        return new(verdict, spoke, tenant, capsule);
    }

    /// <summary>The policies of a layer that speak about a question, whether a rule of them matches or not.</summary>
    public static IEnumerable<(string Policy, int Version)> Speaking(PolicySet layer, PolicyPoint point, PolicyFacts facts) =>
        layer.Applicable(point, facts).Scopes.Select(s => (s.Policy, s.Version));

    /// <summary>A denial that no rule made: the policies themselves could not be consulted.</summary>
    public static Decision Refuse(string bundle, PolicyPoint point, string reason)
    {
        var decision = new Decision(Verdict.Deny, point.Name, [], []) { Bundle = bundle, Reason = reason };
        return decision with { Digest = DecisionDigest.Of(decision) };
    }

    /// <summary>The denial that a decision becomes when a limit it demands is used up until <paramref name="free"/>.</summary>
    public static Decision UsedUp(Decision decision, LimitDemand limit, DateTimeOffset free)
    {
        var atMost = $"{limit.Count} in {Syntax.Duration.Print(limit.Per)}";
        var denied = decision with
        {
            Verdict = Verdict.Deny,
            Approvals = [],
            Limits = [],
            Redactions = [],
            InsteadOf = decision.Digest,
            Matched = [.. decision.Matched.Select(m => m.Kind == RuleKind.Limit && $"{m.Policy}/{m.Rule}" == limit.Rule ? m with { Verdict = Verdict.Deny, Unmet = $"at most {atMost}" } : m)],
            Reason = $"`{limit.Rule}` limits it to {atMost}, which are used up until {free.UtcDateTime:yyyy-MM-dd'T'HH:mm:ss'Z'}",
        };
        return denied with { Digest = DecisionDigest.Of(denied) };
    }

    static LayerOutcome Layer(string name, PolicySet set, PolicyPoint point, PolicyFacts facts, ref Outcome outcome, Trace? trace)
    {
        var applicable = set.Applicable(point, facts);
        // With a trace every clause is evaluated and noted, so there is nothing that compiled code could save.
        var conditions = trace is null && applicable.Rules.Length > 0 ? applicable.Conditions : null;
        var slots = conditions is null ? [] : facts.Slots(conditions, point);
        return new LayerOutcome(name, applicable, Rules(name, applicable, conditions, slots, facts, ref outcome, trace));
    }

    /// <summary>Takes in what the rules of a layer say; true when one of them allows.</summary>
    static bool Rules(
        string layer, Applicable applicable, CelConditions? conditions, CelValue[] slots, PolicyFacts facts, ref Outcome outcome, Trace? trace)
    {
        var (rules, allowed, evaluation) = (trace is null ? applicable.Rules : applicable.All, false, default(Evaluation));
        for (var i = 0; i < rules.Length && !outcome.IsSettled; i++)
        {
            var truth = conditions is null ? CelTruth.Unsure : conditions.Test(i, slots);
            if (truth == CelTruth.No)
            {
                continue;
            }

            var (scope, rule) = rules[i];
            if (!evaluation.IsOf(scope))
            {
                evaluation = new(scope, facts);
            }

            List<ExplainedClause>? clauses = trace is null ? null : [];
            var (matches, failure) = truth == CelTruth.Yes ? (true, null) : evaluation.Test(rule, clauses);
            var counts = matches || (failure is not null && rule.Kind != RuleKind.Allow);
            var became = counts ? outcome.Add(rule, failure, ref evaluation) : failure is null ? RuleOutcome.NotMatched : RuleOutcome.Failed;
            allowed |= counts && rule.Kind == RuleKind.Allow;
            trace?.Add(layer, rule, became, clauses!, failure);
        }

        return allowed;
    }
}

/// <summary>What was decided, and by which layer.</summary>
readonly record struct Ruling(Verdict Verdict, bool Spoke, LayerOutcome Tenant, LayerOutcome Capsule);

/// <summary>
/// What a layer had to say: <see cref="Spoke"/> when a policy of it applies, <see cref="Withholds"/> when none of its rules allows.
/// </summary>
readonly record struct LayerOutcome(string Name, Applicable Applicable, bool Allowed)
{
    public bool Spoke => Applicable.Scopes.Length > 0;

    public bool Withholds => Spoke && !Allowed;
}
