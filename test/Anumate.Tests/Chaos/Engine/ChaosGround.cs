namespace Anumate.Chaos;

/// <summary>A database, the tools, a host and the load on it, in a folder of their own.</summary>
sealed class ChaosGround : IAsyncDisposable
{
    readonly ChaosDatabase _database;
    readonly ChaosTools _tools;
    readonly string _folder;

    ChaosGround(string folder, ChaosDatabase database, ChaosTools tools, int seed)
    {
        (_folder, _database, _tools) = (folder, database, tools);
        Load = new ChaosLoad(database, tools);
        Phases = new ChaosPhases(database, tools, Load, seed);
    }

    public ChaosLoad Load { get; }

    public ChaosPhases Phases { get; }

    /// <param name="data">Where the database lies; a temp folder when absent.</param>
    public static async Task<ChaosGround> StartAsync(int seed, string? data = null)
    {
        var folder = Directory.CreateTempSubdirectory("anumate-chaos-").FullName;
        if (!OperatingSystem.IsWindows())
        {
            // As root, PostgreSQL runs under another user, who must be able to pass.
            File.SetUnixFileMode(folder, File.GetUnixFileMode(folder) | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute);
        }

        var tools = await ChaosTools.StartAsync(folder);
        var ground = new ChaosGround(folder, await ChaosDatabase.StartAsync(data ?? Path.Combine(folder, "data")), tools, seed);
        ground.Load.Host = await ChaosHost.StartAsync(ground._database);
        await ground.Load.PrepareAsync();
        return ground;
    }

    public async Task<ChaosCount> JudgeAsync() => (await Load.JudgeAsync()) with { Kills = Phases.Kills };

    public async ValueTask DisposeAsync()
    {
        await Load.DisposeAsync();
        await Load.Host.DisposeAsync();
        await _database.DisposeAsync();
        await _tools.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }
}
