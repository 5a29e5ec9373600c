using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Anumate.Platform.Hosting;

/// <summary>How the embedded PostgreSQL is found and run. The defaults are what <c>anumate up</c> uses.</summary>
public sealed record EmbeddedPostgresOptions
{
    /// <summary>A folder with <c>postgres</c> and <c>initdb</c>; null looks for an installation, then for the package from npm.</summary>
    public string? Binaries { get; init; } = Environment.GetEnvironmentVariable(PostgresBinaries.Variable);

    /// <summary>Whether an installation of the system may be used before the package from npm.</summary>
    public bool UseInstalled { get; init; } = true;

    /// <summary>Where fetched programs are kept, for all data folders.</summary>
    public string ToolsFolder { get; init; } = Path.Combine(UserFolders.Cache, "tools");

    /// <summary>Server settings that replace or add to ours.</summary>
    public IReadOnlyDictionary<string, string> Settings { get; init; } = new Dictionary<string, string>();

    /// <summary>Told what takes long at a first start, one line each.</summary>
    public Action<string>? Progress { get; init; }
}

/// <summary>
/// The private PostgreSQL of one data folder. It starts with us, is started again should it die, and ends with us however we end.
/// It is reached over a Unix socket in a folder of its own; where that path is too long for a socket, over a free port of 127.0.0.1.
/// Every connection needs a password: no other program of this machine gets in.
/// </summary>
public sealed partial class EmbeddedPostgres : IAsyncDisposable
{
    public const string DefaultDatabase = "anumate";

    private const int SocketPort = 5432;
    private const int LongestSocketPath = 107;

    private readonly PostgresCluster _cluster;
    private readonly PostgresBinaries _programs;
    private readonly string[] _settings;
    private readonly string _host;
    private readonly int _port;
    private readonly ILogger _logger;
    private readonly SemaphoreSlim _turn = new(1, 1);
    private PostgresServer? _server;
    private CancellationTokenSource _stopping = new();
    private bool _disposed;
    private Task _watch = Task.CompletedTask;

    private EmbeddedPostgres(PostgresCluster cluster, PostgresBinaries programs, EmbeddedPostgresOptions options, ILogger logger)
    {
        _cluster = cluster;
        _programs = programs;
        _logger = logger;
        var socket = Path.Combine(cluster.SocketFolder, $".s.PGSQL.{SocketPort}");
        // Npgsql takes a comma for the next host of a list.
        var overSocket = Encoding.UTF8.GetByteCount(socket) <= LongestSocketPath && !socket.Contains(',', StringComparison.Ordinal);
        _host = overSocket ? cluster.SocketFolder : "127.0.0.1";
        _port = overSocket ? SocketPort : FreePort();
        _settings = [.. Settings(overSocket ? cluster.SocketFolder : null, _port, options.Settings)];
    }

    public int MajorVersion => _programs.Major;

    /// <summary>The server's log file.</summary>
    public string Log => _cluster.Log;

    /// <summary>The main process of the server while it runs.</summary>
    public int? ProcessId => _server?.ProcessId;

    /// <summary>Looks which PostgreSQL a start with this data folder would use, in words; null where it would be fetched. Changes nothing.</summary>
    /// <exception cref="SetupException">None can be had; the message says what to do.</exception>
    public static async Task<string?> LookAsync(string dataFolder, CancellationToken ct) =>
        await PostgresBinaries.LookAsync(PostgresCluster.MajorIn(dataFolder), new EmbeddedPostgresOptions(), ct) is { } found ? $"version {found.Major} in {found.Folder}" : null;

    /// <summary>
    /// Starts the server of the claimed folder, making everything it needs the first time, and sees that the database
    /// <see cref="DefaultDatabase"/> exists.
    /// </summary>
    /// <exception cref="SetupException">This machine cannot run it; the message says what to do.</exception>
    public static async Task<EmbeddedPostgres> StartAsync(
        DataClaim claim, EmbeddedPostgresOptions options, ILogger<EmbeddedPostgres> logger, CancellationToken ct)
    {
        EmbeddedPostgres? postgres = null;
        try
        {
            var cluster = await PostgresCluster.OpenAsync(claim.Folder, ct);
            var programs = await PostgresBinaries.FindAsync(cluster.Major, options, ct);
            // An earlier server must be gone before single-user mode could set a lost password.
            await cluster.ClearEarlierAsync(ct);
            await cluster.PrepareAsync(programs, options.Progress, ct);
            postgres = new EmbeddedPostgres(cluster, programs, options, logger);
            await postgres.ResumeAsync(ct);
            await postgres.EnsureDatabaseAsync(DefaultDatabase, ct);
            return postgres;
        }
        catch (Exception e)
        {
            if (postgres is not null)
            {
                await postgres.DisposeAsync();
            }
            // Ctrl-C reaches our children too, and they may be the first to fail.
            ct.ThrowIfCancellationRequested();
            if (e is IOException or UnauthorizedAccessException)
            {
                throw new SetupException($"cannot use the data folder `{claim.Folder.Root}`: {e.Message}; choose another with --data", e);
            }
            throw;
        }
    }

    /// <summary>A connection string for a role of this server; the superuser unless another is named (see <see cref="PasswordOf"/>).</summary>
    public string ConnectionString(string database = DefaultDatabase, string role = PostgresCluster.Superuser) =>
        new NpgsqlConnectionStringBuilder
        {
            Host = _host,
            Port = _port,
            Database = database,
            Username = role,
            Password = PasswordOf(role),
            SslMode = SslMode.Disable,
            GssEncryptionMode = GssEncryptionMode.Disable,
        }.ConnectionString;

    /// <summary>
    /// The password a role is to be given in this server. It is derived from the superuser's, so no other secret needs storing:
    /// whoever makes a role that logs in says <c>alter role … password</c> with it.
    /// </summary>
    public string PasswordOf(string role) =>
        role == PostgresCluster.Superuser
            ? _cluster.Password
            : Convert.ToHexStringLower(HMACSHA256.HashData(Encoding.UTF8.GetBytes(_cluster.Password), Encoding.UTF8.GetBytes(role)));

    /// <summary>Makes the database if it does not exist.</summary>
    public async Task EnsureDatabaseAsync(string name, CancellationToken ct)
    {
        await using var connection = new NpgsqlConnection(ConnectionString("postgres") + ";Pooling=false");
        await connection.OpenAsync(ct);
        await using var find = new NpgsqlCommand("select 1 from pg_database where datname = $1", connection) { Parameters = { new() { Value = name } } };
        if (await find.ExecuteScalarAsync(ct) is null)
        {
            // A name cannot be a parameter of a utility statement.
            await using var make = new NpgsqlCommand($"create database \"{name.Replace("\"", "\"\"", StringComparison.Ordinal)}\"", connection);
            await make.ExecuteNonQueryAsync(ct);
        }
    }

    /// <summary>Stops the server and keeps it down until <see cref="ResumeAsync"/>.</summary>
    public async Task StopAsync(CancellationToken ct)
    {
        await _stopping.CancelAsync();
        await _turn.WaitAsync(ct);
        try
        {
            if (_server is { } server)
            {
                _server = null;
                await server.DisposeAsync();
            }
        }
        finally
        {
            _turn.Release();
        }
        await _watch;
    }

    /// <summary>Starts the server after <see cref="StopAsync"/>, at the same address.</summary>
    public async Task ResumeAsync(CancellationToken ct)
    {
        await _turn.WaitAsync(ct);
        try
        {
            if (_server is null)
            {
                _server = await PostgresServer.StartAsync(_cluster, _programs, _settings, ct);
                _stopping.Dispose();
                _stopping = new();
                _watch = WatchAsync(_server, _stopping.Token);
            }
        }
        finally
        {
            _turn.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (!_disposed)
        {
            await StopAsync(CancellationToken.None);
            _disposed = true;
            _stopping.Dispose();
            _turn.Dispose();
        }
    }

    // A server that died by itself (out of memory, killed) is started again; meanwhile callers see 503 and recover without a restart.
    private async Task WatchAsync(PostgresServer server, CancellationToken stopping)
    {
        var pause = TimeSpan.FromMilliseconds(50);
        var code = await server.Exited;
        while (!stopping.IsCancellationRequested)
        {
            try
            {
                Died(code, _cluster.Log);
                server = await RestartAsync(server, stopping);
                code = await server.Exited;
                pause = TimeSpan.FromMilliseconds(50);
            }
            catch (Exception e) when (e is SetupException or IOException or UnauthorizedAccessException)
            {
                NotRestarted(e.Message);
                pause = pause < TimeSpan.FromSeconds(5) ? pause * 2 : pause;
            }
            catch (OperationCanceledException)
            {
                return;
            }
            await Task.Delay(pause, stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task<PostgresServer> RestartAsync(PostgresServer dead, CancellationToken stopping)
    {
        await _turn.WaitAsync(stopping);
        try
        {
            await dead.DisposeAsync();
            _server = null;
            _server = await PostgresServer.StartAsync(_cluster, _programs, _settings, stopping);
            Restarted(_server.ProcessId);
            return _server;
        }
        finally
        {
            _turn.Release();
        }
    }

    private static IEnumerable<string> Settings(string? socketFolder, int port, IReadOnlyDictionary<string, string> more)
    {
        var settings = new Dictionary<string, string>
        {
            ["listen_addresses"] = socketFolder is null ? "127.0.0.1" : "",
            ["unix_socket_directories"] = socketFolder ?? "",
            ["unix_socket_permissions"] = "0700",
            ["port"] = port.ToString(System.Globalization.CultureInfo.InvariantCulture),
            ["max_connections"] = "200",
            ["shared_buffers"] = "256MB",
            ["fsync"] = "on",
            ["synchronous_commit"] = "on",
            ["wal_compression"] = "on",
            ["jit"] = "off",
            ["idle_in_transaction_session_timeout"] = "30s",
            ["timezone"] = "UTC",
            ["log_timezone"] = "UTC",
            ["log_destination"] = "stderr",
            ["logging_collector"] = "off",
            // Errors of statements reach whoever sent them, who logs them without values; the server's own log is about the server.
            ["log_min_messages"] = "log",
            ["log_error_verbosity"] = "terse",
        };
        foreach (var (name, value) in more)
        {
            settings[name] = value;
        }
        return settings.SelectMany(setting => new[] { "-c", $"{setting.Key}={setting.Value}" });
    }

    private static int FreePort()
    {
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        return ((IPEndPoint)probe.LocalEndpoint).Port;
    }

    [LoggerMessage(LogLevel.Error, "the embedded PostgreSQL ended by itself (exit code {Code}, log {Log}); starting it again")]
    private partial void Died(int code, string log);

    [LoggerMessage(LogLevel.Warning, "the embedded PostgreSQL runs again as process {ProcessId}")]
    private partial void Restarted(int processId);

    [LoggerMessage(LogLevel.Error, "could not start the embedded PostgreSQL again: {Reason}")]
    private partial void NotRestarted(string reason);
}
