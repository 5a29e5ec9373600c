using System.Text.Json;
using Anumate.PolicyEngine;

namespace Anumate.Engines.Tests.Policies;

public sealed class PolicyFactsTests
{
    static (PolicyFacts? Facts, IReadOnlyList<Diagnostic> Findings) Read(string json, PolicyPoint? point = null) =>
        (PolicyFacts.Read(point ?? PolicyPoint.ToolBefore, JsonDocument.Parse(json).RootElement, out var findings), findings);

    [Theory]
    [InlineData("[]", "/facts")]
    [InlineData("{\"call\":{\"tool\":\"a.b\"},\"actr\":{}}", "/facts/actr")]
    [InlineData("{\"call\":{\"tool\":\"a.b\"},\"actor\":{\"nam\":\"x\"}}", "/facts/actor/nam")]
    [InlineData("{\"call\":{\"tool\":\"a.b\"},\"actor\":\"olga\"}", "/facts/actor")]
    [InlineData("{\"call\":{}}", "/facts/call/tool")]
    [InlineData("{}", "/facts/call/tool")]
    [InlineData("{\"call\":{\"tool\":\"a.b\",\"x/y~z\":1}}", "/facts/call/x~1y~0z")]
    public void Refuses_facts_that_the_point_does_not_have(string json, string path)
    {
        var (facts, findings) = Read(json);
        Assert.Null(facts);
        Assert.Equal(path, Assert.Single(findings).Path);
    }

    [Fact]
    public void Facts_from_json_decide_like_facts_from_the_platform()
    {
        var set = Ask.Set(PolicyText.Refunds);
        var (facts, _) = Read("""{"actor":{"groups":["finance"]},"call":{"tool":"payments.refund","effect":"effect","args":{"amount":{"amount":"9000","currency":"EUR"},"country":"DE"}}}""");
        var given = Ask.Call("""{"amount":{"amount":"9000","currency":"EUR"},"country":"DE"}""", actor: Ask.Olga(["finance"]));
        Assert.Equal(Verdict.Approval, Ask.Tool(set, facts).Verdict);
        Assert.Equal(Ask.Tool(set, given).Digest, Ask.Tool(set, facts).Digest);
    }

    /// <summary>Facts read straight from text are those read from a document, in what they decide and in what is wrong with them.</summary>
    [Theory]
    [InlineData("""{"actor":{"groups":["finance"]},"call":{"tool":"payments.refund","args":{"amount":{"amount":"9000","currency":"EUR"},"country":"DE"}}}""")]
    [InlineData("""{"call":{"tool":"payments.refund","effect":"read_only","args":{"amount":"1 EUR","country":"\u0044E"}},"actor":{"groups":["finance"]}}""")]
    [InlineData("""{"call":{"tool":"payments.refund","args":{"amount":1e999,"country":"KP"}},"actor":{"groups":"finance"}}""")]
    [InlineData("""{"call":{"tool":"payments.refund","args":{"a":1,"b":1,"c":1,"d":1,"e":1,"f":1,"g":1,"h":1,"i":1,"j":1,"k":1,"l":1,"m":1,"n":1,"o":1,"p":1,"q":1,"amount":"1 EUR","country":"DE"}},"actor":{"groups":["finance"]}}""")]
    [InlineData("""{"call":{"tool":"payments.refund","tool":"other.tool","args":{}}}""")]
    [InlineData("""{"call":{"tool":"payments.refund","args":null}}""")]
    [InlineData("""{"call":{"tool":5}}""")]
    [InlineData("""{"actor":{}}""")]
    [InlineData("""{"call":{"tool":"a.b"},"actor":{"nam":"x"}}""")]
    [InlineData("""{"call":{"tool":"a.b"},"actr":{}}""")]
    [InlineData("""{"call":{"tool":"a.b"},"call":{"tool":"payments.refund"}}""")]
    [InlineData("[]")]
    public void Text_and_document_say_the_same(string json)
    {
        var (expected, problems) = Read(json);
        var facts = PolicyFacts.Read(PolicyPoint.ToolBefore, System.Text.Encoding.UTF8.GetBytes(json), out var findings);
        Assert.Equal(problems, findings);
        Assert.Equal(expected?.Tool, facts?.Tool);
        Assert.Equal(expected?.HasEffect, facts?.HasEffect);
        if (facts is not null)
        {
            var set = Ask.Set(PolicyText.Refunds);
            Assert.Equal(Ask.Tool(set, expected).Digest, Ask.Tool(set, facts).Digest);
            Assert.Equal(Ask.Tool(set, expected).Reason, Ask.Tool(set, facts).Reason);
        }
    }

    [Theory]
    [InlineData("{\"call\":")]
    [InlineData("")]
    [InlineData("{\"call\":{\"tool\":\"a.b\"}} x")]
    [InlineData("{\"call\":{\"tool\":\"a.b\",\"args\":{\"x\":[}}}")]
    public void Text_that_is_no_json_is_a_finding(string json)
    {
        Assert.Null(PolicyFacts.Read(PolicyPoint.ToolBefore, System.Text.Encoding.UTF8.GetBytes(json), out var findings));
        Assert.Equal("policy.facts", Assert.Single(findings).Code);
    }

    [Theory]
    [InlineData("{\"call\":{\"tool\":\"a.b\",\"effect\":\"read_only\"}}", Verdict.Allow)]
    [InlineData("{\"call\":{\"tool\":\"a.b\",\"effect\":\"unheard_of\"}}", Verdict.Deny)]
    [InlineData("{\"call\":{\"tool\":\"a.b\"}}", Verdict.Deny)]
    public void A_call_has_an_effect_unless_it_says_it_has_none(string json, Verdict verdict) =>
        Assert.Equal(verdict, Ask.Tool(PolicySet.Empty, Read(json).Facts).Verdict);

    [Fact]
    public void A_fact_that_is_missing_or_of_another_type_fails_the_rule()
    {
        var policy = PolicyText.With("rule a allow", "rule r deny when \"x\" in actor.groups");
        Assert.Equal(Verdict.Deny, Ask.Tool(policy, Read("{\"call\":{\"tool\":\"a.b\"}}").Facts).Verdict);
        Assert.Equal(Verdict.Deny, Ask.Tool(policy, Read("{\"call\":{\"tool\":\"a.b\"},\"actor\":{\"groups\":5}}").Facts).Verdict);
        Assert.Equal(Verdict.Allow, Ask.Tool(policy, Read("{\"call\":{\"tool\":\"a.b\"},\"actor\":{\"groups\":[]}}").Facts).Verdict);
    }

    [Fact]
    public void Facts_that_are_written_and_read_again_decide_the_same()
    {
        var facts = Ask.Call("""{"amount":12.5,"country":"KP","many":[1,2.25,null,true,{"a":"b"}]}""")
            .WithPreflight(Id<GhostRun>.Parse("gho_01m826h01xf14v1qvyk36e7vrz"), PreflightVerdict.Ready, 7, Ask.Now.AddMinutes(-5))
            .WithLists(new Dictionary<string, IReadOnlyList<string>> { ["sanctioned"] = ["KP"] });
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            facts.Write(json, PolicyPoint.ToolBefore);
        }

        var text = System.Text.Encoding.UTF8.GetString(buffer.ToArray());
        var read = PolicyFacts.Read(PolicyPoint.ToolBefore, JsonDocument.Parse(text).RootElement, out var findings);
        Assert.Empty(findings);
        Assert.DoesNotContain("sanctioned", text);
        var policy = Ask.Set(PolicyText.With("rule open allow when call.args.amount == 12.5 && call.args.many[4].a == \"b\" && run.requester == actor.id",
            "rule tried require preflight risk < 8 not older than 10m", "rule ask approval 1 of \"x\" within 1h when capsule.labels[\"tier\"] == \"gold\" && now > timestamp(\"2026-01-01T00:00:00Z\")"));
        Assert.Equal(Verdict.Approval, Ask.Tool(policy, facts).Verdict);
        Assert.Equal(Ask.Tool(policy, facts).Digest, Ask.Tool(policy, read).Digest);
    }
}
