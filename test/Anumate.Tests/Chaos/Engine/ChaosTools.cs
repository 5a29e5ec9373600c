using System.Diagnostics;
using System.Net.Sockets;

namespace Anumate.Chaos;

/// <summary>One raw execution, as the tools recorded it.</summary>
sealed record Execution(int N, string Tool, string Key, string Item);

/// <summary>The tools in a process of their own; it can be killed and comes back at the same port with its record.</summary>
sealed class ChaosTools : IAsyncDisposable
{
    readonly int _port = ChaosHost.FreePort();
    readonly string _record;
    readonly HttpClient _http = new(new SocketsHttpHandler { PooledConnectionLifetime = TimeSpan.Zero });
    Process _process = null!;

    ChaosTools(string record) => _record = record;

    public string Address => $"http://127.0.0.1:{_port}";

    public static async Task<ChaosTools> StartAsync(string folder)
    {
        var tools = new ChaosTools(Path.Combine(folder, "executions"));
        await tools.LaunchAsync();
        return tools;
    }

    public Task KillAsync(TimeSpan down) => KillAsync(() => Task.Delay(down));

    /// <summary>They are down for as long as <paramref name="meanwhile"/> takes.</summary>
    public async Task KillAsync(Func<Task> meanwhile)
    {
        _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
        await meanwhile();
        await LaunchAsync();
    }

    /// <summary>How many calls of a hundred hang, are cut off or get no answer after they happened, are answered twice, or refused with 503.</summary>
    public async Task TroubleAsync(int hang = 0, int drop = 0, int stall = 0, int twice = 0, int refuse = 0)
    {
        using var answer = await _http.PostAsync($"{Address}/trouble?hang={hang}&drop={drop}&stall={stall}&twice={twice}&refuse={refuse}", new ByteArrayContent([]));
        answer.EnsureSuccessStatusCode();
    }

    public IReadOnlyList<Execution> Executions()
    {
        using var file = new FileStream(_record, FileMode.OpenOrCreate, FileAccess.Read, FileShare.ReadWrite);
        using var reader = new StreamReader(file);
        var all = new List<Execution>();
        while (reader.ReadLine() is { } line)
        {
            if (line.Split(' ') is [var n, var tool, var key, var item])
            {
                all.Add(new Execution(int.Parse(n), tool, key, item));
            }
        }

        return all;
    }

    public async ValueTask DisposeAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
        _http.Dispose();
    }

    async Task LaunchAsync()
    {
        // Beside our own output, in the same configuration.
        var own = new DirectoryInfo(AppContext.BaseDirectory.TrimEnd('/'));
        var program = Path.Combine(own.Parent!.Parent!.FullName, "Anumate.ChaosTools", own.Name, "Anumate.ChaosTools");
        _process = Process.Start(new ProcessStartInfo(program, [$"{_port}", _record]) { RedirectStandardInput = true })!;
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                using var probe = new TcpClient();
                await probe.ConnectAsync("127.0.0.1", _port);
                return;
            }
            catch (SocketException) when (attempt < 1200 && !_process.HasExited)
            {
                await Task.Delay(25);
            }
        }
    }
}
