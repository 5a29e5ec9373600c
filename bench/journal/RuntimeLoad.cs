using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.Json;
using Anumate.Platform.Data;
using Anumate.Platform.Hosting;
using Microsoft.Extensions.DependencyInjection;

namespace Anumate.Bench;

/// <summary>Closed loops of runs: each starts one, waits for its end, and starts the next.</summary>
sealed class RuntimeLoad(IServiceProvider services)
{
    const int Tenants = 8;

    const string Note = "a result of about one hundred and twenty bytes, as the workload of the comparison has it, padded to";

    const string CountCommits = "select count(*), count(distinct run_id), coalesce(min(n), 0), coalesce(max(n), 0) from (select run_id, count(*) over (partition by run_id) n from orchestrator.run_event) e";

    readonly IOrchestrator orchestrator = services.GetRequiredService<IOrchestrator>();
    readonly List<(Caller Caller, string Plan)> plans = [];

    static string Capsule => $$"""
        apiVersion: anumate.io/v1
        kind: Capsule
        metadata: { name: five-steps, version: 1.0.0 }
        spec:
          inputs: { type: object, properties: { n: { type: integer } }, required: [n] }
          steps:
            - { id: s1, pure: { n: "${{"{{ inputs.n + 1 }}"}}", note: "{{Note}}" } }
            - { id: s2, pure: { n: "${{"{{ steps.s1.output.n + 1 }}"}}", note: "{{Note}}" } }
            - { id: s3, pure: { n: "${{"{{ steps.s2.output.n + 1 }}"}}", note: "{{Note}}" } }
            - { id: s4, pure: { n: "${{"{{ steps.s3.output.n + 1 }}"}}", note: "{{Note}}" } }
            - { id: s5, pure: { n: "${{"{{ steps.s4.output.n + 1 }}"}}", note: "{{Note}}" } }
          outputs: { n: "${{"{{ steps.s5.output.n }}"}}" }
        """;

    public async Task PrepareAsync()
    {
        var identity = services.GetRequiredService<IIdentity>();
        for (var i = 0; i < Tenants; i++)
        {
            var created = await identity.CreateTenantAsync(PlatformCaller.For(default, "identity", "bench"), new NewTenant($"bench-{i}", DemoTenant.People), default);
            var person = created.Principals.First(p => p.Principal.Name == "alma").Principal;
            var caller = new Caller
            {
                Tenant = created.Tenant.Id, Principal = person.Id, Name = person.Name, Kind = person.Kind, Credential = CredentialKind.SignIn, Roles = person.Roles,
                Scopes = Role.ScopesOf(person.Roles), Correlation = "bench",
            };
            await services.GetRequiredService<IRegistry>().PublishAsync(caller, new PublishCapsule(Capsule), default);
            var plan = await services.GetRequiredService<ICompiler>().CompileAsync(caller, new CompileCapsule("five-steps@1.0.0"), default);
            plans.Add((caller, plan.PlanHash));
        }
    }

    /// <summary>Lets the process come to its usual pace: code compiled, statements prepared, caches filled.</summary>
    public Task SettleAsync() => LoadAsync(64, TimeSpan.FromSeconds(8));

    /// <summary>Runs a second and their latencies in ms; and what a run costs this process: processor time in µs, allocation in KiB.</summary>
    public async Task<(double RunsPerSecond, double P50, double P95, double Cpu, double Allocated)> MeasureAsync(int concurrency, TimeSpan warmUp, TimeSpan duration)
    {
        await LoadAsync(concurrency, warmUp);
        await Console.Error.WriteLineAsync($"measuring the runtime at {concurrency} ...");
        var (cpu, allocated) = (Environment.CpuUsage.TotalTime, GC.GetTotalAllocatedBytes());
        var (elapsed, latencies) = await LoadAsync(concurrency, duration);
        return (latencies.Length / elapsed, At(latencies, 0.5), At(latencies, 0.95),
            (Environment.CpuUsage.TotalTime - cpu).TotalMicroseconds / latencies.Length, (GC.GetTotalAllocatedBytes() - allocated) / 1024.0 / latencies.Length);
    }

    /// <summary>Every run of the measurement has exactly six commits in the journal, or the figures mean nothing.</summary>
    public async Task CountAsync(Db db)
    {
        foreach (var (caller, _) in plans)
        {
            var (commits, runs, fewest, most) = await db.For(caller.Tenant).FirstAsync(CountCommits, r => (r.GetInt64(0), r.GetInt64(1), r.GetInt64(2), r.GetInt64(3)), default);
            if (runs > 0 && (fewest != 6 || most != 6 || commits != runs * 6))
            {
                throw new InvalidOperationException($"{runs} runs left {commits} commits ({fewest} to {most} each), not six each");
            }
        }
    }

    async Task<(double Elapsed, double[] Latencies)> LoadAsync(int concurrency, TimeSpan duration)
    {
        var all = new ConcurrentBag<List<double>>();
        var clock = Stopwatch.StartNew();
        await Task.WhenAll(Enumerable.Range(0, concurrency).Select(i => Task.Run(async () =>
        {
            var (caller, plan) = plans[i % plans.Count];
            var mine = new List<double>();
            for (var n = 0; clock.Elapsed < duration; n++)
            {
                var began = Stopwatch.GetTimestamp();
                var run = await orchestrator.ExecuteAsync(caller, new NewRun(plan, JsonElement.Parse($"{{\"n\":{n}}}")) { Wait = TimeSpan.FromSeconds(60) }, default);
                if (run.Status != RunStatus.Completed)
                {
                    throw new InvalidOperationException($"{run.Id} ended as {run.Status}: {run.Error}");
                }

                mine.Add(Stopwatch.GetElapsedTime(began).TotalMilliseconds);
            }

            all.Add(mine);
        })));
        return (clock.Elapsed.TotalSeconds, [.. all.SelectMany(l => l).Order()]);
    }

    static double At(double[] sorted, double quantile) => sorted.Length == 0 ? 0 : sorted[Math.Min(sorted.Length - 1, (int)(sorted.Length * quantile))];
}
