using Anumate.Cel;
using Anumate.PolicyEngine.Syntax;

namespace Anumate.PolicyEngine;

/// <summary>
/// The decision algebra (docs/policy.md states it in words):
/// <list type="bullet">
/// <item>In a layer, a matched <c>deny</c> denies; no matched <c>allow</c> denies; each matched <c>approval</c> is demanded.</item>
/// <item>A rule that restricts (<c>deny</c>, <c>approval</c>) and fails counts as matched; an <c>allow</c> that fails does not.</item>
/// <item>A layer without an applicable policy says nothing. The narrowest layer wins; demands add up.</item>
/// <item>When no layer says anything, what has an effect is denied and the rest is allowed.</item>
/// </list>
/// Nothing here depends on the order of policies or rules.
/// </summary>
public static class Decider
{
    /// <summary>Decides one question.</summary>
    public static Decision Decide(PolicyLayers layers, PolicyPoint point, PolicyFacts facts)
    {
        var outcome = new Outcome([]);
        var ruling = Rule(layers, point, facts, ref outcome);
        var verdict = ruling.Verdict;
        var matched = outcome.Matches();
        IReadOnlyList<ApprovalDemand> demands = verdict == Verdict.Approval ? outcome.DistinctDemands() : [];
        return new Decision(verdict, point.Name, matched, demands)
        {
            Bundle = layers.Digest,
            Digest = DecisionDigest.Of(verdict, point.Name, matched, demands),
            Reason = verdict switch
            {
                Verdict.Allow => Explainer.Allowed(point, facts, matched),
                Verdict.Approval => Explainer.AsksFor(demands, matched),
                _ when outcome.Denied => Explainer.Denied(matched),
                _ when !ruling.Spoke => Explainer.NobodySpoke(point, facts),
                _ => Explainer.NotAllowed(point, ruling.Tenant.Withholds ? ruling.Tenant : ruling.Capsule, facts),
            },
        };
    }

    /// <summary>
    /// The verdict alone, by the same rules and the same code, for those who need no reason: it stops at the first denial and
    /// keeps nothing.
    /// </summary>
    public static Verdict Judge(PolicyLayers layers, PolicyPoint point, PolicyFacts facts)
    {
        var outcome = new Outcome(null);
        return Rule(layers, point, facts, ref outcome).Verdict;
    }

    static Ruling Rule(PolicyLayers layers, PolicyPoint point, PolicyFacts facts, ref Outcome outcome)
    {
        var tenant = Layer("tenant", layers.Tenant, point, facts, ref outcome);
        var capsule = Layer("capsule", layers.Capsule, point, facts, ref outcome);
        var spoke = tenant.Spoke || capsule.Spoke;
        var denied = outcome.Denied || tenant.Withholds || capsule.Withholds || (!spoke && facts.HasEffect);
        return new(denied ? Verdict.Deny : outcome.Asks ? Verdict.Approval : Verdict.Allow, spoke, tenant, capsule);
    }

    readonly record struct Ruling(Verdict Verdict, bool Spoke, LayerOutcome Tenant, LayerOutcome Capsule);

    /// <summary>A denial that no rule made: the policies themselves could not be consulted.</summary>
    public static Decision Refuse(string bundle, PolicyPoint point, string reason) =>
        new(Verdict.Deny, point.Name, [], [])
        {
            Bundle = bundle,
            Digest = DecisionDigest.Of(Verdict.Deny, point.Name, [], []),
            Reason = reason,
        };

    static LayerOutcome Layer(string name, PolicySet set, PolicyPoint point, PolicyFacts facts, ref Outcome outcome)
    {
        var applicable = set.Applicable(point, facts.Tool);
        var allowed = false;
        foreach (var (scope, rules) in applicable.Rules)
        {
            allowed |= Scope(scope, rules, facts, ref outcome);
            if (outcome.IsSettled)
            {
                break;
            }
        }

        return new LayerOutcome(name, applicable.Scopes, allowed);
    }

    /// <summary>Takes in what one policy says; true when a rule of it allows.</summary>
    static bool Scope(PolicyScope scope, CompiledRule[] rules, PolicyFacts facts, ref Outcome outcome)
    {
        var evaluation = new Evaluation(scope, facts);
        var allowed = false;
        foreach (var rule in rules)
        {
            var (matches, failure) = evaluation.Test(rule);
            if (failure is not null)
            {
                matches = rule.Kind != RuleKind.Allow;
            }

            if (matches)
            {
                allowed |= rule.Kind == RuleKind.Allow;
                outcome.Add(rule, failure);
            }
        }

        return allowed;
    }

    /// <summary>What matched so far; without a list, only what it comes to.</summary>
    struct Outcome(List<MatchedRule>? matched)
    {
        readonly List<ApprovalDemand> demands = matched is null ? null! : [];

        public bool Denied { get; private set; }

        public bool Asks { get; private set; }

        /// <summary>Whether nothing that follows can matter.</summary>
        public readonly bool IsSettled => Denied && matched is null;

        public void Add(CompiledRule rule, Failure? failure)
        {
            Denied |= rule.Kind == RuleKind.Deny;
            Asks |= rule.Demand is not null;
            if (matched is null)
            {
                return;
            }

            matched.Add(failure is null ? rule.Matched : rule.Matched with { Error = failure.ToString() });
            if (rule.Demand is { } demand)
            {
                demands.Add(demand);
            }
        }

        /// <summary>In a fixed order; a policy that rules both as pinned and as current one is named once.</summary>
        public readonly List<MatchedRule> Matches()
        {
            if (matched!.Count > 1)
            {
                matched.Sort(ByName);
                for (var i = matched.Count - 1; i > 0; i--)
                {
                    if (matched[i] == matched[i - 1])
                    {
                        matched.RemoveAt(i);
                    }
                }
            }

            return matched;
        }

        public readonly List<ApprovalDemand> DistinctDemands() =>
            demands.Count == 1
                ? demands
                : [.. demands.DistinctBy(DecisionDigest.TermsOf).OrderBy(DecisionDigest.TermsOf, StringComparer.Ordinal)];

        static int ByName(MatchedRule a, MatchedRule b)
        {
            var order = string.CompareOrdinal(a.Policy, b.Policy);
            order = order != 0 ? order : a.Version.CompareTo(b.Version);
            return order != 0 ? order : string.CompareOrdinal(a.Rule, b.Rule);
        }
    }
}

/// <summary>
/// What a layer had to say: <see cref="Spoke"/> when a policy of it applies, <see cref="Withholds"/> when none of its rules allows.
/// </summary>
readonly record struct LayerOutcome(string Name, PolicyScope[] Scopes, bool Allowed)
{
    public bool Spoke => Scopes.Length > 0;

    public bool Withholds => Spoke && !Allowed;
}

/// <summary>Why a rule could not be decided: the code of the error and the clause, never a value (they may be secret).</summary>
readonly record struct Failure(string Code, Expression Clause)
{
    public override string ToString() => $"{Code} in `{Clause.Text}`";
}

/// <summary>One policy asked about one set of facts. Named values are computed at most once, when needed.</summary>
readonly struct Evaluation
{
    readonly PolicyScope scope;
    readonly CelBindings bindings;
    readonly bool[] computed;

    public Evaluation(PolicyScope scope, PolicyFacts facts)
    {
        this.scope = scope;
        computed = scope.Lets.Length == 0 ? [] : new bool[scope.Lets.Length];
        bindings = scope.Lets.Length == 0 ? facts.At(scope.Point) : facts.Fill(scope.Environment.Bind(), scope.Point);
    }

    /// <summary>
    /// Whether all clauses hold. As with CEL's <c>&amp;&amp;</c>, of which they are the operands, a clause that is false decides even when
    /// another fails.
    /// </summary>
    public (bool Matches, Failure? Failure) Test(CompiledRule rule)
    {
        Compute(rule);
        Failure? failure = null;
        foreach (var clause in rule.Clauses)
        {
            var (holds, failed) = Test(clause);
            if (!holds && failed is null)
            {
                return (false, null);
            }

            failure ??= failed;
        }

        return (failure is null, failure);
    }

    /// <summary>The clauses that do not hold, each with its failure if it has one.</summary>
    public IEnumerable<(Expression Clause, Failure? Failure)> Unmet(CompiledRule rule)
    {
        Compute(rule);
        var unmet = new List<(Expression, Failure?)>();
        foreach (var clause in rule.Clauses)
        {
            var (holds, failed) = Test(clause);
            if (!holds)
            {
                unmet.Add((clause, failed));
            }
        }

        return unmet;
    }

    (bool Holds, Failure? Failure) Test(Expression clause)
    {
        var result = clause.Evaluate(bindings);
        return result.IsTrue ? (true, null)
            : result.Error is { } error ? (false, new Failure(error.Code, clause))
            : result.Value.Kind == CelKind.Bool ? (false, null)
            : (false, new Failure(CelErrors.TypeMismatch, clause));
    }

    void Compute(CompiledRule rule)
    {
        foreach (var i in rule.Needs)
        {
            if (!computed[i])
            {
                computed[i] = true;
                bindings.Set(scope.Lets[i].Slot, scope.Lets[i].Value.Evaluate(bindings));
            }
        }
    }
}
