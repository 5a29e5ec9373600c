using Anumate.Tests.Oidc;

[assembly: AssemblyFixture(typeof(OidcServer))]

namespace Anumate.Tests.Oidc;

/// <summary>A host that accepts the tokens of a real provider, on a database of its own; started when a test first asks.</summary>
public sealed class OidcServer
{
    readonly Lazy<Task<RunningOidc>> _running = new(async () =>
    {
        var running = await RunningOidc.StartAsync();
        TestDatabase.Current.Outlives(running);
        return running;
    });

    public Task<RunningOidc> RunningAsync() => _running.Value;
}

/// <summary>The host, the provider, and the tenant that the provider's people are of.</summary>
public sealed class RunningOidc : IAsyncDisposable
{
    // A name of the mapping must be known before the tenant is made.
    const string TenantName = "acme";

    readonly TestSchema _schema;

    RunningOidc(TestSchema schema, OidcProvider provider, RunningServer server, ServerTenant tenant) =>
        (_schema, Provider, Server, Tenant) = (schema, provider, server, tenant);

    public OidcProvider Provider { get; }

    public RunningServer Server { get; }

    public ServerTenant Tenant { get; }

    /// <summary>A person of the provider with a role.</summary>
    public Task GiveAsync(string person, string[] roles, string[]? groups = null, string tenant = "T-1") =>
        Provider.SetClaimsAsync(person, new { roles, groups = groups ?? [], org = tenant, preferred_username = person });

    public static async Task<RunningOidc> StartAsync()
    {
        var provider = await OidcProvider.StartAsync();
        var schema = await TestSchema.MakeAsync(TestDatabase.Current.Server, TimeProvider.System);
        var settings = new Dictionary<string, string?>
        {
            ["Issuer"] = provider.Issuer, ["Audiences:0"] = "anumate", ["Algorithms:0"] = "RS256", ["Algorithms:1"] = "ES256", ["Algorithms:2"] = "EdDSA",
            ["TenantClaim"] = "org", ["Tenants:0:From"] = "T-1", ["Tenants:0:To"] = TenantName, ["Tenants:1:From"] = "T-2", ["Tenants:1:To"] = "not-made",
            ["Groups:0:From"] = "Finance:EU", ["Groups:0:To"] = "finance", ["RefetchAtMostEvery"] = "00:00:01", ["Skew"] = "00:00:00",
        };
        foreach (var (i, role) in Role.All.Index())
        {
            settings[$"Roles:{i}:From"] = $"urn:acme:{role}";
            settings[$"Roles:{i}:To"] = role;
        }

        var server = await RunningServer.StartAsync(schema.Options, settings.ToDictionary(s => $"Anumate:Identity:Issuers:0:{s.Key}", s => s.Value));
        return new RunningOidc(schema, provider, server, await server.NewTenantAsync(TenantName));
    }

    public async ValueTask DisposeAsync()
    {
        await Server.DisposeAsync();
        await Provider.DisposeAsync();
        await _schema.DisposeAsync();
    }
}
