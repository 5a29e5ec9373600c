using Anumate.Client;
using Anumate.Platform.Data;
using Anumate.Platform.Hosting;
using Anumate.Platform.Secrets;
using Anumate.Platform.Telemetry;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;

namespace Anumate;

/// <summary>The embedded default: a claimed data folder, its PostgreSQL, the server, and the demo tenant with its profile.</summary>
sealed class EmbeddedPlatform : IAsyncDisposable
{
    const string KeyFileName = "master.key";

    readonly DataClaim _claim;
    readonly EmbeddedPostgres _postgres;

    EmbeddedPlatform(DataClaim claim, EmbeddedPostgres postgres, WebApplication app, Profile profile, string address)
    {
        _claim = claim;
        _postgres = postgres;
        App = app;
        Profile = profile;
        Address = address;
    }

    public WebApplication App { get; }

    public Profile Profile { get; }

    public string Address { get; }

    public string Folder => _claim.Folder.Root;

    /// <exception cref="SetupException">This machine or folder cannot be used; the message says what to do.</exception>
    public static async Task<EmbeddedPlatform> StartAsync(
        string dataFolder, Func<string, IConfigurationRoot> load, Action<string> progress, CancellationToken ct)
    {
        var claim = DataFolder.Open(dataFolder).Claim();
        EmbeddedPostgres? postgres = null;
        WebApplication? app = null;
        try
        {
            var configuration = load(claim.Folder.Root);
            configuration[Settings.KeyFile] ??= claim.Folder.PathOf(KeyFileName);

            // A person looks on.
            configuration[$"{TelemetryOptions.Section}:LogLevel"] ??= "Warning";
            configuration[$"{TelemetryOptions.Section}:LogFormat"] ??= "text";

            // One user's machine: tools may stand on it, and the claimed folder keeps a second host away, so that nothing waits for a dead one.
            configuration["Anumate:Connectors:AllowPrivateAddresses"] ??= "true";
            configuration["Anumate:Orchestrator:TakeOver"] ??= "true";
            AnumateHost.DemandFree(configuration[$"{ServerOptions.Section}:Urls"] ?? new ServerOptions().Urls);
            postgres = await EmbeddedPostgres.StartAsync(claim, new EmbeddedPostgresOptions { Progress = progress }, NullLogger<EmbeddedPostgres>.Instance, ct);
            var database = DatabaseOf(postgres);
            app = AnumateHost.Build(Services.All, configuration, database, TimeProvider.System);
            await PrepareAsync(app, postgres, database, configuration[Settings.KeyFile]!, progress, ct);
            await AnumateHost.StartAsync(app, Services.All, ct);
            var address = AnumateHost.AddressesOf(app)[0];
            var profile = await DemoTenant.EnsureAsync(app.Services.GetRequiredService<IIdentity>(), claim.Folder, address, ct);
            return new EmbeddedPlatform(claim, postgres, app, profile, address);
        }
        catch (Exception e)
        {
            try
            {
                await EndAsync(app, postgres, claim);
            }
            catch (Exception)
            {
                // What started in part may refuse to stop; why it did not start is what counts.
            }

            if (e is SchemaException)
            {
                throw new SetupException(e.Message, e);
            }

            throw;
        }
    }

    public ValueTask DisposeAsync() => EndAsync(App, _postgres, _claim);

    static DbOptions DatabaseOf(EmbeddedPostgres postgres)
    {
        string Password(DbRole role) => postgres.PasswordOf($"anumate_{role.ToString().ToLowerInvariant()}");
        return new DbOptions
        {
            Server = new Npgsql.NpgsqlConnectionStringBuilder(postgres.ConnectionString()) { Username = null, Password = null }.ConnectionString,
            Passwords = new DbPasswords
            {
                Owner = Password(DbRole.Owner), App = Password(DbRole.App), Writer = Password(DbRole.Writer), Reader = Password(DbRole.Reader),
                Sequencer = Password(DbRole.Sequencer), Timer = Password(DbRole.Timer), Retention = Password(DbRole.Retention),
            },
        };
    }

    // A warm start asks one question; only where the answer is no are roles and schema brought up.
    static async Task PrepareAsync(
        WebApplication app, EmbeddedPostgres postgres, DbOptions database, string keyFile, Action<string> progress, CancellationToken ct)
    {
        var (migrator, schemas) = (app.Services.GetRequiredService<Migrator>(), Migrations.Of(Services.All));
        try
        {
            await Migrator.CheckAsync(app.Services.GetRequiredService<Db>(), schemas, ct);
        }
        catch (Exception e) when (e is SchemaException or Npgsql.PostgresException)
        {
            progress("preparing the database");
            await Bootstrap.RunAsync(postgres.ConnectionString(), database, Services.Words, ct);
            await migrator.RunAsync(schemas, ct);
            MasterKey.OpenOrCreate(keyFile);
        }
    }

    static async ValueTask EndAsync(WebApplication? app, EmbeddedPostgres? postgres, DataClaim claim)
    {
        using (claim)
        await using (postgres)
        await using (app)
        {
            await (app?.StopAsync() ?? Task.CompletedTask);
        }
    }
}
