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
        await UntilToldAsync(app, ct);
        return ExitCode.Ok;
    }

    /// <summary>Waits for the signal, then ends in order within the shutdown timeout.</summary>
    public static async Task UntilToldAsync(WebApplication app, CancellationToken ct)
    {
        await Task.Delay(Timeout.Infinite, ct).ContinueWith(_ => { }, TaskScheduler.Default);
        using var patience = new CancellationTokenSource(app.Services.GetRequiredService<ServerOptions>().ShutdownTimeout);
        try
        {
            await app.StopAsync(patience.Token);
        }
        catch (OperationCanceledException)
        {
            // What has not ended by now is cut off; the journal takes it up again at the next start.
        }
    }
}
