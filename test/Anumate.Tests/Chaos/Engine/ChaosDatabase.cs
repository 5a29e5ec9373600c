using System.Diagnostics;
using Anumate.Platform.Data;
using Anumate.Platform.Hosting;
using Anumate.Platform.Secrets;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;

namespace Anumate.Chaos;

/// <summary>A PostgreSQL that outlives the hosts on it, with fsync on, migrated, and a tenant in it.</summary>
sealed class ChaosDatabase : IAsyncDisposable
{
    static readonly NewPrincipal[] People =
    [
        new("ada", PrincipalKind.User, [Role.Author], []), new("alma", PrincipalKind.User, [Role.Admin], []), new("olga", PrincipalKind.User, [Role.Operator], []),
    ];

    static readonly TimeSpan TokensLast = TimeSpan.FromMinutes(5);

    readonly SemaphoreSlim _signingIn = new(1);
    readonly Dictionary<string, (string Token, long At)> _tokens = [];
    readonly DataClaim _claim;
    readonly EmbeddedPostgres _postgres;

    ChaosDatabase(DataClaim claim, EmbeddedPostgres postgres, DbOptions options, string keyFile) =>
        (_claim, _postgres, Options, KeyFile) = (claim, postgres, options, keyFile);

    public DbOptions Options { get; }

    public string KeyFile { get; }

    public string Folder => _claim.Folder.Root;

    public TenantCreated Tenant { get; private set; } = null!;

    public static async Task<ChaosDatabase> StartAsync(string folder)
    {
        var claim = DataFolder.Open(folder).Claim();
        var postgres = await EmbeddedPostgres.StartAsync(claim, new EmbeddedPostgresOptions(), NullLogger<EmbeddedPostgres>.Instance, default);
        string Password(DbRole role) => postgres.PasswordOf($"anumate_{role.ToString().ToLowerInvariant()}");
        var options = new DbOptions
        {
            Server = new Npgsql.NpgsqlConnectionStringBuilder(postgres.ConnectionString()) { Username = null, Password = null }.ConnectionString,
            Passwords = new DbPasswords
            {
                Owner = Password(DbRole.Owner), App = Password(DbRole.App), Writer = Password(DbRole.Writer), Reader = Password(DbRole.Reader),
                Sequencer = Password(DbRole.Sequencer), Timer = Password(DbRole.Timer), Retention = Password(DbRole.Retention),
            },
        };
        var database = new ChaosDatabase(claim, postgres, options, claim.Folder.PathOf("master.key"));
        MasterKey.OpenOrCreate(database.KeyFile);
        await Bootstrap.RunAsync(postgres.ConnectionString(), options, Anumate.Services.Words, default);
        await new Migrator(options, TimeProvider.System, NullLogger<Migrator>.Instance).RunAsync(Migrations.Of(Anumate.Services.All), default);
        await database.MakeTenantAsync();
        return database;
    }

    /// <summary>A person's access token; it holds for every host on this database. One signs in at a time: passwords are slow on purpose.</summary>
    public async Task<string> TokenAsync(string person, Func<string, Task<AccessToken>> signIn)
    {
        await _signingIn.WaitAsync();
        try
        {
            if (!_tokens.TryGetValue(person, out var known) || Stopwatch.GetElapsedTime(known.At) > TokensLast)
            {
                known = ((await signIn(Tenant.Principals.Single(p => p.Principal.Name == person).Secret!)).Token, Stopwatch.GetTimestamp());
                _tokens[person] = known;
            }

            return known.Token;
        }
        finally
        {
            _signingIn.Release();
        }
    }

    /// <summary>Down as by an operator, and up again.</summary>
    public async Task RestartAsync(TimeSpan down)
    {
        await _postgres.StopAsync(default);
        await Task.Delay(down);
        await _postgres.ResumeAsync(default);
    }

    /// <summary>SIGKILL to the server; its keeper starts it again.</summary>
    public void Crash()
    {
        if (_postgres.ProcessId is { } id)
        {
            using var victim = Process.GetProcessById(id);
            victim.Kill();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _postgres.DisposeAsync();
        _claim.Dispose();
        _signingIn.Dispose();
    }

    // A host that is composed and never started makes the tenant.
    async Task MakeTenantAsync()
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?> { [Settings.KeyFile] = KeyFile }).Build();
        await using var app = AnumateHost.Build(Anumate.Services.All, configuration, Options, TimeProvider.System);
        Tenant = await app.Services.GetRequiredService<IIdentity>().CreateTenantAsync(PlatformCaller.For(default, "identity", "chaos"), new NewTenant("chaos", People), default);
    }
}
