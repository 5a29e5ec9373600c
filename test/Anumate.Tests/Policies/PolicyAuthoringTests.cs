using System.Text.Json;

namespace Anumate.Tests.Policies;

/// <summary>Of the contract: what helps to write a policy.</summary>
public abstract partial class PolicyContractTests
{
    const string Tested = """
        policy a version 1 {
          at tool.before
          rule small allow when call.args.amount <= 100
          rule none deny when call.tool == "x.y"
        }
        test a "amounts" {
          given call.tool = "a.b"
          table
            | call.args.amount | expect |
            | 100              | allow  |
            | 101              | allow  |
          never allow when call.args.amount > 100
        }
        """;

    const string Suite = """
        test a "others" {
          given call.tool = "a.b"
          table
            | call.args.amount | expect          |
            | 99               | allow by small  |
            | 101              | deny            |
        }
        """;

    [Fact]
    public async Task Checks_a_document_against_the_tools_there_are()
    {
        var schema = JsonDocument.Parse("""{"type":"object","properties":{"amount":{"type":"number"}},"required":["amount"]}""").RootElement;
        await kit.PutToolAsync(new NewTool("payments.refund", "/refund", ToolEffect.Effect, schema, schema));
        var source = PolicyKit.Document("a", 1, "rule all allow when call.tool == \"payments.refnd\" && call.args.amount > 1");
        var check = await kit.Service.CheckAsync(kit.Viewer, new PolicyText(source), default);
        Assert.Equal(("a", 1), (check.Name, check.Version));
        Assert.StartsWith("sha256:", check.Digest);
        Assert.Contains(check.Diagnostics, d => d.Severity == Severity.Warning && d.Code == "policy.unknown-tool");

        check = await kit.Service.CheckAsync(kit.Viewer, new PolicyText("policy a version 1 {\n  at tool.before\n  rule x alow\n}"), default);
        Assert.Null(check.Name);
        Assert.Equal((3, 10), (check.Diagnostics[0].Line, check.Diagnostics[0].Column));
        Assert.Equal(0, await kit.CountAsync("policies.policy"));
    }

    [Fact]
    public async Task Formats_a_document_and_says_whether_it_was_in_that_form()
    {
        var formatted = await kit.Service.FormatAsync(kit.Viewer, new PolicyText("policy a version 1 { at tool.before rule x allow }"), default);
        Assert.True(formatted.Changed);
        Assert.Equal(new FormattedPolicy(formatted.Source, false), await kit.Service.FormatAsync(kit.Viewer, new PolicyText(formatted.Source), default));
        Assert.Equal("policy-invalid", (await RefusalAsync(() => kit.Service.FormatAsync(kit.Viewer, new PolicyText("policy"), default))).Code);
    }

    [Fact]
    public async Task Runs_the_tests_of_a_document_and_those_given_with_it()
    {
        var report = await kit.Service.TestAsync(kit.Viewer, new TestPolicyText(Tested, Inputs: 50), default);
        Assert.Equal(("a", 1, 2, 1), (report.Policy, report.Version, report.Passed, report.Failed));
        Assert.Equal((11, "expected allow, got deny"), report.Cases.Where(c => c.Failure is not null).Select(c => (c.Line, c.Failure![..24])).Single());
        Assert.Equal(1, report.Coverage.Rules.Single(r => r.Rule == "small").Matched);

        report = await kit.Service.TestAsync(kit.Viewer, new TestPolicyText(Tested, Suite), default);
        Assert.Equal((2, 0), (report.Passed, report.Failed));
        var stored = await kit.Service.PublishAsync(kit.Author, new PublishPolicy(Tested), default);
        Assert.Equal(1, (await kit.Service.TestVersionAsync(kit.Viewer, stored.Id, new TestPolicy(), default)).Failed);
        Assert.Equal((2, 0), (await kit.Service.TestVersionAsync(kit.Viewer, stored.Id, new TestPolicy(Suite), default)) is var r ? (r.Passed, r.Failed) : default);
    }

    [Fact]
    public async Task Refuses_tests_that_make_no_sense()
    {
        Assert.Equal("invalid-request", (await RefusalAsync(() => kit.Service.TestAsync(kit.Viewer, new TestPolicyText(Tested, Inputs: 0), default))).Code);
        Assert.Equal("invalid-request", (await RefusalAsync(() => kit.Service.TestAsync(kit.Viewer, new TestPolicyText(Tested, Inputs: 10_001), default))).Code);
        Assert.Equal("policy-invalid", (await RefusalAsync(() => kit.Service.TestAsync(kit.Viewer, new TestPolicyText("policy"), default))).Code);
        var problem = await RefusalAsync(() => kit.Service.TestAsync(kit.Viewer, new TestPolicyText(Tested, Suite.Replace("test a", "test b")), default));
        Assert.Equal(("policy-invalid", "policy.test"), (problem.Code, problem.Diagnostics![0].Code));
        Assert.Equal("policy-not-found",
            (await RefusalAsync(() => kit.Service.TestVersionAsync(kit.Viewer, Id<Policy>.New(TimeProvider.System), new TestPolicy(), default))).Code);
    }

    [Fact]
    public async Task Says_how_a_decision_came_about_when_asked()
    {
        await kit.PublishAsync("c", 1, PolicyBinding.Capsule, "rule small allow when call.args.amount <= 100");
        var request = new EvaluatePolicy("tool.before", PolicyKit.Facts("""{"call":{"tool":"a.b","args":{"amount":900}}}"""), ["c"]);
        Assert.Null((await kit.Service.EvaluateAsync(kit.Viewer, request, default)).Explanation);
        var explained = await kit.Service.EvaluateAsync(kit.Viewer, request with { Explain = true }, default);
        Assert.Equal(Verdict.Deny, explained.Verdict);
        Assert.Equal(("c", "small"), (explained.Explanation!.Closest!.Policy, explained.Explanation.Closest.Rule));
        var rule = Assert.Single(explained.Explanation.Rules);
        Assert.Equal((RuleOutcome.NotMatched, "900.0"), (rule.Outcome, rule.Clauses[0].Values["call.args.amount"]));
    }
}
