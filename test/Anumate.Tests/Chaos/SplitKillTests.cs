using System.Text;
using System.Text.Json;
using Anumate.Chaos;
using Anumate.Client;

namespace Anumate.Tests.Chaos;

/// <summary>Orchestrator and Connectors in separate processes, one of them killed between a tool's effect and its answer.</summary>
public sealed class SplitKillTests
{
    const string Connectors = "connectors";

    static readonly string Others = string.Join(',', Services.Words.Where(w => w != Connectors));

    static Caller Self => Caller.Self;

    [Fact]
    public async Task Either_process_killed_in_mid_call_leaves_an_outcome_to_find_out_and_no_second_effect()
    {
        var folder = Directory.CreateTempSubdirectory("anumate-split-");
        await using var tools = await ChaosTools.StartAsync(folder.FullName);
        await using (var platform = await ProcessPlatform.StartAsync("killed", [Connectors, Others], new Dictionary<string, string>
        {
            ["ORCHESTRATOR__TAKEOVER"] = "true", ["ORCHESTRATOR__TOKENLIFETIME"] = "00:00:03", ["ORCHESTRATOR__CLOCKSKEW"] = "00:00:00.500",
        }))
        {
            var tenant = await platform.NewTenantAsync();
            await (await tenant.ClientAsync("alma")).Connectors.PutAsync(Self, ChaosDocuments.Connector(tools.Address), default);
            var (ada, olga) = (await tenant.ClientAsync("ada"), await tenant.ClientAsync("olga"));
            await ada.Policies.PublishAsync(Self, new PublishPolicy(ChaosDocuments.Policy), default);
            var capsule = ChaosDocuments.Capsule("chaos-charge").Replace("timeout: 2s", "timeout: 10s", StringComparison.Ordinal);
            await ada.Registry.PublishAsync(Self, new PublishCapsule(capsule), default);
            var plan = (await ada.Compiler.CompileAsync(Self, new CompileCapsule("chaos-charge@1.0.0"), default)).PlanHash;
            foreach (var victim in (string[])[Connectors, Others])
            {
                var item = $"killed-{victim.Length}";
                await tools.TroubleAsync(stall: 100);
                var run = await olga.Orchestrator.ExecuteAsync(Self, new NewRun(plan, JsonElement.Parse(Encoding.UTF8.GetBytes($$"""{"item":"{{item}}"}"""))), default);
                while (!tools.Executions().Any(e => e.Tool == "charge" && e.Item == item))
                {
                    await Task.Delay(20);
                }

                await tools.TroubleAsync();
                await platform.KillAsync(victim);
                run = await EndedAsync(olga, run);

                Assert.Equal(RunStatus.Completed, run.Status);
                var done = Assert.Single(tools.Executions(), e => e.Tool == "charge" && e.Item == item);
                Assert.Equal(done.N, run.Outputs!.Value.GetProperty("n").GetInt32());
                Assert.Contains("lookup_completed", (await JournalAsync(olga, run)).Select(e => e.Kind));
            }

            await NotSentAsync(platform, tools, olga, plan);
        }

        folder.Delete(recursive: true);
    }

    /// <summary>While Connectors is down nothing leaves the orchestrator's process: made again until it is back, and nobody is asked.</summary>
    static async Task NotSentAsync(ProcessPlatform platform, ChaosTools tools, AnumateClient olga, string plan)
    {
        await tools.TroubleAsync(refuse: 100);
        var run = await olga.Orchestrator.ExecuteAsync(Self, new NewRun(plan, JsonElement.Parse("{\"item\":\"unsent\"}"u8.ToArray())), default);
        await platform.KillAsync(Connectors, async () =>
        {
            await tools.TroubleAsync();
            while (!(await JournalAsync(olga, run)).Any(WasNotSent))
            {
                await Task.Delay(50);
            }
        });
        run = await EndedAsync(olga, run);

        Assert.Equal(RunStatus.Completed, run.Status);
        Assert.Single(tools.Executions(), e => e.Tool == "charge" && e.Item == "unsent");
        Assert.DoesNotContain("attempt_unknown", (await JournalAsync(olga, run)).Select(e => e.Kind));
    }

    static bool WasNotSent(RunEvent e) => e.Kind == "attempt_completed" && e.Body.GetProperty("outcome").GetString() == "not_sent";

    static async Task<Run> EndedAsync(AnumateClient olga, Run run)
    {
        while (!run.HasEnded)
        {
            run = await olga.Orchestrator.WaitAsync(Self, run.Id, TimeSpan.FromSeconds(5), default);
        }

        return run;
    }

    static async Task<IReadOnlyList<RunEvent>> JournalAsync(AnumateClient olga, Run run)
    {
        var events = new List<RunEvent>();
        await foreach (var e in olga.Orchestrator.WatchAsync(Self, run.Id, 0, follow: false, default))
        {
            events.Add(e);
        }

        return events;
    }
}
