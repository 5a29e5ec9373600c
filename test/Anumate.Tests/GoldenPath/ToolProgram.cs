using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Anumate.Tests.GoldenPath;

[assembly: AssemblyFixture(typeof(ToolProgram))]

namespace Anumate.Tests.GoldenPath;

/// <summary>One raw execution, as the tools recorded it.</summary>
public sealed record RawExecution(int N, string Tool, string Key, string? Trace);

/// <summary>The sample's tools as a process of their own, shared by the assembly; a test knows its executions by their keys.</summary>
public sealed class ToolProgram : IAsyncLifetime
{
    readonly string _record = Path.GetTempFileName();
    readonly HttpClient _http = new(new SocketsHttpHandler());
    Process? _process;

    public string Address { get; private set; } = "";

    /// <summary>The folder of the sample's documents.</summary>
    public static string Documents => Path.Combine(Folder(), "");

    public async ValueTask InitializeAsync()
    {
        Address = $"http://127.0.0.1:{FreePort()}";
        _process = Process.Start(new ProcessStartInfo("sh", ["-c", "trap '' HUP INT QUIT; \"$@\" </dev/null & p=$!; while read -r _; do :; done; kill $p; wait $p", "sh",
            Path.Combine(Folder(), "refund-tools"), "--urls", Address, "--record", _record])
        { RedirectStandardInput = true })!;
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                await _http.GetAsync(Address + "/health");
                return;
            }
            catch (HttpRequestException) when (attempt < 600)
            {
                await Task.Delay(50);
            }
        }
    }

    public async Task<IReadOnlyList<RawExecution>> RecordAsync() => [.. (await _http.GetStringAsync(Address + "/record"))
        .Split('\n', StringSplitOptions.RemoveEmptyEntries)
        .Select(line =>
        {
            using var entry = JsonDocument.Parse(line);
            return new RawExecution(entry.RootElement.GetProperty("n").GetInt32(), entry.RootElement.GetProperty("tool").GetString()!, entry.RootElement.GetProperty("key").GetString()!,
                entry.RootElement.GetProperty("trace").GetString());
        })];

    public async ValueTask DisposeAsync()
    {
        _process?.StandardInput.Close();
        await (_process?.WaitForExitAsync() ?? Task.CompletedTask);
        _http.Dispose();
        File.Delete(_record);
    }

    // Built beside the tests, in the same configuration.
    static string Folder()
    {
        var tests = new DirectoryInfo(AppContext.BaseDirectory.TrimEnd('/'));
        return Path.Combine(tests.Parent!.Parent!.FullName, "refund-tools", tests.Name);
    }

    static int FreePort()
    {
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        return ((IPEndPoint)probe.LocalEndpoint).Port;
    }
}
