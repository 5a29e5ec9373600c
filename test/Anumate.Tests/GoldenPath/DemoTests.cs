using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Anumate.Tests.Hosting;

namespace Anumate.Tests.GoldenPath;

/// <summary><c>anumate demo</c> as a user starts it. It has a process group of its own, which a signal reaches whole, as Ctrl-C in a terminal does.</summary>
public sealed class DemoTests : IDisposable
{
    readonly TempFolder _temp = new();

    string Data => Path.Combine(_temp.Path, "data");

    public void Dispose() => _temp.Dispose();

    [Fact]
    public async Task Goes_the_whole_way_and_leaves_no_process_behind()
    {
        using var demo = Start();
        var said = await demo.StandardOutput.ReadToEndAsync();
        var errors = await demo.StandardError.ReadToEndAsync();
        await demo.WaitForExitAsync();
        Assert.Equal((0, ""), (demo.ExitCode, errors));
        Assert.Contains("[15/15]", said, StringComparison.Ordinal);
        Assert.Empty(Processes.Naming(_temp.Path));
    }

    [Theory]
    [InlineData("INT", "preparing the database")]
    [InlineData("INT", "[2/15]")]
    [InlineData("QUIT", "[2/15]")]
    [InlineData("KILL", "[2/15]")]
    public async Task Told_to_stop_anywhere_it_leaves_no_process_behind(string signal, string after)
    {
        using var demo = Start();
        var errors = demo.StandardError.ReadToEndAsync();
        while (await demo.StandardOutput.ReadLineAsync() is { } line && !line.Contains(after, StringComparison.Ordinal))
        {
        }

        // The kill of a terminal's kernel reaches the group; that of an administrator the process alone.
        await Processes.SignalAsync(signal, signal == "KILL" ? demo.Id : -demo.Id);
        await demo.WaitForExitAsync();
        await Processes.UntilAsync(() => Processes.Naming(_temp.Path).Count == 0, "no process names the data folder");
        if (signal == "INT")
        {
            Assert.Equal(130, demo.ExitCode);
            Assert.Equal("", await errors);
        }
    }

    Process Start()
    {
        // In a built program the samples stand beside it.
        var samples = Directory.CreateDirectory(Path.Combine(AppContext.BaseDirectory, "samples")).FullName;
        var sample = Path.Combine(samples, "refund-order");
        if (!Directory.Exists(sample))
        {
            try
            {
                Directory.CreateSymbolicLink(sample, ToolProgram.Documents);
            }
            catch (IOException) when (Directory.Exists(sample))
            {
                // A test beside us made it.
            }
        }

        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        var address = $"http://127.0.0.1:{((IPEndPoint)probe.LocalEndpoint).Port}";
        probe.Stop();
        return Process.Start(new ProcessStartInfo("setsid", [Path.Combine(AppContext.BaseDirectory, "anumate"), "demo", "--data", Data, "--urls", address])
        {
            RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true,
        })!;
    }
}
