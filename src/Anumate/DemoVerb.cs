using System.CommandLine;
using Anumate.Cli;

namespace Anumate;

/// <summary>
/// <c>anumate demo</c>: the sample automation taken the whole way on the embedded default, each step shown. All of it goes through the
/// HTTP API, as different people; nothing is made up for the show.
/// </summary>
static class DemoVerb
{
    public static async Task<int> RunAsync(ParseResult parse, Output output, CancellationToken ct)
    {
        await using var show = new DemoShow(
        [
            "start the platform with its own PostgreSQL", "start the sample's tools (orders, payments, mail)", "register the tools", "publish the policy",
            "publish the capsule, signed", "compile it to a plan", "simulate it (GhostRun)", "execute it: it waits for finance", "the requester tries to approve",
            "two people of finance approve", "the run completes", "the receipt is verified offline", "one byte of it is flipped", "the same idempotency key again",
            "the automation reaches for a tool it did not list",
        ]);
        await show.BeginAsync();
        EmbeddedPlatform? platform = null;
        try
        {
            platform = await show.StepAsync(async () =>
            {
                var p = await EmbeddedPlatform.StartAsync(UserCommands.DataFolder(parse), folder => Quiet(Settings.Load(parse, folder)), show.Progress, ct);
                return (p, $"{p.Address}, data in {p.Folder}");
            });
            await using var tools = await show.StepAsync(async () =>
            {
                var t = await SampleTools.StartAsync(Path.Combine(platform.Folder, "demo"), ct);
                return (t, $"{t.Address}, a program of its own that records what it really does");
            });
#pragma warning disable RS0030 // the demo owns its one client
            using var http = new HttpClient { BaseAddress = new Uri(platform.Address + "/"), Timeout = TimeSpan.FromSeconds(100) };
#pragma warning restore RS0030

            // For commands to copy: they mean the data folder of this call.
            var data = parse.GetValue(UserCommands.Data) is null ? "" : $" --data {platform.Folder}";
            var code = await new DemoStory(show, platform, tools, http, data).TellAsync(ct);
            await show.EndAsync();
            if (code == ExitCode.Ok)
            {
                GoOn(output, platform, data);
            }

            return code;
        }
        catch (DemoException e)
        {
            await show.EndAsync();
            output.Problem(new Problem("demo", 500, "The demo did not go as it should", e.Message));
            return ExitCode.Error;
        }
        catch
        {
            await show.EndAsync();
            throw;
        }
        finally
        {
            if (platform is not null)
            {
                await platform.DisposeAsync();
            }
        }
    }

    // Log lines would run through the picture; warnings still come.
    static Microsoft.Extensions.Configuration.IConfigurationRoot Quiet(Microsoft.Extensions.Configuration.IConfigurationRoot configuration)
    {
        configuration["Anumate:Telemetry:LogLevel"] ??= "Error";
        return configuration;
    }

    static void GoOn(Output output, EmbeddedPlatform platform, string data)
    {
        output.Line($"");
        output.Line($"Go on from here: [bold]./anumate up{data}[/] serves the same data");
        output.Line($"  API            {platform.Address}/v1");
        output.Line($"  documentation  {platform.Address}/docs  (OpenAPI: {platform.Address}/openapi/registry.json)");
        output.Line($"  users          -u {string.Join(", ", platform.Profile.Users.Select(u => u.Name))}");
        output.Line($"  try            ./anumate runs list{data} · ./anumate capsule get refund-order{data} · ./anumate approvals list --status all{data}");
    }
}
