using Anumate.Platform.Policies;
using Microsoft.Extensions.Time.Testing;

namespace Anumate.Tests.Policies;

/// <summary>What limits let pass, by the database's own account.</summary>
public sealed class LimitTests
{
    readonly TestTenant tenant;

    // Not the tenant's clock, which stands in the past: what counted then is forgotten by now.
    readonly FakeTimeProvider time = new(TimeProvider.System.GetUtcNow());

    readonly Limits limits;

    public LimitTests(TestDatabase database) => (tenant, limits) = (database.Tenant(), new Limits(database.Db, time));

    static LimitDemand Demand(int count, string key = "a", string rule = "p/burst", int minutes = 60) => new(rule, count, TimeSpan.FromMinutes(minutes), $"sha256:{key}");

    async Task<bool> TakesAsync(string taking, params LimitDemand[] demands) => await limits.TakeAsync(tenant.Id, demands, taking, default) is null;

    Task<long> CountAsync() => tenant.Db.For(tenant.Id).FirstAsync("select count(*) from platform.limit_taken", r => r.GetInt64(0), default);

    [Fact]
    public async Task Lets_so_many_pass_in_any_stretch_of_the_time()
    {
        for (var i = 0; i < 3; i++)
        {
            Assert.True(await TakesAsync($"{i}", Demand(3)));
            time.Advance(TimeSpan.FromMinutes(10));
        }

        var used = await limits.TakeAsync(tenant.Id, [Demand(3)], "3", default);
        Assert.Equal("p/burst", used!.Value.Demand.Rule);
        Assert.Equal(time.GetUtcNow().AddMinutes(30), used.Value.Free, TimeSpan.FromMilliseconds(1));
        time.Advance(TimeSpan.FromMinutes(29.9));
        Assert.False(await TakesAsync("3", Demand(3)));
        time.Advance(TimeSpan.FromMinutes(0.2));
        Assert.True(await TakesAsync("3", Demand(3)));
        Assert.False(await TakesAsync("4", Demand(3)));
        Assert.Equal(4, await CountAsync());
    }

    [Fact]
    public async Task Takes_all_or_none()
    {
        Assert.True(await TakesAsync("1", Demand(1, rule: "p/one"), Demand(5, rule: "p/five")));
        for (var i = 2; i < 9; i++)
        {
            Assert.False(await TakesAsync($"{i}", Demand(5, rule: "p/five"), Demand(1, rule: "p/one")));
        }

        Assert.Equal(2, await CountAsync());
        Assert.True(await TakesAsync("9", Demand(5, rule: "p/five")));
    }

    [Fact]
    public async Task The_same_thing_asked_again_counts_once()
    {
        Assert.True(await TakesAsync("1", Demand(2)));
        Assert.True(await TakesAsync("1", Demand(2)));
        Assert.True(await TakesAsync("2", Demand(2)));
        Assert.True(await TakesAsync("2", Demand(2)));
        Assert.False(await TakesAsync("3", Demand(2)));
        Assert.Equal(2, await CountAsync());
    }

    [Fact]
    public async Task Two_versions_of_a_rule_count_in_the_same_place()
    {
        Assert.True(await TakesAsync("1", Demand(3, minutes: 10), Demand(2, minutes: 60)));
        Assert.Equal(1, await CountAsync());
        time.Advance(TimeSpan.FromMinutes(20));
        Assert.True(await TakesAsync("2", Demand(2, minutes: 60)));
        Assert.False(await TakesAsync("3", Demand(2, minutes: 60)));
        Assert.True(await TakesAsync("4", Demand(3, minutes: 10)));
    }

    [Fact]
    public async Task Keys_rules_and_tenants_count_apart()
    {
        Assert.True(await TakesAsync("1", Demand(1)));
        Assert.True(await TakesAsync("2", Demand(1, "b")));
        Assert.True(await TakesAsync("3", Demand(1, rule: "p/other")));
        Assert.Null(await limits.TakeAsync(new TestTenant(tenant.Db).Id, [Demand(1)], "4", default));
        Assert.False(await TakesAsync("5", Demand(1)));
    }

    [Fact]
    public async Task Of_many_at_once_no_more_than_the_limit_pass()
    {
        var takes = await Task.WhenAll(Enumerable.Range(0, 48).Select(i => Task.Run(() => i % 2 == 0
            ? TakesAsync($"{i}", Demand(10, rule: "p/a"), Demand(30, rule: "p/b"))
            : TakesAsync($"{i}", Demand(30, rule: "p/b"), Demand(10, rule: "p/a")))));
        Assert.Equal(10, takes.Count(t => t));
        Assert.Equal(20, await CountAsync());
    }
}
