using Anumate.PolicyEngine;
using Anumate.PolicyEngine.Syntax;
using CsCheck;

namespace Anumate.Engines.Tests.Policies;

public sealed class PolicySyntaxTests
{
    [Theory]
    [InlineData("", "policy.syntax", 1, 1)]
    [InlineData("polcy a version 1 {}", "policy.syntax", 1, 1)]
    [InlineData("policy a version 0 {}", "policy.number", 1, 18)]
    [InlineData("policy a version 01 {}", "policy.number", 1, 18)]
    [InlineData("policy a version 99999999999 {}", "policy.number", 1, 18)]
    [InlineData("policy a version 1 {", "policy.syntax", 1, 21)]
    [InlineData("policy a version 1 {}}", "policy.syntax", 1, 22)]
    [InlineData("policy A.b version 1 {}", "policy.name", 1, 8)]
    [InlineData("policy a-b version 1 {}", "policy.name", 1, 9)]
    [InlineData("policy a version 1 {} policy b version 1 {}", "policy.syntax", 1, 23)]
    [InlineData("policy a version 1 {} test a x {}", "policy.syntax", 1, 30)]
    [InlineData("policy a version 1 {} test a \"x\" {", "policy.syntax", 1, 35)]
    [InlineData("policy a version 1 {} test a \"x\" { table | b | allow | }", "policy.syntax", 1, 56)]
    [InlineData("policy a version 1 {} test a \"x\" { table | b | expect | | 1 | alow | }", "policy.syntax", 1, 63)]
    [InlineData("policy a version 1 {} test a \"x\" { never allow }", "policy.syntax", 1, 48)]
    [InlineData("policy a version 1 {\n  rule x allow when (true\n}", "policy.bracket", 2, 21)]
    [InlineData("policy a version 1 {\n  rule x allow when [true)\n}", "policy.bracket", 2, 26)]
    [InlineData("policy a version 1 {\n  rule x allow when a = 1\n}", "policy.expression", 2, 23)]
    [InlineData("policy a version 1 {\n  rule x allow when\n  rule y deny\n}", "policy.syntax", 3, 3)]
    [InlineData("policy a version 1 {\n  rule x alow\n}", "policy.syntax", 2, 10)]
    [InlineData("policy a version 1 {\n  rule x limit 20 in 1h\n}", "policy.syntax", 2, 19)]
    [InlineData("policy a version 1 {\n  rule x limit 0 per 1h\n}", "policy.number", 2, 16)]
    [InlineData("policy a version 1 {\n  rule x limit 1001 per 1h\n}", "policy.number", 2, 16)]
    [InlineData("policy a version 1 {\n  rule x limit 20 per hour\n}", "policy.syntax", 2, 23)]
    [InlineData("policy a version 1 {\n  rule x limit 20 per 1h key actor.id\n}", "policy.syntax", 2, 30)]
    [InlineData("policy a version 1 {\n  rule x only window \"Mon-Fri 08:00-18:00\"\n}", "policy.syntax", 2, 15)]
    [InlineData("policy a version 1 {\n  rule x only in window \"Mon-Fri 08:00-18:00\"\n}", "policy.syntax", 3, 1)]
    [InlineData("policy a version 1 {\n  rule x redact call.args.card\n}", "policy.syntax", 3, 1)]
    [InlineData("policy a version 1 {\n  rule x redact call.args.\"x\" with drop\n}", "policy.syntax", 2, 27)]
    [InlineData("policy a version 1 {\n  rule x redact result where email with drop\n}", "policy.syntax", 2, 30)]
    [InlineData("policy a version 1 {\n  rule x redact result with mask(last 4)\n}", "policy.syntax", 2, 39)]
    [InlineData("policy a version 1 {\n  rule x require risk < 50\n}", "policy.syntax", 2, 18)]
    [InlineData("policy a version 1 {\n  rule x require preflight risk > 50\n}", "policy.syntax", 2, 33)]
    [InlineData("policy a version 1 {\n  rule x require preflight risk < 101\n}", "policy.number", 2, 35)]
    [InlineData("policy a version 1 {\n  rule x require preflight not older 1h\n}", "policy.syntax", 2, 38)]
    [InlineData("policy a version 1 {\n  rule x deny waivable \"compliance\"\n}", "policy.syntax", 2, 24)]
    [InlineData("policy a version 1 {\n  on cpsule in [\"a\"]\n}", "policy.syntax", 2, 6)]
    [InlineData("policy a version 1 {\n  on capsule in [\"a\"]\n  on capsule in [\"b\"]\n}", "policy.duplicate-head", 3, 3)]
    [InlineData("policy a version 1 {\n  rule x approval 0 of \"a\"\n}", "policy.number", 2, 19)]
    [InlineData("policy a version 1 {\n  rule x approval 51 of \"a\"\n}", "policy.number", 2, 19)]
    [InlineData("policy a version 1 {\n  rule x approval 1 of []\n}", "policy.list", 2, 24)]
    [InlineData("policy a version 1 {\n  rule x approval 1 of \"a\" within 4 hours\n}", "policy.duration", 2, 35)]
    [InlineData("policy a version 1 {\n  rule x approval 1 of \"a\" within 30m4h\n}", "policy.duration", 2, 35)]
    [InlineData("policy a version 1 {\n  rule x deny within 4h\n}", "policy.clause", 2, 15)]
    [InlineData("policy a version 1 {\n  rule x deny because \"a\" because \"b\"\n}", "policy.clause", 2, 27)]
    [InlineData("policy a version 1 {\n  rule x allow when a when b\n}", "policy.clause", 2, 23)]
    [InlineData("policy a version 1 {\n  rule x deny because 'single'\n}", "policy.text", 2, 23)]
    [InlineData("policy a version 1 {\n  rule x deny because \"a\\n\"\n}", "policy.text", 2, 23)]
    [InlineData("policy a version 1 {\n  rule x deny because \"never closed\n}", "policy.unterminated-text", 2, 23)]
    [InlineData("policy a version 1 {\n  rule x allow when '''never closed\n}", "policy.unterminated-text", 2, 21)]
    [InlineData("policy a version 1 {\n  rule x allow\n  on tool in [\"a.b\"]\n}", "policy.order", 3, 3)]
    [InlineData("policy a version 1 {\n  at tool.before\n  at run.start\n}", "policy.duplicate-head", 3, 3)]
    [InlineData("policy a version 1 {\n  rule ruIe deny\n}", "policy.name", 2, 8)]
    [InlineData("policy а version 1 {}", "policy.character", 1, 8)]
    [InlineData("policy a version 1 {\n  rule x deny because \"a\u202Eb\"\n}", "policy.character", 2, 25)]
    [InlineData("policy a version 1 {\n  // a\u0000b\n}", "policy.character", 2, 7)]
    [InlineData("policy a version 1 {\r\n\r\n  rle x deny\r\n}", "policy.syntax", 3, 3)]
    public void Says_what_is_wrong_and_where(string source, string code, int line, int column)
    {
        var findings = PolicyText.Parse(source).Findings;
        Assert.True(findings.Count > 0, "no finding");
        Assert.Equal((code, line, column), (findings[0].Code, findings[0].Line, findings[0].Column));
    }

    [Fact]
    public void Goes_on_after_a_finding_and_shows_all_of_them()
    {
        var (policy, findings) = PolicyText.Parse("""
            policy a version 1 {
              rule one alow
              rule two deny
              let x
              rule three approval of "a"
              whatever (rule deny) }
            }
            """);
        Assert.Equal([(2, "policy.syntax"), (5, "policy.syntax"), (5, "policy.syntax"), (6, "policy.syntax"), (7, "policy.syntax")],
            findings.Select(f => (f.Line, f.Code)));
        Assert.Equal(["two"], policy!.Rules.Select(r => r.Name.Text));
    }

    [Fact]
    public void A_lone_surrogate_is_no_character() =>
        Assert.Equal(["policy.character"],
            PolicyText.Parse($"policy a version 1 {{ rule x deny because \"a{(char)0xD800}b\" }}").Findings.Select(f => f.Code));

    [Fact]
    public void Suggests_the_word_that_was_meant() =>
        Assert.Equal("did you mean `allow`", PolicyText.Parse("policy a version 1 { rule x alow }").Findings[0].Suggestion);

    [Fact]
    public void Ten_thousand_brackets_are_a_finding_and_not_a_crash()
    {
        var deep = new string('(', 10_000) + "true" + new string(')', 10_000);
        var findings = PolicyText.Parse(PolicyText.With($"rule x allow when {deep}")).Findings;
        Assert.Equal(["policy.nesting"], findings.Select(f => f.Code));
    }

    [Fact]
    public void A_document_over_the_bounds_is_one_finding()
    {
        Assert.Equal(["policy.too-large"], PolicyText.Parse(new string('x', PolicyLimits.Source + 1)).Findings.Select(f => f.Code));
        var tokens = string.Concat(Enumerable.Repeat("a ", PolicyLimits.Tokens + 1));
        Assert.Equal(["policy.too-large"], PolicyText.Parse($"policy a version 1 {{ {tokens}").Findings.Select(f => f.Code));
    }

    [Fact]
    public void Findings_are_bounded()
    {
        var source = PolicyText.With([.. Enumerable.Range(0, 1_000).Select(i => $"rule r{i} alow")]);
        Assert.Equal(PolicyLimits.Findings, PolicyText.Parse(source).Findings.Count);
    }

    [Fact]
    public void No_text_crashes_the_parser() => Gen.OneOf(
        Gen.String[Gen.Char["policy version{}[]()\"'\\/ \n\r\t.,=:?!&|<>-+0123456789rbule\u202E\uD800é"], 0, 200],
        Gen.String).Sample(text =>
        {
            var (policy, findings) = PolicyText.Parse(text);
            Assert.True(policy is not null || findings.Count > 0);
        }, iter: Runs.Of(200));

    [Fact]
    public void A_damaged_document_crashes_nothing_and_its_findings_lie_inside_it() =>
        Gen.Select(PolicyText.Document, Gen.Int[0, 2_000], Gen.Int[0, 40], Gen.OneOf("", "}", "\"", "(", "rule ", "when ", "=", "//", "\0"))
        .Sample((policy, at, length, with) =>
    {
        var printed = Formatter.Print(policy);
        at = Math.Min(at, printed.Length);
        var damaged = printed.Remove(at, Math.Min(length, printed.Length - at)).Insert(at, with);
        var lines = damaged.Split('\n');
        Assert.All(PolicyText.Parse(damaged).Findings, f =>
            Assert.True(f.Line >= 1 && f.Line <= lines.Length && f.Column >= 1 && f.Column <= lines[f.Line - 1].Length + 1, f.ToString()));
    }, iter: Runs.Of(200));
}
