using Anumate.Chaos;
using Anumate.Platform.Hosting;

namespace Anumate.Tests.Chaos;

/// <summary>
/// <c>bench/run chaos</c> in small: each phase with a few runs, on one ground. A phase is held against everything that was accepted so far,
/// by the record of tools that deduplicate nothing.
/// </summary>
public sealed class ChaosTests(ChaosFixture fixture) : IClassFixture<ChaosFixture>
{
    [Fact]
    public Task Killed_at_random_times() => AllWellAsync(p => p.KillAsync(runs: 60, kills: 3));

    [Fact]
    public Task Killed_at_every_named_commit_point() => AllWellAsync(async p =>
    {
        // Leaves that stand alone are rare: these runs make few of them.
        var points = KillPoint.Names.Order(StringComparer.Ordinal).Select(n => n.StartsWith("leaf", StringComparison.Ordinal) ? $"{n}:1" : $"{n}:2").ToList();
        await p.KillAtPointsAsync(runs: 120, points, TimeSpan.FromMinutes(2));
        Assert.Equal(KillPoint.Names.Order(StringComparer.Ordinal), p.Reached.Order(StringComparer.Ordinal));
    });

    [Fact]
    public Task Stopped_past_the_lease_and_continued() => AllWellAsync(p => p.StopAndContinueAsync(runs: 30));

    [Fact]
    public Task Stopped_past_the_lease_and_replaced() => AllWellAsync(p => p.TakeOverAsync(runs: 40));

    [Fact]
    public Task Two_hosts_on_one_database() => AllWellAsync(p => p.TwoHostsAsync(runs: 40));

    [Fact]
    public Task PostgreSQL_restarted_and_killed() => AllWellAsync(p => p.RestartDatabaseAsync(runs: 60, times: 1));

    [Fact]
    public Task Tools_that_hang_break_off_answer_twice_refuse_and_die() => AllWellAsync(p => p.TroubleToolsAsync(runs: 60, deaths: 2));

    async Task AllWellAsync(Func<ChaosPhases, Task> phase)
    {
        await phase(fixture.Ground.Phases);
        AssertWell(await fixture.Ground.JudgeAsync());
    }

    internal static void AssertWell(ChaosCount count)
    {
        Assert.Empty(count.Faults);
        Assert.Equal(count.Runs, count.Succeeded);
        Assert.Equal((0, 0, 0), (count.Lost, count.Doubled, count.Unfinished));
    }
}

/// <summary>The ground of <see cref="ChaosTests"/>.</summary>
public sealed class ChaosFixture : IAsyncLifetime
{
    internal ChaosGround Ground { get; private set; } = null!;

    public async ValueTask InitializeAsync() => Ground = await ChaosGround.StartAsync(seed: 20261125);

    public ValueTask DisposeAsync() => Ground?.DisposeAsync() ?? default;
}

/// <summary>The disk of the database has no room left, and has again.</summary>
public sealed class DiskFullTests
{
    [Fact]
    public async Task Runs_wait_while_the_disk_is_full_and_end_when_it_is_not()
    {
        var folder = Directory.CreateTempSubdirectory("anumate-disk-").FullName;
        using (var disk = SmallDisk.Mount(folder, 400))
        {
            Assert.SkipWhen(disk is null, "only root can mount a small tmpfs");
            await using var ground = await ChaosGround.StartAsync(seed: 1, disk!.Folder);
            await ground.Phases.FillDiskAsync(runs: 60, disk);
            ChaosTests.AssertWell(await ground.JudgeAsync());
        }

        Directory.Delete(folder);
    }
}
