using System.Text.Json;
using Anumate.Platform.Events;
using Anumate.Policies;

namespace Anumate.Tests.Policies;

/// <summary>How violations are counted, and when alerts tell of them.</summary>
public sealed class ViolationTests
{
    readonly LocalPolicies kit;
    readonly ViolationStore store;

    public ViolationTests(TestDatabase database)
    {
        var tenant = database.Tenant();
        (kit, store) = (new LocalPolicies(tenant), new ViolationStore(tenant.Db, tenant.Time));
    }

    StoredEvent Violated(long count = 1, string policy = "p", string rule = "r", PolicyMode mode = PolicyMode.Enforce, string reason = "no")
    {
        var now = kit.Time.GetUtcNow();
        var sample = new ViolationSample(reason, 1, kit.Viewer.Principal, null, "sha256:d", "sha256:b");
        return kit.Told(new PolicyViolated(policy, rule, "tool.before", "tool a.b", mode, Verdict.Deny, count, now, now, sample));
    }

    async Task<IReadOnlyList<PolicyViolation>> ListAsync(ViolationFilter? filter = null) =>
        (await kit.Service.ListViolationsAsync(kit.Viewer, filter ?? new(), new(), default)).Items;

    Task<long> AlertsAsync() => kit.CountAsync("platform.events", "type = 'policy.alert'");

    [Fact]
    public async Task Counts_by_the_hour_whatever_their_number()
    {
        var first = kit.Time.GetUtcNow();
        await store.CountAsync([Violated(3), Violated(2, reason: "yet again"), Violated(1, rule: "other")], default);
        kit.Time.Advance(TimeSpan.FromMinutes(59));
        await store.CountAsync([Violated(10)], default);
        kit.Time.Advance(TimeSpan.FromMinutes(2));
        await store.CountAsync([Violated(1)], default);

        var all = await ListAsync();
        Assert.Equal([("other", 1L), ("r", 1L), ("r", 15L)], all.Select(v => (v.Rule, v.Count)).OrderBy(v => v));
        var sum = all.Single(v => v.Count == 15);
        Assert.Equal((first, first.AddMinutes(59), new DateTimeOffset(2026, 11, 23, 12, 0, 0, TimeSpan.Zero)), (sum.First, sum.Last, sum.Hour));
        Assert.Equal("sha256:d", sum.Sample.Decision);
    }

    [Fact]
    public async Task An_event_that_comes_again_is_counted_once()
    {
        StoredEvent[] events = [Violated(3), Violated(4)];
        await store.CountAsync(events, default);
        await store.CountAsync(events, default);
        await store.CountAsync([events[1], Violated(5)], default);
        Assert.Equal(12, Assert.Single(await ListAsync()).Count);
    }

    [Fact]
    public async Task Lists_what_is_asked_for_in_pages()
    {
        foreach (var (policy, rule, mode) in new[] { ("p", "a", PolicyMode.Enforce), ("p", "b", PolicyMode.Observe), ("q", "a", PolicyMode.Warn), ("", "", PolicyMode.Enforce) })
        {
            await store.CountAsync([Violated(1, policy, rule, mode)], default);
            kit.Time.Advance(TimeSpan.FromHours(1));
        }

        Assert.Equal([("p", "b"), ("p", "a")], (await ListAsync(new ViolationFilter(Policy: "p"))).Select(v => (v.Policy, v.Rule)));
        Assert.Equal(["q"], (await ListAsync(new ViolationFilter(Mode: PolicyMode.Warn))).Select(v => v.Policy));
        Assert.Equal(["", "q"], (await ListAsync(new ViolationFilter(From: kit.Time.GetUtcNow().AddHours(-2)))).Select(v => v.Policy));
        Assert.Equal(["p"], (await ListAsync(new ViolationFilter(To: kit.Time.GetUtcNow().AddHours(-3)))).Select(v => v.Policy));
        Assert.Equal(2, (await ListAsync(new ViolationFilter(Rule: "a", Point: "tool.before", Subject: "tool a.b"))).Count);
        Assert.Empty(await ListAsync(new ViolationFilter(Point: "run.start")));
        var page = await kit.Service.ListViolationsAsync(kit.Viewer, new(), new PageRequest(Limit: 3), default);
        Assert.Equal((3, 1), (page.Items.Count, (await kit.Service.ListViolationsAsync(kit.Viewer, new(), new PageRequest(page.Next, 3), default)).Items.Count));
    }

    [Fact]
    public async Task An_alert_tells_at_its_threshold_and_is_quiet_after()
    {
        var alert = await kit.Service.AlertAsync(kit.Author, new NewPolicyAlert(5, TimeSpan.FromMinutes(10), TimeSpan.FromMinutes(30)), default);
        await store.CountAsync([Violated(4)], default);
        Assert.Equal(0, await AlertsAsync());
        kit.Time.Advance(TimeSpan.FromMinutes(9));
        var last = Violated(1);
        await store.CountAsync([last], default);
        await store.CountAsync([last], default);
        var told = await kit.FirstAsync("select body from platform.events where type = 'policy.alert'",
            r => JsonSerializer.Deserialize<PolicyAlerted>(r.GetFieldValue<byte[]>(0), AnumateJson.Options)!);
        Assert.Equal(new PolicyAlerted(alert.Id, null, null, 5, 5, kit.Time.GetUtcNow().AddMinutes(-9)), told);
        Assert.Equal(kit.Time.GetUtcNow(), (await kit.Service.ListAlertsAsync(kit.Viewer, new(), default)).Items[0].Fired);

        await store.CountAsync([Violated(100)], default);
        kit.Time.Advance(TimeSpan.FromMinutes(29));
        await store.CountAsync([Violated(100)], default);
        Assert.Equal(1, await AlertsAsync());
        kit.Time.Advance(TimeSpan.FromMinutes(2));
        await store.CountAsync([Violated(1)], default);
        Assert.Equal(2, await AlertsAsync());
    }

    [Fact]
    public async Task An_alert_counts_only_what_it_is_for_and_only_in_its_time()
    {
        await kit.Service.AlertAsync(kit.Author, new NewPolicyAlert(5, TimeSpan.FromMinutes(10), TimeSpan.Zero, "p", PolicyMode.Observe), default);
        await store.CountAsync([Violated(50), Violated(50, "q", mode: PolicyMode.Observe), Violated(4, mode: PolicyMode.Observe)], default);
        kit.Time.Advance(TimeSpan.FromMinutes(11));
        await store.CountAsync([Violated(4, mode: PolicyMode.Observe)], default);
        Assert.Equal(0, await AlertsAsync());
        await store.CountAsync([Violated(1, mode: PolicyMode.Observe)], default);
        Assert.Equal(1, await AlertsAsync());
    }

    [Fact]
    public async Task No_tenant_sees_anothers_violations()
    {
        await store.CountAsync([Violated()], default);
        var other = new LocalPolicies(new TestTenant(TestDatabase.Current.Db));
        Assert.Empty((await other.Service.ListViolationsAsync(other.Viewer, new(), new(), default)).Items);
    }
}
