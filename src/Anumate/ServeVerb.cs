using System.CommandLine;
using Anumate.Cli;
using Anumate.Platform.Hosting;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace Anumate;

/// <summary><c>anumate serve</c>: the server on a configured database, until it is told to stop.</summary>
static class ServeVerb
{
    public static async Task<int> RunAsync(ParseResult parse, Output output, CancellationToken ct)
    {
        var configuration = Settings.Load(parse, null);
        var modules = Services.Hosted(parse.GetValue(HostCommands.ServicesOption));
        await using var app = AnumateHost.Build(modules, configuration, Settings.DatabaseOf(configuration), TimeProvider.System);
        await AnumateHost.StartAsync(app, modules, ct);
        output.Remark($"listening at {string.Join(", ", AnumateHost.AddressesOf(app))}");
        return await UntilToldAsync(app, output, ct);
    }

    /// <summary>Waits for the signal, then ends in order within the shutdown timeout. A server whose worker failed ends by itself, with an error.</summary>
    public static async Task<int> UntilToldAsync(WebApplication app, Output output, CancellationToken ct)
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(ct, app.Lifetime.ApplicationStopping);
        await Task.Delay(Timeout.Infinite, end.Token).ContinueWith(_ => { }, TaskScheduler.Default);
        using var patience = new CancellationTokenSource(app.Services.GetRequiredService<ServerOptions>().ShutdownTimeout);
        try
        {
            await app.StopAsync(patience.Token);
        }
        catch (OperationCanceledException)
        {
            // What has not ended by now is cut off; the journal takes it up again at the next start.
        }

        if (ct.IsCancellationRequested)
        {
            return ExitCode.Ok;
        }

        output.Problem(new Problem("stopped", 500, "The server stopped", "a worker of the server failed, and it stopped; the log above says why"));
        return ExitCode.Error;
    }
}
