using System.Runtime.InteropServices;
using System.Threading.Channels;
using Anumate.Platform.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Anumate.Platform.Data;

/// <summary>One connection of a group writer and the loop that feeds it. Whatever happens, every waiter is answered and the loop goes on.</summary>
#pragma warning disable CA1001 // the batch ends with its connection, in DropAsync, when the loop does
sealed partial class GroupLane<T>(Db db, GroupStatement<T>[] statements, GroupOptions options, ILogger log)
#pragma warning restore CA1001
{
    const int Attempts = 3;

    // A failure of one item is found by halving. A failure of all must not cost a statement for each.
    const int MostStatements = 48;

    readonly List<GroupItem<T>> _group = new(options.MaxItems);
    readonly List<GroupItem<T>> _deferred = [];
    readonly HashSet<Guid> _keys = new(options.MaxItems);
    readonly GroupPart<T>[] _parts = [.. statements.Select(s => new GroupPart<T>(s, options.MaxItems))];
    readonly bool[] _happened = new bool[options.MaxItems];

    readonly string _before = options.Name + ".before", _committed = options.Name + ".committed";

    NpgsqlConnection? _connection;
    NpgsqlBatch? _batch;

    public async Task RunAsync(ChannelReader<GroupItem<T>> queue)
    {
        while (_deferred.Count > 0 || await queue.WaitToReadAsync())
        {
            Gather(queue);
            await WriteAsync();
            _group.Clear();
        }

        await DropAsync();
    }

    /// <summary>What waits, in order, as long as no two items share a key.</summary>
    void Gather(ChannelReader<GroupItem<T>> queue)
    {
        _keys.Clear();
        var bytes = 0;
        var kept = 0;
        foreach (var item in CollectionsMarshal.AsSpan(_deferred))
        {
            if (_group.Count < options.MaxItems && bytes < options.MaxBytes && _keys.Add(KeyOf(item)))
            {
                bytes += statements[item.Statement].Size(item.Value);
                _group.Add(item);
            }
            else
            {
                // Whoever comes later with this key stays behind it.
                _keys.Add(KeyOf(item));
                _deferred[kept++] = item;
            }
        }

        _deferred.RemoveRange(kept, _deferred.Count - kept);
        while (_group.Count < options.MaxItems && _deferred.Count < options.MaxItems && bytes < options.MaxBytes && queue.TryRead(out var item))
        {
            if (_keys.Add(KeyOf(item)))
            {
                bytes += statements[item.Statement].Size(item.Value);
                _group.Add(item);
            }
            else
            {
                _deferred.Add(item);
            }
        }
    }

    async Task WriteAsync()
    {
        var left = MostStatements;
        var parts = new Stack<(int From, int Count)>();
        parts.Push((0, _group.Count));
        while (parts.TryPop(out var part))
        {
            var error = await TryWriteAsync(part.From, part.Count);
            if (error is null)
            {
                Answer(part.From, part.Count);
            }
            else if (error is PostgresException bad && part.Count > 1 && left > 0 && !DbErrors.IsOutage(bad) && !DbErrors.IsRetry(bad))
            {
                left -= 2;
                var half = part.Count / 2;
                parts.Push((part.From + half, part.Count - half));
                parts.Push((part.From, half));
            }
            else
            {
                Fail(part.From, part.Count, error);
            }
        }
    }

    void Answer(int from, int count)
    {
        var told = false;
        for (var i = 0; i < count && !told; i++)
        {
            told = _happened[i] && statements[_group[from + i].Statement].TellsEvents(_group[from + i].Value);
        }

        if (told)
        {
            db.Written.Ring();
        }

        var refused = 0;
        for (var i = 0; i < count; i++)
        {
            refused += _happened[i] ? 0 : 1;
            _group[from + i].Answer(_happened[i]);
        }

        DataTelemetry.GroupSize.Record(count);
        if (refused > 0)
        {
            DataTelemetry.GroupRefused.Add(refused);
        }
    }

    void Fail(int from, int count, Exception error)
    {
        var problem = (error as ProblemException ?? DbErrors.Translate(error, written: true, log))?.Problem;
        for (var i = from; i < from + count; i++)
        {
            _group[i].Fail(problem?.Exception() ?? error);
        }
    }

    /// <summary>Sends a part of the group; null when it is committed, and then <see cref="_happened"/> says what of it happened.</summary>
    async Task<Exception?> TryWriteAsync(int from, int count)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                await ConnectAsync();
            }
            catch (Exception e)
            {
                NotConnected(e.Message);
                await DropAsync();
                return Problems.Unavailable("the database does not answer; nothing was changed");
            }

            try
            {
                KillPoint.Pass(_before);
                await SendAsync(from, count);
                KillPoint.Pass(_committed);
                return null;
            }
            catch (NpgsqlException e) when (attempt < Attempts && DbErrors.IsRetry(e))
            {
                // Undone as a whole.
            }
            catch (NpgsqlException e) when (attempt < Attempts && (DbErrors.IsShutdown(e) || DbErrors.IsNotSent(e)))
            {
                // The connection had ended before, nothing was begun.
                await DropAsync();
            }
            catch (Exception e)
            {
                if (e is not PostgresException || _connection?.State != System.Data.ConnectionState.Open)
                {
                    await DropAsync();
                }

                return e;
            }
        }
    }

    async Task SendAsync(int from, int count)
    {
        Array.Clear(_happened);
        Array.ForEach(_parts, p => p.Clear());
        for (var i = 0; i < count; i++)
        {
            var item = _group[from + i];
            _parts[item.Statement].Add(i, item.Value);
        }

        _batch!.BatchCommands.Clear();
        foreach (var part in _parts)
        {
            if (part.Command is { } command)
            {
                _batch.BatchCommands.Add(command);
            }
        }

        // Committed when the reader is closed without an error.
        await using var reader = await _batch.ExecuteReaderAsync();
        do
        {
            while (await reader.ReadAsync())
            {
                _happened[reader.GetInt32(0)] = true;
            }
        }
        while (await reader.NextResultAsync());
    }

    async Task ConnectAsync()
    {
        if (_connection?.State == System.Data.ConnectionState.Open)
        {
            return;
        }

        await DropAsync();
        _connection = await db.Source(DbRole.Writer).OpenConnectionAsync();
        _batch = new NpgsqlBatch(_connection);
        Array.ForEach(_parts, p => p.Renew());
    }

    async Task DropAsync()
    {
        if (_connection is { } connection)
        {
            _connection = null;
            await _batch!.DisposeAsync();
            await connection.DisposeAsync();
        }
    }

    Guid KeyOf(GroupItem<T> item) => statements[item.Statement].Key(item.Value);

    [LoggerMessage(LogLevel.Warning, "a group writer cannot connect: {Reason}")]
    private partial void NotConnected(string reason);
}
