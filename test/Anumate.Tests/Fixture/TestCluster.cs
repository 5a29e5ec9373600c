using System.Diagnostics;
using Anumate.Platform.Hosting;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace Anumate.Tests;

/// <summary>
/// A PostgreSQL server of its own in a temp folder, as the embedded default runs it, and gone with this process however that ends.
/// It does not sync to disk: a test may kill the server, not the machine.
/// </summary>
public sealed class TestCluster : IAsyncDisposable
{
    readonly string _folder;
    readonly DataClaim _claim;
    readonly EmbeddedPostgres _postgres;

    TestCluster(string folder, DataClaim claim, EmbeddedPostgres postgres)
    {
        _folder = folder;
        _claim = claim;
        _postgres = postgres;
        Admin = new NpgsqlConnectionStringBuilder(postgres.ConnectionString("postgres")) { Pooling = false, Timeout = 5 }.ConnectionString;
    }

    /// <summary>Connection string of the superuser.</summary>
    public string Admin { get; }

    public static async Task<TestCluster> StartAsync()
    {
        var folder = Directory.CreateTempSubdirectory("anumate-test-").FullName;
        var claim = DataFolder.Open(folder).Claim();
        var options = new EmbeddedPostgresOptions
        {
            Settings = new Dictionary<string, string>
            {
                ["fsync"] = "off", ["full_page_writes"] = "off", ["max_connections"] = "300", ["shared_buffers"] = "64MB",
            },
        };
        return new TestCluster(folder, claim, await EmbeddedPostgres.StartAsync(claim, options, NullLogger<EmbeddedPostgres>.Instance, default));
    }

    /// <summary>Stops the server and keeps it down until <see cref="ResumeAsync"/>.</summary>
    public Task StopAsync() => _postgres.StopAsync(default);

    public Task ResumeAsync() => _postgres.ResumeAsync(default);

    /// <summary>Kills the server, and returns when it is up again.</summary>
    public async Task CrashAsync()
    {
        var victim = _postgres.ProcessId!.Value;
        using (var process = Process.GetProcessById(victim))
        {
            process.Kill();
        }

        while (_postgres.ProcessId is not { } now || now == victim)
        {
            await Task.Delay(10);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _postgres.DisposeAsync();
        _claim.Dispose();
        Directory.Delete(_folder, recursive: true);
    }
}
