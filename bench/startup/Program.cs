using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Anumate.Bench;

// What waiting for Anumate costs: `ready_ms` from the start of a warm `anumate up` to 200 of /health/ready, `idle_mb` resident memory of the
// server process after ten idle seconds, `cli_ms` a verb through ./anumate against that server. Medians; the first start is not counted.
const int Starts = 5;
const int Verbs = 15;

var root = Upwards(AppContext.BaseDirectory, "Anumate.slnx");
var folder = Directory.CreateTempSubdirectory("anumate-bench-").FullName;
try
{
    if (!OperatingSystem.IsWindows())
    {
        // As root, PostgreSQL runs under another user, who must be able to pass.
        File.SetUnixFileMode(folder, File.GetUnixFileMode(folder) | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute);
    }
    var report = new Report("startup");
    using var server = new Server(root, Path.Combine(folder, "data"));
    // Told to end (SIGTERM), we do not leave a server behind.
    AppDomain.CurrentDomain.ProcessExit += (_, _) => server.Dispose();

    await RunAsync(["--version"]);
    await server.StartAsync();
    await server.StopAsync();

    var ready = new List<double>();
    for (var start = 1; start < Starts; start++)
    {
        ready.Add(await server.StartAsync());
        await server.StopAsync();
    }
    ready.Add(await server.StartAsync());
    await Task.Delay(TimeSpan.FromSeconds(10));
    report.Figures["idle_mb"] = server.ResidentMegabytes();

    string[] verb = ["--data", server.Data, "capsule", "list", "-o", "json"];
    await RunAsync(verb);
    var calls = new List<double>();
    for (var call = 0; call < Verbs; call++)
    {
        calls.Add(await RunAsync(verb));
    }
    await server.StopAsync();

    report.Figures["ready_ms"] = Median(ready);
    report.Figures["cli_ms"] = Median(calls);
    report.Print(args);
    return 0;
}
catch (BenchException e)
{
    Console.Error.WriteLine($"startup: {e.Message}");
    return 1;
}
finally
{
    Directory.Delete(folder, recursive: true);
}

async Task<double> RunAsync(string[] arguments)
{
    var watch = Stopwatch.StartNew();
    using var process = Server.Launch(root, arguments);
    var errors = process.StandardError.ReadToEndAsync();
    var output = await process.StandardOutput.ReadToEndAsync();
    await process.WaitForExitAsync();
    var took = watch.Elapsed.TotalMilliseconds;
    return process.ExitCode == 0
        ? took
        : throw new BenchException($"`anumate {string.Join(' ', arguments)}` ended with {process.ExitCode}: {output}{await errors}");
}

static double Median(List<double> values)
{
    values.Sort();
    return values[values.Count / 2];
}

static string Upwards(string from, string file) =>
    File.Exists(Path.Combine(from, file)) ? from
    : Path.GetDirectoryName(from) is { } parent ? Upwards(parent, file)
    : throw new BenchException($"run this from a clone: there is no `{file}` above");

/// <summary>What stopped the measurement, in a sentence.</summary>
sealed class BenchException(string message) : Exception(message);

/// <summary><c>anumate up</c> in a process of its own.</summary>
sealed class Server(string root, string data) : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);
    private readonly HttpMessageInvoker _http = new(new SocketsHttpHandler());
    private Process? _process;
    private Task<string> _errors = Task.FromResult("");
    private TaskCompletionSource _up = new();

    public string Data { get; } = data;

    public static Process Launch(string root, string[] arguments) =>
        Process.Start(new ProcessStartInfo(Path.Combine(root, "anumate"), arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;

    /// <summary>Starts it and returns the milliseconds until it is ready.</summary>
    public async Task<double> StartAsync()
    {
        var address = $"http://127.0.0.1:{FreePort()}";
        var watch = Stopwatch.StartNew();
        _process = Launch(root, ["up", "--data", Data, "--urls", address]);
        _errors = _process.StandardError.ReadToEndAsync();
        _up = new TaskCompletionSource();
        _ = ListenAsync(_process.StandardOutput, _up);
        while (!await IsReadyAsync(address))
        {
            if (_process.HasExited)
            {
                throw new BenchException($"`anumate up` ended with {_process.ExitCode}: {await _errors}");
            }
            if (watch.Elapsed > Patience)
            {
                throw new BenchException($"`anumate up` was not ready after {Patience.TotalMinutes} minutes");
            }
            await Task.Delay(5);
        }
        return watch.Elapsed.TotalMilliseconds;
    }

    /// <summary>Stops it once it has also said that it is up: the first start makes the demo tenant after it is ready.</summary>
    public async Task StopAsync()
    {
        await _up.Task.WaitAsync(Patience);
        using (var stop = Process.Start("/bin/sh", ["-c", $"kill -TERM {_process!.Id}"]))
        {
            await stop.WaitForExitAsync();
        }
        await _process.WaitForExitAsync();
        if (_process.ExitCode != 0)
        {
            throw new BenchException($"`anumate up` ended with {_process.ExitCode} when told to stop: {await _errors}");
        }
    }

    private static async Task ListenAsync(StreamReader output, TaskCompletionSource up)
    {
        while (await output.ReadLineAsync() is { } line)
        {
            if (line.StartsWith("Anumate is up", StringComparison.Ordinal))
            {
                up.TrySetResult();
            }
        }

        up.TrySetException(new BenchException("`anumate up` ended before it was up"));
    }

    /// <summary>Ends it where a failure left it running; its PostgreSQL ends with it.</summary>
    public void Dispose()
    {
        if (_process is { HasExited: false })
        {
            _process.Kill();
            _process.WaitForExit();
        }
        _process?.Dispose();
        _process = null;
        _http.Dispose();
    }

    public double ResidentMegabytes()
    {
        var line = File.ReadLines($"/proc/{_process!.Id}/status").First(l => l.StartsWith("VmRSS:", StringComparison.Ordinal));
        return double.Parse(line["VmRSS:".Length..].Replace("kB", "", StringComparison.Ordinal), CultureInfo.InvariantCulture) / 1024;
    }

    private async Task<bool> IsReadyAsync(string address)
    {
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, $"{address}/health/ready");
            using var response = await _http.SendAsync(request, CancellationToken.None);
            return response.StatusCode == HttpStatusCode.OK;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    private static int FreePort()
    {
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        return ((IPEndPoint)probe.LocalEndpoint).Port;
    }
}
