using System.Text;
using System.Text.Json;
using Anumate.Client;
using Anumate.Proofs;
using CloudNative.CloudEvents;
using CloudNative.CloudEvents.SystemTextJson;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace Anumate.Tests.GoldenPath;

/// <summary>A real capsule from YAML to receipt: HTTP, PostgreSQL, Orleans and a tool server that keeps its own record.</summary>
public sealed class WholeWayTests(TestServer server, ToolProgram tools, TestDatabase database)
{
    static Caller Self => Caller.Self;

    /// <summary>Approvals that refuses every request for good, as it would one that a stored plan should never have allowed.</summary>
    sealed class RefusingApprovals(IApprovals inner) : IApprovals
    {
        public Task<Approval> RequestAsync(Caller caller, NewApproval request, CancellationToken ct) => throw Problems.Invalid("a stage needs a group");

        public Task<Page<Approval>> ListAsync(Caller caller, ApprovalStatus? status, PageRequest page, CancellationToken ct) => inner.ListAsync(caller, status, page, ct);

        public Task<Approval> GetAsync(Caller caller, Id<Approval> id, CancellationToken ct) => inner.GetAsync(caller, id, ct);

        public Task<Approval> ConfirmAsync(Caller caller, Id<Approval> id, CancellationToken ct) => inner.ConfirmAsync(caller, id, ct);

        public Task<Approval> DecideAsync(Caller caller, Id<Approval> id, DecideApproval request, CancellationToken ct) => inner.DecideAsync(caller, id, request, ct);
    }

    [Fact]
    public async Task A_small_refund_runs_to_its_receipt_without_people()
    {
        var a = await Automation.MakeAsync(await server.NewTenantAsync(), tools);
        var run = await a.RunAsync(40);

        Assert.Equal(RunStatus.Completed, run.Status);
        Assert.Equal(["order", "decide", "refund", "tell"], run.Steps.Select(s => s.Step));
        Assert.All(run.Steps, s => Assert.Equal("completed", s.Status));
        Assert.Equal("small", run.Outputs!.Value.GetProperty("tier").GetString());
        var verification = ReceiptBundle.Verify(await ReceiptAsync(a, run), await TrustAsync(a));
        Assert.Equal(0, verification.ExitCode);
        Assert.Equal("completed", verification.Close!.Status);
        Assert.Empty(verification.OpenCalls);
    }

    [Fact]
    public async Task A_large_refund_waits_for_two_people_of_finance()
    {
        var a = await Automation.MakeAsync(await server.NewTenantAsync(), tools);
        var run = await a.RunAsync(750);
        Assert.Equal(RunStatus.WaitingApproval, run.Status);
        var approval = Assert.Single(run.WaitingFor);

        var first = await (await a.AsAsync("finn")).Approvals.DecideAsync(Self, approval, new DecideApproval(true), default);
        Assert.Equal(ApprovalStatus.Pending, first.Status);
        Assert.Equal(RunStatus.WaitingApproval, (await (await a.AsAsync("olga")).Orchestrator.GetAsync(Self, run.Id, default)).Status);
        await (await a.AsAsync("finn")).Approvals.DecideAsync(Self, approval, new DecideApproval(true), default);
        var second = await (await a.AsAsync("fiona")).Approvals.DecideAsync(Self, approval, new DecideApproval(true), default);

        Assert.Equal(ApprovalStatus.Granted, second.Status);
        Assert.Equal(2, second.Votes.Count);
        run = await a.EndedAsync(run);
        Assert.Equal(RunStatus.Completed, run.Status);
        Assert.Equal("large", run.Outputs!.Value.GetProperty("tier").GetString());
    }

    [Fact]
    public async Task A_rejected_run_calls_nothing()
    {
        var a = await Automation.MakeAsync(await server.NewTenantAsync(), tools);
        var run = await a.RunAsync(600);
        await (await a.AsAsync("fiona")).Approvals.DecideAsync(Self, run.WaitingFor[0], new DecideApproval(false, "too much"), default);
        run = await a.EndedAsync(run);

        Assert.Equal(RunStatus.Rejected, run.Status);
        var kinds = await JournalAsync(a, run);
        Assert.DoesNotContain("attempt_completed", kinds);
        Assert.DoesNotContain("attempt_started", kinds);
    }

    [Fact]
    public async Task An_approver_who_may_decide_no_longer_does_not_count_when_it_matters()
    {
        var t = await server.NewTenantAsync();
        var a = await Automation.MakeAsync(t, tools);
        var run = await a.RunAsync(750);
        var alma = await a.AsAsync("alma");
        await (await a.AsAsync("finn")).Approvals.DecideAsync(Self, run.WaitingFor[0], new DecideApproval(true), default);
        var finn = await alma.Identity.GetPrincipalAsync(Self, t.Person("finn").Id, default);
        await alma.Identity.UpdatePrincipalAsync(Self, finn.Value.Id, new PrincipalUpdate([Role.Approver], [], true), finn.Version, default);
        await (await a.AsAsync("fiona")).Approvals.DecideAsync(Self, run.WaitingFor[0], new DecideApproval(true), default);

        run = await a.EndedAsync(run);
        Assert.Equal(RunStatus.Rejected, run.Status);
        Assert.DoesNotContain("attempt_started", await JournalAsync(a, run));
        var asked = (await alma.Approvals.ListAsync(Self, null, new PageRequest(), default)).Items[0].Id;
        var service = (await t.CallerAsync("olga")).AsService("orchestrator");
        var e = await Assert.ThrowsAsync<ProblemException>(() => t.Get<IApprovals>().ConfirmAsync(service, asked, default));
        Assert.Equal("approval-void", e.Problem.Code);
        Assert.Contains("may no longer decide for finance", e.Problem.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_run_whose_request_is_refused_for_good_ends_and_says_why()
    {
        await using var schema = await TestSchema.MakeAsync(database.Server, TimeProvider.System);
        await using var other = await RunningServer.StartAsync(schema.Options, null, services =>
        {
            var approvals = services.Single(d => d.ServiceType == typeof(IApprovals));
            services.Remove(approvals);
            services.AddSingleton(p => (IApprovals)new RefusingApprovals((IApprovals)approvals.ImplementationFactory!(p)));
        });
        var a = await Automation.MakeAsync(await other.NewTenantAsync(), tools);
        var run = await a.EndedAsync(await a.RunAsync(750));

        Assert.Equal(RunStatus.Failed, run.Status);
        Assert.Contains("a stage needs a group", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Neither_the_requester_nor_a_stranger_nor_a_key_approves()
    {
        var t = await server.NewTenantAsync();
        var a = await Automation.MakeAsync(t, tools);
        var run = await a.RunAsync(600);
        var alma = await a.AsAsync("alma");
        var olga = await alma.Identity.GetPrincipalAsync(Self, t.Person("olga").Id, default);
        await alma.Identity.UpdatePrincipalAsync(Self, olga.Value.Id, new PrincipalUpdate([Role.Operator, Role.Approver], ["finance"], true), olga.Version, default);
        var key = await (await a.AsAsync("finn")).Identity.CreateApiKeyAsync(Self, new NewApiKey("ci"), default);

        await Refused("approval-not-entitled", await a.AsAsync("olga"));
        await Refused("approval-not-entitled", new AnumateClient(t.Server.Http, key.Secret));
        await Refused("forbidden", alma);
        Assert.Empty((await alma.Approvals.GetAsync(Self, run.WaitingFor[0], default)).Votes);

        async Task Refused(string code, AnumateClient client) => Assert.Equal(code, (await Assert.ThrowsAsync<ProblemException>(
            () => client.Approvals.DecideAsync(Self, run.WaitingFor[0], new DecideApproval(true), default))).Problem.Code);
    }

    [Fact]
    public async Task The_same_key_is_one_run_and_another_content_is_refused()
    {
        var a = await Automation.MakeAsync(await server.NewTenantAsync(), tools);
        var first = await a.RunAsync(40, "order-1");
        var before = (await tools.RecordAsync()).Count(e => e.Tool == "payments.refund");
        var again = await a.RunAsync(40, "order-1");
        var e = await Assert.ThrowsAsync<ProblemException>(() => a.RunAsync(41, "order-1"));

        Assert.Equal(first.Id, again.Id);
        Assert.Equal("idempotency-mismatch", e.Problem.Code);
        Assert.Equal(422, e.Problem.Status);
        Assert.Single((await (await a.AsAsync("olga")).Orchestrator.ListAsync(Self, null, new PageRequest(), default)).Items);
        Assert.True((await tools.RecordAsync()).Count(x => x.Tool == "payments.refund") >= before);
    }

    [Fact]
    public async Task Personal_data_is_nowhere_in_the_database_in_the_clear()
    {
        var a = await Automation.MakeAsync(await server.NewTenantAsync(), tools);
        var run = await a.RunAsync(40);
        await (await a.AsAsync("olga")).GhostRuns.SimulateAsync(Self, new NewGhostRun(a.Plan.PlanHash, Automation.Inputs(40)), default);
        Assert.Equal(RunStatus.Completed, run.Status);

        await using var connection = new NpgsqlConnection(database.Admin);
        await connection.OpenAsync();
        foreach (var (table, column) in (IEnumerable<(string, string)>)[("orchestrator.run_event", "entries::text"), ("orchestrator.run", "view::text"),
            ("platform.events", "body::text"), ("platform.leaf", "convert_from(body, 'UTF8')"), ("ghostruns.ghost_run", "body::text"), ("approvals.approval", "body::text"),
            ("platform.idempotency", "response::text"), ("captokens.token", "grants::text")])
        {
            await using var count = new NpgsqlCommand($"select count(*), count(*) filter (where position($2 in {column}) > 0) from {table} where tenant_id = $1", connection);
            count.Parameters.AddWithValue(a.Tenant.Id.Value);
            count.Parameters.AddWithValue(Automation.Email);
            await using var row = await count.ExecuteReaderAsync();
            await row.ReadAsync();
            Assert.True(row.GetInt64(1) == 0, $"{table} holds the e-mail address");
        }

        Assert.DoesNotContain(Automation.Email, a.Tenant.Log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Every_stage_of_the_way_emits_a_valid_cloud_event()
    {
        var a = await Automation.MakeAsync(await server.NewTenantAsync(), tools);
        await (await a.AsAsync("olga")).GhostRuns.SimulateAsync(Self, new NewGhostRun(a.Plan.PlanHash, Automation.Inputs(40)), default);
        var run = await a.RunAsync(600);
        await (await a.AsAsync("finn")).Approvals.DecideAsync(Self, run.WaitingFor[0], new DecideApproval(true), default);
        await (await a.AsAsync("fiona")).Approvals.DecideAsync(Self, run.WaitingFor[0], new DecideApproval(true), default);
        await a.EndedAsync(run);
        var events = await EventsUntilAsync(a, "dev.anumate.execution.completed");

        var types = events.Select(e => e.Type["dev.anumate.".Length..]).ToHashSet();
        Assert.Superset(new HashSet<string>(["connector.changed", "policy.published", "capsule.published", "plan.created", "preflight.completed", "execution.started",
            "approval.requested", "approval.granted", "execution.step_completed", "execution.completed"]), types);
        var formatter = new JsonEventFormatter();
        foreach (var e in events)
        {
            // An independent reader of the specification takes our envelope.
            var bytes = JsonSerializer.SerializeToUtf8Bytes(e, AnumateJson.Options.GetTypeInfo(typeof(CloudEvent)));
            var read = formatter.DecodeStructuredModeMessage(bytes, null, [CloudEventAttribute.CreateExtension("tenant", CloudEventAttributeType.String)]);
            Assert.True(read.IsValid);
            Assert.Equal(e.Id, read.Id);
            Assert.Equal(a.Tenant.Id.ToString(), read["tenant"]);
        }
    }

    [Fact]
    public async Task A_flipped_byte_anywhere_in_a_leaf_is_tampering()
    {
        var a = await Automation.MakeAsync(await server.NewTenantAsync(), tools);
        var receipt = await ReceiptAsync(a, await a.RunAsync(40));
        var trusted = await TrustAsync(a);
        var text = Encoding.UTF8.GetString(receipt);
        for (var at = text.IndexOf("\"leaf\":\"", StringComparison.Ordinal) + 8; at < text.Length && text[at] != '"'; at += 37)
        {
            var flipped = receipt.ToArray();
            flipped[at] = (byte)(flipped[at] == 'A' ? 'B' : 'A');
            Assert.Equal(10, ReceiptBundle.Verify(flipped, trusted).ExitCode);
        }

        Assert.Equal(11, ReceiptBundle.Verify(receipt, null).ExitCode);
        Assert.Equal(0, ReceiptBundle.Verify(receipt, trusted).ExitCode);
    }

    [Fact]
    public async Task A_tool_outside_of_the_allow_list_does_not_compile()
    {
        var e = await Assert.ThrowsAsync<ProblemException>(async () => await Automation.MakeAsync(await server.NewTenantAsync(), tools,
            source => source.Replace(", comms.send_email]", "]", StringComparison.Ordinal)));
        var finding = Assert.Single(e.Problem.Diagnostics!, d => d.Severity == Severity.Error);

        Assert.Equal("compile-failed", e.Problem.Code);
        Assert.Contains("comms.send_email", finding.Message);
        Assert.True(finding.Line > 1);
    }

    [Fact]
    public async Task A_tool_that_changed_since_the_plan_stops_the_run()
    {
        var t = await server.NewTenantAsync();
        var a = await Automation.MakeAsync(t, tools);
        var document = (PutConnector)JsonSerializer.Deserialize(await Automation.ReadAsync("tools.json"), AnumateJson.Options.GetTypeInfo(typeof(PutConnector)))!;
        var changed = document with { BaseUrl = tools.Address, Tools = [.. document.Tools.Select(tool => tool.Name == "payments.refund" ? tool with { Effect = ToolEffect.Idempotent } : tool)] };
        await (await a.AsAsync("alma")).Connectors.PutAsync(Self, changed, default);

        var e = await Assert.ThrowsAsync<ProblemException>(() => a.RunAsync(40));
        Assert.Equal("tool-changed", e.Problem.Code);
        var report = (await (await a.AsAsync("olga")).GhostRuns.SimulateAsync(Self, new NewGhostRun(a.Plan.PlanHash, Automation.Inputs(40)), default)).Report;
        Assert.Equal(PreflightVerdict.Blocked, report.Verdict);
    }

    [Fact]
    public async Task Another_tenants_ids_do_not_exist()
    {
        var a = await Automation.MakeAsync(await server.NewTenantAsync(), tools);
        var run = await a.RunAsync(600);
        var ghost = await (await a.AsAsync("olga")).GhostRuns.SimulateAsync(Self, new NewGhostRun(a.Plan.PlanHash, Automation.Inputs(40)), default);
        var other = await server.NewTenantAsync();
        var alma = await other.ClientAsync("alma");
        var finn = await other.ClientAsync("finn");
        var connector = (await (await a.AsAsync("alma")).Connectors.ListAsync(Self, new PageRequest(), default)).Items[0];
        var policy = (await (await a.AsAsync("alma")).Policies.ListAsync(Self, null, false, new PageRequest(), default)).Items[0];

        foreach (var look in (IEnumerable<Func<Task>>)[
            () => alma.Registry.GetAsync(Self, a.Capsule.Id, default), () => alma.Registry.ResolveAsync(Self, "refund-order@1.0.0", default),
            () => alma.Compiler.GetPlanAsync(Self, a.Plan.PlanHash, default), () => alma.GhostRuns.GetAsync(Self, ghost.Id, default),
            () => alma.Orchestrator.GetAsync(Self, run.Id, default), () => alma.Orchestrator.WaitAsync(Self, run.Id, TimeSpan.FromSeconds(1), default),
            () => alma.Orchestrator.ExecuteAsync(Self, new NewRun(a.Plan.PlanHash, Automation.Inputs(40)), default),
            () => alma.Approvals.GetAsync(Self, run.WaitingFor[0], default), () => finn.Approvals.DecideAsync(Self, run.WaitingFor[0], new DecideApproval(true), default),
            () => alma.Receipts.GetReceiptAsync(Self, run.Id, default), () => alma.Connectors.GetAsync(Self, connector.Id, default),
            () => alma.Policies.GetAsync(Self, policy.Id, default)])
        {
            Assert.Equal(404, (await Assert.ThrowsAsync<ProblemException>(look)).Problem.Status);
        }

        Assert.Empty((await alma.Orchestrator.ListAsync(Self, null, new PageRequest(), default)).Items);
        Assert.Empty((await alma.Approvals.ListAsync(Self, null, new PageRequest(), default)).Items);
        Assert.Empty((await alma.Registry.ListAsync(Self, null, new PageRequest(), default)).Items);
        Assert.DoesNotContain((await alma.Events.ListAsync(Self, new EventFilter(), new PageRequest(Limit: 200), default)).Items, e => e.Tenant != other.Id.ToString());
    }

    [Fact]
    public async Task Usage_counts_each_run_once()
    {
        var a = await Automation.MakeAsync(await server.NewTenantAsync(), tools);
        await a.RunAsync(40);
        await a.RunAsync(45);
        var today = DateOnly.FromDateTime(TimeProvider.System.GetUtcNow().UtcDateTime);
        IReadOnlyList<DailyUsage> usage = [];
        for (var attempt = 0; attempt < 200 && usage.Sum(u => u.Runs) < 2; attempt++)
        {
            usage = await (await a.AsAsync("olga")).Metering.GetUsageAsync(Self, today.AddDays(-1), today.AddDays(1), default);
            await Task.Delay(50);
        }

        Assert.Equal(2, usage.Sum(u => u.Runs));
        Assert.Equal(2, usage.Sum(u => u.Completed));
        Assert.Equal(6, usage.Sum(u => u.ToolCalls));
    }

    static async Task<IReadOnlyList<string>> JournalAsync(Automation a, Run run)
    {
        var kinds = new List<string>();
        await foreach (var e in (await a.AsAsync("olga")).Orchestrator.WatchAsync(Self, run.Id, 0, follow: false, default))
        {
            kinds.Add(e.Kind);
        }

        Assert.Equal("run_started", kinds[0]);
        Assert.Equal("run_completed", kinds[^1]);
        return kinds;
    }

    static async Task<byte[]> ReceiptAsync(Automation a, Run run)
    {
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                return Encoding.UTF8.GetBytes((await (await a.AsAsync("olga")).Receipts.GetReceiptAsync(Self, run.Id, default)).GetRawText());
            }
            catch (ProblemException e) when (e.Problem.Code == "receipt-not-sealed" && attempt < 200)
            {
                await Task.Delay(50);
            }
        }
    }

    static async Task<KeyRing> TrustAsync(Automation a)
    {
        var keys = await (await a.AsAsync("olga")).Receipts.GetKeysAsync(default);
        Assert.True(Jwks.TryRead(Encoding.UTF8.GetBytes(keys.GetRawText()), null, out var ring, out var fault), fault);
        return ring!;
    }

    static async Task<IReadOnlyList<CloudEvent>> EventsUntilAsync(Automation a, string type)
    {
        for (var attempt = 0; attempt < 100; attempt++)
        {
            var page = await (await a.AsAsync("olga")).Events.ListAsync(Self, new EventFilter(), new PageRequest(Limit: 200), default);
            if (page.Items.Any(e => e.Type == type))
            {
                return page.Items;
            }

            await Task.Delay(50);
        }

        throw new TimeoutException($"no {type} was told");
    }
}
