using Anumate.Platform.Data;

namespace Anumate.Tests.Data;

public sealed class LeaseTests(TestDatabase database)
{
    static readonly TimeSpan Long = TimeSpan.FromMinutes(10);
    static readonly TimeSpan Over = TimeSpan.Zero;

    readonly Leases _leases = new(database.Db);
    readonly string _name = $"test.{Id<Tenant>.New(TimeProvider.System)}";

    [Fact]
    public async Task Has_one_holder_at_a_time()
    {
        var tries = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => _leases.AcquireAsync(_name, $"p{i}", Long, default)));
        var held = Assert.Single(tries, t => t is not null)!;
        Assert.Equal(held, await _leases.HolderAsync(_name, default));
        Assert.True(await _leases.RenewAsync(held, Long, default));
    }

    [Fact]
    public async Task Raises_the_epoch_and_shuts_out_the_holder_whose_lease_ran_out()
    {
        var asleep = await _leases.AcquireAsync(_name, "asleep", Over, default);
        Assert.False(await _leases.RenewAsync(asleep!, Long, default));
        var heir = await _leases.AcquireAsync(_name, "heir", Long, default);
        Assert.Equal(asleep!.Epoch + 1, heir!.Epoch);
        Assert.False(await _leases.RenewAsync(asleep, Long, default));
        await _leases.ReleaseAsync(asleep, default);
        Assert.Equal(heir, await _leases.HolderAsync(_name, default));
    }

    [Fact]
    public async Task Is_free_at_once_when_given_back()
    {
        var first = await _leases.AcquireAsync(_name, "first", Long, default);
        await _leases.ReleaseAsync(first!, default);
        Assert.Null(await _leases.HolderAsync(_name, default));
        Assert.Equal(2, (await _leases.AcquireAsync(_name, "second", Long, default))!.Epoch);
    }
}
