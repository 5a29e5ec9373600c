using System.Text;
using Anumate.PlanEngine;

namespace Anumate.Engines.Tests.Plans;

/// <summary>What an author is told about the form of a capsule: code, place, advice, everything at once.</summary>
public sealed class CapsuleReaderTests
{
    const string Steps = "  steps: [{ id: a, pure: 1 }]\n";

    [Theory]
    [InlineData("  stepz: []\n" + Steps, "5:3", "capsule.unknown-key", "did you mean `steps`?")]
    [InlineData("  triggers: []\n" + Steps, "5:3", "capsule.not-supported-yet", null)]
    [InlineData("  extends: base\n" + Steps, "5:3", "capsule.not-supported-yet", null)]
    [InlineData("  steps: [{ id: a, for_each: x, call: t.x }]\n", "5:20", "capsule.not-supported-yet", null)]
    [InlineData("  steps: [{ id: a, wait: 1h }]\n", "5:20", "capsule.not-supported-yet", null)]
    [InlineData("  limits: { max_cost: 5 USD }\n" + Steps, "5:13", "capsule.not-supported-yet", null)]
    [InlineData("  on_failure: continue\n" + Steps, "5:15", "capsule.not-supported-yet", "use compensate or halt")]
    [InlineData("  on_failure: compensat\n" + Steps, "5:15", "capsule.invalid-value", "did you mean `compensate`?")]
    [InlineData("  on_failure: true\n" + Steps, "5:15", "capsule.wrong-type", "put the value in quotes")]
    [InlineData("  tools: []\n", "5:3", "capsule.missing-key", "add `steps`")]
    [InlineData("  steps: []\n", "5:10", "capsule.out-of-range", null)]
    [InlineData("  steps: [{ pure: 1 }]\n", "5:11", "capsule.missing-key", "add `id`")]
    [InlineData("  steps: [{ id: a }]\n", "5:11", "capsule.missing-key", "add `call` (a tool) or `pure` (a value)")]
    [InlineData("  steps: [{ id: send-mail, pure: 1 }]\n", "5:17", "capsule.invalid-value", "write `send_mail`")]
    [InlineData("  steps: [{ id: in, pure: 1 }]\n", "5:17", "capsule.invalid-value", null)]
    [InlineData("  steps: [{ id: a, pure: 1 }, { id: a, pure: 2 }]\n", "5:37", "capsule.duplicate", null)]
    [InlineData("  steps: [{ id: a, pure: 1, call: t.x }]\n", "5:20", "capsule.contradiction", "make two steps of it")]
    [InlineData("  steps: [{ id: a, pure: 1, retry: {} }]\n", "5:29", "capsule.contradiction", "remove `retry`")]
    [InlineData("  steps: [{ id: a, call: refund }]\n", "5:26", "capsule.invalid-value", null)]
    [InlineData("  tools: [\"payments.*\"]\n" + Steps, "5:11", "capsule.invalid-value", "name each tool: the allow-list has no wildcards")]
    [InlineData("  tools: [t.x, t.x]\n" + Steps, "5:16", "capsule.duplicate", null)]
    [InlineData("  policies: [a@latest]\n" + Steps, "5:14", "capsule.invalid-value", "write `name`, `name@3` or `name@^3`")]
    [InlineData("  policies: [a@1, a@^2]\n" + Steps, "5:19", "capsule.duplicate", "name one version of it")]
    [InlineData("  limits: { timeout: 90 }\n" + Steps, "5:22", "capsule.wrong-type", "put the value in quotes")]
    [InlineData("  limits: { timeout: 90 s }\n" + Steps, "5:22", "capsule.invalid-value", "write a whole number and ms, s, m, h or d, e.g. `20s`")]
    [InlineData("  limits: { timeout: 0s }\n" + Steps, "5:22", "capsule.out-of-range", null)]
    [InlineData("  limits: { max_parallel: 0 }\n" + Steps, "5:27", "capsule.out-of-range", null)]
    [InlineData("  limits: { max_parallel: 1.5 }\n" + Steps, "5:27", "capsule.out-of-range", null)]
    [InlineData("  steps: [{ id: a, call: t.x, timeout: 2h }]\n", "5:40", "capsule.out-of-range", null)]
    [InlineData("  steps: [{ id: a, call: t.x, retry: { on: [timeouts] } }]\n", "5:45", "capsule.invalid-value", "did you mean `timeout`?")]
    [InlineData("  steps: [{ id: a, call: t.x, retry: { backoff: { initial: 10s, max: 1s } } }]\n", "5:49", "capsule.contradiction", "raise `max`")]
    [InlineData("  steps: [{ id: a, call: t.x, compensate: { with: {} } }]\n", "5:43", "capsule.missing-key", "add `call`")]
    [InlineData("  approvals: [{ id: x, stages: [] }]\n" + Steps, "5:32", "capsule.out-of-range", null)]
    [InlineData("  approvals: [{ id: x, stages: [{ quorum: 2 }] }]\n" + Steps, "5:33", "capsule.missing-key", "add `group`")]
    [InlineData("  approvals: [{ id: x, stages: [{ group: a, groups: [b] }] }]\n" + Steps, "5:45", "capsule.contradiction", "list every group in `groups`")]
    [InlineData("  approvals: [{ id: x, stages: [{ group: a, quorum: 0 }] }]\n" + Steps, "5:53", "capsule.out-of-range", null)]
    [InlineData("  approvals: [{ id: x, stages: [{ group: a, escalate_to: b }] }]\n" + Steps, "5:45", "capsule.not-supported-yet", null)]
    [InlineData("  outputs: [1]\n" + Steps, "5:12", "capsule.wrong-type", null)]
    public void Tells_what_where_and_what_to_do(string spec, string place, string code, string? suggestion)
    {
        var reading = CapsuleReader.Read(A.Capsule(spec));
        Assert.Null(reading.Capsule);
        var finding = Assert.Single(reading.Diagnostics);
        Assert.Equal((place, code), ($"{finding.Line}:{finding.Column}", finding.Code));
        if (suggestion is not null)
        {
            Assert.Equal(suggestion, finding.Suggestion);
        }
    }

    [Theory]
    [InlineData("Refund", "1.0.0", "metadata")]
    [InlineData("refund//order", "1.0.0", "metadata")]
    [InlineData("refund", "v1.0.0", "write `1.0.0`")]
    [InlineData("refund", "1.0", "write `1.0.0`")]
    [InlineData("refund", "01.0.0", "metadata")]
    public void Refuses_names_and_versions_of_another_form(string name, string version, string suggestion)
    {
        var reading = CapsuleReader.Read($"apiVersion: anumate.io/v1\nkind: Capsule\nmetadata: {{ name: '{name}', version: '{version}' }}\nspec:\n{Steps}");
        var finding = Assert.Single(reading.Diagnostics);
        Assert.Equal((3, "capsule.invalid-value"), (finding.Line, finding.Code));
        Assert.Equal(suggestion == "metadata" ? null : suggestion, finding.Suggestion);
    }

    [Fact]
    public void Tells_everything_at_once_in_the_order_of_the_document()
    {
        var reading = CapsuleReader.Read("apiVersion: anumate.io/v2\nkind: Capsul\nmetadata: { nam: x, version: 1 }\nspec:\n  step: []\n  limits: { timeout: soon }\n");
        Assert.Equal(
            ["1:13 capsule.invalid-value", "2:7 capsule.invalid-value", "3:11 capsule.missing-key", "3:13 capsule.unknown-key", "3:30 capsule.wrong-type",
                "5:3 capsule.unknown-key", "5:3 capsule.missing-key", "6:22 capsule.invalid-value"],
            reading.Diagnostics.Select(d => $"{d.Line}:{d.Column} {d.Code}"));
    }

    [Theory]
    [InlineData("{ group: finance, quorum: 65 }", "capsule.out-of-range")]
    [InlineData("{ group: Finance.Team, quorum: 1 }", "capsule.invalid-value")]
    public void Refuses_a_stage_that_approvals_could_not_carry_out(string stage, string code)
    {
        var reading = CapsuleReader.Read(A.Capsule($$"""
              approvals: [{ id: finance, stages: [{{stage}}] }]
              steps: [{ id: s, pure: 1 }]
            """));
        Assert.Contains(reading.Diagnostics, d => d.Code == code);
    }

    [Fact]
    public void Reads_every_key_of_this_version()
    {
        var reading = CapsuleReader.Read(A.RefundOrder.Source);
        var capsule = reading.Capsule!;
        Assert.Equal(("refund-order", "1.0.0", "Refund an order", "team-payments"), (capsule.Name, capsule.Version, capsule.Title, capsule.Owner));
        Assert.Equal("gold", capsule.Labels["tier"]);
        var refund = capsule.Steps.Single(s => s.Id == "refund");
        Assert.Equal(new RetryRule(5, TimeSpan.FromMilliseconds(500), 2, TimeSpan.FromSeconds(30), true, RetryOn.Timeout | RetryOn.Unavailable), refund.Retry);
        Assert.Equal((TimeSpan.FromSeconds(10), OnUnknown.Lookup), (refund.Timeout, refund.OnUnknown));
        Assert.Equal((TimeSpan.FromHours(1), 4), (capsule.Timeout, capsule.MaxParallel));
        Assert.Equal((2, TimeSpan.FromHours(4)), (capsule.Approvals[0].Stages[0].Quorum, capsule.Approvals[0].Stages[0].Within));
    }

    [Fact]
    public void The_digest_does_not_depend_on_how_the_document_is_written()
    {
        var flow = CapsuleReader.Read(A.Capsule("  limits: { timeout: 1h, max_parallel: 4 }\n" + Steps)).Capsule!;
        var block = CapsuleReader.Read(
            "# a comment\nspec:\n    steps:\n    - pure: 1.0\n      id: \"a\"\n    limits:\n        max_parallel: 4\n        timeout: '1h'\nmetadata:\n  version: 1.0.0\n  name: test\nkind: Capsule\napiVersion: anumate.io/v1\n").Capsule!;
        var json = CapsuleReader.Read(
            """{"apiVersion":"anumate.io/v1","kind":"Capsule","metadata":{"name":"test","version":"1.0.0"},"spec":{"limits":{"timeout":"1h","max_parallel":4},"steps":[{"id":"a","pure":1}]}}""").Capsule!;
        Assert.Equal(flow.Digest, block.Digest);
        Assert.Equal(flow.Digest, json.Digest);
        Assert.StartsWith("sha256:", flow.Digest);
        Assert.NotEqual(flow.Digest, CapsuleReader.Read(A.Capsule("  limits: { timeout: 60m, max_parallel: 4 }\n" + Steps)).Capsule!.Digest);
    }

    [Theory]
    [InlineData("[1, 2]")]
    [InlineData("just text")]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("{}")]
    [InlineData("{\"apiVersion\": \"anumate.io/v1\", \"apiVersion\": \"x\"}")]
    [InlineData("a: &x [1]\nb: *x\n")]
    [InlineData("metadata: [\n")]
    [InlineData("spec: {steps: {a: 1}}, metadata: 3")]
    public void Refuses_what_is_no_capsule(string text)
    {
        var reading = CapsuleReader.Read(text);
        Assert.Null(reading.Capsule);
        Assert.Contains(reading.Diagnostics, d => d.Severity is Severity.Error);
    }

    [Fact]
    public void Refuses_bytes_that_are_no_text()
    {
        Assert.Null(CapsuleReader.Read(new byte[] { 0x61, 0x3A, 0x20, 0xFF, 0xFE }).Capsule);
        Assert.Null(CapsuleReader.Read(Encoding.UTF8.GetBytes(A.Capsule(Steps).Replace("name: test", "name: \"te\\0st\"", StringComparison.Ordinal))).Capsule);
        Assert.Null(CapsuleReader.Read(A.Capsule("  steps: [{ id: a, pure: 12345678901234567890123 }]\n")).Capsule);
        Assert.Null(CapsuleReader.Read(A.Capsule("  steps: [{ id: a, pure: " + new string('[', 10_000) + new string(']', 10_000) + " }]\n")).Capsule);
    }

    [Fact]
    public void Refuses_more_steps_than_it_can_run()
    {
        var text = new StringBuilder("  steps:\n");
        for (var i = 0; i <= 5_000; i++)
        {
            text.Append($"    - {{ id: s{i}, pure: 1 }}\n");
        }

        Assert.Equal("capsule.out-of-range", Assert.Single(CapsuleReader.Read(A.Capsule(text.ToString())).Diagnostics).Code);
    }

    [Fact]
    public void A_thousand_mistakes_are_told_a_hundred_times()
    {
        var text = string.Concat(Enumerable.Range(0, 1_000).Select(i => $"  wrong{i}: 1\n"));
        Assert.Equal(100, CapsuleReader.Read(A.Capsule(text + Steps)).Diagnostics.Count);
    }
}
