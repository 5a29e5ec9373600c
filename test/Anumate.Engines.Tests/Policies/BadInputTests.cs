using System.Text;
using System.Text.Json;
using Anumate.PolicyEngine;
using Anumate.PolicyEngine.Checks;

namespace Anumate.Engines.Tests.Policies;

/// <summary>Documents and data as an attacker sends them: each ends in a diagnostic with a position, or in a decision that fails closed.</summary>
public sealed class BadInputTests
{
    static Diagnostic First(string source)
    {
        var check = CompiledPolicy.Check(source, PolicyWorld.Unknown);
        Assert.Null(check.Policy);
        var first = check.Diagnostics.First(d => d.Severity == Severity.Error);
        Assert.True(first.Line > 0 && first.Column > 0, first.ToString());
        return first;
    }

    static string Repeat(string text, int count) => string.Concat(Enumerable.Repeat(text, count));

    public static TheoryData<string, string, string> Documents() => new()
    {
        { "more tokens than a document has", "policy.too-large", PolicyText.With($"rule x allow when [{Repeat("1,", 66_000)}1] == []") },
        { "one token of 64 KiB", "policy.name", PolicyText.With($"rule {new string('x', 65_536)} allow") },
        { "one word of 64 KiB in an expression", "cel.unknown-variable", PolicyText.With($"rule x allow when {new string('x', 65_536)}") },
        { "one number of 60,000 digits", "cel.number", PolicyText.With($"rule x allow when {new string('9', 60_000)} > 1") },
        { "an expression of more than 64 KiB", "cel.too-large", PolicyText.With($"rule x allow when {new string('9', 65_536)} > 1") },
        { "a text of more than the document may have", "policy.too-large", PolicyText.With($"rule x allow when \"{new string('x', 300_000)}\" == \"\"") },
        { "brackets 10,000 deep", "policy.nesting", PolicyText.With($"rule x allow when {new string('[', 10_000)}{new string(']', 10_000)} == []") },
        { "maps 10,000 deep", "policy.nesting", PolicyText.With($"rule x allow when {Repeat("{1:", 10_000)}1{new string('}', 10_000)} == {{}}") },
        { "blocks 10,000 deep", "policy.syntax", $"policy a version 1 {Repeat("{ ", 10_000)}" },
        { "an unterminated text", "policy.unterminated-text", PolicyText.With("rule x deny because \"never closed") },
        { "an unterminated text over the end", "policy.unterminated-text", "policy a version 1 {\n  at tool.before\n  rule x allow when '''a\nb" },
        { "an unterminated text that ends in a backslash", "policy.unterminated-text", PolicyText.With("rule x deny because \"a\\") },
        { "a Cyrillic letter in the name", "policy.character", "policy pаyments version 1 {}" },
        { "a Greek letter in a rule's name", "policy.character", PolicyText.With("rule ο allow") },
        { "a fullwidth letter in a keyword", "policy.character", PolicyText.With("ｒule x allow") },
        { "a Cyrillic letter in a path", "policy.character", PolicyText.With("rule x allow when call.аrgs.x == 1") },
        { "an invisible blank in a name", "policy.character", PolicyText.With("rule x\u200by allow") },
        { "a text that runs from right to left", "policy.character", PolicyText.With("rule x deny because \"a\u202eb\"") },
        { "a pattern that would backtrack if it could, with a back reference", "cel.pattern", PolicyText.With("rule x allow when call.args.x.matches(\"(a+)+\\\\1$\")") },
        { "a pattern that expands", "cel.pattern", PolicyText.With("rule x allow when call.args.x.matches(\"((a{1000}){1000}){1000}\")") },
        { "a value that is itself", "policy.let-order", PolicyText.With("let a = a + 1", "rule x allow when a > 1") },
        { "values that are each other", "policy.let-order", PolicyText.With("let a = b", "let b = a", "rule x allow when a > 1") },
        { "values that double each other a hundred times", "policy.too-large",
            PolicyText.With(["let a0 = [1]", .. Enumerable.Range(1, 101).Select(i => $"let a{i} = a{i - 1} + a{i - 1}"), "rule x allow when size(a101) > 1"]) },
        { "100,000 rules", "policy.too-large", PolicyText.With([.. Enumerable.Range(0, 100_000).Select(i => $"rule r{i} allow")]) },
        { "a thousand and one rules", "policy.too-large", PolicyText.With([.. Enumerable.Range(0, 1_001).Select(i => $"rule r{i} allow")]) },
        { "redactions without end", "policy.list", PolicyText.With($"rule x redact {string.Join("; ", Enumerable.Range(0, 1_000).Select(i => $"result.f{i} with drop"))}") },
        { "a path without end", "policy.redaction-path", PolicyText.With($"rule x redact result{Repeat(".a", 10_000)} with drop") },
        { "a path out of a text with quotes", "policy.redaction-path", PolicyText.With("rule x redact result[\"a\\\"]\"] with drop") },
        { "a count that no number holds", "policy.number", PolicyText.With($"rule x limit {new string('9', 10_000)} per 1h") },
        { "a time that no number holds", "policy.duration", PolicyText.With($"rule x limit 1 per {new string('9', 10_000)}h") },
        { "a zone that is a path", "policy.zone", PolicyText.With("rule x only in window \"00:00-01:00\" zone \"Etc/../../etc/passwd\"") },
        { "a zone of 64 KiB", "policy.zone", PolicyText.With($"rule x only in window \"00:00-01:00\" zone \"A/{new string('a', 65_536)}\"") },
        { "a window without end", "policy.window", PolicyText.With($"rule x only in window \"{Repeat("Mon ", 10_000)}\" zone \"UTC\"") },
        { "a test without end", "policy.syntax", PolicyText.With("rule x allow") + "test test.policy \"x\" { table | a | expect |" + Repeat(" | 1", 1_000) },
        { "a byte that is no character", "policy.character", PolicyText.With("rule x deny because \"a\0b\"") },
    };

    [Theory]
    [MemberData(nameof(Documents))]
    public void A_bad_document_has_a_finding_with_its_place(string what, string code, string source) =>
        Assert.True(First(source).Code == code, $"{what}: {First(source)}");

    [Fact]
    public void The_largest_policy_of_rules_that_resemble_each_other_is_checked()
    {
        var rules = Enumerable.Range(0, PolicyLimits.Rules).Select(i => $"rule r{i} deny when call.args.a > {i} && call.args.b == {i}");
        Assert.NotNull(CompiledPolicy.Check(PolicyText.With([.. rules]), PolicyWorld.Unknown).Policy);
    }

    [Fact]
    public void A_pattern_over_a_long_text_ends_and_restricts()
    {
        var text = new string('a', Runs.UpTo(5_000_000, 200_000)) + "!";
        var decision = Ask.Tool(PolicyText.With("rule open allow", "rule r deny when call.args.text.matches(\"^(a|aa)+$\")"),
            Ask.Call($$"""{"text":"{{text}}"}"""));
        Assert.Contains(decision.Verdict, new[] { Verdict.Deny, Verdict.Allow });
    }

    [Fact]
    public void Megabytes_of_data_are_decided_within_the_bound_and_fail_closed()
    {
        var items = new StringBuilder("[");
        for (var (i, size) = (0, Runs.UpTo(10 << 20, 10 << 20)); items.Length < size; i++)
        {
            items.Append(i == 0 ? "" : ",").Append("{\"n\":").Append(i).Append(",\"text\":\"some text that fills the place\"}");
        }

        var facts = Ask.Call($$"""{"items":{{items}}]}""");
        var decision = Ask.Tool(PolicyText.With("rule open allow", "rule r deny when call.args.items.exists(i, i.n < 0.0)"), facts);
        Assert.Equal((Verdict.Deny, "cost-exceeded in `call.args.items.exists(i, i.n < 0.0)`"), (decision.Verdict, decision.Matched.Single(m => m.Rule == "r").Error));
        Assert.Equal(Verdict.Deny, Ask.Tool(PolicyText.With("rule open allow", "rule l limit 5 per 1h key [call.args.items]"), facts).Verdict);
        Assert.Equal(Verdict.Deny, Ask.Tool(PolicyText.With("rule open allow when call.args.items.all(i, i.n >= 0.0)"), facts).Verdict);
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("{")]
    [InlineData("{}")]
    [InlineData("""{"call":5}""")]
    [InlineData("""{"call":{}}""")]
    [InlineData("""{"call":{"tool":7}}""")]
    [InlineData("""{"call":{"tool":"a.b"},"now":"yesterday"}""")]
    [InlineData("""{"call":{"tool":"a.b"},"now":5}""")]
    [InlineData("""{"call":{"tool":"a.b"},"lists":[]}""")]
    [InlineData("""{"call":{"tool":"a.b"},"__proto__":{}}""")]
    [InlineData("""{"call":{"tool":"a.b"},"actor":{"constructor":{}}}""")]
    [InlineData("""{"call":{"tool":"a.b"},"waivers":{"rule":"x"}}""")]
    [InlineData("""{"call":{"tool":"a.b"},"waivers":[5]}""")]
    [InlineData("""{"call":{"tool":"a.b"}} x""")]
    public void Facts_that_are_none_have_a_diagnostic(string json)
    {
        Assert.Null(PolicyFacts.Read(PolicyPoint.ToolBefore, Encoding.UTF8.GetBytes(json), out var found));
        Assert.NotEmpty(found);
        Assert.All(found, f => Assert.StartsWith("/facts", f.Path));
    }

    [Theory]
    [InlineData("""{"__proto__":{"admin":true}}""")]
    [InlineData("""{"constructor":{"prototype":{"admin":true}}}""")]
    [InlineData("""{"toString":1,"hasOwnProperty":2,"admin ":true,"Admin":true}""")]
    [InlineData("""{"admin":"true"}""")]
    [InlineData("""{"admin":1}""")]
    [InlineData("""{"admin":[true]}""")]
    [InlineData("""{"admin":null}""")]
    [InlineData("""{}""")]
    public void Arguments_that_look_like_something_else_are_not_it(string arguments)
    {
        Assert.Equal(Verdict.Deny, Ask.Tool(PolicyText.With("rule a allow when call.args.admin"), Ask.Call(arguments)).Verdict);
        Assert.Equal(Verdict.Deny, Ask.Tool(PolicyText.With("rule a allow", "rule r deny when call.args.admin"), Ask.Call(arguments)).Verdict);
        Assert.Equal(Verdict.Deny, Ask.Tool(PolicyText.With("rule a allow when call.args[\"__proto__\"][\"x\"] == 1"), Ask.Call(arguments)).Verdict);
    }

    [Fact]
    public void Facts_10_000_deep_are_refused_or_decided()
    {
        var deep = "{\"call\":{\"tool\":\"a.b\",\"args\":{\"x\":" + Repeat("[", 10_000) + Repeat("]", 10_000) + "}}}";
        Assert.Null(PolicyFacts.Read(PolicyPoint.ToolBefore, Encoding.UTF8.GetBytes(deep), out var found));
        Assert.NotEmpty(found);
    }

    [Fact]
    public void Wrong_types_in_facts_fail_closed()
    {
        var facts = PolicyFacts.Read(PolicyPoint.ToolBefore, JsonDocument.Parse("""
            {"call":{"tool":"a.b","effect":5,"args":{}},"actor":{"roles":"admin","groups":{"finance":true},"id":7},"preflight":{"risk":"0","verdict":true},"lists":{"x":"KP"}}
            """).RootElement, out var found);
        Assert.Empty(found);
        Assert.Equal(Verdict.Deny, Ask.Tool(PolicyText.With("rule a allow when \"admin\" in actor.roles"), facts).Verdict);
        Assert.Equal(Verdict.Deny, Ask.Tool(PolicyText.With("rule a allow when \"finance\" in actor.groups"), facts).Verdict);
        foreach (var rule in new[] { "deny when \"x\" in actor.roles", "require preflight risk < 50", "limit 5 per 1h key [actor.id]", "deny when \"KP\" in lists.x", "only in window \"00:00-24:00\" zone \"UTC\"" })
        {
            Assert.Equal(Verdict.Deny, Ask.Tool(PolicyText.With("rule a allow", $"rule r {rule}"), facts).Verdict);
        }
    }
}
