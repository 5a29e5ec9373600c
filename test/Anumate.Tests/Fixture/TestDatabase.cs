using System.Collections.Frozen;
using System.Reflection;
using Anumate.Platform.Data;
using Anumate.Platform.Secrets;
using Anumate.Tests;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Npgsql;

[assembly: AssemblyFixture(typeof(TestDatabase))]

namespace Anumate.Tests;

/// <summary>
/// One real PostgreSQL for the whole assembly, migrated for every service: the server of ANUMATE_TEST_POSTGRES (a superuser's connection
/// string), else a private one in a temp folder. A test class takes it as a constructor argument and makes itself a tenant.
/// </summary>
public sealed class TestDatabase : IAsyncLifetime
{
    readonly System.Collections.Concurrent.ConcurrentStack<IAsyncDisposable> _users = new();
    readonly DirectoryInfo _keys = Directory.CreateTempSubdirectory("anumate-keys-");
    TestCluster? _cluster;
    TestSchema? _schema;

    /// <summary>The one of this assembly, for fixtures, which cannot be given another.</summary>
    internal static TestDatabase Current { get; private set; } = null!;

    public Db Db => _schema!.Db;

    public DbOptions Options => _schema!.Options;

    /// <summary>Connection string of the superuser, inside the migrated database: for looking at what a test did.</summary>
    public string Admin => _schema!.Admin;

    /// <summary>Connection string of the superuser, outside of it.</summary>
    public string Server { get; private set; } = "";

    /// <summary>The master key of every host on this database, and of what tests make of its parts: they read each other's signing keys.</summary>
    public string KeyFile => Path.Combine(_keys.FullName, "master.key");

    /// <summary>The signing keys of this database, by a test's own clock.</summary>
    internal SigningKeys Keys(TimeProvider time) => new(Db, MasterKey.OpenOrCreate(KeyFile), time);

    /// <summary>A tenant of the test's own.</summary>
    public TestTenant Tenant() => new(Db);

    public async ValueTask InitializeAsync()
    {
        var given = Environment.GetEnvironmentVariable("ANUMATE_TEST_POSTGRES");
        _cluster = string.IsNullOrEmpty(given) ? await TestCluster.StartAsync() : null;
        MasterKey.OpenOrCreate(KeyFile);
        Server = _cluster?.Admin ?? given!;
        _schema = await TestSchema.MakeAsync(Server, TimeProvider.System);
        Current = this;
    }

    /// <summary>Ends with the assembly, before the database does. (Fixtures of an assembly end in no order.)</summary>
    internal void Outlives(IAsyncDisposable user) => _users.Push(user);

    public async ValueTask DisposeAsync()
    {
        while (_users.TryPop(out var user))
        {
            await user.DisposeAsync();
        }

        if (_schema is not null)
        {
            await _schema.DisposeAsync();
        }

        if (_cluster is not null)
        {
            await _cluster.DisposeAsync();
        }

        _keys.Delete(recursive: true);
    }
}

/// <summary>A migrated database in a cluster, dropped at the end.</summary>
public sealed class TestSchema : IAsyncDisposable
{
    readonly string _server;

    TestSchema(string server, DbOptions options, TimeProvider time)
    {
        _server = server;
        Options = options;
        Db = new Db(options, time);
        Admin = new NpgsqlConnectionStringBuilder(server) { Database = new NpgsqlConnectionStringBuilder(options.Server).Database, Pooling = false }.ConnectionString;
    }

    public DbOptions Options { get; }

    public Db Db { get; }

    public string Admin { get; }

    /// <summary>The migrations of the platform and of every service that this assembly can see.</summary>
    public static IReadOnlyList<MigrationSet> Sets { get; } = [.. ServiceAssemblies().Select(MigrationSet.Of).Where(s => s.Steps.Count > 0)];

    /// <summary>The words of every service.</summary>
    public static IReadOnlyList<string> Services { get; } =
        ["registry", "policies", "compiler", "ghostruns", "orchestrator", "approvals", "captokens", "receipts", "events", "connectors", "identity", "metering"];

    /// <summary>The platform's migrations alone: what most tests of the platform need.</summary>
    public static IReadOnlyList<MigrationSet> Platform { get; } = [.. Sets.Where(s => s.Service == "platform")];

    /// <summary>A database with these migrations (all where none are named).</summary>
    public static async Task<TestSchema> MakeAsync(string server, TimeProvider time, IReadOnlyList<MigrationSet>? sets = null)
    {
        var options = Named(server);
        await Bootstrap.RunAsync(server, options, Services, default);
        await new Migrator(options, time, NullLogger<Migrator>.Instance).RunAsync(sets ?? Sets, default);
        return new TestSchema(server, options, time);
    }

    /// <summary>A copy of this database, to which nobody is connected yet: much faster than making one.</summary>
    public async Task<TestSchema> CopyAsync()
    {
        var options = Named(_server);
        var copy = new TestSchema(_server, options, TimeProvider.System);
        await using var connection = new NpgsqlConnection(_server);
        await connection.OpenAsync();
        await using var create = new NpgsqlCommand($"create database {copy.Name} template {Name} owner anumate_owner", connection);
        await create.ExecuteNonQueryAsync();
        await Bootstrap.SettleAsync(_server, options, copy.Name, default);
        return copy;
    }

    static DbOptions Named(string server)
    {
        var admin = new NpgsqlConnectionStringBuilder(server);
        var database = $"anumate_test_{Convert.ToHexStringLower(System.Security.Cryptography.RandomNumberGenerator.GetBytes(6))}";

        // Roles belong to the cluster: every database made in it must agree on their passwords.
        var password = Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(admin.Password ?? "")));
        return new DbOptions
        {
            Server = new NpgsqlConnectionStringBuilder { Host = admin.Host, Port = admin.Port, Database = database }.ConnectionString,
            Passwords = new DbPasswords
            {
                Owner = password, App = password, Writer = password, Reader = password, Sequencer = password, Timer = password, Retention = password,
            },
        };
    }

    string Name => new NpgsqlConnectionStringBuilder(Options.Server).Database!;

    /// <summary>Does something as the superuser, past every policy.</summary>
    public async Task ExecuteAsync(string sql)
    {
        await using var connection = new NpgsqlConnection(Admin);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }

    /// <summary>A value as the superuser sees it.</summary>
    public async Task<T> ValueAsync<T>(string sql)
    {
        await using var connection = new NpgsqlConnection(Admin);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        return (T)(await command.ExecuteScalarAsync())!;
    }

    public async ValueTask DisposeAsync()
    {
        await Db.DisposeAsync();
        await using var connection = new NpgsqlConnection(_server);
        await connection.OpenAsync();
        await using var drop = new NpgsqlCommand($"drop database {Name} with (force)", connection);
        await drop.ExecuteNonQueryAsync();
    }

    static IEnumerable<Assembly> ServiceAssemblies() => Directory.GetFiles(AppContext.BaseDirectory, "Anumate.*.dll")
        .Select(path => Assembly.Load(AssemblyName.GetAssemblyName(path)))
        .Where(a => a.GetManifestResourceNames().Any(n => n.EndsWith(".sql", StringComparison.Ordinal)));
}

/// <summary>A tenant of one test, with people in it.</summary>
public sealed class TestTenant(Db db)
{
    public Id<Tenant> Id { get; } = Id<Tenant>.New(TimeProvider.System);

    public Db Db => db;

    public FakeTimeProvider Time { get; } = new(new DateTimeOffset(2026, 11, 23, 12, 0, 0, TimeSpan.Zero));

    /// <summary>A signed-in person with these roles (all of them where none is named). One name is one person.</summary>
    public Caller Caller(string name = "olga", params string[] roles) => new()
    {
        Tenant = Id,
        Principal = _people.GetOrAdd(name, _ => Id<Principal>.New(TimeProvider.System)),
        Name = name,
        Kind = PrincipalKind.User,
        Credential = CredentialKind.SignIn,
        Roles = roles.Length == 0 ? [.. Role.All] : roles,
        Scopes = Role.ScopesOf(roles.Length == 0 ? Role.All : roles).ToFrozenSet(),
        Correlation = $"test-{name}",
    };

    readonly System.Collections.Concurrent.ConcurrentDictionary<string, Id<Principal>> _people = new();
}
