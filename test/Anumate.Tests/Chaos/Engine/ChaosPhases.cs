namespace Anumate.Chaos;

/// <summary>
/// What is done to the platform while it runs. A phase starts with a host at work and leaves one at work; <see cref="Kills"/> counts
/// SIGKILLs of hosts.
/// </summary>
sealed class ChaosPhases(ChaosDatabase database, ChaosTools tools, ChaosLoad load, int seed)
{
    static readonly TimeSpan Lease = TimeSpan.FromSeconds(3);

    readonly Random _random = new(seed);

    public int Kills { get; private set; }

    /// <summary>Commit points at which a host has killed itself.</summary>
    public HashSet<string> Reached { get; } = [];

    /// <summary>SIGKILL at random times, the host started again at once.</summary>
    public Task KillAsync(int runs, int kills) => DuringAsync(runs, async () =>
    {
        for (var kill = 1; kill <= kills; kill++)
        {
            load.Pace(kill, kills);
            await Task.Delay(_random.Next(20, 1500));
            await load.Host.DisposeAsync();
            Kills++;
            load.Host = await ChaosHost.StartAsync(database);
        }
    }, paced: true);

    /// <summary>SIGKILL by itself at every named commit point.</summary>
    /// <param name="points">As <c>name:n</c>: at the n-th passage.</param>
    /// <param name="patience">How long a host may take to start and to pass its point.</param>
    public Task KillAtPointsAsync(int runs, IReadOnlyList<string> points, TimeSpan patience) => DuringAsync(runs, async () =>
    {
        foreach (var (turn, point) in points.Index())
        {
            await load.Host.DisposeAsync();
            Kills++;
            load.Host = ChaosHost.Launch(database, takeOver: true, point);
            load.Pace(turn + 1, points.Count);

            // It may die while it starts. A point that is not passed often enough by these runs is not reached: the next host kills it.
            if (await load.Host.EndedAsync(patience))
            {
                Reached.Add(point.Split(':')[0]);
            }
        }

        await ReplacedAsync(takeOver: true);
    }, paced: true);

    /// <summary>The only host stands still past its lease and goes on.</summary>
    public Task StopAndContinueAsync(int runs) => DuringAsync(runs, async () =>
    {
        await Task.Delay(500);
        await load.Host.StopAsync();
        await Task.Delay(Lease + TimeSpan.FromSeconds(2));
        await load.Host.ContinueAsync();
        await Task.Delay(1000);
    });

    /// <summary>A second host takes over while the first stands still; awake again, the first must let go and end.</summary>
    public Task TakeOverAsync(int runs) => DuringAsync(runs, async () =>
    {
        var first = await ReplacedAsync(takeOver: false);
        await Task.Delay(500);
        await first.StopAsync();
        var second = await ChaosHost.StartAsync(database, takeOver: false);
        await first.ContinueAsync();

        // What had reached the first is answered by it now: whatever it accepts must end as well.
        await Task.Delay(_random.Next(100, 1500));
        load.Host = second;
        if (!await first.EndedAsync(TimeSpan.FromMinutes(5)))
        {
            throw new InvalidOperationException($"a host that lost its lease goes on:\n{first.Said}");
        }

        await first.DisposeAsync();
    });

    /// <summary>A second host beside a living one refuses; beside a killed one it takes over when the lease has run out.</summary>
    public Task TwoHostsAsync(int runs) => DuringAsync(runs, async () =>
    {
        var first = await ReplacedAsync(takeOver: false);
        await using (var refused = ChaosHost.Launch(database, takeOver: false))
        {
            if (await refused.ReadyAsync() || !refused.Said.Contains("another host runs this database's executions", StringComparison.Ordinal))
            {
                throw new InvalidOperationException($"a second host did not refuse:\n{refused.Said}");
            }
        }

        var waiting = ChaosHost.Launch(database, takeOver: false);
        await Task.Delay(_random.Next(100, 1000));
        await first.DisposeAsync();
        Kills++;
        if (!await waiting.ReadyAsync())
        {
            // It gave up before the lease ran out, on a machine too busy to renew and ask in time.
            await waiting.DisposeAsync();
            waiting = await ChaosHost.StartAsync(database, takeOver: false);
        }

        load.Host = waiting;
    });

    /// <summary>PostgreSQL stopped and started, and killed.</summary>
    public Task RestartDatabaseAsync(int runs, int times) => DuringAsync(runs, async () =>
    {
        for (var i = 0; i < times; i++)
        {
            await Task.Delay(_random.Next(200, 1500));
            await database.RestartAsync(TimeSpan.FromMilliseconds(_random.Next(100, 1500)));
            await Task.Delay(_random.Next(200, 1500));
            database.Crash();
        }

        await Task.Delay(2000);
    });

    /// <summary>Tools that hang, break off, answer twice, refuse, and die.</summary>
    public Task TroubleToolsAsync(int runs, int deaths) => DuringAsync(runs, async () =>
    {
        for (var i = 0; i < deaths; i++)
        {
            await tools.TroubleAsync(hang: 3, drop: 5, twice: 10, refuse: 5);
            await Task.Delay(_random.Next(300, 1500));
            await tools.KillAsync(TimeSpan.FromMilliseconds(_random.Next(50, 500)));
        }

        await tools.TroubleAsync();
    });

    /// <summary>The disk of the database has no room left for a while.</summary>
    public Task FillDiskAsync(int runs, SmallDisk disk) => DuringAsync(runs, async () =>
    {
        await Task.Delay(500);
        disk.Fill();
        await Task.Delay(3000);
        disk.Free();
        await Task.Delay(1000);
        disk.Fill();
        await Task.Delay(1000);
        disk.Free();
    });

    /// <summary>An earlier phase that failed may have left no host.</summary>
    async Task DuringAsync(int runs, Func<Task> trouble, bool paced = false)
    {
        if (!load.Host.IsUp)
        {
            await ReplacedAsync(takeOver: true);
        }

        await load.DuringAsync(runs, trouble, paced);
    }

    async Task<ChaosHost> ReplacedAsync(bool takeOver)
    {
        await load.Host.DisposeAsync();
        Kills++;
        return load.Host = await ChaosHost.StartAsync(database, takeOver);
    }
}
