using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Anumate.Client;

namespace Anumate.Tests.GoldenPath;

/// <summary><c>anumate up</c> as a process: the very program a user starts, from the tests' own output.</summary>
sealed class PlatformProcess : IAsyncDisposable
{
    readonly Process _process;
    readonly HttpClient _http;
    readonly string _data;
    readonly System.Text.StringBuilder _said = new();

    PlatformProcess(Process process, string data, string address)
    {
        _process = process;
        _data = data;
        _http = new HttpClient(new SocketsHttpHandler()) { BaseAddress = new Uri(address) };
        process.OutputDataReceived += (_, e) => Hear(e.Data);
        process.ErrorDataReceived += (_, e) => Hear(e.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    public static async Task<PlatformProcess> StartAsync(string data)
    {
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        var address = $"http://127.0.0.1:{((IPEndPoint)probe.LocalEndpoint).Port}/";
        probe.Stop();
        var info = new ProcessStartInfo(Path.Combine(AppContext.BaseDirectory, "anumate"), ["up", "--data", data, "--urls", address])
        {
            RedirectStandardOutput = true, RedirectStandardError = true,
        };
        info.Environment["Anumate__Orchestrator__TokenLifetime"] = "00:00:01";
        info.Environment["Anumate__Orchestrator__ClockSkew"] = "00:00:00.5";
        var platform = new PlatformProcess(Process.Start(info)!, data, address);
        await platform.ReadyAsync();
        return platform;
    }

    public async Task<AnumateClient> ClientAsync(string person)
    {
        var profile = Profile.Load(_data)!;
        var token = await new AnumateClient(_http, (string?)null).Identity.SignInAsync(new SignIn(profile.Tenant, person, profile.User(person).Secret), default);
        return new AnumateClient(_http, token.Token);
    }

    /// <summary>SIGKILL: nothing of its own code runs any more.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            using var stop = Process.Start("kill", ["-TERM", $"{_process.Id}"]);
            await stop.WaitForExitAsync();
            await _process.WaitForExitAsync();
        }

        _process.Dispose();
        _http.Dispose();
    }

    async Task ReadyAsync()
    {
        for (var attempt = 0; attempt < 1200 && !_process.HasExited; attempt++)
        {
            try
            {
                if ((await _http.GetAsync("health/ready")).IsSuccessStatusCode && Profile.Load(_data)?.Server.TrimEnd('/') == _http.BaseAddress!.ToString().TrimEnd('/'))
                {
                    return;
                }
            }
            catch (HttpRequestException)
            {
                // Not listening yet.
            }

            await Task.Delay(50);
        }

        throw new InvalidOperationException($"anumate up is not ready:\n{_said}");
    }

    void Hear(string? line)
    {
        lock (_said)
        {
            _said.AppendLine(line);
        }
    }
}
