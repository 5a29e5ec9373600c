using System.Collections.Frozen;
using Anumate.PolicyEngine;

namespace Anumate.Platform.Policies;

/// <summary>
/// What rules a question. With a <see cref="Fault"/> (a policy that this process cannot use) it denies everything: a rule that cannot be
/// read might have denied it.
/// </summary>
public sealed record RulingPolicies(PolicyLayers Layers)
{
    public string? Fault { get; init; }

    /// <summary>The same with those policies that are watched and not enforced; null when there are none.</summary>
    internal PolicyLayers? WithWatched { get; init; }

    /// <summary>How those are meant, by name.</summary>
    internal FrozenDictionary<string, PolicyMode> Watched { get; init; } = FrozenDictionary<string, PolicyMode>.Empty;

    internal PolicyLists? Lists { get; init; }

    internal IReadOnlyList<Waiver> Waivers { get; init; } = [];

    /// <summary>Whether no policy speaks at a point, enforced or watched, whatever it is asked about.</summary>
    public bool IsSilentAt(PolicyPoint point) => Fault is null && (WithWatched ?? Layers) is var all && all.Tenant.IsSilentAt(point) && all.Capsule.IsSilentAt(point);

    public Decision Decide(PolicyPoint point, PolicyFacts facts) => Decide(point, facts, Decider.Decide);

    /// <summary>Decides, and says how.</summary>
    public Decision Explain(PolicyPoint point, PolicyFacts facts) => Decide(point, facts, Decider.Explain);

    Decision Decide(PolicyPoint point, PolicyFacts facts, Func<PolicyLayers, PolicyPoint, PolicyFacts, Decision> decide)
    {
        if (Fault is not null)
        {
            return Decider.Refuse(Layers.Digest, point, Fault);
        }

        facts = facts.Under(Lists, Waivers);
        var decision = Enforcement.Demand(point, decide(Layers, point, facts));
        return WithWatched is null ? decision : decision with { Watched = [.. Watching(point, facts, decision)] };
    }

    /// <summary>What the watched policies add, were they enforced.</summary>
    IEnumerable<WatchedRule> Watching(PolicyPoint point, PolicyFacts facts, Decision enforced)
    {
        var full = Decider.Decide(WithWatched!, point, facts);
        var rules = full.Matched.Where(m => m.Kind != RuleKind.Allow && Watched.ContainsKey(m.Policy))
            .Select(m => new WatchedRule(m.Policy, m.Version, m.Rule, m.Verdict, Watched[m.Policy], m.Because)).ToList();
        if (full.Verdict != Verdict.Deny || enforced.Verdict == Verdict.Deny || rules.Exists(r => r.Verdict == Verdict.Deny))
        {
            return rules;
        }

        // They deny by what they do not say: a layer in which only they speak allows nothing.
        return rules.Concat(Decider.Speaking(WithWatched!.Tenant, point, facts).Concat(Decider.Speaking(WithWatched!.Capsule, point, facts)).Distinct()
            .Where(s => Watched.ContainsKey(s.Policy)).Select(s => new WatchedRule(s.Policy, s.Version, null, Verdict.Deny, Watched[s.Policy], full.Reason)));
    }
}
