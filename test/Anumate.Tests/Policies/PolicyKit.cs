using System.Collections.Frozen;
using System.Text.Json;
using Anumate.Client;
using Anumate.Connectors;
using Anumate.Platform.Data;
using Anumate.Platform.Policies;
using Anumate.Policies;
using Microsoft.Extensions.Time.Testing;

namespace Anumate.Tests.Policies;

/// <summary>The policies of one tenant as a test meets them, and documents for them.</summary>
abstract class PolicyKit(Db db, Id<Tenant> tenant)
{
    public Id<Tenant> Tenant => tenant;

    public abstract IPolicies Service { get; }

    public Caller Author => As(Role.Author);

    public Caller Viewer => As(Role.Viewer);

    /// <summary>The person of a role.</summary>
    public abstract Caller As(string role);

    /// <summary>Puts a tool into the tenant's catalogue.</summary>
    public abstract Task PutToolAsync(NewTool tool);

    /// <summary>Lets the time of ids go on.</summary>
    public abstract Task TickAsync();

    public static string Document(string name, int version, params string[] rules) =>
        $"policy {name} version {version} {{\n  at tool.before\n  {string.Join("\n  ", rules)}\n}}\n";

    public Task<PolicyVersion> PublishAsync(string name, int version = 1, PolicyBinding binding = PolicyBinding.Capsule, params string[] rules) =>
        Service.PublishAsync(Author, new PublishPolicy(Document(name, version, rules.Length == 0 ? ["rule all allow"] : rules), binding), default);

    public static JsonElement Facts(string json) => JsonDocument.Parse(json).RootElement;

    public async Task<long> CountAsync(string table, string where = "true") =>
        await db.For(tenant).FirstAsync($"select count(*) from {table} where {where}", r => r.GetInt64(0), default);

    public Task<T?> FirstAsync<T>(string sql, Func<Npgsql.NpgsqlDataReader, T> map) => db.For(tenant).FirstAsync(sql, map, default);
}

/// <summary>The service in this process.</summary>
sealed class LocalPolicies(TestTenant tenant) : PolicyKit(tenant.Db, tenant.Id)
{
    public FakeTimeProvider Time => tenant.Time;

    public override IPolicies Service { get; } =
        new PolicyService(new PolicyStore(tenant.Db), new CompiledPolicies(), null!, Catalogue(tenant), tenant.Time);

    public override Caller As(string role) => tenant.Caller($"the {role}", role);

    public override Task PutToolAsync(NewTool tool) =>
        Catalogue(tenant).PutAsync(As(Role.Admin), new PutConnector("tools", "http://127.0.0.1:9", [tool]), default);

    // It calls no tool here, and so needs no tokens.
    static ConnectorService Catalogue(TestTenant tenant)
    {
        var (options, store) = (new ConnectorOptions { AllowPrivateAddresses = true }, new ConnectorStore(tenant.Db));
        return new ConnectorService(store, new ToolCache(store, options, tenant.Time), new ToolHttp(options), null!, tenant.Time);
    }

    public override Task TickAsync()
    {
        tenant.Time.Advance(TimeSpan.FromMilliseconds(5));
        return Task.CompletedTask;
    }
}

/// <summary>The service behind HTTP: the same contract, met by its client.</summary>
sealed class RemotePolicies(PlatformTenant tenant) : PolicyKit(tenant.Db, tenant.Id)
{
    static readonly FrozenDictionary<string, string> People = new Dictionary<string, string>
    {
        [Role.Viewer] = "vera", [Role.Author] = "ada", [Role.Operator] = "olga", [Role.Approver] = "finn", [Role.Auditor] = "amir", [Role.Admin] = "alma",
    }.ToFrozenDictionary();

    public override IPolicies Service { get; } =
        new PoliciesClient(new Transport(tenant.Http, async (caller, _, _) => await tenant.TokenAsync(caller.Name)));

    public override Caller As(string role) => new()
    {
        Tenant = tenant.Id,
        Principal = tenant.Person(People[role]).Id,
        Name = People[role],
        Kind = PrincipalKind.User,
        Credential = CredentialKind.SignIn,
        Roles = [role],
        Scopes = Role.ScopesOf([role]).ToFrozenSet(),
        Correlation = "test",
    };

    public override Task PutToolAsync(NewTool tool) =>
        tenant.Get<IConnectors>().PutAsync(As(Role.Admin), new PutConnector("tools", "http://127.0.0.1:9", [tool]), default);

    public override Task TickAsync() => Task.Delay(3);
}
