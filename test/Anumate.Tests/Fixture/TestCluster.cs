using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Npgsql;

namespace Anumate.Tests;

/// <summary>
/// A PostgreSQL server of its own in a temp folder. A shell stands between: when this process is gone, however it ended, the shell's
/// standard input closes, and it stops the server and removes the folder.
/// </summary>
public sealed class TestCluster : IAsyncDisposable
{
    const string Superuser = "postgres";

    // $1 binaries, $2 folder, $3 port. A line on standard input restarts the server.
    const string Keeper = """
        start() { "$1/postgres" -D "$2/data" -p "$3" -k "$2" >>"$2/log" 2>&1 & p=$!; }
        start "$@"
        while read -r line; do
            kill -"$line" $p; wait $p
            read -r line || break
            start "$@"
        done
        kill -QUIT $p 2>/dev/null; wait $p; rm -rf "$2"
        """;

    readonly Process _keeper;
    readonly string _folder;

    TestCluster(Process keeper, string folder, string admin)
    {
        _keeper = keeper;
        _folder = folder;
        Admin = admin;
    }

    /// <summary>Connection string of the superuser.</summary>
    public string Admin { get; }

    public static async Task<TestCluster> StartAsync(params string[] settings)
    {
        var binaries = Binaries();
        var folder = Directory.CreateTempSubdirectory("anumate-test-").FullName;
        var password = Convert.ToHexStringLower(System.Security.Cryptography.RandomNumberGenerator.GetBytes(16));
        File.WriteAllText(Path.Combine(folder, "password"), password);
        if (Environment.IsPrivilegedProcess)
        {
            await RunAsync("chown", "-R", User(), folder);
        }

        await RunAsync([.. AsUser(), $"{binaries}/initdb", "-D", $"{folder}/data", "-U", Superuser, "-A", "scram-sha-256",
            "--pwfile", $"{folder}/password", "-E", "UTF8", "--locale", "C", "--no-sync"]);
        var port = FreePort();
        await File.AppendAllLinesAsync($"{folder}/data/postgresql.conf",
            ["listen_addresses = '127.0.0.1'", "max_connections = 300", "fsync = off", "full_page_writes = off", "jit = off", .. settings]);

        string[] command = [.. AsUser(), "sh", "-c", Keeper, "keeper", binaries, folder, port.ToString()];
        var keeper = Process.Start(new ProcessStartInfo(command[0], command[1..]) { RedirectStandardInput = true, WorkingDirectory = folder })!;
        var admin = new NpgsqlConnectionStringBuilder
        {
            Host = "127.0.0.1", Port = port, Username = Superuser, Password = password, Database = "postgres", Pooling = false, Timeout = 5,
        }.ConnectionString;
        var cluster = new TestCluster(keeper, folder, admin);
        await cluster.ReadyAsync();
        return cluster;
    }

    /// <summary>Ends the server by a signal (INT: fast, KILL: a crash); <see cref="ComeBackAsync"/> starts it again.</summary>
    public Task StopAsync(string signal) => _keeper.StandardInput.WriteLineAsync(signal);

    public async Task ComeBackAsync()
    {
        await _keeper.StandardInput.WriteLineAsync("start");
        await ReadyAsync();
    }

    public async ValueTask DisposeAsync()
    {
        _keeper.StandardInput.Close();
        await _keeper.WaitForExitAsync();
        _keeper.Dispose();
    }

    async Task ReadyAsync()
    {
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                await using var connection = new NpgsqlConnection(Admin);
                await connection.OpenAsync();
                return;
            }
            catch (NpgsqlException) when (attempt < 300)
            {
                await Task.Delay(50);
            }
            catch (NpgsqlException e)
            {
                throw new InvalidOperationException($"PostgreSQL did not start: {await File.ReadAllTextAsync($"{_folder}/log")}", e);
            }
        }
    }

    static string Binaries() =>
        Environment.GetEnvironmentVariable("ANUMATE_POSTGRES_BIN") is { Length: > 0 } named ? named
        : Directory.Exists("/usr/lib/postgresql")
            && Directory.GetDirectories("/usr/lib/postgresql").OrderByDescending(d => int.TryParse(Path.GetFileName(d), out var v) ? v : 0).FirstOrDefault() is { } newest
            ? $"{newest}/bin"
            : throw new InvalidOperationException("tests need PostgreSQL: install it, or set ANUMATE_POSTGRES_BIN or ANUMATE_TEST_POSTGRES");

    static string User() => File.ReadLines("/etc/passwd").Any(l => l.StartsWith("postgres:", StringComparison.Ordinal)) ? "postgres" : "nobody";

    // PostgreSQL refuses to run as root.
    static string[] AsUser() => Environment.IsPrivilegedProcess ? ["setpriv", $"--reuid={User()}", "--clear-groups", "--"] : [];

    static int FreePort()
    {
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        return ((IPEndPoint)probe.LocalEndpoint).Port;
    }

    static async Task RunAsync(params string[] command)
    {
        using var process = Process.Start(new ProcessStartInfo(command[0], command[1..])
        {
            RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = "/",
        })!;
        var output = process.StandardOutput.ReadToEndAsync();
        var error = await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        if (process.ExitCode != 0)
        {
            throw new InvalidOperationException($"`{string.Join(' ', command)}` failed: {error}{await output}");
        }
    }
}
