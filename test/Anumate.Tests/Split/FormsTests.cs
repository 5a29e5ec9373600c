using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Anumate.Proofs;
using Anumate.Tests.GoldenPath;
using Anumate.Tests.Hosting;
using Npgsql;

namespace Anumate.Tests.Split;

/// <summary>
/// The whole way in one process, in three, and in one for each service: the same records. What differs by nature (ids, times, digests under
/// a run's own salt, signatures) is put aside; everything else is compared as text.
/// </summary>
public sealed partial class FormsTests(OtherProcess one, ToolProgram tools)
{
    static readonly string[] Three = ["identity,policies,registry,compiler,connectors", "captokens,approvals,ghostruns", "orchestrator,receipts,events,metering"];

    [Fact]
    public async Task The_golden_path_gives_the_same_records_in_one_process_in_three_and_in_one_per_service()
    {
        var alone = await RecordsAsync(await one.PlatformAsync());
        Assert.Contains("journal run_started", alone);
        Assert.Contains("approval.approved", alone);
        await using (var three = await ProcessPlatform.StartAsync("three", Three))
        {
            Assert.Equal(alone, await RecordsAsync(three));
        }

        await using var each = await ProcessPlatform.StartAsync("each", Services.Words);
        Assert.Equal(alone, await RecordsAsync(each));
    }

    /// <summary>Takes the sample automation the whole way, small and large, and tells what is on record then.</summary>
    async Task<string> RecordsAsync(ProcessPlatform platform)
    {
        var a = await Automation.MakeAsync(await platform.NewTenantAsync(), tools);
        var (self, olga) = (Caller.Self, await a.AsAsync("olga"));
        var ghost = await olga.GhostRuns.SimulateAsync(self, new NewGhostRun(a.Plan.PlanHash, Automation.Inputs(750)), default);
        var small = await a.RunAsync(40);
        var large = await a.RunAsync(750);
        foreach (var person in new[] { "finn", "fiona" })
        {
            await (await a.AsAsync(person)).Approvals.DecideAsync(self, large.WaitingFor[0], new DecideApproval(true), default);
        }

        var rejected = await a.RunAsync(600);
        await (await a.AsAsync("fiona")).Approvals.DecideAsync(self, rejected.WaitingFor[0], new DecideApproval(false), default);
        Run[] runs = [small, await a.EndedAsync(large), await a.EndedAsync(rejected)];

        var records = new List<string> { $"capsule {a.Capsule.Digest}", $"plan {a.Plan.PlanHash}", $"report {Text(ghost.Report with { DurationMs = 0 })}" };
        foreach (var run in runs)
        {
            records.Add($"run {Text(run)}");
            await foreach (var e in olga.Orchestrator.WatchAsync(self, run.Id, 0, follow: false, default))
            {
                records.Add($"journal {e.Kind} {e.Body.GetRawText()}");
            }

            records.AddRange(await ReceiptAsync(olga, run));
        }

        records.AddRange(await EventsAsync(a));
        records.AddRange(await LeavesAsync(a));
        return string.Join('\n', records.Select(Plain));
    }

    static string Text<T>(T value) => JsonSerializer.Serialize(value, AnumateJson.Options);

    /// <summary>The kinds of the receipt's leaves, once it verifies.</summary>
    static async Task<IEnumerable<string>> ReceiptAsync(Client.AnumateClient olga, Run run)
    {
        byte[] receipt = [];
        await Processes.UntilAsync(async () =>
        {
            try
            {
                receipt = Encoding.UTF8.GetBytes((await olga.Receipts.GetReceiptAsync(Caller.Self, run.Id, default)).GetRawText());
                return true;
            }
            catch (ProblemException e) when (e.Problem.Code == "receipt-not-sealed")
            {
                return false;
            }
        }, $"the receipt of {run.Id} is sealed");
        Assert.True(Jwks.TryRead(await olga.Receipts.GetKeysAsync(default), null, out var ring, out var fault), fault);
        var verification = ReceiptBundle.Verify(receipt, ring);
        Assert.Equal(0, verification.ExitCode);
        return [$"receipt {verification.Close!.Status} {verification.Leaves} leaves, {verification.OpenCalls.Count} open calls"];
    }

    // Order is promised for each object, not between objects.
    static async Task<IEnumerable<string>> EventsAsync(Automation a)
    {
        IReadOnlyList<(string Type, string Body)> events = [];
        await Processes.UntilAsync(async () => (events = await a.Tenant.Db.For(a.Tenant.Id).ListAsync("select type, body::text from platform.events order by position",
            r => (r.GetString(0), r.GetString(1)), default)).Count(e => e.Type == "execution.completed") == 3, "every run's end was told");
        return events.Select(e => Plain($"event {e.Type} {e.Body}")).Order(StringComparer.Ordinal);
    }

    static async Task<IEnumerable<string>> LeavesAsync(Automation a)
    {
        var leaves = new List<string>();
        await using var connection = new NpgsqlConnection(a.Tenant.Admin);
        await connection.OpenAsync();
        await using var select = new NpgsqlCommand("select type, convert_from(body, 'UTF8') from platform.leaf where tenant_id = $1", connection) { Parameters = { new() { Value = a.Tenant.Id.Value } } };
        await using var reader = await select.ExecuteReaderAsync();
        while (await reader.ReadAsync())
        {
            leaves.Add(Plain($"leaf {reader.GetString(0)} {reader.GetString(1)}"));
        }

        return leaves.Order(StringComparer.Ordinal);
    }

    static string Plain(string record)
    {
        record = Ids().Replace(record, "$1#");
        record = Times().Replace(record, "time");
        record = Milliseconds().Replace(record, "$1#");
        record = Traces().Replace(record, "trace");
        record = Salted().Replace(record, "hmac");
        record = Keys().Replace(record, "hex");
        record = Tenants().Replace(record, "tenant");
        record = Kids().Replace(record, "$1#");
        return Tools().Replace(record, "$1#");
    }

    [GeneratedRegex(@"(""kid"":"")[A-Za-z0-9_-]{20,}")]
    private static partial Regex Kids();

    [GeneratedRegex(@"\bt[0-9a-f]{16}\b")]
    private static partial Regex Tenants();

    [GeneratedRegex(@"\b([a-z]{3})_[0-9a-z]{26}\b")]
    private static partial Regex Ids();

    [GeneratedRegex(@"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|\+00:00)")]
    private static partial Regex Times();

    [GeneratedRegex("""("(?:at|deadline|due|created|expires|issued|duration_ms)": ?)\d+""")]
    private static partial Regex Milliseconds();

    [GeneratedRegex("00-[0-9a-f]{32}-[0-9a-f]{16}-0[01]")]
    private static partial Regex Traces();

    [GeneratedRegex("hmac-sha256:[0-9a-f]{64}")]
    private static partial Regex Salted();

    [GeneratedRegex(@"(?<!sha256:)\b[0-9a-f]{32,64}\b")]
    private static partial Regex Keys();

    // What the sample's tools number by themselves.
    [GeneratedRegex(@"\b((?:re|msg|rf|ml|em)_)[0-9A-Za-z-]+")]
    private static partial Regex Tools();
}
