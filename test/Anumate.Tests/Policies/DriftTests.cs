using System.Text.Json;

namespace Anumate.Tests.Policies;

/// <summary>What changes under policies is told once.</summary>
public sealed class DriftTests(TestDatabase database)
{
    readonly LocalPolicies kit = new(database.Tenant());

    Task<IReadOnlyList<PolicyViolated>> ToldAsync() => kit.ListAsync("select body from platform.events where type = 'policy.violated' order by position",
        r => JsonSerializer.Deserialize<PolicyViolated>(r.GetFieldValue<byte[]>(0), AnumateJson.Options)!);

    Task PutToolAsync(string fields) => kit.PutToolAsync(new NewTool("payments.refund", "/r", ToolEffect.Effect,
        JsonDocument.Parse($$"""{"type":"object","properties":{{fields}},"additionalProperties":false}""").RootElement, JsonDocument.Parse("""{"type":"object"}""").RootElement));

    [Fact]
    public async Task A_tool_that_is_another_one_now_is_told_once_for_each_policy_it_no_longer_fits()
    {
        await PutToolAsync("""{"amount":{"type":"number"}}""");
        var source = "policy a version 1 {\n  at tool.before\n  on tool in [\"payments.refund\"]\n  rule all allow\n  rule big deny when has(call.args.amount) && call.args.amount > 5.0\n}";
        var policy = await kit.Service.PublishAsync(kit.Author, new PublishPolicy(source, PolicyBinding.Tenant), default);
        await kit.Drift.HandleAsync(kit.Told(new PolicyPublished(policy.Id, "a", 1, PolicyBinding.Tenant, policy.Digest)), default);
        await kit.Drift.HandleAsync(kit.Told(Changed()), default);
        Assert.Empty(await ToldAsync());

        await PutToolAsync("""{"total":{"type":"number"}}""");
        await kit.Drift.HandleAsync(kit.Told(Changed()), default);
        await kit.Drift.HandleAsync(kit.Told(Changed()), default);
        var told = Assert.Single(await ToldAsync());
        Assert.Equal(("a", "drift.tool", PolicyMode.Observe), (told.Policy, told.Point, told.Mode));
        Assert.Contains("amount", told.Sample.Reason);

        // Mended, and broken again, it is told again.
        await PutToolAsync("""{"amount":{"type":"number"}}""");
        await kit.Drift.HandleAsync(kit.Told(Changed()), default);
        await PutToolAsync("""{"total":{"type":"number"}}""");
        await kit.Drift.HandleAsync(kit.Told(Changed()), default);
        Assert.Equal(2, (await ToldAsync()).Count);

        static ConnectorChanged Changed() => new(Id<Connector>.New(TimeProvider.System), "tools", ["payments.refund"], 1);
    }

    [Fact]
    public async Task A_share_of_denials_that_is_not_what_it_was_is_told_once()
    {
        var drift = kit.Drift;
        for (var hour = 0; hour < 5; hour++)
        {
            await CountAsync(95, 5);
        }

        Assert.Empty(await ToldAsync());
        await CountAsync(60, 40);
        await CountAsync(95, 5);
        var told = Assert.Single(await ToldAsync());
        Assert.Equal(("drift.mix", "point tool.before"), (told.Point, told.Of));
        Assert.StartsWith("40 % of 100 decisions at tool.before were denials", told.Sample.Reason);
        await CountAsync(95, 5);
        Assert.Single(await ToldAsync());

        // Few say nothing.
        await CountAsync(0, 99);
        await CountAsync(95, 5);
        Assert.Single(await ToldAsync());

        async Task CountAsync(long allowed, long denied)
        {
            await drift.LookAtMixAsync(default);
            foreach (var (verdict, count) in new[] { ("allow", allowed), ("deny", denied) })
            {
                await kit.RunAsync("insert into platform.policy_mix (hour, point, verdict, count) values (date_trunc('hour', $1::timestamptz, 'UTC'), 'tool.before', $2, $3)",
                    kit.Time.GetUtcNow(), verdict, count);
            }

            await drift.LookAtMixAsync(default);
            kit.Time.Advance(TimeSpan.FromHours(1));
        }
    }

    [Fact]
    public async Task A_process_that_decides_by_something_else_a_while_after_a_change_is_told()
    {
        var drift = kit.Drift;
        var policy = await kit.PublishAsync("t", 1, PolicyBinding.Tenant);
        await drift.HandleAsync(kit.Told(new PolicyPublished(policy.Id, "t", 1, PolicyBinding.Tenant, policy.Digest)), default);
        var current = (await kit.Service.GetBundleAsync(kit.Viewer, [], default)).Digest;
        await SayAsync("early", "sha256:old");
        kit.Time.Advance(TimeSpan.FromSeconds(20));
        await SayAsync("good", current);
        await SayAsync("bad", "sha256:old");
        await drift.LookAtHostsAsync(default);
        Assert.Empty(await ToldAsync());
        kit.Time.Advance(TimeSpan.FromSeconds(11));
        await drift.LookAtHostsAsync(default);
        await drift.LookAtHostsAsync(default);
        var told = Assert.Single(await ToldAsync());
        Assert.Equal(("drift.host", "process bad"), (told.Point, told.Of));

        Task SayAsync(string process, string digest) => kit.RunAsync("insert into platform.policy_host (process, digest, at) values ($1, $2, $3)", process, digest, kit.Time.GetUtcNow());
    }
}
