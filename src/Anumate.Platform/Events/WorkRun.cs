using System.Text;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Anumate.Platform.Events;

/// <summary>
/// A subscription at work while its cursor is ours. Events are read ahead and go into a lane per tenant; a lane works in order, lanes
/// work side by side. The cursor follows the oldest event not yet done, so a failing tenant holds back nobody else's work.
/// </summary>
sealed partial class WorkRun(
    WorkSubscription subscription, CursorLease held, EventLog events, EventSignal wake, EventOptions options, TimeProvider time, ILogger log)
    : IDisposable
{
    const int PageSize = 500;
    const int LongestError = 2000;

    static readonly TimeSpan Backstop = TimeSpan.FromSeconds(5);
    static readonly TimeSpan KeepEvery = TimeSpan.FromMilliseconds(100);

    readonly Queue<Entry> _ahead = new();
    readonly Dictionary<Id<Tenant>, Lane> _lanes = [];
    readonly SemaphoreSlim _places = new(options.Parallelism);
    readonly EventSignal _progress = new();

    LogPosition _read = held.At;
    LogPosition _done = held.At;
    LogPosition _kept = held.At;
    long _keptAt = time.GetTimestamp();
    bool _look = true;

    /// <summary>Ends when the lease is lost, with the problem that stopped it, or when <paramref name="ct"/> says so.</summary>
    public async Task RunAsync(CancellationToken ct)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(ct);
        try
        {
            while (await StepAsync(stop.Token))
            {
            }

            Lost(subscription.Name);
        }
        finally
        {
            await stop.CancelAsync();
            await Task.WhenAll(_lanes.Values.Select(l => l.Work)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await ReleaseAsync();
        }
    }

    /// <summary>Reads on, moves the cursor, waits; false when the lease is lost.</summary>
    async Task<bool> StepAsync(CancellationToken ct)
    {
        var (woken, progress, more) = (wake.Next, _progress.Next, false);
        if (_look && _ahead.Count < options.ReadAhead)
        {
            var page = await events.ReadAsync(_read, subscription.Types, PageSize, ct);
            foreach (var entry in page.Seen)
            {
                Enter(entry, ct);
            }

            _read = page.Last;
            more = page.Full;
            _look = page.Full || page.HeldBack;
        }

        if (!await KeepAsync(ct))
        {
            return false;
        }

        var full = _ahead.Count >= options.ReadAhead;
        if (full || !more)
        {
            var longest = _look || _ahead.Count > 0 || _done != _kept ? KeepEvery : Idle;
            var next = full ? Task.WhenAny(woken, progress) : woken;
            await next.WaitAsync(longest, time, ct).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            ct.ThrowIfCancellationRequested();
            if (subscription.Gather > TimeSpan.Zero && woken.IsCompleted && !full)
            {
                await Task.Delay(subscription.Gather, time, ct);
            }

            _look |= woken.IsCompleted || longest == Idle;
        }

        return true;
    }

    /// <summary>Moves the cursor behind what is done, and stores it from time to time; false when it is another's.</summary>
    async Task<bool> KeepAsync(CancellationToken ct)
    {
        foreach (var lane in _lanes.Values)
        {
            if (lane.Work.IsFaulted)
            {
                await lane.Work;
            }
        }

        Advance();
        var elapsed = time.GetElapsedTime(_keptAt);
        if ((_done == _kept || elapsed < KeepEvery) && elapsed < options.Lease / 3)
        {
            return true;
        }

        if (!await events.KeepAsync(held, _done, options.Lease, ct))
        {
            return false;
        }

        (_kept, _keptAt) = (_done, time.GetTimestamp());
        DropIdleLanes();
        return true;
    }

    void Advance()
    {
        while (_ahead.TryPeek(out var first) && first.IsDone)
        {
            _done = _ahead.Dequeue().At;
        }
    }

    TimeSpan Idle => Backstop < options.Lease / 3 ? Backstop : options.Lease / 3;

    void Enter(LogEntry seen, CancellationToken ct)
    {
        var entry = new Entry(seen.At, seen.Event) { IsDone = seen.Event is null };
        _ahead.Enqueue(entry);
        if (seen.Event is { } evt)
        {
            if (!_lanes.TryGetValue(evt.Tenant, out var lane))
            {
                _lanes.Add(evt.Tenant, lane = new Lane());
            }

            // In order: one worker empties a lane.
            if (lane.Enter(entry))
            {
                lane.Work = WorkAsync(lane, ct);
            }
        }
    }

    async Task WorkAsync(Lane lane, CancellationToken ct)
    {
        await Task.Yield();
        while (lane.HasMore)
        {
            var entries = lane.Take(subscription.AtOnce);
            if (entries.Count == 1 || await TryHandleAsync([.. entries.Select(e => e.Event!)], ct) is not null)
            {
                foreach (var entry in entries)
                {
                    await HandleAsync(entry, ct);
                }
            }

            entries.ForEach(e => e.IsDone = true);
            _progress.Raise();
        }
    }

    async Task HandleAsync(Entry entry, CancellationToken ct)
    {
        var evt = entry.Event!;
        for (var (attempt, failures) = (1, 0); ; attempt++)
        {
            var error = await TryHandleAsync([evt], ct);
            if (error is null)
            {
                break;
            }

            failures += IsTransient(error) ? 0 : 1;
            Failed(evt.Id, evt.Type, subscription.Name, attempt, error);
            if ((failures >= options.Attempts || attempt >= options.TransientAttempts) && await TryParkAsync(evt, attempt, error, ct))
            {
                break;
            }

            var pause = options.FirstPause * Math.Pow(2, Math.Min(attempt - 1, 20));
            await Task.Delay(pause < options.MaxPause ? pause : options.MaxPause, time, ct);
        }
    }

    async Task<Exception?> TryHandleAsync(IReadOnlyList<StoredEvent> events, CancellationToken ct)
    {
        await _places.WaitAsync(ct);
        try
        {
            using var activity = EventTelemetry.Start(events[0], subscription.Name);
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
            limit.CancelAfter(options.HandlerTimeout);
            await subscription.Handler(events, limit.Token);
            foreach (var evt in events)
            {
                EventTelemetry.Delivery.Record((time.GetUtcNow() - evt.Time).TotalSeconds, new KeyValuePair<string, object?>("subscription", subscription.Name));
            }

            return null;
        }
        catch (Exception e) when (!ct.IsCancellationRequested)
        {
            EventTelemetry.Failed.Add(1, new KeyValuePair<string, object?>("subscription", subscription.Name));
            return e;
        }
        finally
        {
            _places.Release();
        }
    }

    async Task<bool> TryParkAsync(StoredEvent evt, int attempts, Exception error, CancellationToken ct)
    {
        try
        {
            await events.ParkAsync(subscription.Name, evt, attempts, Storable($"{error.GetType().Name}: {error.Message}"), ct);
            EventTelemetry.Parked.Add(1, new KeyValuePair<string, object?>("subscription", subscription.Name));
            Parked(evt.Id, evt.Type, subscription.Name, attempts);
            return true;
        }
        catch (ProblemException)
        {
            // The database is away: try again with the event.
            return false;
        }
    }

    static string Storable(string text) =>
        Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text.Length > LongestError ? text[..LongestError] : text)).Replace('\0', '\uFFFD');

    static bool IsTransient(Exception e) => e is ProblemException { Problem.Transient: true } or NpgsqlException { IsTransient: true };

    void DropIdleLanes()
    {
        foreach (var (tenant, lane) in _lanes)
        {
            if (lane.IsIdle)
            {
                _lanes.Remove(tenant);
            }
        }
    }

    /// <summary>Gives the cursor back where it stands. Another takes it at once rather than after the lease.</summary>
    async Task ReleaseAsync()
    {
        Advance();
        try
        {
            await events.KeepAsync(held, _done, TimeSpan.Zero, CancellationToken.None);
        }
        catch (ProblemException)
        {
            // The lease runs out by itself.
        }
    }

    public void Dispose() => _places.Dispose();

    /// <summary>The events of a tenant that wait, and the worker that empties it while there are any.</summary>
    sealed class Lane
    {
        readonly Queue<Entry> _waiting = new();
        bool _working;

        public Task Work { get; set; } = Task.CompletedTask;

        public bool IsIdle
        {
            get
            {
                lock (_waiting)
                {
                    return !_working;
                }
            }
        }

        /// <summary>Whether the worker goes on; where it does not, the next entry needs a new one.</summary>
        public bool HasMore
        {
            get
            {
                lock (_waiting)
                {
                    return _working = _waiting.Count > 0;
                }
            }
        }

        /// <summary>True when nobody works on the lane: the caller begins.</summary>
        public bool Enter(Entry entry)
        {
            lock (_waiting)
            {
                _waiting.Enqueue(entry);
                return !_working && (_working = true);
            }
        }

        public List<Entry> Take(int most)
        {
            lock (_waiting)
            {
                var taken = new List<Entry>(Math.Min(most, _waiting.Count));
                while (taken.Count < most && _waiting.TryDequeue(out var entry))
                {
                    taken.Add(entry);
                }

                return taken;
            }
        }
    }

    sealed class Entry(LogPosition at, StoredEvent? evt)
    {
        volatile bool _isDone;

        public LogPosition At { get; } = at;

        public StoredEvent? Event { get; } = evt;

        public bool IsDone
        {
            get => _isDone;
            set => _isDone = value;
        }
    }

    [LoggerMessage(LogLevel.Warning, "event {Event} of type {Type} failed in {Subscription}, attempt {Attempt}")]
    private partial void Failed(Id<StoredEvent> @event, string type, string subscription, int attempt, Exception e);

    [LoggerMessage(LogLevel.Error, "event {Event} of type {Type} is parked for {Subscription} after {Attempts} attempts")]
    private partial void Parked(Id<StoredEvent> @event, string type, string subscription, int attempts);

    [LoggerMessage(LogLevel.Warning, "work subscription {Subscription} is another process's now")]
    private partial void Lost(string subscription);
}
