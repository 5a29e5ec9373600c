using System.Threading.Channels;
using Microsoft.Extensions.Logging;

namespace Anumate.Platform.Data;

/// <summary>How items gather.</summary>
public sealed record GroupOptions
{
    /// <summary>What the group's commit points are called (<see cref="Hosting.KillPoint"/>).</summary>
    public string Name { get; init; } = "group";

    /// <summary>Connections; items of one key always take the same one.</summary>
    public int Writers { get; init; } = 1;

    /// <summary>Most items of a group.</summary>
    public int MaxItems { get; init; } = 512;

    /// <summary>Most bytes of a group.</summary>
    public int MaxBytes { get; init; } = 4 << 20;

    /// <summary>Most bytes of an item.</summary>
    public int MaxItemBytes { get; init; } = 16 << 20;

    /// <summary>Most items that wait for each connection; who comes then waits before the queue.</summary>
    public int Capacity { get; init; } = 8192;
}

/// <summary>
/// Group commit: items of all tenants go to one or two connections, each of which drains what waits into one transaction, with no timer.
/// A waiter is answered after the commit, true where its item happened and false where it was refused. Across tenants, as the role
/// <see cref="DbRole.Writer"/>, which can append and little else. A writer may have several statements, the frequent small one apart from
/// the rare large ones: each item goes with the first that takes it, and a group is one round trip all the same.
/// </summary>
public sealed class GroupWriter<T> : IAsyncDisposable
{
    readonly GroupStatement<T>[] _statements;
    readonly GroupOptions _options;
    readonly Channel<GroupItem<T>>[] _queues;
    readonly Task[] _lanes;

    public GroupWriter(Db db, GroupStatement<T> statement, GroupOptions options, ILogger<GroupWriter<T>> log)
        : this(db, [statement], options, log)
    {
    }

    public GroupWriter(Db db, IReadOnlyList<GroupStatement<T>> statements, GroupOptions options, ILogger<GroupWriter<T>> log)
    {
        _statements = [.. statements];
        _options = options;
        _queues = [.. Enumerable.Range(0, options.Writers).Select(_ => Channel.CreateBounded<GroupItem<T>>(
            new BoundedChannelOptions(options.Capacity) { SingleReader = true }))];
        _lanes = [.. _queues.Select(q => Task.Run(() => new GroupLane<T>(db, _statements, options, log).RunAsync(q.Reader)))];
    }

    /// <summary>
    /// Writes an item: true when it is committed, false when it alone was refused. Once it is in the queue it is not called back:
    /// <paramref name="ct"/> ends only the wait for a place there.
    /// </summary>
    /// <exception cref="ProblemException">
    /// <c>unavailable</c>: the connection was lost, and whether the item is committed is not known; read before you write it again.
    /// <c>too-large</c>, <c>invalid-request</c>: the item cannot be stored. Others as for a <see cref="Batch"/>.
    /// </exception>
    public ValueTask<bool> WriteAsync(T item, CancellationToken ct)
    {
        var place = Array.FindIndex(_statements, s => s.Takes(item));
        var statement = place >= 0 ? _statements[place] : throw new ArgumentException("no statement takes this item", nameof(item));
        if (statement.Size(item) is var size && size > _options.MaxItemBytes)
        {
            throw Problems.TooLarge($"an item has {size} bytes, at most {_options.MaxItemBytes} can be stored");
        }

        statement.Check(item);
        ct.ThrowIfCancellationRequested();
        var queue = _queues.Length == 1 ? _queues[0] : _queues[(uint)statement.Key(item).GetHashCode() % (uint)_queues.Length];
        var waiting = GroupItem<T>.Of(item, place);
        var waiter = waiting.Waiter;
        return queue.Writer.TryWrite(waiting) ? waiter : EnterAsync(queue.Writer, waiting, ct);
    }

    /// <summary>Writes what waits, and stops.</summary>
    public async ValueTask DisposeAsync()
    {
        foreach (var queue in _queues)
        {
            queue.Writer.TryComplete();
        }

        await Task.WhenAll(_lanes);
    }

    static async ValueTask<bool> EnterAsync(ChannelWriter<GroupItem<T>> queue, GroupItem<T> waiting, CancellationToken ct)
    {
        var waiter = waiting.Waiter;
        try
        {
            await queue.WriteAsync(waiting, ct);
        }
        catch (ChannelClosedException)
        {
            throw Problems.Unavailable("the server is stopping; nothing was changed");
        }

        return await waiter;
    }
}
