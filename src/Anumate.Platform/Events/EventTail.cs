using System.Threading.Channels;
using Anumate.Platform.Data;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Anumate.Platform.Events;

/// <summary>
/// Follows the end of the log, once per process: hands each event to the broadcasts that want its type, and wakes the work
/// subscriptions that do, so that an idle process asks the database twice a second and no more.
/// </summary>
sealed partial class EventTail : BackgroundService
{
    const int PageSize = 500;
    const int Waiting = 4096;

    static readonly TimeSpan ShortestWait = TimeSpan.FromMilliseconds(2);
    static readonly TimeSpan Together = TimeSpan.FromMilliseconds(5);
    static readonly TimeSpan LongestWait = TimeSpan.FromMilliseconds(100);

    readonly Db _db;
    readonly EventLog _events;
    readonly EventOptions _options;
    readonly TimeProvider _time;
    readonly ILogger _log;
    readonly Listener[] _listeners;
    readonly IReadOnlyList<string>? _types;
    readonly List<(IReadOnlyList<string>? Types, EventSignal Signal)> _wakes = [];
    readonly TaskCompletionSource _following = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public EventTail(Db db, EventLog events, EventOptions options, TimeProvider time, IEnumerable<Broadcast> broadcasts, ILogger<EventTail> log)
    {
        (_db, _events, _options, _time, _log) = (db, events, options, time, log);
        _listeners = [.. broadcasts.Select(b => new Listener(b, Channel.CreateBounded<StoredEvent>(new BoundedChannelOptions(Waiting) { SingleReader = true, SingleWriter = true })))];
        _types = _listeners.Any(l => l.Broadcast.Types is null) ? null : [.. _listeners.SelectMany(l => l.Broadcast.Types!).Distinct()];
    }

    /// <summary>Completes once every event written from then on reaches the broadcasts.</summary>
    public Task Following => _following.Task;

    /// <summary>A signal raised when a settled event of these types is there.</summary>
    public EventSignal WakeFor(IReadOnlyList<string>? types)
    {
        var signal = new EventSignal();
        lock (_wakes)
        {
            _wakes.Add((types, signal));
        }

        return signal;
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        Task.WhenAll([FollowAsync(stoppingToken), .. _listeners.Select(l => HearAsync(l, stoppingToken))]);

    async Task FollowAsync(CancellationToken ct)
    {
        LogPosition? at = null;
        while (!ct.IsCancellationRequested)
        {
            try
            {
                at ??= await _events.NowAsync(ct);
                _following.TrySetResult();
                for (var held = TimeSpan.Zero; ;)
                {
                    var written = _db.Written.Anywhere;
                    var page = await _events.ReadAsync(at.Value, _types, PageSize, ct);
                    await HandOutAsync(page, ct);
                    at = page.Last;
                    held = page.HeldBack ? held : TimeSpan.Zero;
                    EventTelemetry.HeldBack.Record(held.TotalSeconds);
                    if (page.HeldBack)
                    {
                        // What holds it back may end without telling anybody: look again soon, then less often.
                        var wait = TimeSpan.FromTicks(Math.Clamp(held.Ticks / 8, ShortestWait.Ticks, LongestWait.Ticks));
                        await Task.Delay(wait, _time, ct);
                        held += wait;
                    }
                    else if (!page.Full)
                    {
                        // Commits come in thousands a second: what they tell is taken up together.
                        await Task.Delay(Together, _time, ct);
                        await written.WaitAsync(_options.Poll, _time, ct).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                        ct.ThrowIfCancellationRequested();
                    }
                }
            }
            catch (OperationCanceledException) when (ct.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e) when (e is ProblemException or NpgsqlException)
            {
                Interrupted(e.Message);
                await Task.Delay(_options.Poll, _time, ct).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    async Task HandOutAsync(LogPage page, CancellationToken ct)
    {
        var types = new HashSet<string>();
        foreach (var entry in page.Seen)
        {
            types.Add(entry.Type);
            foreach (var listener in _listeners)
            {
                if (entry.Event is { } evt && (listener.Broadcast.Types is null || listener.Broadcast.Types.Contains(entry.Type)))
                {
                    await listener.Queue.Writer.WriteAsync(evt, ct);
                }
            }
        }

        lock (_wakes)
        {
            foreach (var (wanted, signal) in _wakes)
            {
                if (types.Count > 0 && (wanted is null || wanted.Any(types.Contains)))
                {
                    signal.Raise();
                }
            }
        }
    }

    async Task HearAsync(Listener listener, CancellationToken ct)
    {
        try
        {
            await foreach (var evt in listener.Queue.Reader.ReadAllAsync(ct))
            {
                using var activity = EventTelemetry.Start(evt, "broadcast");
                try
                {
                    using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
                    limit.CancelAfter(_options.HandlerTimeout);
                    await listener.Broadcast.Handler(evt, limit.Token);
                }
                catch (Exception e) when (!ct.IsCancellationRequested)
                {
                    EventTelemetry.Failed.Add(1);
                    NotHeard(evt.Id, evt.Type, e);
                }
            }
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
        }
    }

    readonly record struct Listener(Broadcast Broadcast, Channel<StoredEvent> Queue);

    [LoggerMessage(LogLevel.Warning, "the event log cannot be read at present: {Reason}")]
    private partial void Interrupted(string reason);

    [LoggerMessage(LogLevel.Error, "a broadcast listener failed on event {Event} of type {Type}")]
    private partial void NotHeard(Id<StoredEvent> @event, string type, Exception e);
}
