using System.Text;
using Anumate.Proofs;
using Anumate.Tests.GoldenPath;
using Anumate.Tests.Hosting;

namespace Anumate.Tests.Contracts;

/// <summary>What <see cref="IOrchestrator"/> promises of one run after the other.</summary>
public abstract class OrchestratorContract(Form form, ToolProgram tools)
{
    [Fact]
    public async Task A_run_is_durable_when_it_is_accepted_and_shows_its_journal_to_its_end()
    {
        var a = await Automation.MakeAsync(await form.MakeTenantAsync(), tools);
        var (runs, olga) = (a.Tenant.Get<IOrchestrator>(), await a.Tenant.CallerAsync("olga"));
        var run = await runs.ExecuteAsync(olga, new NewRun(a.Plan.PlanHash, Automation.Inputs(40)), default);
        Assert.Equal(1, await a.Tenant.CountAsync("orchestrator.run"));
        var followed = new List<RunEvent>();
        await foreach (var e in runs.WatchAsync(olga, run.Id, 0, follow: true, default))
        {
            followed.Add(e);
        }

        Assert.Equal(("run_started", "run_completed"), (followed[0].Kind, followed[^1].Kind));
        Assert.Equal(Enumerable.Range(1, followed.Count).Select(i => (long)i), followed.Select(e => e.Seq));
        var ended = await runs.WaitAsync(olga, run.Id, TimeSpan.FromSeconds(10), default);
        Assert.Equal((RunStatus.Completed, "small"), (ended.Status, ended.Outputs!.Value.GetProperty("tier").GetString()));
        Assert.Equal(ended.Seq, followed[^1].Seq);
        Assert.Equal(RunStatus.Completed, (await runs.GetAsync(olga, run.Id, default)).Status);

        var later = new List<long>();
        await foreach (var e in runs.WatchAsync(olga, run.Id, 3, follow: false, default))
        {
            later.Add(e.Seq);
        }

        Assert.Equal(followed.Skip(3).Select(e => e.Seq), later);
    }

    [Fact]
    public async Task Who_waits_in_the_call_that_starts_a_run_gets_it_ended_or_needing_people_or_as_it_stands()
    {
        var a = await Automation.MakeAsync(await form.MakeTenantAsync(), tools);
        var (runs, olga) = (a.Tenant.Get<IOrchestrator>(), await a.Tenant.CallerAsync("olga"));
        var patient = new NewRun(a.Plan.PlanHash, Automation.Inputs(40)) { Wait = TimeSpan.FromSeconds(60) };
        var ended = await runs.ExecuteAsync(olga, patient, default);
        Assert.Equal((RunStatus.Completed, "small"), (ended.Status, ended.Outputs!.Value.GetProperty("tier").GetString()));
        var keyed = patient with { Inputs = Automation.Inputs(600), IdempotencyKey = "patient" };
        var asking = await runs.ExecuteAsync(olga, keyed, default);
        Assert.Equal((RunStatus.WaitingApproval, 1), (asking.Status, asking.WaitingFor.Count));
        var again = await runs.ExecuteAsync(olga, keyed with { Wait = TimeSpan.FromSeconds(30) }, default);
        Assert.Equal((asking.Id, RunStatus.WaitingApproval), (again.Id, again.Status));
        Assert.False((await runs.ExecuteAsync(olga, patient with { Inputs = Automation.Inputs(41), Wait = TimeSpan.Zero }, default)).HasEnded);
    }

    [Fact]
    public async Task The_same_key_is_one_run_and_another_content_is_refused()
    {
        var a = await Automation.MakeAsync(await form.MakeTenantAsync(), tools);
        var (runs, olga) = (a.Tenant.Get<IOrchestrator>(), await a.Tenant.CallerAsync("olga"));
        var request = new NewRun(a.Plan.PlanHash, Automation.Inputs(600)) { IdempotencyKey = "k" };
        var first = await runs.ExecuteAsync(olga, request, default);
        Assert.Equal(first.Id, (await runs.ExecuteAsync(olga, request, default)).Id);
        Assert.Equal("idempotency-mismatch", await PlatformTenant.RefusalAsync(() => runs.ExecuteAsync(olga, request with { Inputs = Automation.Inputs(601) }, default)));
        var waiting = await runs.WaitAsync(olga, first.Id, TimeSpan.FromSeconds(30), default);
        Assert.Equal(RunStatus.WaitingApproval, waiting.Status);
        Assert.Single(waiting.WaitingFor);
        Assert.Equal([first.Id], (await runs.ListAsync(olga, RunStatus.WaitingApproval, new PageRequest(), default)).Items.Select(r => r.Id));
        Assert.Empty((await runs.ListAsync(olga, RunStatus.Completed, new PageRequest(), default)).Items);
    }

    [Fact]
    public async Task A_run_bound_to_a_report_has_its_plan_and_inputs()
    {
        var a = await Automation.MakeAsync(await form.MakeTenantAsync(), tools);
        var (runs, olga) = (a.Tenant.Get<IOrchestrator>(), await a.Tenant.CallerAsync("olga"));
        var ghost = await a.Tenant.Get<IGhostRuns>().SimulateAsync(olga, new NewGhostRun(a.Plan.PlanHash, Automation.Inputs(40)), default);
        Assert.Equal("conflict", await PlatformTenant.RefusalAsync(() => runs.ExecuteAsync(olga, new NewRun(a.Plan.PlanHash, Automation.Inputs(41), ghost.Id), default)));
        Assert.NotNull(await runs.ExecuteAsync(olga, new NewRun(a.Plan.PlanHash, Automation.Inputs(40), ghost.Id), default));
    }

    [Fact]
    public async Task Refuses_inputs_that_do_not_fit_an_unknown_plan_a_long_wait_and_who_may_not()
    {
        var a = await Automation.MakeAsync(await form.MakeTenantAsync(), tools);
        var (runs, olga, vera) = (a.Tenant.Get<IOrchestrator>(), await a.Tenant.CallerAsync("olga"), await a.Tenant.CallerAsync("vera"));
        var problem = (await Assert.ThrowsAsync<ProblemException>(() => runs.ExecuteAsync(olga, new NewRun(a.Plan.PlanHash, Automation.Inputs(-1)), default))).Problem;
        Assert.Equal("inputs-invalid", problem.Code);
        Assert.NotEmpty(problem.Diagnostics!);
        Assert.Equal("plan-not-found", await PlatformTenant.RefusalAsync(() => runs.ExecuteAsync(olga, new NewRun("sha256:" + new string('0', 64), Automation.Inputs(1)), default)));
        Assert.Equal("forbidden", await PlatformTenant.RefusalAsync(() => runs.ExecuteAsync(vera, new NewRun(a.Plan.PlanHash, Automation.Inputs(1)), default)));
        Assert.Equal("not-found", await PlatformTenant.RefusalAsync(() => runs.GetAsync(olga, Id<Run>.New(TimeProvider.System), default)));
        Assert.Equal("not-found", await PlatformTenant.RefusalAsync(async () =>
        {
            await foreach (var _ in runs.WatchAsync(olga, Id<Run>.New(TimeProvider.System), 0, false, default))
            {
            }
        }));
        var run = await runs.ExecuteAsync(olga, new NewRun(a.Plan.PlanHash, Automation.Inputs(600)), default);
        Assert.Equal("invalid-request", await PlatformTenant.RefusalAsync(() => runs.WaitAsync(olga, run.Id, TimeSpan.FromSeconds(61), default)));
        Assert.Equal("invalid-request", await PlatformTenant.RefusalAsync(() =>
            runs.ExecuteAsync(olga, new NewRun(a.Plan.PlanHash, Automation.Inputs(1)) { Wait = TimeSpan.FromSeconds(61) }, default)));
    }
}

/// <summary>What <see cref="IReceipts"/> promises.</summary>
public abstract class ReceiptsContract(Form form, ToolProgram tools)
{
    [Fact]
    public async Task The_receipt_of_a_run_verifies_against_the_published_keys()
    {
        var a = await Automation.MakeAsync(await form.MakeTenantAsync(), tools);
        var (receipts, olga) = (a.Tenant.Get<IReceipts>(), await a.Tenant.CallerAsync("olga"));
        var run = await a.RunAsync(40);
        byte[] receipt = [];
        await Processes.UntilAsync(async () =>
        {
            try
            {
                receipt = Encoding.UTF8.GetBytes((await receipts.GetReceiptAsync(olga, run.Id, default)).GetRawText());
                return true;
            }
            catch (ProblemException e) when (e.Problem.Code == "receipt-not-sealed")
            {
                return false;
            }
        }, "the receipt is sealed");
        Assert.True(Jwks.TryRead(Encoding.UTF8.GetBytes((await receipts.GetKeysAsync(default)).GetRawText()), null, out var ring, out var fault), fault);
        Assert.Equal(0, ReceiptBundle.Verify(receipt, ring).ExitCode);
        Assert.Contains($"{a.Tenant.Id}", await receipts.GetCheckpointAsync(olga, default));
    }

    [Fact]
    public async Task The_audit_trail_is_newest_first_in_pages_and_by_object()
    {
        var t = await form.MakeTenantAsync();
        var (receipts, amir, alma) = (t.Get<IReceipts>(), await t.CallerAsync("amir"), await t.CallerAsync("alma"));
        var zoe = await t.Get<IIdentity>().CreatePrincipalAsync(alma, new NewPrincipal("zoe", PrincipalKind.User, [], []), default);
        var of = Assert.Single((await receipts.ListAuditAsync(amir, zoe.Principal.Id.ToString(), new PageRequest(), default)).Items);
        Assert.Equal("principal.created", of.Record.GetProperty("action").GetString());
        var all = new List<AuditEntry>();
        var page = await receipts.ListAuditAsync(amir, null, new PageRequest(Limit: 3), default);
        for (all.AddRange(page.Items); page.Next is not null; all.AddRange(page.Items))
        {
            page = await receipts.ListAuditAsync(amir, null, new PageRequest(page.Next, 3), default);
        }

        Assert.Equal(of.Id, all[0].Id);
        Assert.Equal(PlatformTenant.People.Count + 2, all.Select(e => e.Id).Distinct().Count());
    }

    [Fact]
    public async Task An_unknown_run_is_not_found_and_reading_needs_the_scope()
    {
        var t = await form.MakeTenantAsync();
        var (receipts, amir, ada) = (t.Get<IReceipts>(), await t.CallerAsync("amir"), await t.CallerAsync("ada"));
        Assert.Equal("not-found", await PlatformTenant.RefusalAsync(() => receipts.GetReceiptAsync(amir, Id<Run>.New(TimeProvider.System), default)));
        Assert.Equal("forbidden", await PlatformTenant.RefusalAsync(() => receipts.GetReceiptAsync(ada, Id<Run>.New(TimeProvider.System), default)));
        Assert.Equal("forbidden", await PlatformTenant.RefusalAsync(() => receipts.ListAuditAsync(ada, null, new PageRequest(), default)));
        Assert.Equal("forbidden", await PlatformTenant.RefusalAsync(() => receipts.GetCheckpointAsync(ada, default)));
    }
}

/// <summary>What <see cref="IEvents"/> and <see cref="IMetering"/> promise.</summary>
public abstract class EventsContract(Form form, ToolProgram tools)
{
    [Fact]
    public async Task Lists_oldest_first_by_type_and_subject_in_pages()
    {
        var t = await form.MakeTenantAsync();
        var (events, vera) = (t.Get<IEvents>(), await t.CallerAsync("vera"));
        IReadOnlyList<CloudEvent> people = [];
        await Processes.UntilAsync(async () => (people = (await events.ListAsync(vera, new EventFilter("principal."), new PageRequest(), default)).Items).Count == PlatformTenant.People.Count, "the events are settled");
        Assert.All(people, e => Assert.Equal(("dev.anumate.principal.changed", t.Id.ToString()), (e.Type, e.Tenant)));
        var first = await events.ListAsync(vera, new EventFilter("principal."), new PageRequest(Limit: 3), default);
        var rest = await events.ListAsync(vera, new EventFilter("principal."), new PageRequest(first.Next), default);
        Assert.Equal(people.Select(e => e.Id), first.Items.Concat(rest.Items).Select(e => e.Id));
        Assert.Equal([people[2].Id], (await events.ListAsync(vera, new EventFilter(Subject: people[2].Subject), new PageRequest(), default)).Items.Select(e => e.Id));
        Assert.Equal("invalid-request", await PlatformTenant.RefusalAsync(() => events.ListAsync(vera, new EventFilter(new string('x', 201)), new PageRequest(), default)));
    }

    [Fact]
    public async Task Tells_what_happens_from_now_on()
    {
        var t = await form.MakeTenantAsync();
        var (events, vera, alma) = (t.Get<IEvents>(), await t.CallerAsync("vera"), await t.CallerAsync("alma"));
        using var enough = new CancellationTokenSource();
        var told = FirstAsync(events.StreamAsync(vera, new EventFilter("api_key."), null, enough.Token));
        while (!told.IsCompleted)
        {
            await t.Get<IIdentity>().CreateApiKeyAsync(alma, new NewApiKey("k"), default);
            await Task.WhenAny(told, Task.Delay(100));
        }

        Assert.Equal("dev.anumate.api_key.changed", (await told).Type);
        await enough.CancelAsync();
    }

    [Fact]
    public async Task Counts_a_run_that_ended_and_refuses_a_span_that_is_none()
    {
        var a = await Automation.MakeAsync(await form.MakeTenantAsync(), tools);
        var (metering, olga, ada) = (a.Tenant.Get<IMetering>(), await a.Tenant.CallerAsync("olga"), await a.Tenant.CallerAsync("ada"));
        Assert.Equal(RunStatus.Completed, (await a.RunAsync(40)).Status);
        var today = DateOnly.FromDateTime(TimeProvider.System.GetUtcNow().UtcDateTime);
        IReadOnlyList<DailyUsage> usage = [];
        await Processes.UntilAsync(async () => (usage = await metering.GetUsageAsync(olga, today.AddDays(-1), today.AddDays(1), default)).Sum(u => u.Runs) == 1, "the run is counted");
        Assert.Equal((1, 3), (usage.Sum(u => u.Completed), usage.Sum(u => u.ToolCalls)));
        Assert.Equal("invalid-request", await PlatformTenant.RefusalAsync(() => metering.GetUsageAsync(olga, today, today.AddDays(-1), default)));
        Assert.Equal("forbidden", await PlatformTenant.RefusalAsync(() => metering.GetUsageAsync(ada, today, today, default)));
    }

    static async Task<CloudEvent> FirstAsync(IAsyncEnumerable<CloudEvent> events)
    {
        await foreach (var e in events)
        {
            return e;
        }

        throw new InvalidOperationException("the stream ended");
    }
}

public sealed class OrchestratorServiceTests(TestServer server, ToolProgram tools) : OrchestratorContract(server, tools);

public sealed class OrchestratorOverHttpTests(OtherProcess other, ToolProgram tools) : OrchestratorContract(other, tools);

public sealed class ReceiptsServiceTests(TestServer server, ToolProgram tools) : ReceiptsContract(server, tools);

public sealed class ReceiptsOverHttpTests(OtherProcess other, ToolProgram tools) : ReceiptsContract(other, tools);

public sealed class EventsServiceTests(TestServer server, ToolProgram tools) : EventsContract(server, tools);

public sealed class EventsOverHttpTests(OtherProcess other, ToolProgram tools) : EventsContract(other, tools);
