using System.Diagnostics;
using Anumate.Client;

namespace Anumate.Tests.GoldenPath;

/// <summary>
/// The whole platform as a process of its own on the embedded default, killed with SIGKILL in mid-run again and again. The oracle is
/// the tools' own record, which deduplicates nothing.
/// </summary>
public sealed class CrashTests
{
    const int Kills = 6, RunsEach = 5;

    static Caller Self => Caller.Self;

    [Fact]
    public async Task Every_run_ends_and_no_effect_is_lost_or_doubled_when_the_process_is_killed_again_and_again()
    {
        await using var tools = new ToolProgram();
        await tools.InitializeAsync();
        var folder = Directory.CreateTempSubdirectory("anumate-crash-");
        var runs = new List<Id<Run>>();
        try
        {
            var random = new Random(20261123);
            for (var round = 0; round <= Kills; round++)
            {
                await using var platform = await PlatformProcess.StartAsync(folder.FullName);
                if (round == 0)
                {
                    await PrepareAsync(platform, tools);
                }

                var olga = await platform.ClientAsync("olga");
                if (round == Kills)
                {
                    await EndAllAsync(olga, runs);
                    await JudgeAsync(olga, tools, runs);
                    break;
                }

                var plan = (await olga.Compiler.CompileAsync(Self, new CompileCapsule("refund-order@1.0.0"), default)).PlanHash;
                var started = Enumerable.Range(0, RunsEach).Select(i => StartAsync(olga, plan, $"crash-{round}-{i}")).ToList();

                // Somewhere in the middle: before, between or after attempts, of several runs at once.
                await Task.Delay(random.Next(20, 400));
                await platform.KillAsync();
                runs.AddRange((await Task.WhenAll(started)).OfType<Id<Run>>());
            }
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    /// <summary>An acknowledged run's id; null when the process died before it answered.</summary>
    static async Task<Id<Run>?> StartAsync(AnumateClient olga, string plan, string key)
    {
        try
        {
            return (await olga.Orchestrator.ExecuteAsync(Self, new NewRun(plan, Automation.Inputs(40)) { IdempotencyKey = key }, default)).Id;
        }
        catch (ProblemException)
        {
            return null;
        }
    }

    static async Task PrepareAsync(PlatformProcess platform, ToolProgram tools)
    {
        var document = (PutConnector)System.Text.Json.JsonSerializer.Deserialize(await Automation.ReadAsync("tools.json"), AnumateJson.Options.GetTypeInfo(typeof(PutConnector)))!;
        await (await platform.ClientAsync("alma")).Connectors.PutAsync(Self, document with { BaseUrl = tools.Address }, default);
        var ada = await platform.ClientAsync("ada");
        await ada.Policies.PublishAsync(Self, new PublishPolicy(await Automation.ReadAsync("policy.pol")), default);
        await ada.Registry.PublishAsync(Self, new PublishCapsule(await Automation.ReadAsync("capsule.yaml")), default);
    }

    static async Task EndAllAsync(AnumateClient olga, IReadOnlyList<Id<Run>> runs)
    {
        var patience = Stopwatch.StartNew();
        foreach (var run in runs)
        {
            var now = await olga.Orchestrator.GetAsync(Self, run, default);
            while (!now.HasEnded)
            {
                Assert.True(patience.Elapsed < TimeSpan.FromMinutes(3), $"{run} does not end: {now.Status}");
                now = await olga.Orchestrator.WaitAsync(Self, run, TimeSpan.FromSeconds(5), default);
            }
        }
    }

    static async Task JudgeAsync(AnumateClient olga, ToolProgram tools, IReadOnlyList<Id<Run>> acknowledged)
    {
        var record = await tools.RecordAsync();
        var page = await olga.Orchestrator.ListAsync(Self, null, new PageRequest(Limit: 200), default);
        Assert.Superset(acknowledged.Select(r => r.ToString()).ToHashSet(), page.Items.Select(r => r.Id.ToString()).ToHashSet());
        Assert.All(page.Items, r => Assert.Equal(RunStatus.Completed, r.Status));

        // Doubled: an effect executed twice for one key. Lost: a completed run without its refund or its message.
        foreach (var tool in (string[])["payments.refund", "comms.send_email"])
        {
            var executions = record.Where(e => e.Tool == tool).GroupBy(e => e.Key).ToList();
            Assert.All(executions, e => Assert.Single(e));
            Assert.Equal(page.Items.Count, executions.Count);
        }
    }
}
