using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Anumate.Client;

namespace Anumate.Chaos;

/// <summary><c>anumate serve</c> on the chaos database, as a process of its own that takes real signals.</summary>
sealed class ChaosHost : IAsyncDisposable
{
    const int MostStarts = 5;

    static readonly TimeSpan Patience = TimeSpan.FromMinutes(10);

    /// <summary>Where the program is: beside the test, or where <c>bench/run</c> has it compiled ahead.</summary>
    static readonly string Folder = Environment.GetEnvironmentVariable("ANUMATE_BUILT") ?? AppContext.BaseDirectory;

    readonly Process _process;
    readonly ChaosDatabase _database;
    readonly HttpClient _http;
    readonly Queue<string> _said = new();
    bool _disposed;

    ChaosHost(Process process, ChaosDatabase database, string address)
    {
        _process = process;
        _database = database;
        _http = new HttpClient(new SocketsHttpHandler { ConnectTimeout = TimeSpan.FromSeconds(5) }) { BaseAddress = new Uri(address), Timeout = TimeSpan.FromSeconds(20) };
        process.OutputDataReceived += (_, e) => Hear(e.Data);
        process.ErrorDataReceived += (_, e) => Hear(e.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    /// <summary>Whether it takes calls, as far as its process tells.</summary>
    public bool IsUp => !_disposed && !_process.HasExited;

    /// <summary>Starts it; it may not answer yet, or wait for another host's lease.</summary>
    /// <param name="killAt">A commit point at which it kills itself.</param>
    public static ChaosHost Launch(ChaosDatabase database, bool takeOver, string? killAt = null)
    {
        var address = $"http://127.0.0.1:{FreePort()}/";
        var info = new ProcessStartInfo(Path.Combine(Folder, "anumate"), ["serve", "--urls", address])
        {
            RedirectStandardOutput = true, RedirectStandardError = true,
        };
        var passwords = database.Options.Passwords;
        foreach (var (name, value) in (IEnumerable<(string, string?)>)[
            ("DATABASE__SERVER", database.Options.Server), ("DATABASE__PASSWORDS__APP", passwords.App), ("DATABASE__PASSWORDS__WRITER", passwords.Writer),
            ("DATABASE__PASSWORDS__OWNER", passwords.Owner), ("DATABASE__PASSWORDS__READER", passwords.Reader), ("DATABASE__PASSWORDS__SEQUENCER", passwords.Sequencer),
            ("DATABASE__PASSWORDS__TIMER", passwords.Timer), ("DATABASE__PASSWORDS__RETENTION", passwords.Retention), ("SECRETS__KEYFILE", database.KeyFile),
            ("CONNECTORS__ALLOWPRIVATEADDRESSES", "true"), ("TELEMETRY__LOGLEVEL", "Warning"), ("TELEMETRY__LOGFORMAT", "text"),
            ("ORCHESTRATOR__TAKEOVER", takeOver ? "true" : "false"), ("ORCHESTRATOR__LEASE", "00:00:03"), ("ORCHESTRATOR__LOOKAGAIN", "00:00:02"),
            ("ORCHESTRATOR__TOKENLIFETIME", "00:00:03"), ("ORCHESTRATOR__CLOCKSKEW", "00:00:00.500")])
        {
            info.Environment["ANUMATE__" + name] = value;
        }

        // These processes live for seconds: what runs once is not worth being compiled well.
        info.Environment["DOTNET_TC_QuickJit"] = "1";
        info.Environment["ANUMATE_KILL_AT"] = killAt;
        return new ChaosHost(Process.Start(info)!, database, address);
    }

    /// <summary>Starts it as a supervisor does: one that gave up (its database was too slow, its port was taken meanwhile) is started again.</summary>
    public static async Task<ChaosHost> StartAsync(ChaosDatabase database, bool takeOver = true)
    {
        for (var start = 1; ; start++)
        {
            var host = Launch(database, takeOver);
            if (await host.ReadyAsync())
            {
                return host;
            }

            await host.DisposeAsync();
            if (start == MostStarts)
            {
                throw new InvalidOperationException($"anumate serve is not ready:\n{host.Said}");
            }
        }
    }

    /// <summary>True once it answers; false when it ended before.</summary>
    public async Task<bool> ReadyAsync()
    {
        for (var clock = Stopwatch.StartNew(); clock.Elapsed < Patience && !_process.HasExited; await Task.Delay(25))
        {
            try
            {
                using var answer = await _http.GetAsync("health/ready");
                if (answer.IsSuccessStatusCode)
                {
                    return true;
                }
            }
            catch (Exception e) when (e is HttpRequestException or SocketException or TaskCanceledException)
            {
                // Not listening yet.
            }
        }

        return false;
    }

    public string Said
    {
        get
        {
            lock (_said)
            {
                return string.Join('\n', _said);
            }
        }
    }

    public AnumateClient As(string person) => new(_http, async ct => await _database.TokenAsync(person, secret => SignInAsync(person, secret, ct)));

    async Task<AccessToken> SignInAsync(string person, string secret, CancellationToken ct) =>
        await new AnumateClient(_http, (string?)null).Identity.SignInAsync(new SignIn(_database.Tenant.Tenant.Name, person, secret), ct);

    /// <summary>SIGKILL: nothing of its own code runs any more.</summary>
    public async Task KillAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
        }

        await _process.WaitForExitAsync();
    }

    public Task StopAsync() => SignalAsync("STOP");

    public Task ContinueAsync() => SignalAsync("CONT");

    /// <summary>Waits until it has ended by itself.</summary>
    public async Task<bool> EndedAsync(TimeSpan patience)
    {
        for (var clock = Stopwatch.StartNew(); !_process.HasExited && clock.Elapsed < patience; await Task.Delay(50))
        {
        }

        return _process.HasExited;
    }

    /// <summary>Kills it. A phase that failed may have done so already.</summary>
    public async ValueTask DisposeAsync()
    {
        if (!_disposed)
        {
            await KillAsync();
            _disposed = true;
            _process.Dispose();
            _http.Dispose();
        }
    }

    async Task SignalAsync(string signal)
    {
        using var kill = Process.Start("kill", [$"-{signal}", $"{_process.Id}"]);
        await kill.WaitForExitAsync();
    }

    void Hear(string? line)
    {
        lock (_said)
        {
            _said.Enqueue(line ?? "");
            if (_said.Count > 400)
            {
                _said.Dequeue();
            }
        }
    }

    internal static int FreePort()
    {
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        return ((IPEndPoint)probe.LocalEndpoint).Port;
    }
}
