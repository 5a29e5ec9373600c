using Anumate.PlanEngine;
using Anumate.Schemas;
using Anumate.Schemas.Documents;

namespace Anumate.Engines.Tests.Plans;

/// <summary>The published schema for editors says the same of a capsule's form as the reader.</summary>
public sealed class CapsuleSchemaTests
{
    static readonly Schema Capsule = Load("capsule.v1.schema.json");
    static readonly Schema Plan = Load("plan.v1.schema.json");

    [Fact]
    public void The_sample_fits_the_schema_and_its_plan_fits_the_plan_schema()
    {
        Assert.Empty(Capsule.Validate(Document.ParseYaml(A.RefundOrder.Source).Root!));
        Assert.Empty(Plan.Validate(A.RefundOrder.Plan.Canonical.ToElement()).Select(e => e.ToString()));
    }

    [Theory]
    [InlineData("  steps: [{ id: a, pure: 1 }]\n")]
    [InlineData("  steps: [{ id: a, pure: null, when: 'true', needs: [] }]\n  outputs: { x: 1 }\n  on_failure: halt\n  limits: {}\n")]
    [InlineData("  tools: [a.b-c, a.b.c]\n  policies: [p, p.q@3, r@^2]\n  steps: [{ id: a, call: a.b-c, with: {}, timeout: 500ms, on_unknown: ask, retry: { on: [] } }]\n")]
    [InlineData("  approvals: [{ id: x, title: T, when: 'true', before: a, stages: [{ groups: [g, h], quorum: 2, within: 1d }, { group: g }] }]\n  steps: [{ id: a, pure: 1 }]\n")]
    [InlineData("  inputs: { type: object }\n  tools: [t.x]\n  steps: [{ id: a, call: t.x, compensate: { call: t.x, with: { a: 1 } }, retry: { max_attempts: 1, backoff: { initial: 1s, factor: 1.5, max: 2s, jitter: false } } }]\n")]
    public void Both_accept(string spec)
    {
        Assert.Empty(CapsuleReader.Read(A.Capsule(spec)).Diagnostics);
        Assert.Empty(Capsule.Validate(Document.ParseYaml(A.Capsule(spec)).Root!));
    }

    [Theory]
    [InlineData("  step: []\n")]
    [InlineData("  steps: []\n")]
    [InlineData("  steps: [{ id: A, pure: 1 }]\n")]
    [InlineData("  steps: [{ id: in, pure: 1 }]\n")]
    [InlineData("  steps: [{ id: a }]\n")]
    [InlineData("  steps: [{ id: a, call: x }]\n")]
    [InlineData("  steps: [{ id: a, call: t.x, pure: 1 }]\n")]
    [InlineData("  steps: [{ id: a, pure: 1, timeout: 1s }]\n")]
    [InlineData("  steps: [{ id: a, pure: 1, for_each: x }]\n")]
    [InlineData("  steps: [{ id: a, call: t.x, with: [] }]\n")]
    [InlineData("  steps: [{ id: a, call: t.x, retry: { max_attempts: 0 } }]\n")]
    [InlineData("  steps: [{ id: a, call: t.x, retry: { on: [never] } }]\n")]
    [InlineData("  steps: [{ id: a, call: t.x, timeout: soon }]\n")]
    [InlineData("  steps: [{ id: a, call: t.x, on_unknown: guess }]\n")]
    [InlineData("  steps: [{ id: a, call: t.x, compensate: {} }]\n")]
    [InlineData("  steps: [{ id: a, pure: 1 }]\n  on_failure: continue\n")]
    [InlineData("  steps: [{ id: a, pure: 1 }]\n  limits: { max_parallel: 257 }\n")]
    [InlineData("  steps: [{ id: a, pure: 1 }]\n  tools: ['*']\n")]
    [InlineData("  steps: [{ id: a, pure: 1 }]\n  policies: ['p@']\n")]
    [InlineData("  steps: [{ id: a, pure: 1 }]\n  approvals: [{ id: x, stages: [] }]\n")]
    [InlineData("  steps: [{ id: a, pure: 1 }]\n  approvals: [{ id: x, stages: [{ quorum: 1 }] }]\n")]
    [InlineData("  steps: [{ id: a, pure: 1 }]\n  approvals: [{ id: x, stages: [{ group: g, groups: [h] }] }]\n")]
    [InlineData("  steps: [{ id: a, pure: 1 }]\n  outputs: 1\n")]
    [InlineData("  steps: [{ id: a, pure: 1 }]\n  imports: {}\n")]
    public void Both_refuse(string spec)
    {
        Assert.Null(CapsuleReader.Read(A.Capsule(spec)).Capsule);
        Assert.NotEmpty(Capsule.Validate(Document.ParseYaml(A.Capsule(spec)).Root!));
    }

    [Theory]
    [InlineData("\"format\":1", "\"format\":2")]
    [InlineData("{\"$cel\":\"inputs.order_id\"}", "{\"$cel\":\"inputs.order_id\",\"x\":2}")]
    [InlineData("{\"$cel\":\"inputs.order_id\"}", "{\"$eval\":\"inputs.order_id\"}")]
    [InlineData("\"kind\":\"pure\"", "\"kind\":\"call\"")]
    [InlineData("\"lookup\":true", "\"lookup\":\"yes\"")]
    public void The_plan_schema_and_the_plan_reader_refuse_what_is_no_plan(string part, string other)
    {
        var plan = A.RefundOrder.Plan.Canonical.ToString();
        Assert.Contains(part, plan);
        var altered = A.Element(plan.Replace(part, other, StringComparison.Ordinal));
        Assert.NotEmpty(Plan.Validate(altered));
        Assert.Equal("plan-invalid", Assert.Throws<ProblemException>(() => PlanFormat.Read(altered)).Problem.Code);
    }

    static Schema Load(string name)
    {
        var compiled = Schema.Compile(A.Element(Repository.Read("schemas", name)));
        Assert.True(compiled.IsValid, string.Join('\n', compiled.Diagnostics));
        return compiled.Schema;
    }
}
