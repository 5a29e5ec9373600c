using System.Diagnostics;
using System.Globalization;

namespace Anumate.Tests.Hosting;

/// <summary>Anumate.PostgresHost in a process of its own: it can be killed, and run as another user.</summary>
internal sealed class HostProcess : IAsyncDisposable
{
    private readonly Process _process;

    private HostProcess(Process process) => _process = process;

    public static string Program => Path.Combine(AppContext.BaseDirectory, "Anumate.PostgresHost");

    public int ProcessId => _process.Id;

    /// <summary>The main process of its PostgreSQL, or 0 if that did not start.</summary>
    public int ServerId { get; private set; }

    public string ConnectionString { get; private set; } = "";

    /// <summary>What it said when it did not start.</summary>
    public string Refusal { get; private set; } = "";

    public static async Task<HostProcess> StartAsync(string data, string? user = null, Action<IDictionary<string, string?>>? environment = null, params string[] options)
    {
        var info = new ProcessStartInfo(Program, [data, .. options])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            WorkingDirectory = "/",
        };
        if (user is not null)
        {
            info.UserName = user;
        }
        environment?.Invoke(info.Environment);
        var host = new HostProcess(Process.Start(info)!);
        var first = await host._process.StandardOutput.ReadLineAsync() ?? "";
        if (int.TryParse(first, CultureInfo.InvariantCulture, out var server))
        {
            host.ServerId = server;
            host.ConnectionString = await host._process.StandardOutput.ReadLineAsync() ?? "";
        }
        else
        {
            host.Refusal = first + "\n" + await host._process.StandardOutput.ReadToEndAsync();
        }
        return host;
    }

    /// <summary>SIGKILL: nothing of the host's own code runs any more.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
    }

    public async ValueTask DisposeAsync()
    {
        _process.StandardInput.Close();
        await _process.WaitForExitAsync();
        _process.Dispose();
    }
}
