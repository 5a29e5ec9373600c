using System.Collections.Concurrent;
using Anumate.Platform.Hosting;
using Npgsql;

namespace Anumate.Platform.Data;

/// <summary>
/// Statements that happen together or not at all: one <see cref="NpgsqlBatch"/>, one implicit transaction, one round trip. The first
/// command sets the tenant for this transaction alone. A batch is used once.
/// </summary>
public sealed partial class Batch
{
    const string SetTenant = "select set_config('anumate.tenant', $1, true)";
    const int Attempts = 3;

    static readonly ConcurrentDictionary<string, string> Guarded = new();

    readonly Db _db;
    readonly NpgsqlDataSource _source;
    readonly Id<Tenant>? _tenant;
    readonly List<Command> _commands = new(4);
    bool _tellsEvents;
    bool _saved;

    internal Batch(Db db, NpgsqlDataSource source, Id<Tenant>? tenant)
    {
        _db = db;
        _source = source;
        _tenant = tenant;
        if (tenant is { } id)
        {
            Add(SetTenant, Returns.Rows, [Arguments.Typed(id.Value.ToString(), NpgsqlTypes.NpgsqlDbType.Text)]);
        }
    }

    /// <summary>
    /// A statement that touches exactly one row (<c>update … where id = $1 and version = $2</c>; also <c>select 1 … </c>), else the whole
    /// batch is undone with <c>version-conflict</c>, or with what <see cref="Or"/> says. It may not begin with <c>with</c>.
    /// </summary>
    public Batch One(string sql, params ReadOnlySpan<object?> args) => Add(Guarded.GetOrAdd(sql, Guard), Returns.Rows, Bind(args));

    /// <summary>A statement that touches any number of rows and returns none.</summary>
    public Batch Run(string sql, params ReadOnlySpan<object?> args) =>
        Add(sql, sql.AsSpan().TrimStart().StartsWith("select", StringComparison.Ordinal) ? Returns.Rows : Returns.Nothing, Bind(args));

    /// <summary>A statement whose rows are wanted (<c>select</c>, or <c>returning</c>); they are there once the batch is saved.</summary>
    public Batch Read<T>(string sql, Func<NpgsqlDataReader, T> map, out Rows<T> rows, params ReadOnlySpan<object?> args)
    {
        var into = rows = new Rows<T>();
        return Add(sql, Returns.Rows, Bind(args), async (reader, ct) =>
        {
            var list = new List<T>();
            while (await reader.ReadAsync(ct))
            {
                list.Add(map(reader));
            }

            into.Set(list);
        });
    }

    /// <summary>What stops the request when the statement just added does not hold (not one row) or repeats a unique key.</summary>
    public Batch Or(Func<ProblemException> problem)
    {
        _commands[^1].Otherwise = problem;
        return this;
    }

    /// <summary>The first row of a query, or default where there is none.</summary>
    public Task<T?> FirstAsync<T>(string sql, Func<NpgsqlDataReader, T> map, CancellationToken ct, params ReadOnlySpan<object?> args)
    {
        Read(sql, map, out var rows, args);
        return First(rows, ct);
    }

    /// <summary>Every row of a query; the query bounds their number.</summary>
    public Task<IReadOnlyList<T>> ListAsync<T>(string sql, Func<NpgsqlDataReader, T> map, CancellationToken ct, params ReadOnlySpan<object?> args)
    {
        Read(sql, map, out var rows, args);
        return All(rows, ct);
    }

    /// <summary>Does it. After a problem nothing has changed, except where the problem says that the outcome is unknown.</summary>
    /// <exception cref="ProblemException"><c>version-conflict</c>, <c>conflict</c>, <c>unavailable</c>, or what <see cref="Or"/> says.</exception>
    public async Task SaveAsync(CancellationToken ct)
    {
        if (await TrySaveAsync(ct) is { } failure)
        {
            throw failure.Problem();
        }
    }

    async Task<T?> First<T>(Rows<T> rows, CancellationToken ct)
    {
        await SaveAsync(ct);
        return rows.First;
    }

    async Task<IReadOnlyList<T>> All<T>(Rows<T> rows, CancellationToken ct)
    {
        await SaveAsync(ct);
        return rows.All;
    }

    /// <summary>Null when it was saved; otherwise which command did not hold.</summary>
    async Task<Failure?> TrySaveAsync(CancellationToken ct)
    {
        if (_saved)
        {
            throw new InvalidOperationException("a batch is used once");
        }

        _saved = true;
        for (var attempt = 1; ; attempt++)
        {
            var sent = false;
            try
            {
                await using var connection = await _source.OpenConnectionAsync(ct);
                sent = true;
                PassUnlessReading(KillPoint.BatchBefore);
                await ExecuteAsync(connection, ct);
                PassUnlessReading(KillPoint.BatchCommitted);
                break;
            }
            catch (NpgsqlException e) when (attempt < Attempts && DbErrors.IsRetry(e))
            {
                // Undone as a whole: the same batch may be sent again.
            }
            catch (NpgsqlException e) when (attempt < Attempts && sent && NeverBegan(e))
            {
                // The other pooled connections are likely to be as dead.
                _source.Clear();
            }
            catch (PostgresException e) when (DbErrors.IsRefusal(e))
            {
                return new Failure(e, _commands.FindIndex(c => c.Sent is not null && ReferenceEquals(c.Sent, e.BatchCommand)), this);
            }
            catch (Exception e) when (DbErrors.Translate(e, sent && !ReadsOnly, _db.Log) is { } problem)
            {
                throw problem;
            }
        }

        if (_tellsEvents)
        {
            _db.Written.Ring();
        }

        return null;
    }

    /// <summary>
    /// A pooled connection that the server had ended before: the batch cannot be sent, or the server says so in place of the first answer.
    /// Where only reading was asked, it does not matter how far it came.
    /// </summary>
    bool NeverBegan(NpgsqlException e) => e is PostgresException
        ? DbErrors.IsShutdown(e) && ReferenceEquals(e.BatchCommand, _commands[0].Sent)
        : DbErrors.IsNotSent(e) || (ReadsOnly && e.IsTransient && e.InnerException is not TimeoutException);

    void PassUnlessReading(string point)
    {
        if (KillPoint.IsArmed && !ReadsOnly)
        {
            KillPoint.Pass(point);
        }
    }

    bool ReadsOnly => _commands.TrueForAll(c => c.Returns == Returns.Rows && c.Read is not null || ReferenceEquals(c.Sql, SetTenant));

    async Task ExecuteAsync(NpgsqlConnection connection, CancellationToken ct)
    {
        await using var batch = connection.CreateBatch();
        foreach (var command in _commands)
        {
            batch.BatchCommands.Add(command.Make());
        }

        await using var reader = await batch.ExecuteReaderAsync(ct);
        var first = true;
        foreach (var command in _commands)
        {
            if (command.Returns == Returns.Nothing)
            {
                continue;
            }

            if (!first && !await reader.NextResultAsync(ct))
            {
                throw new InvalidOperationException("a statement returned no rows where rows were expected");
            }

            first = false;
            if (command.Read is { } read)
            {
                await read(reader, ct);
            }
        }

        if (first ? reader.FieldCount > 0 : await reader.NextResultAsync(ct))
        {
            throw new InvalidOperationException("a statement given to Run returned rows; give it to Read");
        }
    }

    Batch Add(string sql, Returns returns, NpgsqlParameter[] args, Func<NpgsqlDataReader, CancellationToken, Task>? read = null)
    {
        _commands.Add(new Command(sql, args, returns, read));
        return this;
    }

    static NpgsqlParameter[] Bind(ReadOnlySpan<object?> args)
    {
        var bound = new NpgsqlParameter[args.Length];
        for (var i = 0; i < args.Length; i++)
        {
            bound[i] = Arguments.Of(args[i]);
        }

        return bound;
    }

    static string Guard(string sql)
    {
        var returning = sql.Contains("returning", StringComparison.Ordinal) || sql.AsSpan().TrimStart().StartsWith("select", StringComparison.Ordinal);
        return $"with w as ({sql}{(returning ? "" : "\nreturning 1")}) select platform.expect_one(count(*)) from w";
    }

    enum Returns
    {
        Nothing,
        Rows,
    }

    sealed class Command(string sql, NpgsqlParameter[] args, Returns returns, Func<NpgsqlDataReader, CancellationToken, Task>? read)
    {
        public string Sql => sql;

        public Returns Returns => returns;

        public Func<NpgsqlDataReader, CancellationToken, Task>? Read => read;

        public Func<ProblemException>? Otherwise { get; set; }

        public NpgsqlBatchCommand? Sent { get; private set; }

        /// <summary>A fresh one for each attempt: Npgsql's keep what they learnt of the connection they ran on.</summary>
        public NpgsqlBatchCommand Make()
        {
            var again = Sent is not null;
            Sent = new NpgsqlBatchCommand(sql);
            foreach (var arg in args)
            {
                Sent.Parameters.Add(again ? arg.Clone() : arg);
            }

            return Sent;
        }
    }

    /// <summary>A command that did not hold: not one row, or a unique key repeated.</summary>
    readonly record struct Failure(PostgresException Error, int Command, Batch Batch)
    {
        public ProblemException Problem() => Command >= 0 && Batch._commands[Command].Otherwise is { } otherwise
            ? otherwise()
            : DbErrors.Refusal(Error);
    }
}
