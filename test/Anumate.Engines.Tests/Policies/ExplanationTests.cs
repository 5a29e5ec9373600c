using Anumate.PolicyEngine;

namespace Anumate.Engines.Tests.Policies;

public sealed class ExplanationTests
{
    static Explanation Explain(string policy, PolicyFacts facts) =>
        Decider.Explain(Ask.Layers(capsule: Ask.Set(policy)), PolicyPoint.ToolBefore, facts).Explanation!;

    [Fact]
    public void Shows_every_rule_with_its_conditions_and_the_values_they_read()
    {
        var explanation = Explain(PolicyText.With(
            "let amount = money(call.args.amount)",
            "rule staff allow when \"operator\" in actor.roles && call.args.country != \"KP\"",
            "rule large approval 1 of \"x\" within 1h when amount > money(\"5000 EUR\")",
            "rule noted deny when call.args.note == \"x\"",
            "rule hours only in window \"Mon-Fri 08:00-18:00\" zone \"Europe/Berlin\""),
            Ask.Call("""{"amount":"9000 EUR","country":"DE"}"""));
        Assert.Equal(
            [("hours", RuleOutcome.Met), ("large", RuleOutcome.Matched), ("noted", RuleOutcome.Failed), ("staff", RuleOutcome.Matched)],
            explanation.Rules.Select(r => (r.Rule, r.Outcome)));
        var staff = explanation.Rules.Single(r => r.Rule == "staff");
        Assert.Equal((4, 8, "capsule", RuleKind.Allow), (staff.Line, staff.Column, staff.Layer, staff.Kind));
        Assert.Equal(["\"operator\" in actor.roles", "call.args.country != \"KP\""], staff.Clauses.Select(c => c.Text));
        Assert.Equal("\"DE\"", staff.Clauses[1].Values["call.args.country"]);
        Assert.Contains("9000", explanation.Rules.Single(r => r.Rule == "large").Clauses[0].Values["amount"]);
        var noted = explanation.Rules.Single(r => r.Rule == "noted");
        Assert.Equal(("no-such-field in `call.args.note == \"x\"`", "no-such-field", ""), (noted.Error, noted.Clauses[0].Error, noted.Clauses[0].Values["call.args.note"]));
        Assert.Null(explanation.Closest);
    }

    [Fact]
    public void Shows_the_closest_allow_and_all_it_lacks()
    {
        var explanation = Explain(PolicyText.With(
            "rule near allow when actor.kind == \"agent\" && call.args.amount < 5",
            "rule far allow when actor.kind == \"agent\" && call.args.amount < 5 && actor.name == \"bob\""), Ask.Call("""{"amount":9}"""));
        Assert.Equal(("capsule", "test.policy", "near"), (explanation.Closest!.Layer, explanation.Closest.Policy, explanation.Closest.Rule));
        Assert.Equal(["actor.kind == \"agent\"", "call.args.amount < 5"], explanation.Closest.Unmet.Select(c => c.Text));
        Assert.Equal("9.0", explanation.Closest.Unmet[1].Values["call.args.amount"]);
    }

    [Fact]
    public void Shows_what_a_waiver_lifted()
    {
        var facts = Ask.Call().WithWaivers([new Waiver("test.policy/stop", "compliance", "tool payments.refund", Ask.Now.AddDays(1))]);
        var explanation = Explain(PolicyText.With("rule open allow", "rule stop deny waivable by \"compliance\""), facts);
        Assert.Equal([RuleOutcome.Matched, RuleOutcome.Waived], explanation.Rules.Select(r => r.Outcome));
    }

    [Fact]
    public void A_decision_that_nobody_asked_to_explain_quotes_no_fact()
    {
        var decision = Ask.Tool(PolicyText.With("rule a allow when call.args.card == \"x\""), Ask.Call("""{"card":"4111111111111111"}"""));
        Assert.Null(decision.Explanation);
        Assert.DoesNotContain("4111", System.Text.Json.JsonSerializer.Serialize(decision, AnumateJson.Options));
    }
}
