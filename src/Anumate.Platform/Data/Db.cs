using Anumate.Platform.Events;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace Anumate.Platform.Data;

/// <summary>
/// The database. A connection is reached only through a <see cref="Batch"/>, and a batch only for a tenant, so that tenants can later
/// live in several databases.
/// </summary>
public sealed class Db : IAsyncDisposable
{
    readonly NpgsqlDataSource[] _sources;

    public Db(DbOptions options, TimeProvider time, ILoggerFactory? loggers = null)
    {
        Options = options;
        Time = time;
        Log = (loggers ?? NullLoggerFactory.Instance).CreateLogger<Db>();
        _sources = [.. Enum.GetValues<DbRole>().Select(role => Open(role, loggers))];
    }

    public DbOptions Options { get; }

    internal TimeProvider Time { get; }

    internal ILogger Log { get; }

    /// <summary>Raised after each commit that wrote events.</summary>
    internal EventBell Written { get; } = new();

    /// <summary>Work for a tenant.</summary>
    public Batch For(Id<Tenant> tenant) => tenant.Value == Guid.Empty
        ? throw new ArgumentException("no tenant is given", nameof(tenant))
        : new Batch(this, Source(DbRole.App), tenant);

    /// <summary>Work on what belongs to the platform itself (its keys, its secrets): rows of the nil tenant, and tables without tenants.</summary>
    public Batch ForPlatform() => new(this, Source(DbRole.App), default(Id<Tenant>));

    /// <summary>Work on one tenant's rows as the owner of the tables, who may change what serving processes only read. For `anumate master-key` alone.</summary>
    internal Batch AsOwner(Id<Tenant> tenant) => new(this, Source(DbRole.Owner), tenant);

    /// <summary>Work across tenants, with the narrow rights of a role. Each use is listed in README.md beside this file.</summary>
    public Batch Across(DbRole role) => role is DbRole.App or DbRole.Owner
        ? throw new ArgumentException("this role does not work across tenants", nameof(role))
        : new Batch(this, Source(role), null);

    internal NpgsqlDataSource Source(DbRole role) => _sources[(int)role];

    public async ValueTask DisposeAsync()
    {
        foreach (var source in _sources)
        {
            await source.DisposeAsync();
        }
    }

    NpgsqlDataSource Open(DbRole role, ILoggerFactory? loggers)
    {
        var builder = new NpgsqlDataSourceBuilder(Options.ConnectionString(role)) { Name = $"anumate-{role.ToString().ToLowerInvariant()}" };
        builder.UseLoggerFactory(loggers);

        // We use PostgreSQL's own types alone, and Npgsql knows them: no need to ask the catalogue at each start, once per role.
        builder.ConfigureTypeLoading(types => types.EnableTypeLoading(false));
        return builder.Build();
    }
}
