using System.Text.Json;
using Anumate.Tests.GoldenPath;
using Npgsql;

namespace Anumate.Tests.Walls;

/// <summary>One object of every kind that a tenant can have, by its id or name.</summary>
sealed record World
{
    public required string Capsule { get; init; }

    public required string CapsuleReference { get; init; }

    public required string PlanHash { get; init; }

    public required string GhostRun { get; init; }

    public required string Run { get; init; }

    public required string Approval { get; init; }

    /// <summary>A run that asks is not made here: the id is of nothing, the run's is not.</summary>
    public string Clarification { get; } = Id<Clarification>.New(TimeProvider.System).ToString();

    public required string Connector { get; init; }

    public required string Tool { get; init; }

    public required string Policy { get; init; }

    public required string PolicyReference { get; init; }

    public required string PolicyDigest { get; init; }

    public required string CapToken { get; init; }

    public required string Principal { get; init; }

    public required string Program { get; init; }

    public required string ApiKey { get; init; }

    public required string Group { get; init; }

    /// <summary>A token that a redaction left.</summary>
    public required string Token { get; init; }

    public IEnumerable<string> All => [Capsule, CapsuleReference, PlanHash, GhostRun, Run, Approval, Clarification, Connector, Tool, Policy, PolicyReference, PolicyDigest, CapToken, Principal, Program,
        ApiKey, Group, Token];

    /// <summary>Well-formed names of nothing at all.</summary>
    public static World OfNothing()
    {
        var digest = $"sha256:{Convert.ToHexStringLower(System.Security.Cryptography.RandomNumberGenerator.GetBytes(32))}";
        var word = $"n{digest[^12..]}";
        return new World
        {
            Capsule = New<Capsule>(), CapsuleReference = $"{word}@1.0.0", PlanHash = digest, GhostRun = New<GhostRun>(), Run = New<Run>(), Approval = New<Approval>(),
            Connector = New<Connector>(), Tool = $"{word}.get", Policy = New<Policy>(), PolicyReference = $"{word}.rules@1", PolicyDigest = digest, CapToken = New<CapToken>(),
            Principal = New<Principal>(), Program = New<Principal>(), ApiKey = New<ApiKey>(), Group = word,
            Token = NewToken(),
        };

        static string New<T>()
            where T : IEntity => Id<T>.New(TimeProvider.System).ToString();
    }

    /// <summary>Everything in a tenant, with names that occur nowhere else; a run waits for people, and another has ended.</summary>
    public static async Task<World> MakeAsync(PlatformTenant tenant, ToolProgram tools)
    {
        var word = $"w{Convert.ToHexStringLower(System.Security.Cryptography.RandomNumberGenerator.GetBytes(6))}";
        var a = await Automation.MakeAsync(tenant, tools, source => source.Replace("name: refund-order", $"name: {word}", StringComparison.Ordinal));
        var (alma, ada, olga) = (await tenant.ClientAsync("alma"), await tenant.ClientAsync("ada"), await tenant.ClientAsync("olga"));
        var policy = await ada.Policies.PublishAsync(Caller.Self, new PublishPolicy(
            $"policy {word}.rules version 1 {{\n  at tool.before\n  rule all allow because \"{word}\" when call.tool == \"{word}.get\"\n}}\n"), default);
        var document = (PutConnector)JsonSerializer.Deserialize(await Automation.ReadAsync("tools.json"), AnumateJson.Options.GetTypeInfo(typeof(PutConnector)))!;
        var connector = await alma.Connectors.PutAsync(Caller.Self, document with { Name = word, BaseUrl = tools.Address, Tools = [document.Tools[0] with { Name = $"{word}.get" }] }, default);
        var ghost = await olga.GhostRuns.SimulateAsync(Caller.Self, new NewGhostRun(a.Plan.PlanHash, Automation.Inputs(40)), default);
        var ended = await a.RunAsync(40);
        Assert.Equal(RunStatus.Completed, ended.Status);
        var waiting = await a.RunAsync(600);
        var key = await olga.Identity.CreateApiKeyAsync(Caller.Self, new NewApiKey(word), default);
        var program = await alma.Identity.CreatePrincipalAsync(Caller.Self, new NewPrincipal(word, PrincipalKind.Service, [Role.Operator], [word]), default);
        var tokens = await olga.CapTokens.ListAsync(Caller.Self, ended.Id, new PageRequest(), default);
        return new World
        {
            Capsule = a.Capsule.Id.ToString(), CapsuleReference = $"{word}@{a.Capsule.Version}", PlanHash = a.Plan.PlanHash, GhostRun = ghost.Id.ToString(), Run = waiting.Id.ToString(),
            Approval = waiting.WaitingFor[0].ToString(), Connector = connector.Id.ToString(), Tool = $"{word}.get", Policy = policy.Id.ToString(), PolicyReference = $"{word}.rules@1",
            PolicyDigest = policy.Digest, CapToken = tokens.Items[0].Id.ToString(), Principal = tenant.Person("olga").Id.ToString(), Program = program.Principal.Id.ToString(),
            ApiKey = key.Key.Id.ToString(), Group = word, Token = await TokenAsync(tenant),
        };
    }

    static string NewToken() => $"t1.{Convert.ToHexStringLower(System.Security.Cryptography.RandomNumberGenerator.GetBytes(12))}";

    static async Task<string> TokenAsync(PlatformTenant tenant)
    {
        await using var connection = new NpgsqlConnection(tenant.Admin);
        await connection.OpenAsync();
        await using var insert = new NpgsqlCommand("insert into platform.redaction_token (tenant_id, token, scope, sealed, created) values ($1, $2, 'x', 'x', now())", connection);
        var token = NewToken();
        insert.Parameters.AddWithValue(tenant.Id.Value);
        insert.Parameters.AddWithValue(token);
        await insert.ExecuteNonQueryAsync();
        return token;
    }

    /// <summary>Every row of a tenant, table by table, as one digest each: what must not change.</summary>
    public static Task<IReadOnlyDictionary<string, string>> RowsAsync(PlatformTenant tenant) =>
        OfEachTableAsync(tenant.Admin, tenant.Id, "select coalesce(md5(string_agg(t::text, '|' order by t::text)), '') from {0} t where tenant_id = $1");

    /// <summary>The same once nothing moves any more: receipts are sealed and reactions are done.</summary>
    public static async Task<IReadOnlyDictionary<string, string>> SettledRowsAsync(PlatformTenant tenant)
    {
        var before = await RowsAsync(tenant);
        for (var (attempt, same) = (0, 0); same < 3; attempt++)
        {
            Assert.True(attempt < 120, "the rows of a tenant do not come to rest");
            await Task.Delay(500);
            var now = await RowsAsync(tenant);
            same = now.OrderBy(t => t.Key).SequenceEqual(before.OrderBy(t => t.Key)) ? same + 1 : 0;
            before = now;
        }

        return before;
    }

    /// <summary>Every uuid in a tenant's rows.</summary>
    /// <param name="of">Whose database is looked at.</param>
    public static async Task<IReadOnlySet<Guid>> IdsAsync(PlatformTenant of, Id<Tenant> tenant)
    {
        var texts = await OfEachTableAsync(of.Admin, tenant,
            "select coalesce(string_agg(distinct m[1], ','), '') from {0} t, regexp_matches(t::text, '[0-9a-f]{{8}}-[0-9a-f]{{4}}-[0-9a-f]{{4}}-[0-9a-f]{{4}}-[0-9a-f]{{12}}', 'g') m where tenant_id = $1");
        return texts.Values.SelectMany(t => t.Split(',', StringSplitOptions.RemoveEmptyEntries)).Select(Guid.Parse).ToHashSet();
    }

    static async Task<IReadOnlyDictionary<string, string>> OfEachTableAsync(string admin, Id<Tenant> tenant, string sql)
    {
        await using var connection = new NpgsqlConnection(admin);
        await connection.OpenAsync();
        var tables = new List<string>();
        await using (var list = new NpgsqlCommand("""
            select distinct format('%I.%I', c.table_schema, c.table_name) from information_schema.columns c join pg_class p on p.oid = format('%I.%I', c.table_schema, c.table_name)::regclass
            where c.column_name = 'tenant_id' and p.relkind in ('r', 'p') and not p.relispartition order by 1
            """, connection))
        await using (var rows = await list.ExecuteReaderAsync())
        {
            while (await rows.ReadAsync())
            {
                tables.Add(rows.GetString(0));
            }
        }

        Assert.True(tables.Count > 15, "the tables of tenants were not found");
        var found = new Dictionary<string, string>();
        foreach (var table in tables)
        {
            await using var of = new NpgsqlCommand(string.Format(null, sql, table), connection);
            of.Parameters.AddWithValue(tenant.Value);
            found[table] = (string)(await of.ExecuteScalarAsync())!;
        }

        return found;
    }
}
