using Anumate.PolicyEngine;

namespace Anumate.Engines.Tests.Policies;

public sealed class DeciderTests
{
    [Fact]
    public void Allows_what_a_rule_allows()
    {
        var decision = Ask.Tool(PolicyText.With("rule finance allow because \"finance may\" when \"finance\" in actor.groups"),
            Ask.Call(actor: Ask.Olga(groups: ["finance"])));
        Assert.Equal(Verdict.Allow, decision.Verdict);
        Assert.Equal([new MatchedRule("test.policy", 1, "finance", Verdict.Allow, "finance may") { Kind = RuleKind.Allow }], decision.Matched);
        Assert.Equal("`test.policy/finance` allows it: finance may", decision.Reason);
        Assert.Equal("tool.before", decision.Point);
        Assert.Equal("sha256:bundle", decision.Bundle);
    }

    [Fact]
    public void Denies_when_no_policy_permits()
    {
        var decision = Ask.Tool(PolicySet.Empty);
        Assert.Equal(Verdict.Deny, decision.Verdict);
        Assert.Empty(decision.Matched);
        Assert.Equal("no policy speaks for `payments.refund` at tool.before, and what has an effect needs one that allows it",
            decision.Reason);
    }

    [Theory]
    [InlineData(ToolEffect.Effect, Verdict.Deny)]
    [InlineData(ToolEffect.Idempotent, Verdict.Deny)]
    [InlineData(ToolEffect.ReadOnly, Verdict.Allow)]
    public void Without_policies_only_what_changes_nothing_is_allowed(ToolEffect effect, Verdict verdict) =>
        Assert.Equal(verdict, Ask.Tool(PolicySet.Empty, Ask.Call(effect: effect)).Verdict);

    [Fact]
    public void Without_policies_capsules_are_published_compiled_and_run()
    {
        foreach (var point in PolicyPoint.All.Where(p => !p.ConcernsTool))
        {
            Assert.Equal(Verdict.Allow, Decider.Decide(Ask.Layers(), point, PolicyFacts.Of(Ask.Olga())).Verdict);
        }
    }

    [Fact]
    public void A_read_only_call_needs_an_allow_once_a_policy_speaks_for_it() =>
        Assert.Equal(Verdict.Deny, Ask.Tool(PolicyText.With("rule x allow when false"), Ask.Call(effect: ToolEffect.ReadOnly)).Verdict);

    [Fact]
    public void Deny_beats_approval_and_allow()
    {
        var decision = Ask.Tool(PolicyText.With("rule a allow", "rule b approval 1 of \"x\" within 1h", "rule c deny because \"never\""));
        Assert.Equal(Verdict.Deny, decision.Verdict);
        Assert.Empty(decision.Approvals);
        Assert.Equal(["a", "b", "c"], decision.Matched.Select(m => m.Rule));
        Assert.Equal("`test.policy/c` denies it: never", decision.Reason);
    }

    [Fact]
    public void Approval_beats_allow_and_carries_its_terms()
    {
        var decision = Ask.Tool(PolicyText.With("rule a allow",
            "rule b approval 2 of [\"y\", \"x\"] distinct_from actor within 1h30m because \"large\""));
        Assert.Equal(Verdict.Approval, decision.Verdict);
        var demand = Assert.Single(decision.Approvals);
        Assert.Equal(("test.policy/b", 2, TimeSpan.FromMinutes(90), true),
            (demand.Rule, demand.Quorum, demand.Within, demand.DistinctFromActor));
        Assert.Equal(["x", "y"], demand.Groups);
        Assert.Equal("`test.policy/b` asks for the approval of 2 of `x` or `y`: large", decision.Reason);
    }

    [Fact]
    public void An_approval_does_not_stand_in_for_an_allow() =>
        Assert.Equal(Verdict.Deny, Ask.Tool(PolicyText.With("rule b approval 1 of \"x\" within 1h")).Verdict);

    [Fact]
    public void Approvals_add_up_across_rules_policies_and_layers()
    {
        var tenant = Ask.Set(PolicyText.Named("t", 1, "rule a allow", "rule b approval 1 of \"x\" within 1h"));
        var capsule = Ask.Set(PolicyText.Named("c", 1, "rule a allow", "rule b approval 1 of \"x\" within 1h",
            "rule c approval 2 of \"y\" within 1h"));
        var decision = Decider.Decide(Ask.Layers(tenant, capsule), PolicyPoint.ToolBefore, Ask.Call());
        Assert.Equal(Verdict.Approval, decision.Verdict);
        Assert.Equal(["c/b", "c/c", "t/b"], decision.Approvals.Select(a => a.Rule));
    }

    [Theory]
    [InlineData("rule a allow", "rule r deny when call.args.country == \"KP\"", Verdict.Deny)]
    [InlineData("rule a allow", "rule r approval 1 of \"x\" within 1h when call.args.country == \"KP\"", Verdict.Approval)]
    [InlineData("rule a allow when call.args.country == \"KP\"", "rule r deny when false", Verdict.Deny)]
    public void A_rule_that_fails_restricts_and_never_permits(string allow, string restriction, Verdict verdict)
    {
        // The call has no argument `country`.
        var decision = Ask.Tool(PolicyText.With(allow, restriction));
        Assert.Equal(verdict, decision.Verdict);
    }

    [Fact]
    public void A_failed_rule_is_shown_with_its_error_and_without_the_facts()
    {
        var decision = Ask.Tool(PolicyText.With("rule a allow", "rule r deny when money(call.args.amount) > money(\"5 EUR\")"),
            Ask.Call("""{"amount":"4111111111111111"}"""));
        Assert.Equal(Verdict.Deny, decision.Verdict);
        Assert.Equal("invalid-argument in `money(call.args.amount) > money(\"5 EUR\")`", decision.Matched.Single(m => m.Rule == "r").Error);
        Assert.Contains("counts as matched", decision.Reason);
        Assert.DoesNotContain("4111", decision.Reason);
    }

    [Fact]
    public void A_value_that_fails_fails_the_rules_that_need_it_and_no_others()
    {
        var decision = Ask.Tool(PolicyText.With("let country = call.args.country", "let known = country in [\"DE\"]", "rule a allow",
            "rule b allow when known", "rule c deny when known && false"));
        Assert.Equal(Verdict.Allow, decision.Verdict);
        Assert.Equal(["a"], decision.Matched.Select(m => m.Rule));
    }

    [Fact]
    public void A_false_clause_decides_even_beside_one_that_fails()
    {
        var decision = Ask.Tool(PolicyText.With("rule a allow", "rule r deny when call.args.missing == 1 && call.tool == \"other\""));
        Assert.Equal(Verdict.Allow, decision.Verdict);
    }

    [Fact]
    public void A_condition_that_is_not_a_boolean_fails()
    {
        var policy = PolicyText.With("rule a allow", "rule r deny when call.args.flag");
        Assert.Equal(Verdict.Allow, Ask.Tool(policy, Ask.Call("""{"flag":false}""")).Verdict);
        Assert.Equal(Verdict.Deny, Ask.Tool(policy, Ask.Call("""{"flag":"no"}""")).Verdict);
    }

    [Fact]
    public void A_policy_speaks_only_for_its_tools()
    {
        var set = Ask.Set(PolicyText.Refunds);
        Assert.Equal(Verdict.Allow,
            Ask.Tool(set, Ask.Call("""{"amount":"10 EUR","country":"DE"}""", actor: Ask.Olga(["finance"]))).Verdict);
        Assert.Equal(Verdict.Allow,
            Ask.Tool(set, Ask.Call("""{"amount":"10 EUR","country":"DE"}""", "payments.card_void", actor: Ask.Olga(["finance"]))).Verdict);
        Assert.StartsWith("no policy speaks for `payments.capture`",
            Ask.Tool(set, Ask.Call(tool: "payments.capture", actor: Ask.Olga(["finance"]))).Reason);
    }

    [Fact]
    public void A_policy_speaks_only_at_its_points()
    {
        var set = Ask.Set("policy p version 1 {\n  at run.start\n  rule r deny when inputs.amount > 5\n  rule a allow\n}");
        var facts = PolicyFacts.Of(Ask.Olga()).WithInputs(System.Text.Json.JsonDocument.Parse("""{"amount":9}""").RootElement);
        Assert.Equal(Verdict.Deny, Decider.Decide(Ask.Layers(set), PolicyPoint.RunStart, facts).Verdict);
        Assert.Equal(Verdict.Allow, Decider.Decide(Ask.Layers(set), PolicyPoint.PlanCompile, facts).Verdict);
    }

    [Theory]
    [InlineData(null, null, Verdict.Deny)]
    [InlineData("rule a allow", null, Verdict.Allow)]
    [InlineData(null, "rule a allow", Verdict.Allow)]
    [InlineData("rule a allow", "rule a allow when false", Verdict.Deny)]
    [InlineData("rule a allow when false", "rule a allow", Verdict.Deny)]
    [InlineData("rule r deny", "rule a allow", Verdict.Deny)]
    public void No_layer_widens_another(string? tenant, string? capsule, Verdict verdict)
    {
        var layers = Ask.Layers(tenant is null ? null : Ask.Set(PolicyText.Named("t", 1, tenant)), capsule is null ? null
            : Ask.Set(PolicyText.Named("c", 1, capsule)));
        Assert.Equal(verdict, Decider.Decide(layers, PolicyPoint.ToolBefore, Ask.Call()).Verdict);
    }

    [Fact]
    public void Of_a_pinned_and_a_current_version_the_narrower_wins_either_way()
    {
        var wide = Ask.Set(PolicyText.Named("p", 3, "rule a allow"));
        var narrow = Ask.Set(PolicyText.Named("p", 4, "rule a allow", "rule r deny"));
        Assert.Equal(Verdict.Deny, Decider.Decide(Ask.Layers(tenant: wide, capsule: narrow), PolicyPoint.ToolBefore, Ask.Call()).Verdict);
        Assert.Equal(Verdict.Deny, Decider.Decide(Ask.Layers(tenant: narrow, capsule: wide), PolicyPoint.ToolBefore, Ask.Call()).Verdict);
    }

    [Fact]
    public void Names_the_closest_allow_and_the_clause_it_lacks()
    {
        var decision = Ask.Tool(PolicyText.With(
            "rule far allow when actor.kind == \"agent\" && call.args.amount < 5",
            "rule near allow when actor.kind == \"user\" && call.args.amount < 5",
            "rule broken allow when call.args.missing == 1 && call.args.amount < 5"), Ask.Call("""{"amount":9}"""));
        Assert.Equal("no rule of the capsule's policies allows `payments.refund` at tool.before; the closest, `test.policy/near`, needs `call.args.amount < 5`", decision.Reason);
    }

    [Fact]
    public void Says_when_policies_only_restrict()
    {
        var decision = Ask.Tool(PolicyText.With("rule r deny when false"));
        Assert.Equal("no rule of the capsule's policies allows `payments.refund` at tool.before; those that apply (`test.policy`) have no `allow` rule", decision.Reason);
    }

    [Fact]
    public void Facts_are_those_of_the_call()
    {
        var decision = Ask.Tool(PolicyText.With("""
            rule a allow when actor.id == "prn_01m826h01xf14v1qvyk36e7vrz" && actor.name == "olga" && actor.kind == "user" && actor.credential == "sign_in"
              && actor.roles == ["operator"] && actor.groups == [] && actor.tenant == call.tenant && call.tool == "payments.refund" && call.effect == "effect"
              && call.args.amount == 12.5 && capsule.name == "refund-order" && capsule.version == "1.4.0" && capsule.labels.tier == "gold"
              && run.id == "run_01m826h01xf14v1qvyk36e7vrz" && run.requester == actor.id && inputs.order_id == "o-1"
            """), Ask.Call("""{"amount":12.5}"""));
        Assert.True(decision.Verdict == Verdict.Allow, decision.Reason);
    }

    [Fact]
    public void Money_of_another_currency_fails_closed()
    {
        var policy = PolicyText.With("rule a allow", "rule r deny when money(call.args.amount) > money(\"5000 EUR\")");
        Assert.Equal(Verdict.Allow, Ask.Tool(policy, Ask.Call("""{"amount":{"amount":"5000.00","currency":"EUR"}}""")).Verdict);
        Assert.Equal(Verdict.Deny, Ask.Tool(policy, Ask.Call("""{"amount":{"amount":"5000.01","currency":"EUR"}}""")).Verdict);
        Assert.Equal(Verdict.Deny, Ask.Tool(policy, Ask.Call("""{"amount":{"amount":"1","currency":"USD"}}""")).Verdict);
    }
}
