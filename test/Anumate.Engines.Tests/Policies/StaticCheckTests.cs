using System.Text.Json;
using System.Text.RegularExpressions;
using Anumate.PolicyEngine;
using Anumate.PolicyEngine.Checks;

namespace Anumate.Engines.Tests.Policies;

public sealed partial class StaticCheckTests
{
    static readonly string Documentation = File.ReadAllText(Path.Combine(PolicyFilesTests.Root, "docs", "policy.md"));

    /// <summary>The world of the documentation.</summary>
    static readonly PolicyWorld World =
        PolicyWorld.Read(JsonDocument.Parse(JsonFence().Match(Documentation).Groups[1].Value).RootElement)!;

    static IReadOnlyList<Diagnostic> Check(params string[] members) => CompiledPolicy.Check(PolicyText.With(members), PolicyWorld.Unknown).Diagnostics;

    static string[] Codes(params string[] members) => [.. Check(["rule open allow when \"x\" in actor.groups", .. members]).Select(d => $"{d.Code} {d.Line}")];

    public static TheoryData<string, int, int, string> Examples() =>
        new(FindingFence().Matches(Documentation).Select(m =>
            (m.Groups[1].Value, int.Parse(m.Groups[2].Value), int.Parse(m.Groups[3].Value), m.Groups[4].Value)));

    [Theory]
    [MemberData(nameof(Examples))]
    public void Each_documented_example_has_its_finding_and_no_other(string code, int line, int column, string source)
    {
        var findings = CompiledPolicy.Check(source, World).Diagnostics;
        Assert.Equal([(code, line, column)], findings.Select(f => (f.Code, f.Line, f.Column)));
    }

    [Fact]
    public void Every_kind_of_check_has_an_example() => Assert.Equal(
        ["cel.optional-field", "cel.unknown-field", "policy.always-true", "policy.cost", "policy.dead-rule", "policy.duplicate-rule", "policy.empty-window",
            "policy.nobody-may-call", "policy.quorum", "policy.redaction-path", "policy.shadowed-rule", "policy.unknown-group", "policy.unknown-tool", "policy.window"],
        FindingFence().Matches(Documentation).Select(m => m.Groups[1].Value).Order());

    [Theory]
    [InlineData("call.args.a == 1 && call.args.a == 2", true)]
    [InlineData("call.args.a == 1 && call.args.a != 1", true)]
    [InlineData("call.args.a == 1 && call.args.a != 2", false)]
    [InlineData("call.args.a in [1, 2] && call.args.a > 2", true)]
    [InlineData("call.args.a in [1, 2, 3] && call.args.a > 2", false)]
    [InlineData("call.args.a > 2 && call.args.a < 2.5", false)]
    [InlineData("call.args.a > 2 && call.args.a < 2", true)]
    [InlineData("call.args.a >= 2 && call.args.a <= 2", false)]
    [InlineData("5 < call.args.a && call.args.a <= 5", true)]
    [InlineData("!(call.args.a in [1, 2]) && call.args.a == 2", true)]
    [InlineData("call.args.flag && !call.args.flag", true)]
    [InlineData("money(call.args.a) > money(\"5 EUR\") && money(call.args.a) < money(\"5 EUR\")", false)]
    [InlineData("amount > money(\"5 EUR\") && amount < money(\"5.00 EUR\")", true)]
    [InlineData("amount > money(\"5 EUR\") && amount < money(\"4 USD\")", false)]
    [InlineData("now > timestamp(\"2026-01-01T00:00:00Z\") && now < timestamp(\"2025-01-01T00:00:00Z\")", true)]
    [InlineData("call.args.a == \"x\" && call.args.a == 5", true)]
    [InlineData("call.args.a < \"x\" && call.args.a > 5", false)]
    [InlineData("1 > 2", true)]
    [InlineData("call.tool == \"a.b\" && call.tool == \"a.c\"", true)]
    [InlineData("call.args.a == 1 || call.args.a == 2", false)]
    public void A_rule_is_dead_when_its_conditions_cannot_all_be_true(string condition, bool isDead) =>
        Assert.Equal(isDead ? ["policy.dead-rule 5"] : [], Codes("let amount = money(call.args.amount)", $"rule r deny when {condition}").Where(c => c.StartsWith("policy.dead")));

    [Theory]
    [InlineData("deny when call.args.a > 5", "deny when call.args.a > 3", "policy.shadowed-rule 4")]
    [InlineData("deny when call.args.a > 3", "deny when call.args.a > 5", "policy.shadowed-rule 5")]
    [InlineData("approval 1 of \"x\" within 1h when call.args.a > 5", "deny when call.args.a > 3", "policy.shadowed-rule 4")]
    [InlineData("approval 1 of \"x\" within 1h when call.args.a > 5", "deny waivable by \"y\" when call.args.a > 3", "")]
    [InlineData("approval 1 of \"x\" within 1h when call.args.a > 5", "approval 2 of \"x\" within 1h when call.args.a > 3", "")]
    [InlineData("approval 1 of \"x\" within 1h when call.args.a > 5", "approval 1 of \"x\" within 1h when call.args.a > 3", "policy.shadowed-rule 4")]
    [InlineData("deny when call.args.a > 5 && call.args.b == 1", "deny when call.args.b == 1", "policy.shadowed-rule 4")]
    [InlineData("deny when call.args.a > 5", "deny when call.args.b > 3", "")]
    [InlineData("deny when call.args.a == 5", "deny when call.args.a in [4, 5]", "policy.shadowed-rule 4")]
    [InlineData("deny when call.args.a.startsWith(\"x\") && call.args.b", "deny when call.args.a.startsWith(\"x\")", "policy.shadowed-rule 4")]
    [InlineData("deny when call.args.a > 5 && call.args.b == 1", "deny when call.args.b == 1 && 5 < call.args.a", "policy.duplicate-rule 5")]
    [InlineData("limit 5 per 1h", "limit 5 per 1h", "policy.duplicate-rule 5")]
    [InlineData("limit 5 per 1h", "limit 6 per 1h", "")]
    [InlineData("redact result with drop", "redact result with drop when call.args.a == 1", "policy.shadowed-rule 5")]
    public void A_rule_that_changes_nothing_is_found(string one, string other, string finding) =>
        Assert.Equal(finding == "" ? [] : [finding], Codes($"rule one {one}", $"rule other {other}"));

    [Theory]
    [InlineData("call.args.a > 5 && call.args.a > 3", "policy.always-true 4")]
    [InlineData("call.args.a > 5 && call.args.b > 3", "")]
    [InlineData("true", "policy.always-true 4")]
    [InlineData("call.args.a > 5 && call.args.a > 5", "policy.always-true 4")]
    public void A_condition_that_says_nothing_is_found(string condition, string finding) =>
        Assert.Equal(finding == "" ? [] : [finding], Codes($"rule one deny when {condition}").Where(c => !c.StartsWith("policy.nobody")));

    [Fact]
    public void An_unconditional_denial_means_that_nobody_may_call()
    {
        var findings = CompiledPolicy.Check("policy p version 1 {\n  at tool.before\n  on tool in [\"a.b\"]\n  rule open allow\n  rule stop deny\n}", PolicyWorld.Unknown).Diagnostics;
        Assert.Equal(["policy.shadowed-rule", "policy.nobody-may-call"], findings.Select(f => f.Code));
    }

    [Fact]
    public void Suggests_the_tool_the_group_and_the_field_that_were_meant()
    {
        const string source = """
            policy p version 1 {
              at tool.before
              on tool in ["payments.refnd", "payments.*"]
              rule open allow when call.args.amonut < 5
              rule ask approval 1 of "finanse" within 1h
              rule hide redact result.emil with drop
            }
            """;
        Assert.Equal(["did you mean `payments.refund`", "did you mean `finance`", "did you mean `amount`?", "did you mean `email`"],
            CompiledPolicy.Check(source, World).Diagnostics.Select(d => d.Suggestion));
    }

    [Fact]
    public void What_is_wrong_for_some_tools_is_a_warning_and_for_all_an_error()
    {
        var world = PolicyWorld.Read(JsonDocument.Parse("""
            [{"name":"a.one","input_schema":{"type":"object","required":["n"],"properties":{"n":{"type":"number"}}}},
             {"name":"a.two","input_schema":{"type":"object","required":["m"],"properties":{"m":{"type":"number"}}}}]
            """).RootElement)!;
        List<Diagnostic> Of(string condition) =>
            CompiledPolicy.Check($"policy p version 1 {{\n  at tool.before\n  on tool in [\"a.*\"]\n  rule open allow when {condition}\n}}", world).Diagnostics.Where(d => d.Code.StartsWith("cel.")).ToList();
        Assert.Equal([("for `a.two`: ", Severity.Warning)], Of("call.args.n > 5").Select(d => (d.Message[..13], d.Severity)));
        Assert.Empty(Of("call.tool == \"a.one\" && call.args.n > 5"));
        Assert.Equal([("for `a.one`, `a.two`: ", Severity.Error)], Of("call.args.x > 5").Select(d => (d.Message[..22], d.Severity)));
        Assert.Equal(["cel.no-overload"], Of("call.tool == \"a.one\" && call.args.n == \"x\"").Select(d => d.Code));
    }

    [Fact]
    public void A_guard_in_an_earlier_condition_serves_a_later_one()
    {
        const string policy = "policy p version 1 {{\n  at tool.before\n  on tool in [\"payments.refund\"]\n  rule open allow when {0}\n}}";
        Assert.Empty(CompiledPolicy.Check(string.Format(policy, "has(call.args.note) && call.args.note != \"\""), World).Diagnostics);
        Assert.Equal(["cel.optional-field"], CompiledPolicy.Check(string.Format(policy, "call.args.note != \"\""), World).Diagnostics.Select(d => d.Code));
    }

    [Fact]
    public void The_sample_and_the_documentation_are_without_findings()
    {
        Assert.Empty(CompiledPolicy.Check(File.ReadAllText(Path.Combine(PolicyFilesTests.Root, "samples", "refund-order", "policy.pol")), PolicyWorld.Unknown).Diagnostics);
        foreach (Match example in PlainFence().Matches(Documentation))
        {
            Assert.Empty(CompiledPolicy.Check(example.Groups[1].Value, PolicyWorld.Unknown).Diagnostics);
        }
    }

    [Theory]
    [InlineData("5")]
    [InlineData("""{"tools":5}""")]
    [InlineData("""{"tools":[{"title":"x"}]}""")]
    [InlineData("""{"groups":{"a":"b"}}""")]
    public void A_world_that_cannot_be_read_is_none(string json) => Assert.Null(PolicyWorld.Read(JsonDocument.Parse(json).RootElement));

    [GeneratedRegex("^```policy (\\S+) (\\d+):(\\d+)\n(.*?)^```$", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex FindingFence();

    [GeneratedRegex("^```policy\n(.*?)^```$", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex PlainFence();

    [GeneratedRegex("^```json\n(.*?)^```$", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex JsonFence();
}
