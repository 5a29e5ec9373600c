using System.Globalization;
using System.Text;
using Anumate.PlanEngine;

namespace Anumate.Engines.Tests.Plans;

public sealed class CompilerTests
{
    const string Order = """{"type":"object","required":["id","total","customer"],"properties":{"id":{"type":"string"},"total":{"type":"number"},"items":{"type":"array","items":{"type":"object","required":["price"],"properties":{"price":{"type":"integer"}}}},"customer":{"type":"object","required":["mail"],"properties":{"mail":{"type":"string","x-sensitivity":"pii"}}}}}""";

    static readonly Tool Get = A.Tool("orders.get", ToolEffect.ReadOnly,
        """{"type":"object","required":["id"],"properties":{"id":{"type":"string"}},"additionalProperties":false}""", Order);

    static readonly Tool Pay = A.Tool("payments.pay", ToolEffect.Effect,
        """{"type":"object","required":["amount"],"properties":{"amount":{"type":"number","minimum":1},"count":{"type":"integer"},"note":{"type":"string","maxLength":5},"tags":{"type":"array","items":{"type":"string"}},"who":{"type":"object","required":["mail"],"properties":{"mail":{"type":"string"}},"additionalProperties":false}},"additionalProperties":false}""",
        """{"type":"object","required":["id"],"properties":{"id":{"type":"string"},"ref":{"type":"string","x-sensitivity":"public"}}}""", lookup: "/status");

    static readonly Tool Ship = A.Tool("goods.ship", ToolEffect.Effect);

    const string Head = "  inputs: { type: object, required: [id, n], properties: { id: { type: string }, n: { type: integer }, mail: { type: string, x-sensitivity: pii } } }\n  tools: [orders.get, payments.pay, goods.ship]\n";

    /// <summary>Each row: one step (or spec) with a mistake, and what is said of it; line 7 is the first line after the head.</summary>
    [Theory]
    [InlineData("{ id: a, pure: \"${{ input.n }}\" }", "cel.unknown-variable", "did you mean `inputs`?")]
    [InlineData("{ id: a, pure: \"${{ inputs.m }}\" }", "cel.unknown-field", null)]
    [InlineData("{ id: a, pure: \"${{ inputs.mail }}\" }", "cel.optional-field", null)]
    [InlineData("{ id: a, pure: \"${{ 1 + 'x' }}\" }", "cel.no-overload", null)]
    [InlineData("{ id: a, pure: \"${{ 1 + }}\" }", "cel.syntax", null)]
    [InlineData("{ id: a, pure: 1, when: inputs.n }", "cel.type", null)]
    [InlineData("{ id: a, pure: 1, when: \"${{ true }}\" }", "capsule.invalid-value", "write it without `${{ }}`")]
    [InlineData("{ id: a, pure: \"${{ steps.b.output }}\" }", "capsule.unknown-step", null)]
    [InlineData("{ id: abc, pure: 1 }, { id: d, pure: \"${{ steps.abd.output }}\" }", "capsule.unknown-step", "did you mean `abc`?")]
    [InlineData("{ id: a, pure: 1 }, { id: b, pure: \"${{ steps.a.status }}\" }", "capsule.unknown-field", "write `steps.a.output.status`")]
    [InlineData("{ id: a, pure: 1 }, { id: b, pure: \"${{ steps.a }}\" }", "capsule.step-as-a-whole", "read `steps.a.output`")]
    [InlineData("{ id: a, pure: 1 }, { id: b, pure: \"${{ size(steps) }}\" }", "capsule.steps-as-a-whole", "read `steps.<id>.output`")]
    [InlineData("{ id: a, pure: \"${{ steps.a.output }}\" }", "capsule.self-reference", null)]
    [InlineData("{ id: a, pure: 1, needs: [b] }", "capsule.unknown-step", null)]
    [InlineData("{ id: a, pure: 1, needs: [a] }", "capsule.cycle", null)]
    [InlineData("{ id: a, pure: { x: 1 } }, { id: b, pure: \"${{ steps.a.output.y }}\" }", "cel.unknown-field", null)]
    [InlineData("{ id: o, call: orders.get, with: { id: x } }, { id: b, pure: \"${{ steps.o.output.totl }}\" }", "cel.unknown-field", "did you mean `total`?")]
    [InlineData("{ id: o, call: orders.get, with: { id: x } }, { id: b, pure: \"${{ steps.o.output.items.size() }}\" }", "cel.optional-field", null)]
    [InlineData("{ id: a, call: goods.shop }", "capsule.tool-not-allowed", "did you mean `goods.ship`?")]
    [InlineData("{ id: a, call: mail.send }", "capsule.tool-not-allowed", "add `mail.send` to `spec.tools`, if the capsule may call it")]
    [InlineData("{ id: a, call: orders.get }", "capsule.arguments", "add `with`")]
    [InlineData("{ id: a, call: orders.get, with: {} }", "schema.required", null)]
    [InlineData("{ id: a, call: orders.get, with: { id: 5 } }", "schema.type", null)]
    [InlineData("{ id: a, call: orders.get, with: { id: x, idd: y } }", "schema.additionalProperties", null)]
    [InlineData("{ id: a, call: orders.get, with: { id: \"${{ inputs.n }}\" } }", "capsule.type-mismatch", "make it text with `string(…)`")]
    [InlineData("{ id: a, call: payments.pay, with: { amount: 0 } }", "schema.minimum", null)]
    [InlineData("{ id: a, call: payments.pay, with: { amount: \"${{ inputs.id }}\" } }", "capsule.type-mismatch", "make it a number with `double(…)`")]
    [InlineData("{ id: a, call: payments.pay, with: { amount: 1, count: \"${{ 1.5 }}\" } }", "capsule.type-mismatch", "round it with `int(…)`")]
    [InlineData("{ id: a, call: payments.pay, with: { amount: 1, note: too long } }", "schema.maxLength", null)]
    [InlineData("{ id: a, call: payments.pay, with: { amount: \"${{ inputs.n }}\", extra: \"${{ inputs.n }}\" } }", "schema.additionalProperties", null)]
    [InlineData("{ id: a, call: payments.pay, with: { amount: 1, tags: \"${{ [1, 2] }}\" } }", "capsule.type-mismatch", "make it text with `string(…)`")]
    [InlineData("{ id: o, call: orders.get, with: { id: x } }, { id: a, call: payments.pay, with: { amount: 1, who: \"${{ steps.o.output }}\" } }", "capsule.type-mismatch", null)]
    [InlineData("{ id: a, call: goods.ship, on_unknown: lookup }", "capsule.no-lookup", "use `ask`, `fail` or `retry`")]
    [InlineData("{ id: a, call: goods.ship, compensate: { call: orders.got } }", "capsule.tool-not-allowed", "did you mean `orders.get`?")]
    [InlineData("{ id: a, call: goods.ship, compensate: { call: payments.pay, with: { amount: \"${{ steps.a.output }}\" } } }", null, null)]
    public void Tells_an_author_what_does_not_fit(string steps, string? code, string? suggestion)
    {
        var findings = Compile($"  steps: [{steps}]\n").Diagnostics.Where(d => d.Severity is Severity.Error).ToList();
        if (code is null)
        {
            Assert.Empty(findings);
            return;
        }

        var finding = Assert.Single(findings);
        Assert.Equal((code, 7), (finding.Code, finding.Line));
        Assert.True(finding.Column > 10, $"column {finding.Column} is not inside the step");
        Assert.StartsWith("/spec/steps/", finding.Path, StringComparison.Ordinal);
        if (suggestion is not null)
        {
            Assert.Equal(suggestion, finding.Suggestion);
        }
    }

    [Fact]
    public void Points_into_expressions_through_yaml_styles()
    {
        var findings = Compile("""
              steps:
                - id: a
                  pure:
                    plain: ${{ inputs.x1 }}
                    single: 'it''s ${{ inputs.x2 }}'
                    double: "a\tb ${{ inputs.x3 }}"
                    block: |
                      first
                      second ${{ inputs.x4 }}
                  when: >-
                    inputs.n > 1 &&
                    inputs.x5
            """).Diagnostics.Where(d => d.Code == "cel.unknown-field");
        Assert.Equal(["10:27", "11:35", "12:34", "15:29", "18:16"], findings.Select(d => $"{d.Line}:{d.Column}"));
    }

    [Fact]
    public void Tells_the_path_of_a_cycle()
    {
        var finding = Assert.Single(Compile("""
              steps:
                - { id: a, pure: "${{ steps.c.output }}" }
                - { id: b, pure: "${{ steps.a.output }}" }
                - { id: c, pure: 1, needs: [b] }
                - { id: d, pure: "${{ steps.a.output }}" }
            """).Diagnostics, d => d.Severity is Severity.Error);
        Assert.Equal(("capsule.cycle", "steps wait for each other: `a` → `b` → `c` → `a`"), (finding.Code, finding.Message));
    }

    [Fact]
    public void Orders_steps_by_what_they_read()
    {
        var plan = Plan("""
              steps:
                - { id: last, pure: "${{ steps.mid.output + 1 }}", needs: [side] }
                - { id: mid, pure: "${{ steps.first.output + 1 }}", when: "steps.first.output > 0" }
                - { id: side, pure: 1 }
                - { id: first, pure: 1 }
            """);
        Assert.Equal(["side:0", "first:0", "mid:1", "last:2"], plan.Steps.Select(s => $"{s.Id}:{s.Level}"));
        Assert.Equal([0, 2], plan.Find("last")!.Needs.Order());
    }

    [Fact]
    public void A_compensation_reads_its_own_step_and_makes_edges_to_others()
    {
        var plan = Plan("""
              steps:
                - { id: a, call: payments.pay, with: { amount: 1 }, compensate: { call: payments.pay, with: { amount: 2, note: "${{ steps.a.output.id + steps.b.output }}" } } }
                - { id: b, pure: "x" }
            """);
        Assert.Equal(["b", "a"], plan.Steps.Select(s => s.Id));
        Assert.Equal(["payments.pay@" + Pay.Digest], plan.Find("a")!.Grants);
    }

    [Fact]
    public void An_approval_of_the_run_cannot_read_steps_and_one_before_a_step_can()
    {
        const string steps = "  steps: [{ id: o, call: orders.get, with: { id: x } }, { id: p, call: payments.pay, with: { amount: 1 } }]\n";
        var early = Compile(steps + "  approvals: [{ id: big, when: steps.o.output.total > 5, stages: [{ group: g }] }]\n");
        Assert.Equal("capsule.approval-too-early", Assert.Single(early.Diagnostics, d => d.Severity is Severity.Error).Code);
        var before = Plan(steps + "  approvals: [{ id: big, before: p, when: steps.o.output.total > 5, stages: [{ group: g }] }]\n");
        Assert.Equal([0], before.Find("p")!.Needs);
        Assert.Equal("p", before.Approvals[0].Before!.Id);
        var unknown = Compile(steps + "  approvals: [{ id: big, before: q, stages: [{ group: g }] }]\n");
        Assert.Equal("capsule.unknown-step", Assert.Single(unknown.Diagnostics, d => d.Severity is Severity.Error).Code);
    }

    [Fact]
    public void Warns_of_what_is_needless()
    {
        var warnings = Compile("""
              steps:
                - { id: a, call: orders.get, with: { id: x }, on_unknown: ask, compensate: { call: orders.get, with: { id: x } } }
            """).Diagnostics;
        Assert.All(warnings, w => Assert.Equal(Severity.Warning, w.Severity));
        Assert.Equal(["capsule.unused-tool", "capsule.unused-tool", "capsule.needless", "capsule.needless"], warnings.Select(w => w.Code));
    }

    [Fact]
    public void Refuses_tools_and_policies_that_are_not_in_the_lock()
    {
        var reading = CapsuleReader.Read(A.Capsule("  tools: [orders.get]\n  policies: [pol.a@2]\n  steps: [{ id: a, call: orders.get, with: { id: x } }]\n"));
        var compilation = PlanCompiler.Compile(reading.Capsule!, A.Lock(Pay));
        Assert.Equal([(5, "capsule.unknown-tool"), (6, "capsule.unknown-policy")], compilation.Diagnostics.Select(d => (d.Line, d.Code)));
    }

    [Fact]
    public void Without_a_lock_everything_but_tools_is_checked()
    {
        var reading = CapsuleReader.Read(A.Capsule(Head + "  steps: [{ id: a, call: orders.get }, { id: b, pure: \"${{ steps.a.output.anything + inputs.m }}\" }]\n"));
        var findings = PlanCompiler.Check(reading.Capsule!).Where(d => d.Severity is Severity.Error);
        Assert.Equal(["cel.unknown-field"], findings.Select(d => d.Code));
    }

    [Theory]
    [InlineData("  inputs: { type: string }", "capsule.invalid-value")]
    [InlineData("  inputs: { type: object, properties: { a: { type: strin } } }", "schema.type")]
    [InlineData("  inputs: { type: object, propertes: {} }", "schema.unknown-keyword")]
    [InlineData("  inputs: { type: object, properties: { a: { type: integer, default: x } } }", "schema.type")]
    [InlineData("  inputs: { type: object, properties: { a: { type: object, properties: { b: { default: 1 } } } } }", "capsule.not-supported-yet")]
    public void Checks_the_schema_of_the_inputs(string inputs, string code)
    {
        var reading = CapsuleReader.Read(A.Capsule(inputs + "\n  steps: [{ id: a, pure: 1 }]\n"));
        var finding = Assert.Single(PlanCompiler.Check(reading.Capsule!));
        Assert.Equal((5, code), (finding.Line, finding.Code));
    }

    [Fact]
    public void Follows_sensitive_values_into_tools_and_out_of_them()
    {
        var plan = Plan("""
              steps:
                - { id: o, call: orders.get, with: { id: "${{ inputs.id }}" } }
                - { id: p, pure: { to: "${{ steps.o.output.customer }}", n: "${{ inputs.n }}", text: "for ${{ steps.o.output.customer.mail }}" } }
                - { id: s, call: payments.pay, with: { amount: 1, note: "${{ steps.p.output.to.mail }}" } }
                - { id: t, call: payments.pay, with: { amount: 1, note: "${{ steps.s.output.id }}" } }
              outputs: { total: "${{ steps.o.output.total }}", mail: "${{ steps.p.output.text }}", paid: "${{ steps.s.output.id }}" }
            """);
        Assert.Equal(["/customer/mail"], plan.Find("o")!.SensitiveOutput.Select(p => p.Pointer));
        Assert.Equal(["/text", "/to/mail"], plan.Find("p")!.SensitiveOutput.Select(p => p.Pointer));
        // A tool that was given a sensitive value may repeat it: its whole answer is sealed, and what is read of it counts as sensitive.
        Assert.Equal([""], plan.Find("s")!.SensitiveOutput.Select(p => p.Pointer));
        Assert.Equal(["s /note", "t /note"], plan.Flows.Select(f => $"{f.Step} {f.Argument}"));
        Assert.All(plan.Flows, f => Assert.Equal("steps.o.output.customer.mail", f.Field));
        Assert.Equal(["/mail", "/paid"], plan.SensitiveOutputs.Select(p => p.Pointer));
    }

    [Fact]
    public void What_a_tool_marks_as_public_is_not_taken_to_repeat_what_it_was_given()
    {
        var plan = Plan("""
              steps:
                - { id: s, call: payments.pay, with: { amount: 1, note: "${{ has(inputs.mail) ? inputs.mail : '' }}" } }
                - { id: t, call: goods.ship, with: { ref: "${{ has(steps.s.output.ref) ? steps.s.output.ref : '' }}" } }
                - { id: u, call: goods.ship, with: { ref: "${{ steps.s.output.id }}" } }
            """);
        Assert.Equal(["s:payments.pay", "u:goods.ship"], plan.Flows.Select(f => $"{f.Step}:{f.Tool}"));
    }

    [Fact]
    public void The_same_capsule_and_lock_give_the_same_bytes_whatever_the_culture_the_zone_and_the_writing()
    {
        var expected = A.RefundOrder.Plan.Canonical;
        var json = CapsuleReader.Read(A.RefundOrder.Source).Capsule!.Canonical.ToString();
        var culture = CultureInfo.CurrentCulture;
        var zone = Environment.GetEnvironmentVariable("TZ");
        try
        {
            foreach (var (name, tz) in new[] { ("tr-TR", "Asia/Kolkata"), ("ar-SA", "America/St_Johns"), ("de-DE", "UTC") })
            {
                CultureInfo.CurrentCulture = Culture(name);
                Environment.SetEnvironmentVariable("TZ", tz);
                TimeZoneInfo.ClearCachedData();
                Assert.Equal(expected, PlanCompiler.Compile(CapsuleReader.Read(json).Capsule!, Reversed(A.RefundOrder.Lock)).Plan!.Canonical);
                Assert.Equal(expected, PlanCompiler.Compile(CapsuleReader.Read(A.RefundOrder.Source).Capsule!, A.RefundOrder.Lock).Plan!.Canonical);
            }
        }
        finally
        {
            CultureInfo.CurrentCulture = culture;
            Environment.SetEnvironmentVariable("TZ", zone);
            TimeZoneInfo.ClearCachedData();
        }
    }

    [Fact]
    public void Expressions_are_written_into_plans_in_one_form()
    {
        var plain = Plan("  steps: [{ id: a, pure: \"${{ inputs.n>1?1:2 }}\", when: '(inputs.n) >  0' }]\n");
        var spaced = Plan("  steps: [{ id: a, pure: \"${{   inputs.n > 1\\n ? 1 : (2) }}\", when: inputs.n>0 }]\n");
        string Steps(ExecutablePlan p) => p.Canonical.ToElement().GetProperty("steps").GetRawText();
        Assert.Equal(Steps(plain), Steps(spaced));
    }

    [Fact]
    public void Text_around_expressions_dollars_and_keys_that_look_like_templates_keep_their_meaning()
    {
        var plan = Plan("""
              steps:
                - id: a
                  pure:
                    text: "n=${{ inputs.n }}, $${{ inputs.n }}, $ ${{ '$' }}${{ '}}' }}"
                    ref: { $ref: "#/x", $cel: "1 + 1" }
                    empty: ""
            """);
        var run = new Simulation(plan, Json.Parse("""{"id":"x","n":7}""")).Run();
        Assert.Equal("""{"empty":"","ref":{"$cel":"1 + 1","$ref":"#/x"},"text":"n=7, ${{ inputs.n }}, $ $}}"}""", run.State.OutputOf(plan.Steps[0]).ToString());
    }

    [Fact]
    public void Keys_that_look_like_templates_cannot_hold_expressions()
    {
        var compilation = Compile("  steps: [{ id: a, pure: { $x: \"${{ inputs.n }}\" } }]\n");
        Assert.Equal("capsule.dollar-key", Assert.Single(compilation.Diagnostics, d => d.Severity is Severity.Error).Code);
    }

    [Fact]
    public void Thousands_of_steps_compile_and_run()
    {
        var count = Runs.UpTo(5_000, 1_000);
        var text = new StringBuilder(Head + "  steps:\n    - { id: s0, pure: { v: 1 } }\n");
        for (var i = 1; i < count; i++)
        {
            text.Append($"    - {{ id: s{i}, pure: {{ v: \"${{{{ steps.s{i - 1}.output.v + 1 }}}}\" }} }}\n");
        }

        var plan = A.Plan(text + $"  outputs: {{ v: \"${{{{ steps.s{count - 1}.output.v }}}}\" }}\n", Get, Pay, Ship);
        Assert.Equal(count - 1, plan.Steps[^1].Level);
        Assert.Equal($$"""{"v":{{count}}}""", new Simulation(plan, Json.Parse("""{"id":"x","n":7}""")).Run(limit: 20_000).State.Outputs.ToString());
    }

    static PlanCompilation Compile(string spec)
    {
        var reading = CapsuleReader.Read(A.Capsule(Head + spec));
        Assert.True(reading.IsValid, string.Join('\n', reading.Diagnostics));
        return PlanCompiler.Compile(reading.Capsule, A.Lock(Get, Pay, Ship));
    }

    static ExecutablePlan Plan(string spec) => A.Plan(Head + spec, Get, Pay, Ship);

    static CompileContext Reversed(CompileContext context) =>
        new(context.Tools.Reverse().ToDictionary(t => t.Key, t => t.Value), [.. context.Policies.Reverse()]);

    /// <summary>The process runs in the invariant culture; this one at least writes numbers and dates as others do.</summary>
    static CultureInfo Culture(string name)
    {
        var culture = (CultureInfo)CultureInfo.InvariantCulture.Clone();
        culture.NumberFormat.NumberDecimalSeparator = name == "de-DE" ? "," : "٫";
        culture.NumberFormat.NegativeSign = "−";
        return culture;
    }
}
