using System.Collections.Concurrent;
using System.Diagnostics;
using Anumate.Client;
using Anumate.Tests.Hosting;

namespace Anumate.Tests.GoldenPath;

/// <summary>One trace from the caller's request to the tools and the events, and log lines that can be found by tenant, run and correlation.</summary>
public sealed class TraceTests(TestServer server, ToolProgram tools)
{
    static Caller Self => Caller.Self;

    [Fact]
    public async Task The_whole_path_is_one_trace()
    {
        var t = await server.NewTenantAsync();
        var spans = new ConcurrentBag<Activity>();
        using var trace = new Activity("a caller's work").SetIdFormat(ActivityIdFormat.W3C);
        trace.Start();
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name.StartsWith("Anumate.", StringComparison.Ordinal),
            Sample = (ref _) => ActivitySamplingResult.AllData,
            ActivityStopped = spans.Add,
        };
        ActivitySource.AddActivityListener(listener);

        var a = await Automation.MakeAsync(t, tools);
        await (await a.AsAsync("olga")).GhostRuns.SimulateAsync(Self, new NewGhostRun(a.Plan.PlanHash, Automation.Inputs(600)), default);
        var run = await a.RunAsync(600);
        await (await a.AsAsync("finn")).Approvals.DecideAsync(Self, run.WaitingFor[0], new DecideApproval(true), default);
        await (await a.AsAsync("fiona")).Approvals.DecideAsync(Self, run.WaitingFor[0], new DecideApproval(true), default);
        Assert.Equal(RunStatus.Completed, (await a.EndedAsync(run)).Status);

        var events = await EventsAsync(a);
        Assert.All(events, e => Assert.Equal((e.Type, trace.TraceId.ToHexString()), (e.Type, ActivityContext.Parse(e.TraceParent!, null).TraceId.ToHexString())));
        var calls = (await tools.RecordAsync()).Where(e => e.Trace?.Contains(trace.TraceId.ToHexString(), StringComparison.Ordinal) == true).Select(e => e.Tool);
        Assert.Equal(["orders.get", "payments.refund", "comms.send_email"], calls);
        foreach (var name in (string[])["run", "tool call", "handle approval.granted", "handle execution.completed"])
        {
            await Processes.UntilAsync(() => spans.Any(s => s.OperationName == name && s.TraceId == trace.TraceId), $"a span `{name}` of the trace");
        }
    }

    [Fact]
    public async Task Log_lines_carry_tenant_run_and_correlation()
    {
        var t = await server.NewTenantAsync();
        var a = await Automation.MakeAsync(t, tools);
        using var http = await t.HttpAsync("olga");
        http.DefaultRequestHeaders.Add("X-Correlation-Id", "ticket-4711");
        var run = await new AnumateClient(http, await t.TokenAsync("olga")).Orchestrator.ExecuteAsync(Self, new NewRun(a.Plan.PlanHash, Automation.Inputs(600)), default);
        run = await a.SettledAsync(run);
        await (await a.AsAsync("finn")).Approvals.DecideAsync(Self, run.WaitingFor[0], new DecideApproval(false, "no"), default);
        Assert.Equal(RunStatus.Rejected, (await a.EndedAsync(run)).Status);

        LogLine? line = null;
        await Processes.UntilAsync(
            () => (line = t.Server.Logs.All.FirstOrDefault(l => l.Message == $"{run.Id} ended as Rejected")) is not null, "the end of the run is in the log");
        Assert.Equal(
            (t.Id.ToString(), run.Id.ToString(), "ticket-4711"),
            ((string?)line!.Scopes["tenant"], (string?)line.Scopes["run"], (string?)line.Scopes["correlation"]));
    }

    static async Task<IReadOnlyList<CloudEvent>> EventsAsync(Automation a)
    {
        IReadOnlyList<CloudEvent> events = [];
        await Processes.UntilAsync(async () =>
        {
            events = (await (await a.AsAsync("olga")).Events.ListAsync(Self, new EventFilter(), new PageRequest(Limit: 200), default)).Items;
            return events.Any(e => e.Type == "dev.anumate.execution.completed");
        }, "the end of the run is an event");
        return [.. events.Where(e => !e.Type.StartsWith("dev.anumate.tenant.", StringComparison.Ordinal) && !e.Type.StartsWith("dev.anumate.principal.", StringComparison.Ordinal))];
    }
}
