using System.Text;
using Anumate.Engines.Tests.Fuzz;
using Anumate.PolicyEngine;
using CsCheck;

namespace Anumate.Engines.Tests.Policies;

/// <summary>Decisions once conditions are compiled, and straight from text, are those of the expressions.</summary>
public sealed class CompiledDecisionTests
{
    static readonly string[] Restricting =
    [
        "rule r deny when call.args.risk >= 70.0 && !(\"exempt\" in call.args.labels)", "rule s deny when has(call.args.note) && call.args.note == \"no\"",
        "rule q approval 1 of \"finance\" within 1h when call.args.amount > 100.0", "rule p limit 5 per 1h key [actor.id] when call.args.amount > 500.0",
        "rule o only in window \"08:00-18:00\" zone \"UTC\" when \"night\" in call.args.labels", "rule n redact call.args.card with drop when call.args.risk > 10.0",
        "rule m deny when total > 1500.0 waivable by \"finance\"", "rule l deny when call.args.items.exists(i, i.price > 9.0)",
        "rule k deny when call.args.country in [\"KP\", \"IR\", \"a\", \"b\", \"c\", \"d\", \"e\", \"f\", \"g\"]",
    ];

    static readonly string[] Allowing =
    [
        "rule a allow when \"admin\" in actor.roles", "rule b allow when call.args.risk < 40.0 && call.tenant == actor.tenant", "rule c allow when call.args.?amount.orValue(0.0) < 50.0",
        "rule d allow when actor.id == \"u1\" || call.effect == \"read_only\"", "rule e allow when size(call.args) < 3",
    ];

    static readonly Gen<string> Member = Gen.OneOf(Gen.OneOf(Restricting), Gen.OneOf(Allowing));

    static readonly Gen<string?> Head = Gen.OneOf<string?>(null, null, "on tool in [\"payments.refund\"]", "on tool in [\"payments.*\", \"orders.get\"]", "on tool in [\"orders.get\"]");

    static readonly Gen<CompiledPolicy[]> Policies = Gen.Select(Head, Member.Array[1, 6]).Array[0, 4]
        .Select(all => all.Select((p, i) => Ask.Compile(PolicyText.Named($"p{i}", 1, [.. p.Item1 is null ? [] : new[] { p.Item1 }, .. Sorted(p.Item2)]))).ToArray());

    /// <summary>Each rule once, and before them the value that one looks at.</summary>
    static IEnumerable<string> Sorted(string[] members) => members.Distinct().Prepend("let total = call.args.amount * 2.0");

    static readonly Gen<string> Value = Gen.OneOf(
        "1", "45.5", "80", "600", "-1", "1e2", "1e999", "true", "null", "\"no\"", "\"KP\"", "\"admin\"", "\"u1\"", "\"t\"", "\"\\u004bP\"", "\"\\ud800\"", "{}", "[]", "[\"exempt\"]", "[\"night\",\"admin\"]", "[1,\"exempt\"]",
        "[{\"price\":10}]", "[[]]", "{\"price\":1}", "\"payments.refund\"", "\"orders.get\"", "\"read_only\"", "\"2026-11-25T09:00:00Z\"");

    static Gen<string> Object(Gen<string> names, Gen<string> values) => Gen.Select(names, values).Array[0, 6].Select(members => $"{{{string.Join(',', members.Select(m => $"\"{m.Item1}\":{m.Item2}"))}}}");

    static readonly Gen<string> Arguments = Object(Gen.OneOf("risk", "amount", "labels", "note", "country", "items", "card", "ri\\u0073k", "__proto__"), Value);

    /// <summary>Questions: mostly in order, with names given twice, out of place and of another type.</summary>
    static readonly Gen<string> Question = Gen.Select(
        Gen.Select(Gen.OneOf("\"payments.refund\"", "\"payments.refund\"", "\"orders.get\"", "\"x.y\"", "5", "\"\""), Arguments, Gen.OneOf("", "", ",\"tenant\":\"t\"", ",\"effect\":\"read_only\"", ",\"tool\":\"orders.get\"", ",\"more\":1", ",\"args\":{\"risk\":99}"))
            .Select((tool, args, more) => $"\"call\":{{\"tool\":{tool},\"args\":{args}{more}}}"),
        Gen.Select(Object(Gen.OneOf("id", "tenant", "roles", "groups", "name", "nam"), Value), Gen.OneOf("{0}", "{0}", "{0}", "5"), (actor, form) => $"\"actor\":{form.Replace("{0}", actor)}"),
        Gen.OneOf("", "", "", "\"now\":\"2026-11-25T09:00:00Z\"", "\"now\":5", "\"inputs\":{\"a\":1}", "\"run\":{}", "\"waivers\":[]", "\"call\":{\"tool\":\"orders.get\"}", "\"more\":1", "\"actor\":{}", "\"capsule\":{\"labels\":{}}", "\"preflight\":{\"at\":\"x\"}"),
        Gen.Bool).Select((call, actor, more, first) => $"{{{string.Join(',', new[] { first ? actor : call, more, first ? call : actor }.Where(p => p != ""))}}}");

    static PolicyLayers Layers(CompiledPolicy[] tenant, CompiledPolicy[] capsule)
    {
        foreach (var rule in tenant.Concat(capsule).SelectMany(p => p.Scopes).SelectMany(s => s.Rules))
        {
            rule.Condition?.Shape.Compile();
        }

        return Ask.Layers(PolicySet.Of(tenant), PolicySet.Of(capsule));
    }

    /// <summary>What the expressions alone decide: nothing of it is laid out yet.</summary>
    static Verdict? Plainly(CompiledPolicy[] tenant, CompiledPolicy[] capsule, byte[] json, out IReadOnlyList<Diagnostic> found) =>
        PolicyFacts.Read(PolicyPoint.ToolBefore, json, out found) is { } facts
            ? Decider.Judge(Ask.Layers(PolicySet.Of(tenant), PolicySet.Of(capsule)), PolicyPoint.ToolBefore, facts)
            : null;

    /// <summary>
    /// All questions to the same policies, so that each finds the conditions of its tool laid out by others: of text that is in order, by the others
    /// of a list that holds it too.
    /// </summary>
    static void Agree(CompiledPolicy[] tenant, CompiledPolicy[] capsule, params byte[][] questions)
    {
        var layers = Layers(tenant, capsule);
        foreach (var facts in questions.Concat(Ordinary).Select(q => PolicyFacts.Read(PolicyPoint.ToolBefore, q, out _)).OfType<PolicyFacts>())
        {
            Agree(tenant, capsule, layers, facts);
        }

        foreach (var json in questions)
        {
            var expected = Plainly(tenant, capsule, json, out var problems);
            var verdict = Decider.Judge(layers, PolicyPoint.ToolBefore, json, out var found);
            Assert.True(expected == verdict, $"{expected}, but {verdict} from {Encoding.UTF8.GetString(json)}\n{string.Join('\n', tenant.Concat(capsule).Select(p => p.Text))}");
            Assert.Equal(problems, found);
        }
    }

    static void Agree(CompiledPolicy[] tenant, CompiledPolicy[] capsule, PolicyLayers layers, PolicyFacts facts)
    {
        var plain = Decider.Decide(Ask.Layers(PolicySet.Of(tenant), PolicySet.Of(capsule)), PolicyPoint.ToolBefore, facts);
        for (var i = 0; i < 12; i++)
        {
            Assert.Equal(plain.Verdict, Decider.Judge(layers, PolicyPoint.ToolBefore, facts));
        }

        var compiled = Decider.Decide(layers, PolicyPoint.ToolBefore, facts);
        Assert.Equal((plain.Verdict, plain.Digest, plain.Reason), (compiled.Verdict, compiled.Digest, compiled.Reason));
        Assert.Equal(plain.Matched, compiled.Matched);
    }

    static readonly byte[][] Ordinary =
    [
        .. new[]
        {
            """{"actor":{"id":"u1","tenant":"t","roles":["admin","x"]},"call":{"tool":"payments.refund","tenant":"t","args":{"risk":30,"amount":10,"labels":["exempt"],"country":"DE","note":"yes"}}}""",
            """{"call":{"tool":"orders.get","effect":"read_only","args":{"labels":["night"],"risk":99,"amount":1e3}},"now":"2026-11-25T09:00:00Z","actor":{"roles":[]}}""",
        }.Select(Encoding.UTF8.GetBytes),
    ];

    [Fact]
    public void Compiled_and_read_from_text_they_are_the_same() =>
        Gen.Select(Policies, Policies, Question.Array[1, 30]).Sample((tenant, capsule, questions) =>
            Agree(tenant, capsule, Array.ConvertAll(questions, Encoding.UTF8.GetBytes)), iter: Runs.Of(40));

    static readonly CompiledPolicy[] Fixed = [Ask.Compile(PolicyText.Named("fixed", 1, [.. Sorted([.. Restricting, .. Allowing])]))];

    static readonly CompiledPolicy[] Open = [Ask.Compile(PolicyText.With("rule a allow when call.args.risk < 40.0 || \"admin\" in actor.roles", "rule d deny when call.args.country in [\"KP\", \"IR\"]"))];

    [Fact]
    public void Broken_text_is_decided_or_refused_as_without_compiled_code() =>
        Gen.Select(Gen.OneOf(Fixed, Open), Mutations.Of(Ordinary).Array[1, 20]).Sample((policies, broken) => Agree(policies, [], broken), iter: Runs.Of(40));

    [Fact]
    public void What_is_plain_is_judged_from_text_without_garbage()
    {
        var layers = Layers(Open, []);
        var json = """{"actor":{"id":"a person of no interest","roles":["admin"]},"call":{"tool":"payments.refund","args":{"risk":30,"country":"DE","card":"4111 1111 1111 1111"}}}"""u8.ToArray();
        for (var i = 0; i < 50; i++)
        {
            Assert.Equal(Verdict.Allow, Decider.Judge(layers, PolicyPoint.ToolBefore, json, out _));
        }

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 100; i++)
        {
            Decider.Judge(layers, PolicyPoint.ToolBefore, json, out _);
        }

        Assert.InRange((GC.GetAllocatedBytesForCurrentThread() - before) / 100, 0, 64);
    }

    /// <summary>What a name given twice, or a tool named late, could be made to look like.</summary>
    [Theory]
    [InlineData("""{"call":{"tool":"a.open","args":{}},"call":{"tool":"a.shut","args":{}}}""", Verdict.Deny)]
    [InlineData("""{"call":{"tool":"a.shut","args":{}},"call":{"tool":"a.open","args":{}}}""", Verdict.Allow)]
    [InlineData("""{"call":{"tool":"a.open","args":{},"tool":"a.shut"}}""", Verdict.Deny)]
    [InlineData("""{"call":{"args":{"tool":"a.shut"},"tool":"a.open"}}""", Verdict.Allow)]
    [InlineData("""{"actor":{"id":"x"},"call":{"args":{"call":{"tool":"a.shut"}},"tool":"a.open"}}""", Verdict.Allow)]
    [InlineData("""{"call":{"tool":"a.\u006fpen","args":{"x":1}}}""", Verdict.Allow)]
    [InlineData("""{"call":{"tool":"a.open","args":{"x":1,"x":2}}}""", Verdict.Deny)]
    [InlineData("""{"call":{"tool":"a.open","args":{"x":2},"args":{"y":2}}}""", Verdict.Allow)]
    [InlineData("""{"call":{"tool":"a.open","args":{"x":1,"\u0078":2}}}""", Verdict.Deny)]
    [InlineData("""{"call":{"tool":"a.open","args":{}}} {}""", null)]
    [InlineData("""{"call":{"tool":"a.open","args":[]}}""", Verdict.Deny)]
    [InlineData("""{"call":{"tool":"a.open","args":{},"no":1}}""", null)]
    [InlineData("""{"call":{"tool":"a.open","args":{}},"inputs":5}""", null)]
    [InlineData("""{"call":{"tool":"a.open","args":{}},"now":"noon"}""", null)]
    public void Text_that_tries_to_be_two_things_is_what_it_is_in_full(string json, Verdict? verdict)
    {
        var layers = Layers(
            [
                Ask.Compile(PolicyText.Named("open", 1, "on tool in [\"a.open\"]", "rule a allow", "rule d deny when has(call.args.x) && call.args.x == 2.0")),
                Ask.Compile(PolicyText.Named("shut", 1, "on tool in [\"a.shut\"]", "rule a allow", "rule d deny")),
            ], []);
        foreach (var tool in new[] { "a.open", "a.shut" })
        {
            for (var i = 0; i < 12; i++)
            {
                Decider.Judge(layers, PolicyPoint.ToolBefore, Ask.Call(tool: tool));
            }
        }

        Assert.Equal(verdict, Decider.Judge(layers, PolicyPoint.ToolBefore, Encoding.UTF8.GetBytes(json), out var found));
        Assert.Equal(verdict is null, found.Count > 0);
    }

    [Fact]
    public void A_tool_that_no_policy_names_takes_no_memory_of_its_own()
    {
        var set = PolicySet.Of([Ask.Compile(PolicyText.With("rule a allow")), Ask.Compile(PolicyText.Named("b", 1, "on tool in [\"payments.*\"]", "rule a allow"))]);
        Assert.Same(set.Applicable(PolicyPoint.ToolBefore, Ask.Call(tool: "x.y")), set.Applicable(PolicyPoint.ToolBefore, Ask.Call(tool: "z.y")));
        Assert.NotSame(set.Applicable(PolicyPoint.ToolBefore, Ask.Call(tool: "x.y")), set.Applicable(PolicyPoint.ToolBefore, Ask.Call(tool: "payments.get")));
    }

    [Fact]
    public void A_tool_with_a_policy_of_its_own_is_not_taken_for_one_without()
    {
        var layers = Ask.Layers(Ask.Set(
            PolicyText.With("rule a allow when call.tool == \"other.tool\"", "rule b allow"), PolicyText.Named("own", 1, "on tool in [\"payments.*\"]", "rule c deny")));
        Assert.Equal(Verdict.Deny, Decider.Judge(layers, PolicyPoint.ToolBefore, Ask.Call(tool: "payments.refund")));
        Assert.Equal(Verdict.Allow, Decider.Judge(layers, PolicyPoint.ToolBefore, Ask.Call(tool: "orders.get")));
    }
}
