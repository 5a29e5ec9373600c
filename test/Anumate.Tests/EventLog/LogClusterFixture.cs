using Anumate.Platform.Data;
using Anumate.Tests.EventLog;
using Npgsql;

[assembly: AssemblyFixture(typeof(LogCluster))]

namespace Anumate.Tests.EventLog;

/// <summary>
/// A cluster for tests of the log alone: a transaction held open anywhere in a cluster holds back every reader of it. Started by the
/// first test that asks.
/// </summary>
public sealed class LogCluster : IAsyncDisposable
{
    readonly Lazy<Task<(TestCluster Cluster, TestSchema Template)>> _cluster = new(async () =>
    {
        var cluster = await TestCluster.StartAsync();
        return (cluster, await TestSchema.MakeAsync(cluster.Admin, TimeProvider.System, TestSchema.Platform));
    });

    /// <summary>A database of the test's own, with the platform's tables.</summary>
    public async Task<TestSchema> SchemaAsync() => await (await _cluster.Value).Template.CopyAsync();

    public async ValueTask DisposeAsync()
    {
        if (_cluster.IsValueCreated)
        {
            await (await _cluster.Value).Cluster.DisposeAsync();
        }
    }
}

/// <summary>A transaction that the test holds in its hands.</summary>
sealed class OpenTransaction : IAsyncDisposable
{
    readonly NpgsqlConnection _connection;
    readonly NpgsqlTransaction _transaction;

    OpenTransaction(NpgsqlConnection connection, NpgsqlTransaction transaction) => (_connection, _transaction) = (connection, transaction);

    /// <summary>Begins, and has its number.</summary>
    public static async Task<OpenTransaction> BeginAsync(TestSchema schema, Id<Tenant> tenant)
    {
        var connection = new NpgsqlConnection($"{schema.Options.ConnectionString(DbRole.App)};Pooling=false");
        await connection.OpenAsync();
        var open = new OpenTransaction(connection, await connection.BeginTransactionAsync());
        await open.ExecuteAsync($"select set_config('anumate.tenant', '{tenant.Value}', true), pg_current_xact_id()");
        return open;
    }

    public Task WriteAsync(string subject) => ExecuteAsync(
        $"insert into platform.events (id, type, subject, sequence, service, at, body) values (gen_random_uuid(), 'test.written', '{subject}', 1, 'test', now(), '{{}}')");

    public Task CommitAsync() => _transaction.CommitAsync();

    public async ValueTask DisposeAsync()
    {
        await _transaction.DisposeAsync();
        await _connection.DisposeAsync();
    }

    async Task ExecuteAsync(string sql)
    {
        await using var command = new NpgsqlCommand(sql, _connection, _transaction);
        await command.ExecuteNonQueryAsync();
    }
}

/// <summary>An event of tests.</summary>
sealed record Written(string Subject)
{
    public static async Task ToAsync(TestSchema schema, Id<Tenant> tenant, string subject)
    {
        await using var transaction = await OpenTransaction.BeginAsync(schema, tenant);
        await transaction.WriteAsync(subject);
        await transaction.CommitAsync();
    }

    /// <summary>Waits until readers see everything written: a transaction that another test holds open keeps it from them.</summary>
    public static Task ReadableAsync(TestSchema schema) => Hosting.Processes.UntilAsync(
        () => schema.ValueAsync<bool>("select coalesce(max(xid) < pg_snapshot_xmin(pg_current_snapshot()), true) from platform.events"), "all events can be read");
}
