using System.Text.Json;
using Anumate.Platform.Policies;
using Microsoft.Extensions.DependencyInjection;

namespace Anumate.Tests.Redactions;

/// <summary>What policies make of data of runs when it is shown: by whom, and wherever it is.</summary>
public sealed class ShownDataTests(TestServer server, TestDatabase database)
{
    const string Approval = """
          approvals: [{ id: ok, title: May we start, stages: [{ group: finance, quorum: 1, within: 4h }] }]
        """;

    static Caller Self => Caller.Self;

    [Fact]
    public async Task Outputs_are_redacted_by_who_reads_them_and_stay_as_they_are()
    {
        await using var crm = await Crm.MakeAsync(await server.NewTenantAsync());
        await crm.PublishAsync("data.read", """rule people redact data.value.** where pii(EMAIL, IBAN) with mask when data.kind == "run.outputs" && !("admin" in actor.roles) """);
        var id = (await crm.RunAsync()).Id;

        var (olga, alma) = (await crm.Tenant.ClientAsync("olga"), await crm.Tenant.ClientAsync("alma"));
        Assert.Equal(Masked, Note(await olga.Orchestrator.GetAsync(Self, id, default)));
        Assert.Equal(Masked, Note(await olga.Orchestrator.WaitAsync(Self, id, TimeSpan.FromSeconds(1), default)));
        Assert.Equal(Masked, Note((await olga.Orchestrator.ListAsync(Self, null, new PageRequest(), default)).Items[0]));
        Assert.Equal(Clear, Note(await alma.Orchestrator.GetAsync(Self, id, default)));
        Assert.Equal(Clear, Note((await alma.Orchestrator.ListAsync(Self, null, new PageRequest(), default)).Items[0]));
    }

    [Fact]
    public async Task A_repeated_start_shows_the_first_run_as_policies_say()
    {
        await using var crm = await Crm.MakeAsync(await server.NewTenantAsync());
        await crm.PublishAsync("data.read", "rule people redact data.value.note with drop");
        var olga = await crm.Tenant.ClientAsync("olga");
        var request = new NewRun(crm.Plan, Crm.Inputs) { IdempotencyKey = "one", Wait = TimeSpan.FromSeconds(30) };
        var first = await olga.Orchestrator.ExecuteAsync(Self, request, default);
        Assert.False(first.Outputs!.Value.TryGetProperty("note", out _));
        var again = await olga.Orchestrator.ExecuteAsync(Self, request, default);
        Assert.Equal(first.Id, again.Id);
        Assert.False(again.Outputs!.Value.TryGetProperty("note", out _));
    }

    [Fact]
    public async Task The_journal_is_redacted_as_it_is_watched()
    {
        await using var crm = await Crm.MakeAsync(await server.NewTenantAsync());
        await crm.PublishAsync("data.read",
            """rule entries redact data.value.output.email with hash; data.value.inputs.card with mask(last: 4) when data.kind == "run.entry" """);
        var run = await crm.RunAsync();
        var entries = await WatchAsync(crm, run.Id);

        Assert.Equal("************1111", entries.Single(e => e.Kind == "run_started").Body.GetProperty("inputs").GetProperty("card").GetString());
        Assert.StartsWith("h1.", entries.First(e => e.Kind == "attempt_completed").Body.GetProperty("output").GetProperty("email").GetString());
        Assert.Equal(Crm.Email, (await crm.EntryAsync(run, "attempt_completed", "find")).GetProperty("output").GetProperty("email").GetString());
    }

    [Fact]
    public async Task What_an_approver_is_shown_is_redacted_also_in_lists_and_after_the_decision()
    {
        await using var crm = await Crm.MakeAsync(await server.NewTenantAsync(), Crm.Capsule(Approval));
        await crm.PublishAsync("data.read", """rule cards redact data.value.inputs.card with mask(last: 4) when data.kind == "approval.evidence" && "finance" in actor.groups """);
        var run = await crm.RunAsync();
        var (finn, amir) = (await crm.Tenant.ClientAsync("finn"), await crm.Tenant.ClientAsync("amir"));
        var id = Assert.Single(run.WaitingFor);

        Assert.Equal("************1111", Card(await finn.Approvals.GetAsync(Self, id, default)));
        Assert.Equal("************1111", Card((await finn.Approvals.ListAsync(Self, null, new PageRequest(), default)).Items[0]));
        Assert.Equal(Crm.Card, Card(await amir.Approvals.GetAsync(Self, id, default)));
        Assert.Equal("************1111", Card(await finn.Approvals.DecideAsync(Self, id, new DecideApproval(true), default)));
        Assert.Equal("************1111", Card(await finn.Approvals.DecideAsync(Self, id, new DecideApproval(true), default)));
        Assert.Equal(RunStatus.Completed, (await crm.EndedAsync(run)).Status);

        static string? Card(Approval approval) => approval.Evidence.GetProperty("inputs").GetProperty("card").GetString();
    }

    [Fact]
    public async Task What_a_policy_denies_is_null_and_the_rest_is_shown()
    {
        await using var crm = await Crm.MakeAsync(await server.NewTenantAsync(), Crm.Capsule(Approval));
        await crm.PublishAsync("data.read", """rule programs deny when actor.name == "olga" """);
        var run = await crm.RunAsync();
        await crm.DecideAsync(Assert.Single(run.WaitingFor));
        run = await crm.EndedAsync(run);

        Assert.Equal(RunStatus.Completed, run.Status);
        Assert.Null(run.Outputs is { ValueKind: not JsonValueKind.Null } shown ? shown.GetRawText() : null);
        var olga = await crm.Tenant.ClientAsync("olga");
        Assert.Equal(JsonValueKind.Null, (await olga.Approvals.ListAsync(Self, null, new PageRequest(), default)).Items[0].Evidence.ValueKind);
        Assert.All(await WatchAsync(crm, run.Id), e => Assert.Equal(JsonValueKind.Null, e.Body.ValueKind));
        Assert.Equal(Clear, Note(await (await crm.Tenant.ClientAsync("vera")).Orchestrator.GetAsync(Self, run.Id, default)));
    }

    [Fact]
    public async Task Policies_that_a_capsule_pins_say_so_for_its_runs_alone()
    {
        await using var crm = await Crm.MakeAsync(await server.NewTenantAsync(), Crm.Capsule(Approval, policies: "crm.all, crm.seen"), Crm.Open, """
            policy crm.seen version 1 {
              at data.read

              rule anybody allow
              rule cards redact data.value.** where pii(CARD, EMAIL) with drop
            }
            """);
        var run = await crm.RunAsync();
        var id = Assert.Single(run.WaitingFor);
        Assert.Equal("[CARD]", (await (await crm.Tenant.ClientAsync("finn")).Approvals.GetAsync(Self, id, default)).Evidence.GetProperty("inputs").GetProperty("card").GetString());
        await crm.DecideAsync(id);
        Assert.Contains("[EMAIL]", Note(await crm.EndedAsync(run)));
    }

    [Fact]
    public async Task Tokens_that_are_shown_can_be_turned_back_and_the_same_reader_sees_the_same_ones()
    {
        await using var crm = await Crm.MakeAsync(await server.NewTenantAsync());
        await crm.PublishAsync("data.read", """rule notes redact data.value.note with token when data.kind == "run.outputs" """);
        var run = await crm.RunAsync();
        var again = await (await crm.Tenant.ClientAsync("vera")).Orchestrator.GetAsync(Self, run.Id, default);
        Assert.Equal(Note(run), Note(again));
        Assert.Equal(Clear, Assert.Single(await (await crm.Tenant.ClientAsync("alma")).Policies.RevealAsync(Self, new RevealTokens([Note(run)!]), default)).Value);
        Assert.Single(await crm.RowsAsync("select token from platform.redaction_token where tenant_id = $1"));
    }

    [Fact]
    public async Task Data_that_nobody_can_decide_about_is_not_shown()
    {
        var door = new Door();
        await using var schema = await TestSchema.MakeAsync(database.Server, TimeProvider.System);
        await using var host = await RunningServer.StartAsync(schema.Options, null, door.Set);
        await using var crm = await Crm.MakeAsync(await host.NewTenantAsync());
        await crm.PublishAsync("data.read", "rule people redact data.value.note with drop");
        var run = await crm.RunAsync();
        var olga = await crm.Tenant.ClientAsync("olga");
        door.IsShut = true;
        host.Services.GetRequiredService<PolicyGate>().Forget(crm.Tenant.Id);

        Assert.Equal("unavailable", await PlatformTenant.RefusalAsync(() => olga.Orchestrator.GetAsync(Self, run.Id, default)));
        Assert.Equal("unavailable", await PlatformTenant.RefusalAsync(() => olga.Orchestrator.ListAsync(Self, null, new PageRequest(), default)));
        door.IsShut = false;
        Assert.False((await olga.Orchestrator.GetAsync(Self, run.Id, default)).Outputs!.Value.TryGetProperty("note", out _));
    }

    static string Clear => $"call {Crm.Email} about {Crm.Iban}";

    static string Masked => $"call {new string('*', Crm.Email.Length)} about {new string('*', Crm.Iban.Length)}";

    static string? Note(Run run) => run.Outputs!.Value.GetProperty("note").GetString();

    static async Task<IReadOnlyList<RunEvent>> WatchAsync(Crm crm, Id<Run> run)
    {
        var entries = new List<RunEvent>();
        await foreach (var entry in (await crm.Tenant.ClientAsync("olga")).Orchestrator.WatchAsync(Self, run, 0, false, default))
        {
            entries.Add(entry);
        }

        Assert.NotEmpty(entries);
        return entries;
    }
}
