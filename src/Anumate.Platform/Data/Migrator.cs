using Anumate.Platform.Events;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Anumate.Platform.Data;

/// <summary>Brings the schemas forward, as their owner, one migrator at a time; and says whether a program may work with what is there.</summary>
public sealed partial class Migrator(DbOptions options, TimeProvider time, ILogger<Migrator> log)
{
    const long Lock = 0x616e756d617465; // "anumate"

    const string Ground = """
        create schema if not exists platform;
        create table if not exists platform.migration (
            service     text not null,
            number      int not null,
            name        text not null,
            hash        text not null,
            min_reader  int not null,
            applied     timestamptz not null,
            primary key (service, number)
        )
        """;

    const string Applied = "select service, number, name, hash, min_reader from platform.migration order by service, number";
    const string Record = "insert into platform.migration (service, number, name, hash, min_reader, applied) values ($1, $2, $3, $4, $5, $6)";

    /// <summary>Applies what is missing, each step in a transaction of its own. The platform's set comes first.</summary>
    /// <returns>How many steps were applied.</returns>
    /// <exception cref="SchemaException">A recorded step differs from ours, or a step fails.</exception>
    public async Task<int> RunAsync(IReadOnlyList<MigrationSet> sets, CancellationToken ct)
    {
        var text = new NpgsqlConnectionStringBuilder(options.ConnectionString(DbRole.Owner)) { Pooling = false, CommandTimeout = 0 };
        await using var source = NpgsqlDataSource.Create(text.ConnectionString);
        await using var connection = await source.OpenConnectionAsync(ct);
        await using var _ = await LockAsync(connection, ct);
        await ExecuteAsync(connection, null, Ground, ct);

        var applied = await ReadAsync(connection, ct);
        var count = 0;
        foreach (var set in sets.OrderBy(s => s.Service != "platform"))
        {
            Compare(set, applied);
            foreach (var step in set.Steps.Skip(applied.Count(a => a.Service == set.Service)))
            {
                await ApplyAsync(connection, step, ct);
                count++;
            }
        }

        await BeginEraAsync(ct);
        return count;
    }

    /// <summary>Data that was restored into another cluster begins a new era of the event log: its transaction numbers mean nothing here.</summary>
    async Task BeginEraAsync(CancellationToken ct)
    {
        await using var db = new Db(options, time);
        if (await EventEra.CheckAsync(db, ct) == EraState.OtherCluster)
        {
            await EventEra.BeginAsync(options, time, ct);
            Restored();
        }
    }

    /// <summary>Refuses a schema older than these sets, one whose steps differ, and a newer one that does not admit this program.</summary>
    /// <exception cref="SchemaException">It may not serve; the message says what to do.</exception>
    public static async Task CheckAsync(Db db, IReadOnlyList<MigrationSet> sets, CancellationToken ct)
    {
        IReadOnlyList<Migration> applied;
        try
        {
            await using var connection = await db.Source(DbRole.App).OpenConnectionAsync(ct);
            applied = await ReadAsync(connection, ct);
        }
        catch (PostgresException e) when (e.SqlState is PostgresErrorCodes.UndefinedTable or PostgresErrorCodes.InvalidSchemaName or PostgresErrorCodes.InsufficientPrivilege)
        {
            throw new SchemaException("the database has no Anumate schema; run `anumate migrate`", e);
        }

        foreach (var set in sets)
        {
            Compare(set, applied);
            var there = applied.Where(a => a.Service == set.Service).ToList();
            if (there.Count < set.Steps.Count)
            {
                throw new SchemaException($"schema `{set.Service}` is at step {there.Count} and this program needs {set.Steps.Count}; run `anumate migrate`");
            }

            if (there.Skip(set.Steps.Count).FirstOrDefault(a => a.MinReader > set.Steps.Count) is { } refused)
            {
                throw new SchemaException(
                    $"schema `{set.Service}` is at step {there.Count}, and step {refused.Number} admits programs that know step {refused.MinReader}; "
                    + $"this one knows {set.Steps.Count}: run a newer program");
            }
        }

        if (await EventEra.CheckAsync(db, ct) == EraState.OtherCluster)
        {
            throw new SchemaException("the database was restored into another PostgreSQL cluster; run `anumate migrate`, which begins a new era of its event log");
        }
    }

    static void Compare(MigrationSet set, IReadOnlyList<Migration> applied)
    {
        foreach (var there in applied.Where(a => a.Service == set.Service && a.Number <= set.Steps.Count))
        {
            var ours = set.Steps[there.Number - 1];
            if (ours.Hash != there.Hash)
            {
                throw new SchemaException(
                    $"migration {there.Number:0000}_{there.Name} of `{set.Service}` was changed after it was applied (recorded {there.Hash[..12]}, "
                    + $"this program has {ours.Hash[..12]}); a migration is never edited, add a new one");
            }
        }
    }

    async Task ApplyAsync(NpgsqlConnection connection, Migration step, CancellationToken ct)
    {
        await using var transaction = await connection.BeginTransactionAsync(ct);
        try
        {
            // A step that cannot have its lock soon gives up, rather than queue every request behind itself.
            await ExecuteAsync(connection, transaction, $"set local lock_timeout = '10s'; create schema if not exists {step.Service}", ct);
            await ExecuteAsync(connection, transaction, step.Sql, ct);
            if (step.Service != "platform")
            {
                await ExecuteAsync(connection, transaction, $"grant usage on schema {step.Service} to anumate_{step.Service}", ct);
            }
        }
        catch (PostgresException e)
        {
            throw new SchemaException($"migration {step.Number:0000}_{step.Name} of `{step.Service}` failed: {e.MessageText}", e);
        }

        await using var record = new NpgsqlCommand(Record, connection, transaction);
        foreach (var value in (object[])[step.Service, step.Number, step.Name, step.Hash, step.MinReader, time.GetUtcNow()])
        {
            record.Parameters.Add(Arguments.Of(value));
        }

        await record.ExecuteNonQueryAsync(ct);
        await transaction.CommitAsync(ct);
        AppliedStep(step.Service, step.Number, step.Name);
    }

    static async Task<IReadOnlyList<Migration>> ReadAsync(NpgsqlConnection connection, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand(Applied, connection);
        await using var reader = await command.ExecuteReaderAsync(ct);
        var list = new List<Migration>();
        while (await reader.ReadAsync(ct))
        {
            list.Add(new Migration(reader.GetString(0), reader.GetInt32(1), reader.GetString(2), "", reader.GetString(3), reader.GetInt32(4)));
        }

        return list;
    }

    static async Task<IAsyncDisposable> LockAsync(NpgsqlConnection connection, CancellationToken ct)
    {
        await ExecuteAsync(connection, null, $"select pg_advisory_lock({Lock})", ct);
        return new Unlock(connection);
    }

    static async Task ExecuteAsync(NpgsqlConnection connection, NpgsqlTransaction? transaction, string sql, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand(sql, connection, transaction);
        await command.ExecuteNonQueryAsync(ct);
    }

    sealed class Unlock(NpgsqlConnection connection) : IAsyncDisposable
    {
        // A broken connection has let the lock go by itself.
        public async ValueTask DisposeAsync()
        {
            if (connection.State == System.Data.ConnectionState.Open)
            {
                await ExecuteAsync(connection, null, $"select pg_advisory_unlock({Lock})", CancellationToken.None);
            }
        }
    }

    [LoggerMessage(LogLevel.Warning, "the database was restored into another cluster; the event log begins a new era")]
    private partial void Restored();

    [LoggerMessage(LogLevel.Information, "applied migration {Number} {Name} of {Service}")]
    private partial void AppliedStep(string service, int number, string name);
}

/// <summary>The schema and this program do not fit; the message says what to do.</summary>
public sealed class SchemaException(string message, Exception? inner = null) : Exception(message, inner);
