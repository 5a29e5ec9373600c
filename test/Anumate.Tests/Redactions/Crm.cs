using System.Text;
using System.Text.Json;
using Anumate.Platform.Policies;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace Anumate.Tests.Redactions;

/// <summary>
/// A tenant with an automation that looks a customer up, writes to the customer, and could take that back; and with policies that a test
/// publishes.
/// </summary>
sealed class Crm : IAsyncDisposable
{
    public const string Email = "jane.doe@example.com", Card = "4111111111111111", Iban = "DE89370400440532013000";

    /// <summary>A customer as the book has it.</summary>
    public const string Customer = $$$"""{"name":"Jane Doe","email":"{{{Email}}}","born":"1987-04-23","note":"call {{{Email}}} about {{{Iban}}}","tags":[{"deep":"{{{Email}}}"}]}""";

    /// <summary>Lets everything be called.</summary>
    public const string Open = """
        policy crm.all version 1 {
          at tool.before

          rule anybody allow
        }
        """;

    Crm(PlatformTenant tenant, CrmTools tools) => (Tenant, Tools) = (tenant, tools);

    public PlatformTenant Tenant { get; }

    public CrmTools Tools { get; }

    public string Plan { get; private set; } = "";

    static Caller Self => Caller.Self;

    public static async Task<Crm> MakeAsync(PlatformTenant tenant, string? capsule = null, params string[] policies)
    {
        var tools = await CrmTools.StartAsync();
        var crm = new Crm(tenant, tools);
        tools.Answers["find"] = (Customer, false);
        tools.Answers["send"] = ($$"""{"id":"m1","to":"{{Email}}"}""", false);
        tools.Answers["undo"] = ("""{"id":"m1"}""", false);
        await (await tenant.ClientAsync("alma")).Connectors.PutAsync(Self, new PutConnector("crm", tools.Address,
        [
            Tool("find", ToolEffect.ReadOnly, """{"id":{"type":"string"}}""", "note", null),
            Tool("send", ToolEffect.Effect, """{"card":{"type":"string"},"text":{},"amount":{"type":"number"}}""", "id", "/send/status"),
            Tool("undo", ToolEffect.Idempotent, """{"id":{"type":"string"}}""", "id", null),
        ]), default);
        var ada = await tenant.ClientAsync("ada");
        foreach (var policy in policies.DefaultIfEmpty(Open))
        {
            await ada.Policies.PublishAsync(Self, new PublishPolicy(policy), default);
        }

        await ada.Registry.PublishAsync(Self, new PublishCapsule(capsule ?? Capsule()), default);
        crm.Plan = (await ada.Compiler.CompileAsync(Self, new CompileCapsule("crm@1.0.0"), default)).PlanHash;
        return crm;
    }

    public static string Capsule(string more = "", string unknown = "lookup", string policies = "crm.all") => $$"""
        apiVersion: anumate.io/v1
        kind: Capsule
        metadata: { name: crm, version: 1.0.0 }
        spec:
          inputs: { type: object, properties: { id: { type: string }, card: { type: string } }, required: [id, card] }
          tools: [crm.find, crm.send, crm.undo]
          policies: [{{policies}}]
        {{more}}
          steps:
            - id: find
              call: crm.find
              with: { id: "{{Of("inputs.id")}}" }
            - id: send
              call: crm.send
              with: { card: "{{Of("inputs.card")}}", text: "{{Of("steps.find.output.note")}}", amount: 12 }
              timeout: 1s
              on_unknown: {{unknown}}
              compensate: { call: crm.undo, with: { id: "{{Of("inputs.id")}}" } }
            - id: last
              call: crm.find
              with: { id: "{{Of("steps.send.output.id")}}" }
          outputs: { note: "{{Of("steps.find.output.note")}}", message: "{{Of("steps.send.output.id")}}" }
        """;

    /// <summary>Publishes a policy that rules the tenant. What it does not speak of it allows.</summary>
    public Task PublishAsync(string points, params string[] rules) => PublishAsAsync("tenant.rules", points, rules);

    /// <summary>The same under another name, beside it.</summary>
    public async Task PublishAsAsync(string name, string points, params string[] rules)
    {
        await (await Tenant.ClientAsync("ada")).Policies.PublishAsync(Self,
            new PublishPolicy($"policy {name} version {++_versions} {{\n  at {points}\n\n  rule others allow\n  {string.Join("\n  ", rules)}\n}}\n", PolicyBinding.Tenant), default);

        // The news of it may arrive after the next run has begun.
        ((ServerTenant)Tenant).Server.Services.GetRequiredService<PolicyGate>().Forget(Tenant.Id);
    }

    int _versions;

    public async Task<Run> StartAsync() => await (await Tenant.ClientAsync("olga")).Orchestrator.ExecuteAsync(Self, new NewRun(Plan, Inputs), default);

    public static JsonElement Inputs => JsonElement.Parse(Encoding.UTF8.GetBytes($$"""{"id":"c1","card":"{{Card}}"}"""));

    /// <summary>Executes as olga and waits until the run ends or needs people.</summary>
    public async Task<Run> RunAsync() => await SettledAsync(await StartAsync());

    public async Task<Run> SettledAsync(Run run, Func<Run, bool>? until = null)
    {
        var olga = await Tenant.ClientAsync("olga");
        for (var attempt = 0; !run.HasEnded && run.WaitingFor.Count == 0 && run.Clarifications.Count == 0 && until?.Invoke(run) != true && attempt < 30; attempt++)
        {
            run = await olga.Orchestrator.WaitAsync(Self, run.Id, TimeSpan.FromSeconds(2), default);
        }

        return run;
    }

    /// <summary>After people have decided.</summary>
    public async Task<Run> EndedAsync(Run run)
    {
        var olga = await Tenant.ClientAsync("olga");
        for (var attempt = 0; !run.HasEnded && attempt < 600; attempt++)
        {
            await Task.Delay(50);
            run = await olga.Orchestrator.GetAsync(Self, run.Id, default);
        }

        return run;
    }

    public async Task DecideAsync(Id<Approval> approval, string person = "finn") =>
        await (await Tenant.ClientAsync(person)).Approvals.DecideAsync(Self, approval, new DecideApproval(true), default);

    /// <summary>The journal as it is stored, entry by entry.</summary>
    public async Task<IReadOnlyList<(string Kind, JsonElement Body)>> JournalAsync(Run run)
    {
        var entries = new List<(string, JsonElement)>();
        foreach (var commit in await RowsAsync("select entries::text from orchestrator.run_event where tenant_id = $1 and run_id = $2 order by seq", run.Id.Value))
        {
            entries.AddRange(JsonElement.Parse(Encoding.UTF8.GetBytes(commit)).EnumerateArray().Select(e => (e.GetProperty("kind").GetString()!, e.GetProperty("body"))));
        }

        return entries;
    }

    /// <summary>The last entry of a kind about a step's own call.</summary>
    public async Task<JsonElement> EntryAsync(Run run, string kind, string step) => (await JournalAsync(run))
        .Last(e => e.Kind == kind && e.Body.GetProperty("step").GetString() == step && !e.Body.TryGetProperty("phase", out _)).Body;

    /// <summary>The facts of a run's leaves of a type, oldest first.</summary>
    public async Task<IReadOnlyList<JsonElement>> LeavesAsync(Run run, string type) => [.. (await RowsAsync(
        "select convert_from(body, 'UTF8') from platform.leaf where tenant_id = $1 and run_id = $2 and type = $3 order by id", run.Id.Value, type))
        .Select(l => JsonElement.Parse(Encoding.UTF8.GetBytes(l)).GetProperty("facts"))];

    /// <summary>Everything that the platform stored of this tenant, as text.</summary>
    public async Task<string> StoredAsync()
    {
        var all = new StringBuilder();
        foreach (var (table, column) in (IEnumerable<(string, string)>)[("orchestrator.run_event", "entries::text"), ("orchestrator.run", "view::text"),
            ("platform.events", "body::text"), ("platform.leaf", "convert_from(body, 'UTF8')"), ("approvals.approval", "body::text"), ("platform.redaction_token", "sealed"),
            ("platform.idempotency", "response::text")])
        {
            all.AppendJoin('\n', await RowsAsync($"select {column} from {table} where tenant_id = $1"));
        }

        return all.ToString();
    }

    public async Task<IReadOnlyList<string>> RowsAsync(string sql, params object[] args)
    {
        await using var connection = new NpgsqlConnection(Tenant.Admin);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        command.Parameters.Add(new NpgsqlParameter { Value = Tenant.Id.Value });
        foreach (var arg in args)
        {
            command.Parameters.Add(new NpgsqlParameter { Value = arg });
        }

        await using var reader = await command.ExecuteReaderAsync();
        var rows = new List<string>();
        while (await reader.ReadAsync())
        {
            rows.Add(reader.GetString(0));
        }

        return rows;
    }

    public async ValueTask DisposeAsync() => await Tools.DisposeAsync();

    static string Of(string expression) => "${{ " + expression + " }}";

    static NewTool Tool(string name, ToolEffect effect, string properties, string output, string? lookup) => new($"crm.{name}", "/" + name, effect,
        JsonElement.Parse(Encoding.UTF8.GetBytes($$"""{"type":"object","properties":{{properties}},"additionalProperties":false}""")),
        JsonElement.Parse(Encoding.UTF8.GetBytes($$$"""{"type":"object","properties":{"{{{output}}}":{"type":"string"}},"required":["{{{output}}}"]}""")), null, lookup);
}
