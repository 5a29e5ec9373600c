using Anumate.PolicyEngine;
using Anumate.PolicyEngine.Syntax;
using CsCheck;

namespace Anumate.Engines.Tests.Policies;

public sealed class PolicyCheckerTests
{
    [Theory]
    [InlineData("policy a version 1 {\n  rule x allow\n}", "policy.no-point", 1, 8)]
    [InlineData("policy a version 1 {\n  at tool.before\n}", "policy.no-rule", 1, 8)]
    [InlineData("policy a version 1 {\n  at tool.befor\n  rule x allow\n}", "policy.unknown-point", 2, 6)]
    [InlineData("policy a version 1 {\n  at tool.after\n  rule x limit 5 per 1h\n}", "policy.too-late", 3, 8)]
    [InlineData("policy a version 1 {\n  at tool.after\n  rule x approval 1 of \"a\" within 1h\n}", "policy.not-supported-yet", 3, 8)]
    [InlineData("policy a version 1 {\n  at tool.before, plan.compile\n  rule x approval 1 of \"a\" within 1h\n}", "policy.not-supported-yet", 3, 8)]
    [InlineData("policy a version 1 {\n  at data.read\n  on capsule in [\"a\"]\n  rule x allow\n}", "policy.no-capsule", 3, 18)]
    [InlineData("policy a version 1 {\n  at run.start\n  on label \"tier\" in [\"a**\"]\n  rule x allow\n}", "policy.pattern", 3, 23)]
    [InlineData("policy a version 1 {\n  at tool.before\n  rule x limit 5 per 0s\n}", "policy.duration", 3, 22)]
    [InlineData("policy a version 1 {\n  at tool.before\n  rule x limit 5 per 32d\n}", "policy.duration", 3, 22)]
    [InlineData("policy a version 1 {\n  at tool.before\n  rule a allow\n  rule x limit 5 per 1h key [actor.idd]\n}", "cel.unknown-field", 4, 36)]
    [InlineData("policy a version 1 {\n  at tool.before\n  rule x only in window \"Mon-Fri 08:00-18:00\" zone \"Europe/Berlin1\"\n}", "policy.zone", 3, 52)]
    [InlineData("policy a version 1 {\n  at tool.before\n  rule x only in window \"Mon-Fry 08:00-18:00\" zone \"UTC\"\n}", "policy.window", 3, 25)]
    [InlineData("policy a version 1 {\n  at tool.before\n  rule x only in window \"08:00-08:00\" zone \"UTC\"\n}", "policy.window", 3, 25)]
    [InlineData("policy a version 1 {\n  at tool.before\n  rule x only in window \"08:00-24:01\" zone \"UTC\"\n}", "policy.window", 3, 25)]
    [InlineData("policy a version 1 {\n  at tool.before\n  rule x redact inputs.card with drop\n}", "policy.redaction-path", 3, 17)]
    [InlineData("policy a version 1 {\n  at run.start\n  rule x redact inputs.card with drop\n}", "policy.redaction-path", 3, 17)]
    [InlineData("policy a version 1 {\n  at tool.before\n  rule x redact result.**.card with drop\n}", "policy.redaction-path", 3, 17)]
    [InlineData("policy a version 1 {\n  at tool.before\n  rule x redact result where pii(MAIL) with drop\n}", "policy.recogniser", 3, 34)]
    [InlineData("policy a version 1 {\n  at tool.before\n  rule x redact result where pii(EMAIL, EMAIL) with drop\n}", "policy.duplicate", 3, 41)]
    [InlineData("policy a version 1 {\n  at tool.before\n  rule x redact result with musk\n}", "policy.redaction-operator", 3, 29)]
    [InlineData("policy a version 1 {\n  at tool.before\n  rule x redact result with drop(last: 4)\n}", "policy.redaction-operator", 3, 34)]
    [InlineData("policy a version 1 {\n  at tool.before\n  rule x redact result with partial_date\n}", "policy.redaction-operator", 3, 29)]
    [InlineData("policy a version 1 {\n  at plan.compile\n  rule x require preflight\n}", "policy.no-preflight", 3, 8)]
    [InlineData("policy a version 1 {\n  at run.start\n  rule x require preflight risk < 0\n}", "policy.number", 3, 8)]
    [InlineData("policy a version 1 {\n  at run.start\n  rule x deny waivable by \"Compliance\"\n}", "policy.group", 3, 27)]
    [InlineData("policy a version 1 {\n  at run.start\n  rule x allow waivable by \"compliance\"\n}", "policy.clause", 3, 28)]
    [InlineData("policy a version 1 {\n  at run.start, run.start\n  rule x allow\n}", "policy.duplicate", 2, 17)]
    [InlineData("policy a version 1 {\n  at run.start\n  on tool in [\"a.b\"]\n  rule x allow\n}", "policy.no-tool", 3, 15)]
    [InlineData("policy a version 1 {\n  at tool.before\n  on tool in [\"A.b\"]\n  rule x allow\n}", "policy.tool-pattern", 3, 15)]
    [InlineData("policy a version 1 {\n  at tool.before\n  on tool in [\"a.b\", \"a.b\"]\n  rule x allow\n}", "policy.duplicate", 3, 22)]
    [InlineData("policy a version 1 {\n  at tool.before\n  rule x allow\n  rule x deny\n}", "policy.duplicate", 4, 8)]
    [InlineData("policy a version 1 {\n  at tool.before\n  let x = 1\n  let x = 2\n  rule x allow\n}", "policy.duplicate", 4, 7)]
    [InlineData("policy a version 1 {\n  at tool.before\n  let actor = 1\n  rule x allow\n}", "policy.name", 3, 7)]
    [InlineData("policy a version 1 {\n  at tool.before\n  let a = b\n  let b = 1\n  rule x allow\n}", "policy.let-order", 3, 11)]
    [InlineData("policy a version 1 {\n  at tool.before\n  let a = a + 1\n  rule x allow\n}", "policy.let-order", 3, 11)]
    [InlineData("policy a version 1 {\n  at tool.before\n  rule x approval 1 of \"Finance\" within 1h\n}", "policy.group", 3, 24)]
    [InlineData("policy a version 1 {\n  at tool.before\n  rule x approval 1 of [\"a\", \"a\"] within 1h\n}", "policy.duplicate", 3, 30)]
    [InlineData("policy a version 1 {\n  at tool.before\n  rule x approval 1 of \"a\"\n}", "policy.duration", 3, 8)]
    [InlineData("policy a version 1 {\n  at tool.before\n  rule x approval 1 of \"a\" within 0h\n}", "policy.duration", 3, 35)]
    [InlineData("policy a version 1 {\n  at tool.before\n  rule x approval 1 of \"a\" within 91d\n}", "policy.duration", 3, 35)]
    [InlineData("policy a version 1 {\n  at tool.before\n  rule x deny because \" \"\n}", "policy.text", 3, 23)]
    [InlineData("policy a version 1 {\n  at tool.before\n  rule x allow when actor.rolls == []\n}", "cel.unknown-field", 3, 27)]
    [InlineData("policy a version 1 {\n  at run.start\n  rule x allow when call.tool == \"a\"\n}", "cel.unknown-variable", 3, 21)]
    [InlineData("policy a version 1 {\n  at tool.before\n  rule x allow when actor.name\n}", "cel.type", 3, 26)]
    [InlineData("policy a version 1 {\n  at tool.before\n  rule x allow when actor.name == 1\n}", "cel.no-overload", 3, 32)]
    [InlineData("policy a version 1 {\n  at tool.before\n  rule x allow when true &&\n    actor.name > 5\n}", "cel.no-overload", 4, 16)]
    [InlineData("policy a version 1 {\n  at tool.before\n  rule x allow when 1 +\n}", "cel.syntax", 3, 24)]
    public void Says_what_is_wrong_and_where(string source, string code, int line, int column)
    {
        var check = CompiledPolicy.Check(source);
        Assert.Null(check.Policy);
        var first = check.Diagnostics[0];
        Assert.Equal((code, line, column), (first.Code, first.Line, first.Column));
    }

    [Fact]
    public void A_finding_at_one_of_several_points_names_the_point()
    {
        var check = CompiledPolicy.Check("policy a version 1 {\n  at tool.before, run.start\n  rule x allow when call.tool == \"a\"\n}");
        var finding = Assert.Single(check.Diagnostics);
        Assert.StartsWith("at `run.start`: ", finding.Message);
    }

    [Fact]
    public void Warns_of_a_policy_that_allows_nothing()
    {
        var check = CompiledPolicy.Check(PolicyText.With("rule x deny when false"));
        Assert.NotNull(check.Policy);
        Assert.Equal(["policy.never-allows"], check.Diagnostics.Select(d => d.Code));
        Assert.Equal(Severity.Warning, check.Diagnostics[0].Severity);
    }

    [Fact]
    public void A_policy_that_would_take_too_long_is_refused()
    {
        var check = CompiledPolicy.Check(PolicyText.With(
            "rule x allow when actor.roles.all(a, actor.roles.all(b, actor.roles.all(c, actor.roles.all(d, a == b || c == d))))"));
        Assert.Equal(["policy.cost"], check.Diagnostics.Select(d => d.Code));
    }

    [Fact]
    public void The_same_policy_in_another_spelling_has_the_same_digest()
    {
        var spelled = PolicyText.Refunds.Replace("\n", "\r\n   ").Replace(" == ", "==");
        Assert.Equal(Ask.Compile(PolicyText.Refunds).Digest, Ask.Compile(spelled).Digest);
        Assert.NotEqual(Ask.Compile(PolicyText.Refunds).Digest, Ask.Compile(PolicyText.Refunds.Replace("5000", "5001")).Digest);
    }

    [Fact]
    public void The_largest_policy_compiles()
    {
        var check = CompiledPolicy.Check(PolicyText.With([.. Enumerable.Range(0, PolicyLimits.Rules)
            .Select(i => $"rule r{i} allow when actor.name == \"n{i}\"")]));
        Assert.Empty(check.Diagnostics);
        check = CompiledPolicy.Check(PolicyText.With([.. Enumerable.Range(0, PolicyLimits.Rules + 1).Select(i => $"rule r{i} allow")]));
        Assert.Equal(["policy.too-large"], check.Diagnostics.Select(d => d.Code));
    }

    [Theory]
    [InlineData("!")]
    [InlineData("-")]
    [InlineData("a ? b : ")]
    [InlineData("a + ")]
    [InlineData("a && ")]
    [InlineData("a.")]
    public void Ten_thousand_of_anything_is_a_finding_and_not_a_crash(string part)
    {
        var deep = string.Concat(Enumerable.Repeat(part, 10_000));
        var check = CompiledPolicy.Check(PolicyText.With($"rule x allow when {deep} a"));
        Assert.Null(check.Policy);
        Assert.NotEmpty(check.Diagnostics);
    }

    [Fact]
    public void Any_document_is_a_policy_or_has_an_error_and_no_policy_crashes_a_decision() =>
        Gen.Select(PolicyText.Document, Gen.Int[0, 1_500], Gen.OneOf("", "", "}", "actor", "call.args.x", " && ", "\""))
            .Sample((document, at, with) =>
        {
            var printed = Formatter.Print(document);
            var source = printed.Insert(Math.Min(at, printed.Length), with).Replace("nonsense", "plan.compile");
            var check = CompiledPolicy.Check(source);
            Assert.Equal(check.Policy is null, check.Diagnostics.Any(d => d.Severity == Severity.Error));
            if (check.Policy is { } policy)
            {
                Assert.Equal(policy.Text, CompiledPolicy.Check(policy.Text).Policy!.Text);
                Assert.All(PolicyPoint.All, point =>
                    Assert.NotEmpty(Decider.Decide(Ask.Layers(PolicySet.Of([policy])), point, Ask.Call()).Reason));
            }
        }, iter: Runs.Of(100));
}
