using System.Diagnostics;
using System.Text.Json;
using Anumate;
using Anumate.Bench;
using Anumate.Platform.Hosting;
using Anumate.Platform.Policies;
using Anumate.PolicyEngine;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

// How long a process that decides goes on by the policies of before: from the answer to a publication to the first decision by the new digest,
// while it is asked all the time; with 10 and with 1,000 policies in the tenant. `back` counts decisions by an older digest after that one.
const int Times = 40;
var report = new Report("swap");
var data = Directory.CreateTempSubdirectory("anumate-bench-").FullName;
try
{
    await using var platform = await EmbeddedPlatform.StartAsync(data, _ => new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>
    {
        ["Anumate:Server:Urls"] = "http://127.0.0.1:0",
        ["Anumate:Telemetry:LogLevel"] = "Warning",
    }).Build(), _ => { }, default);
    report.Figures["back"] = 0;
    foreach (var policies in new[] { 10, 1_000 })
    {
        var swaps = await new Swaps(platform.App.Services, policies).MeasureAsync(Times);
        report.Figures[$"swap_p50_ms_{policies}"] = swaps.Milliseconds[swaps.Milliseconds.Length / 2];
        report.Figures[$"swap_p95_ms_{policies}"] = swaps.Milliseconds[(int)(swaps.Milliseconds.Length * 0.95)];
        report.Figures[$"decisions_{policies}"] = swaps.Decisions;
        report.Figures["back"] += swaps.Back;
    }

    report.Print(args);
    return report.Figures["back"] == 0 ? 0 : 1;
}
finally
{
    Directory.Delete(data, recursive: true);
}

/// <summary>A tenant with so many policies, and a loop that asks.</summary>
sealed class Swaps(IServiceProvider services, int count)
{
    readonly IPolicies policies = services.GetRequiredService<IPolicies>();
    readonly PolicyGate gate = services.GetRequiredService<PolicyGate>();

    public async Task<(double[] Milliseconds, long Decisions, long Back)> MeasureAsync(int times)
    {
        var created = await services.GetRequiredService<IIdentity>()
            .CreateTenantAsync(PlatformCaller.For(default, "identity", "bench"), new NewTenant($"bench-{count}", DemoTenant.People), default);
        var person = created.Principals.First(p => p.Principal.Name == "alma").Principal;
        var caller = new Caller
        {
            Tenant = created.Tenant.Id, Principal = person.Id, Name = person.Name, Kind = person.Kind, Credential = CredentialKind.SignIn, Roles = person.Roles,
            Scopes = Role.ScopesOf(person.Roles), Correlation = "bench",
        };
        for (var i = 1; i < count; i++)
        {
            await PublishAsync(caller, $"p{i}", 1, $"on tool in [\"t{i}.call\"]\n  rule some allow when call.args.amount < {i}");
        }

        var facts = PolicyFacts.Of(caller).WithCall(caller.Tenant, "a.b", ToolEffect.Effect, JsonDocument.Parse("{}").RootElement);
        var (milliseconds, decisions, back) = (new List<double>(), 0L, 0L);
        var old = new HashSet<string>(StringComparer.Ordinal);
        for (var version = 1; version <= times; version++)
        {
            var before = (await gate.DecideAsync(caller, PolicyPoint.ToolBefore, facts, [], default)).Bundle;
            old.Add(before);
            using var end = new CancellationTokenSource();
            var swapped = new TaskCompletionSource<long>(TaskCreationOptions.RunContinuationsAsynchronously);
            var asking = Task.Run(async () =>
            {
                while (!end.IsCancellationRequested)
                {
                    var bundle = (await gate.DecideAsync(caller, PolicyPoint.ToolBefore, facts, [], default)).Bundle;
                    decisions++;
                    if (!old.Contains(bundle))
                    {
                        swapped.TrySetResult(Stopwatch.GetTimestamp());
                    }
                    else if (swapped.Task.IsCompleted)
                    {
                        back++;
                    }

                    await Task.Yield();
                }
            });
            await PublishAsync(caller, "swapped", version, $"rule all allow when {version} > 0");
            var published = Stopwatch.GetTimestamp();
            var seen = await swapped.Task.WaitAsync(TimeSpan.FromSeconds(30));
            milliseconds.Add(Math.Max(0, Stopwatch.GetElapsedTime(published, seen).TotalMilliseconds));
            await Task.Delay(50);
            await end.CancelAsync();
            await asking;
        }

        milliseconds.Sort();
        return ([.. milliseconds], decisions, back);
    }

    Task<PolicyVersion> PublishAsync(Caller caller, string name, int version, string rules) =>
        policies.PublishAsync(caller, new PublishPolicy($"policy {name} version {version} {{\n  at tool.before\n  {rules}\n}}", PolicyBinding.Tenant), default);
}
