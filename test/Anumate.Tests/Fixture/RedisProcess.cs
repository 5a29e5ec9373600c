using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Anumate.Tests;

/// <summary>A real redis-server on loopback, without a disk; stopped and started again at will, gone with the test.</summary>
sealed class RedisProcess : IAsyncDisposable
{
    readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("anumate-redis-");
    Process? _process;

    public int Port { get; } = FreePort();

    /// <summary>The value of <c>Anumate:Redis:Connection</c>.</summary>
    public string Connection => $"127.0.0.1:{Port}";

    public static async Task<RedisProcess> StartAsync()
    {
        var redis = new RedisProcess();
        await redis.ResumeAsync();
        return redis;
    }

    /// <summary>Starts it, empty.</summary>
    public async Task ResumeAsync()
    {
        _process = Process.Start(new ProcessStartInfo("redis-server",
            ["--port", $"{Port}", "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", _folder.FullName])
        { RedirectStandardOutput = true })!;
        _process.BeginOutputReadLine();
        while (!await AnswersAsync())
        {
            Assert.False(_process.HasExited, "redis-server ended at once");
            await Task.Delay(20);
        }
    }

    /// <summary>Kills it: connections break, everything in it is lost.</summary>
    public async Task StopAsync()
    {
        _process!.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
        _process = null;
    }

    /// <summary>SIGSTOP and SIGCONT: a server that hangs with its connections open.</summary>
    public Task SignalAsync(string signal) => Hosting.Processes.SignalAsync(signal, _process!.Id);

    public async ValueTask DisposeAsync()
    {
        if (_process is not null)
        {
            await StopAsync();
        }

        _folder.Delete(recursive: true);
    }

    async Task<bool> AnswersAsync()
    {
        try
        {
            using var client = new TcpClient();
            await client.ConnectAsync(IPAddress.Loopback, Port);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    static int FreePort()
    {
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        return ((IPEndPoint)probe.LocalEndpoint).Port;
    }
}
