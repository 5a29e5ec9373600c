using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Anumate;

/// <summary>The sample's tool server as a process of its own on a free loopback port; it ends with us.</summary>
sealed class SampleTools : IAsyncDisposable
{
    const string Program = "refund-tools";

    readonly Process process;

    SampleTools(Process process, string folder, string address) => (this.process, Folder, Address) = (process, folder, address);

    public string Address { get; }

    /// <summary>Where the sample's documents (capsule, policy, tools) are.</summary>
    public string Folder { get; }

    /// <exception cref="SetupException">The sample is not there, or does not start.</exception>
    public static async Task<SampleTools> StartAsync(string recordFolder, CancellationToken ct)
    {
        var folder = Path.Combine(AppContext.BaseDirectory, "samples", "refund-order");
        var program = Path.Combine(folder, Program);
        if (!File.Exists(program))
        {
            throw new SetupException($"the sample program is not at `{program}`; start the demo as ./anumate demo from a clone");
        }

        Directory.CreateDirectory(recordFolder);
        var address = $"http://127.0.0.1:{FreePort()}";

        // The shell waits on our pipe: when this process is gone, however it ended, the pipe closes and the tools end. Ctrl-C in a terminal
        // is told to it too and must not end it first: what a shell starts in the background does not hear Ctrl-C and would be left behind.
        var start = new ProcessStartInfo("sh") { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        start.ArgumentList.Add("-c");
        start.ArgumentList.Add("trap '' HUP INT QUIT; \"$@\" </dev/null & p=$!; while read -r _; do :; done; kill $p 2>/dev/null; wait $p");
        foreach (var argument in (string[])["sh", program, "--urls", address, "--record", Path.Combine(recordFolder, "executions.jsonl")])
        {
            start.ArgumentList.Add(argument);
        }

        var tools = new SampleTools(Process.Start(start) ?? throw new SetupException("no shell to start the sample's tools with"), folder, address);
        await tools.ReadyAsync(ct);
        return tools;
    }

    /// <summary>What it executed, a line each.</summary>
    public static async Task<IReadOnlyList<string>> RecordAsync(HttpClient http, string address, CancellationToken ct) =>
        (await http.GetStringAsync(new Uri(address + "/record"), ct)).Split('\n', StringSplitOptions.RemoveEmptyEntries);

    public async ValueTask DisposeAsync()
    {
        process.StandardInput.Close();
        await process.WaitForExitAsync();
        process.Dispose();
    }

    async Task ReadyAsync(CancellationToken ct)
    {
        for (var attempt = 0; attempt < 200; attempt++)
        {
            try
            {
                using var socket = new TcpClient();
                await socket.ConnectAsync(IPAddress.Loopback, new Uri(Address).Port, ct);
                return;
            }
            catch (SocketException)
            {
                await Task.Delay(50, ct);
            }
        }

        await DisposeAsync();
        throw new SetupException("the sample's tools did not start within 10 s");
    }

    static int FreePort()
    {
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        return ((IPEndPoint)probe.LocalEndpoint).Port;
    }
}
