using Anumate.PolicyEngine;
using CsCheck;

namespace Anumate.Engines.Tests.Policies;

/// <summary>
/// What holds for every set of policies. Clauses come from a pool whose outcomes are known, so a plain model can decide as well.
/// </summary>
public sealed class DecisionPropertyTests
{
    enum Truth
    {
        Yes,
        No,
        Fails,
    }

    static readonly (string Text, Truth Truth)[] Pool =
    [
        ("true", Truth.Yes), ("false", Truth.No), ("call.args.missing == 1", Truth.Fails), ("call.args.amount > 5", Truth.Yes),
            ("call.args.amount < 5", Truth.No),
        ("\"admin\" in actor.roles", Truth.No), ("actor.name == \"olga\"", Truth.Yes), ("call.args.amount / 0 == 1", Truth.Fails),
            ("(call.args.missing == 1 || true)", Truth.Yes),
        ("(1 / 0 == 1 && false)", Truth.No), ("call.tool == \"payments.refund\"", Truth.Yes), ("call.tool == \"other.tool\"", Truth.No),
            ("call.tool in [\"a.b\", \"c.d\"]", Truth.No), ("seen", Truth.Fails), ("big", Truth.Yes),
    ];

    /// <summary>A rule; <paramref name="IsMet"/>: whether what an <c>only</c> or <c>require</c> asks for is so.</summary>
    sealed record Rule(string Name, RuleKind Kind, int[] Clauses, bool IsMet = true)
    {
        public Truth Truth =>
            Clauses.Any(c => Pool[c].Truth == Truth.No) ? Truth.No : Clauses.Any(c => Pool[c].Truth == Truth.Fails) ? Truth.Fails
            : Truth.Yes;

        public bool Counts => Truth == Truth.Yes || (Truth == Truth.Fails && Kind != RuleKind.Allow);

        /// <summary>Whether a decision names it.</summary>
        public bool Matches => Counts && !(IsMet && Kind is RuleKind.Only or RuleKind.Require);

        public bool Denies => Counts && Kind switch
        {
            RuleKind.Deny => true,
            RuleKind.Only or RuleKind.Require => !IsMet,
            RuleKind.Limit => Truth == Truth.Fails,
            _ => false,
        };

        string Terms => Kind switch
        {
            RuleKind.Approval => " 1 of \"x\" within 1h",
            RuleKind.Limit => " 5 per 1h key [actor.id]",
            RuleKind.Only => $" in window \"{(IsMet ? "Mon-Fri" : "Sat,Sun")} 08:00-18:00\" zone \"Europe/Berlin\"",
            RuleKind.Redact => " call.args.card with mask(last: 4)",
            RuleKind.Require => $" preflight risk < {(IsMet ? 31 : 30)} not older than 1h",
            _ => "",
        };

        public override string ToString() =>
            $"rule {Name} {Kind.ToString().ToLowerInvariant()}{Terms}{(Clauses.Length == 0 ? "" : $" when {string.Join(" && ", Clauses.Select(c => Pool[c].Text))}")}";
    }

    sealed record Document(string Name, string? Tools, Rule[] Rules)
    {
        public bool Applies => Tools is null or "\"payments.*\"" or "\"a.b\", \"payments.refund\"";

        public override string ToString() =>
            $"policy {Name} version 1 {{\n  at tool.before\n{(Tools is null ? "" : $"  on tool in [{Tools}]\n")}  let seen = call.args.seen\n  let big = call.args.amount > 1\n  {string.Join("\n  ", (object[])Rules)}\n}}\n";
    }

    static readonly Gen<Rule[]> Rules =
        Gen.Select(Gen.Enum<RuleKind>(), Gen.Int[0, Pool.Length - 1].Array[0, 3], Gen.Bool).Array[1, 5]
        .Select(rules => rules.Select((r, i) => new Rule($"r{i}", r.Item1, r.Item2, r.Item3)).ToArray());

    static readonly Gen<string?> Tools = Gen.OneOf<string?>(null, "\"payments.*\"", "\"a.b\", \"payments.refund\"", "\"other.tool\"",
        "\"*.get\"");

    static Gen<Document[]> Layer(string prefix) => Gen.Select(Tools, Rules, (tools, rules) => (tools, rules)).Array[0, 3]
        .Select(all => all.Select((p, i) => new Document($"{prefix}{i}", p.tools, p.rules)).ToArray());

    static readonly Gen<(Document[] Tenant, Document[] Capsule)> Layers = Gen.Select(Layer("t"), Layer("c"));

    static readonly PolicyFacts Facts = Ask.Call("""{"amount":9}""")
        .WithPreflight(Id<GhostRun>.Parse("gho_01m826h01xf14v1qvyk36e7vrz"), PreflightVerdict.Ready, 30, Ask.Now.AddMinutes(-59));

    static PolicySet Set(IEnumerable<Document> policies) => Ask.Set([.. policies.Select(p => p.ToString())]);

    static Decision Decide(IEnumerable<Document> tenant, IEnumerable<Document> capsule) =>
        Decider.Decide(Ask.Layers(Set(tenant), Set(capsule)), PolicyPoint.ToolBefore, Facts);

    /// <summary>The algebra, told as plainly as possible.</summary>
    static Verdict Model(params Document[][] layers)
    {
        var speaking = layers.Select(l => l.Where(p => p.Applies).SelectMany(p => p.Rules).ToList()).Where(l => l.Count > 0).ToList();
        var rules = speaking.SelectMany(l => l).ToList();
        bool Counts(RuleKind kind) => rules.Exists(r => r.Kind == kind && r.Counts);
        return speaking.Count == 0 || rules.Exists(r => r.Denies)
            || speaking.Exists(l => !l.Exists(r => r.Kind == RuleKind.Allow && r.Counts)) ? Verdict.Deny
            : Counts(RuleKind.Approval) ? Verdict.Approval
            : Counts(RuleKind.Limit) ? Verdict.Limit
            : Verdict.Allow;
    }

    [Fact]
    public void Decides_as_the_model_does() =>
        Layers.Sample((tenant, capsule) => Assert.Equal(Model(tenant, capsule), Decide(tenant, capsule).Verdict), iter: Runs.Of(40));

    [Fact]
    public void The_verdict_alone_is_the_verdict_of_the_decision() => Layers.Sample((tenant, capsule) =>
        Assert.Equal(Decide(tenant, capsule).Verdict, Decider.Judge(Ask.Layers(Set(tenant), Set(capsule)), PolicyPoint.ToolBefore, Facts)), iter: Runs.Of(40));

    [Fact]
    public void The_order_of_policies_and_rules_never_matters() => Gen.Select(Layers, Gen.Int).Sample((layers, seed) =>
    {
        var random = new Random(seed);
        Document[] Shuffled(Document[] all) =>
            [.. all.OrderBy(_ => random.Next()).Select(p => p with { Rules = [.. p.Rules.OrderBy(_ => random.Next())] })];
        var one = Decide(layers.Tenant, layers.Capsule);
        var other = Decide(Shuffled(layers.Tenant), Shuffled(layers.Capsule));
        Assert.Equal((one.Verdict, one.Digest, one.Reason), (other.Verdict, other.Digest, other.Reason));
        Assert.Equal(one.Matched, other.Matched);
        Assert.Equal(one.Approvals.Select(a => a.Rule), other.Approvals.Select(a => a.Rule));
    }, iter: Runs.Of(30));

    [Fact]
    public void A_matched_deny_beats_everything() => Layers.Sample((tenant, capsule) =>
    {
        var deny = new Document("z", null, [new Rule("never", RuleKind.Deny, [])]);
        Assert.Equal(Verdict.Deny, Decide([.. tenant, deny], capsule).Verdict);
        Assert.Equal(Verdict.Deny, Decide(tenant, [.. capsule, deny]).Verdict);
    }, iter: Runs.Of(20));

    [Fact]
    public void A_restricting_rule_never_widens() =>
        Gen.Select(Layers, Gen.Enum<RuleKind>().Where(k => k != RuleKind.Allow), Gen.Int[0, Pool.Length - 1].Array[0, 2], Gen.Bool, Gen.Bool)
        .Sample((layers, kind, clauses, isMet, inTenant) =>
        {
            var rule = new Rule("more", kind, clauses, isMet);
            Document[] With(Document[] layer) =>
                layer.Length == 0 ? [new Document("more", null, [rule])]
                : [layer[0] with { Rules = [.. layer[0].Rules, rule] }, .. layer[1..]];
            var before = Decide(layers.Tenant, layers.Capsule);
            var after = inTenant ? Decide(With(layers.Tenant), layers.Capsule) : Decide(layers.Tenant, With(layers.Capsule));
            Assert.True(after.Verdict <= before.Verdict, $"{before.Verdict} became {after.Verdict}");
            if (after.Verdict == Verdict.Approval && before.Verdict == Verdict.Approval)
            {
                Assert.Superset(before.Approvals.Select(a => a.Rule).ToHashSet(), after.Approvals.Select(a => a.Rule).ToHashSet());
            }
        }, iter: Runs.Of(30));

    [Fact]
    public void A_layer_that_speaks_never_widens_another() => Layers.Sample((tenant, capsule) =>
    {
        var alone = Decide(tenant, []);
        if (tenant.Any(p => p.Applies))
        {
            Assert.True(Decide(tenant, capsule).Verdict <= alone.Verdict);
        }
    }, iter: Runs.Of(30));

    [Fact]
    public void The_explanation_agrees_with_the_decision() => Layers.Sample((tenant, capsule) =>
    {
        var decision = Decide(tenant, capsule);
        var expected = tenant.Concat(capsule).Where(p => p.Applies)
            .SelectMany(p => p.Rules.Where(r => r.Matches).Select(r => (p.Name, r.Name, r.Truth == Truth.Fails))).Order();
        Assert.Equal(expected, decision.Matched.Select(m => (m.Policy, m.Rule, m.Error is not null)).Order());
        var opening = decision.Verdict switch
        {
            Verdict.Allow or Verdict.Limit => " allows it",
            Verdict.Approval => " asks for the approval of ",
            _ when decision.Matched.Any(m => m.Verdict == Verdict.Deny) => decision.Reason.Contains(" denies it") ? " denies it" : ", which is not so",
            _ when tenant.Concat(capsule).Any(p => p.Applies) => "no rule of the ",
            _ => "no policy speaks for ",
        };
        Assert.Contains(opening, decision.Reason);
        Assert.Equal(decision.Verdict == Verdict.Approval, decision.Approvals.Count > 0);
    }, iter: Runs.Of(30));

    /// <summary>What the explanation alone comes to, by the algebra told again over its outcomes.</summary>
    static Verdict Explained(Explanation explanation)
    {
        var rules = explanation.Rules;
        bool Restricts(ExplainedRule r) => r.Outcome is RuleOutcome.Matched or RuleOutcome.Failed;
        return rules.Any(r => Restricts(r) && (r.Kind is RuleKind.Deny or RuleKind.Only or RuleKind.Require || (r.Kind == RuleKind.Limit && r.Outcome == RuleOutcome.Failed)))
            || rules.GroupBy(r => r.Layer).Any(l => !l.Any(r => r.Kind == RuleKind.Allow && r.Outcome == RuleOutcome.Matched))
            || rules.Count == 0 ? Verdict.Deny
            : rules.Any(r => r.Kind == RuleKind.Approval && Restricts(r)) ? Verdict.Approval
            : rules.Any(r => r.Kind == RuleKind.Limit && Restricts(r)) ? Verdict.Limit
            : Verdict.Allow;
    }

    [Fact]
    public void The_noted_explanation_gives_the_same_decision_and_comes_to_its_verdict() => Layers.Sample((tenant, capsule) =>
    {
        var layers = Ask.Layers(Set(tenant), Set(capsule));
        var plain = Decider.Decide(layers, PolicyPoint.ToolBefore, Facts);
        var explained = Decider.Explain(layers, PolicyPoint.ToolBefore, Facts);
        var explanation = explained.Explanation!;
        Assert.Equal((plain.Verdict, plain.Digest, plain.Reason), (explained.Verdict, explained.Digest, explained.Reason));
        Assert.Equal(plain.Verdict, Explained(explanation));
        Assert.Equal(plain.Matched.Select(m => (m.Policy, m.Rule)).Distinct().Order(),
            explanation.Rules.Where(r => r.Outcome == RuleOutcome.Matched || (r.Outcome == RuleOutcome.Failed && r.Kind != RuleKind.Allow))
                .Select(r => (r.Policy, r.Rule)).Distinct().Order());
        Assert.All(explanation.Rules, r => Assert.Equal(r.Outcome is RuleOutcome.NotMatched, r.Clauses.Any(c => !c.Holds && c.Error is null)));
        Assert.Equal(explanation.Closest is not null, plain.Reason.Contains("the closest, `"));
        if (explanation.Closest is { } closest)
        {
            Assert.Contains($"`{closest.Policy}/{closest.Rule}`", plain.Reason);
            Assert.All(closest.Unmet, c => Assert.False(c.Holds));
            Assert.NotEmpty(closest.Unmet);
        }
    }, iter: Runs.Of(40));

    [Fact]
    public void Redactions_and_limits_are_those_of_the_rules_that_count() => Layers.Sample((tenant, capsule) =>
    {
        var decision = Decide(tenant, capsule);
        var rules = tenant.Concat(capsule).Where(p => p.Applies).SelectMany(p => p.Rules.Where(r => r.Counts).Select(r => (Name: $"{p.Name}/{r.Name}", Rule: r))).ToList();
        string[] Named(RuleKind kind) => decision.Verdict == Verdict.Deny ? [] : [.. rules.Where(r => r.Rule.Kind == kind).Select(r => r.Name).Order()];
        Assert.Equal(Named(RuleKind.Limit), decision.Limits.Select(l => l.Rule));
        Assert.Equal(Named(RuleKind.Redact), decision.Redactions.SelectMany(r => r.Rules).Order());
        if (decision.Redactions.Count > 0)
        {
            var drops = rules.Any(r => r.Rule.Kind == RuleKind.Redact && r.Rule.Truth == Truth.Fails);
            Assert.Equal(drops ? RedactionOperator.Drop : RedactionOperator.Mask, Assert.Single(decision.Redactions).Operator);
        }
    }, iter: Runs.Of(40));
}
