using System.Text;
using System.Text.Json;
using Anumate.Client;

namespace Anumate.Tests.GoldenPath;

/// <summary>The sample automation in a tenant of its own, published and compiled over HTTP.</summary>
sealed class Automation
{
    public const string Email = "jane.doe+secret@example.com";

    Automation(PlatformTenant tenant, ToolProgram tools, CapsuleVersion capsule, CompiledPlan plan) => (Tenant, Tools, Capsule, Plan) = (tenant, tools, capsule, plan);

    public PlatformTenant Tenant { get; }

    public ToolProgram Tools { get; }

    public CapsuleVersion Capsule { get; }

    public CompiledPlan Plan { get; }

    public static Caller Self => Caller.Self;

    public static async Task<Automation> MakeAsync(PlatformTenant tenant, ToolProgram tools, Func<string, string>? change = null)
    {
        await RegisterAsync(tenant, tools);
        var ada = await tenant.ClientAsync("ada");
        await ada.Policies.PublishAsync(Self, new PublishPolicy(await ReadAsync("policy.pol")), default);
        var source = await ReadAsync("capsule.yaml");
        var capsule = await ada.Registry.PublishAsync(Self, new PublishCapsule(change?.Invoke(source) ?? source), default);
        var plan = await ada.Compiler.CompileAsync(Self, new CompileCapsule($"{capsule.Name}@{capsule.Version}"), default);
        return new Automation(tenant, tools, capsule, plan);
    }

    public static async Task RegisterAsync(PlatformTenant tenant, ToolProgram tools)
    {
        var document = (PutConnector)JsonSerializer.Deserialize(await ReadAsync("tools.json"), AnumateJson.Options.GetTypeInfo(typeof(PutConnector)))!;
        await (await tenant.ClientAsync("alma")).Connectors.PutAsync(Self, document with { BaseUrl = tools.Address }, default);
    }

    public static Task<string> ReadAsync(string file) => File.ReadAllTextAsync(Path.Combine(ToolProgram.Documents, file));

    public static JsonElement Inputs(double amount) => JsonElement.Parse(Encoding.UTF8.GetBytes(
        $$"""{"order_id":"A-1001","amount":{{amount}},"currency":"EUR","email":"{{Email}}"}"""));

    public Task<AnumateClient> AsAsync(string person) => Tenant.ClientAsync(person);

    /// <summary>Executes as olga and waits until the run ends or needs people.</summary>
    public async Task<Run> RunAsync(double amount, string? key = null)
    {
        var olga = await AsAsync("olga");
        return await SettledAsync(await olga.Orchestrator.ExecuteAsync(Self, new NewRun(Plan.PlanHash, Inputs(amount)) { IdempotencyKey = key }, default));
    }

    public async Task<Run> SettledAsync(Run run)
    {
        var olga = await AsAsync("olga");
        for (var attempt = 0; !run.HasEnded && run.WaitingFor.Count == 0 && attempt < 12; attempt++)
        {
            run = await olga.Orchestrator.WaitAsync(Self, run.Id, TimeSpan.FromSeconds(10), default);
        }

        return run;
    }

    /// <summary>Waits for the end of a run that people have decided on.</summary>
    public async Task<Run> EndedAsync(Run run)
    {
        var olga = await AsAsync("olga");
        for (var attempt = 0; !run.HasEnded && attempt < 600; attempt++)
        {
            run = await olga.Orchestrator.GetAsync(Self, run.Id, default);
            await Task.Delay(run.HasEnded ? 0 : 50);
        }

        return run;
    }
}
