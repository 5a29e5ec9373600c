using System.Diagnostics;
using Anumate.PlanEngine;
using Microsoft.Extensions.Logging;

namespace Anumate.Orchestrator;

/// <summary>
/// One run. The journal is the truth and the state its cache: entries are applied here, committed in one append, and only then is
/// acted on what they made possible. All code runs in the turns of the shard's grain, one at a time; calls to tools go on beside the loop
/// and hand their entries in. Once it has ended, or nothing of it is here, its shard forgets it.
/// </summary>
sealed partial class LiveRun
{
    readonly RunServices services;
    readonly IGrainBase shard;
    readonly Action<LiveRun> forget;
    readonly ILogger log;
    readonly Queue<Handed> inbox = new();
    readonly List<RunAction> actions = [];
    readonly List<TaskCompletionSource> waiters = [];
    readonly List<TaskCompletionSource<Run?>> viewers = [];
    readonly Dictionary<string, JournalEvent> early = [];

    RunContext? context;
    bool starting;
    Task? loop;
    Task? loading;
    IDisposable? timer;
    int commits;
    TaskCompletionSource handed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>An entry from outside of the loop, and who waits until it is durable (true) or dropped (false).</summary>
    readonly record struct Handed(JournalEvent Entry, TaskCompletionSource<bool>? Done);

    public LiveRun(RunServices services, IGrainBase shard, Id<Tenant> tenant, Id<Run> id, Action<LiveRun> forget, ILogger<LiveRun> log)
    {
        (this.services, this.shard, this.forget, Tenant, RunId) = (services, shard, forget, tenant, id);
        this.log = new RunLog(log, tenant, id, () => context?.Facts.Correlation);
    }

    public Id<Tenant> Tenant { get; }

    public Id<Run> RunId { get; }

    /// <summary>Nothing of it is here, and nothing is on its way.</summary>
    public bool IsIdle => context is null && loading is null && timer is null && !starting;

    public async Task<Run> StartAsync(RunBirth b)
    {
        var born = new RunContext(services, b.Tenant, b.Run, b.Plan, b.Facts, b.Keys.Keys, services.Lease.Epoch, b.Started.At);
        Interpreter.Apply(born.State, b.Started);
        starting = true;
        try
        {
            return await StartAsync(born, b, b.Decision.Verdict is Verdict.Approval ? await AskForRunAsync(born, b.Decision) : null);
        }
        finally
        {
            starting = false;
        }
    }

    async Task<Run> StartAsync(RunContext born, RunBirth b, ApprovalWasRequested? asked)
    {
        if (asked is not null)
        {
            Interpreter.Apply(born.State, asked);
        }

        var append = born.Birth(b.Started, asked) with
        {
            Start = new RunStartRow(b.Plan.Plan.Hash, b.Plan.Plan.Capsule, b.Plan.Plan.CapsuleVersion, b.Keys.Wrapped, b.Keys.Salt),
        };
        try
        {
            if (b.Once is { } once)
            {
                var run = born.View();
                var first = await services.Store.StartOnceAsync(b.Facts.Caller(b.Tenant), append, run, once, default);
                if (first.Id != run.Id)
                {
                    return first;
                }
            }
            else if (!await services.Journal.AppendAsync(append, default))
            {
                throw Problems.Unavailable("the run was not accepted; send it again");
            }
        }
        catch (Exception e) when (e is not ProblemException { Problem.Transient: false })
        {
            // It may be durable all the same, its connection lost in the commit. Then nobody knows of it but us.
            RegisterSearch(1);
            throw;
        }

        context = born;
        var view = born.View();
        Go();
        return view;
    }

    public async Task<Run> WaitAsync(TimeSpan patience)
    {
        await LoadAsync();
        if (context is { Settled: false } && patience > TimeSpan.Zero)
        {
            var waiter = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            waiters.Add(waiter);
            await waiter.Task.WaitAsync(patience, services.Time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
            waiters.Remove(waiter);
        }

        return await ViewAsync();
    }

    /// <summary>The run as it is durable: what is applied while a commit is under way is shown once that is done.</summary>
    async Task<Run> ViewAsync()
    {
        if (commits == 0)
        {
            return context?.View() ?? await StoredAsync();
        }

        var viewer = new TaskCompletionSource<Run?>(TaskCreationOptions.RunContinuationsAsynchronously);
        viewers.Add(viewer);
        return await viewer.Task ?? await StoredAsync();
    }

    public async Task DecidedAsync(string approval, ApprovalStatus status, string[] by)
    {
        await LoadAsync();
        if (context is not { State.HasEnded: false } c)
        {
            return;
        }

        if (status is ApprovalStatus.Granted && (await VoidAsync(c, approval) ?? await OvertakenAsync(c, approval)) is { } why)
        {
            Voided(RunId, approval, why);
            status = ApprovalStatus.Rejected;
        }

        var entry = new ApprovalWasDecided(services.Time.GetUtcNow(), approval, VerdictOf(status), by);
        if (c.State.Approvals.Any(a => a.Id == approval))
        {
            await HandInAsync(entry);
        }
        else
        {
            // Decided before our request for it is journaled; taken up with the request.
            early[approval] = entry;
        }
    }

    static ApprovalVerdict VerdictOf(ApprovalStatus status) => status switch
    {
        ApprovalStatus.Granted => ApprovalVerdict.Granted,
        ApprovalStatus.Rejected => ApprovalVerdict.Rejected,
        ApprovalStatus.Expired => ApprovalVerdict.Expired,
        _ => throw new ArgumentOutOfRangeException(nameof(status)),
    };

    async Task<Run> StoredAsync() => (await services.Store.FindRowAsync(Tenant, RunId, default))?.View ?? throw Problems.NotFound("run", RunId.ToString());

    /// <summary>Takes the run over from whoever had it: epoch, journal, state. Nothing to do where it is here already or has ended.</summary>
    public Task LoadAsync()
    {
        if (context is not null)
        {
            return Task.CompletedTask;
        }

        if (starting)
        {
            // Who was asked for approval has answered before the start is durable.
            throw Problems.Unavailable("the run is being accepted; ask again");
        }

        return loading ??= Load();

        async Task Load()
        {
            // Never done at once: a task that has ended must not be kept as the one under way.
            await Task.Yield();
            try
            {
                context = await RunContext.TakeOverAsync(services, Tenant, RunId);
                if (context is null)
                {
                    return;
                }

                Recovered(RunId, context.Epoch);
                inbox.Enqueue(new Handed(new RunRecovered(services.Time.GetUtcNow(), context.Epoch), null));
                Go();
            }
            finally
            {
                loading = null;
            }
        }
    }

    void Go() => loop = LoopAsync(context!);

    /// <summary>
    /// Until the run ends: what was handed in and what follows from it is applied and committed, then acted on. Each computed step is
    /// committed before the next one begins.
    /// </summary>
    async Task LoopAsync(RunContext c)
    {
        using var activity = RunTelemetry.Source.StartActivity("run", ActivityKind.Internal, c.Facts.TraceParent);
        activity?.SetTag("anumate.run", c.Run.ToString());
        try
        {
            while (IsHere(c) && !c.State.HasEnded)
            {
                var signal = handed.Task;
                if (!await StepAsync(c))
                {
                    Notify(c);
                    await signal;
                }
            }

            if (IsHere(c))
            {
                Finish(c);
            }
        }
        catch (Exception e) when (!IsHere(c))
        {
            // It was let go of meanwhile, and whoever did that sees to it that it goes on.
            Interrupted(c.Run, e.Message);
        }
        catch (RunLostException e)
        {
            Lost(c.Run, e.Message);
            Drop();
            forget(this);
        }
        catch (ProblemException e)
        {
            // The database did not answer: what was applied may or may not be durable. Forget it and read again.
            Interrupted(c.Run, e.Problem.Detail);
            Drop();
            RegisterReload();
        }
        catch (JournalException e)
        {
            Broken(c.Run, e);
            Drop();
        }
        catch (Exception e)
        {
            // Among others: an append from before a takeover landed after the journal was read, and has our number. A run is never left lying.
            Failed(c.Run, e);
            Drop();
            RegisterReload();
        }
    }

    /// <summary>One turn of the loop; false when there is nothing to do but wait.</summary>
    async Task<bool> StepAsync(RunContext c)
    {
        var pending = new List<JournalEvent>();
        var done = new List<TaskCompletionSource<bool>>();
        while (inbox.TryDequeue(out var item))
        {
            if (!Interpreter.Accepts(c.State, item.Entry))
            {
                item.Done?.TrySetResult(false);
                continue;
            }

            c.Apply(item.Entry, pending);
            if (item.Done is { } waits)
            {
                done.Add(waits);
            }

            if (item.Entry is ApprovalWasRequested asked && early.Remove(asked.Id, out var decided) && Interpreter.Accepts(c.State, decided))
            {
                c.Apply(decided, pending);
            }
        }

        var todo = new List<RunAction>();
        while (true)
        {
            actions.Clear();
            Interpreter.Next(c.State, services.Time.GetUtcNow(), actions);
            var appends = false;
            var computed = pending.Exists(e => e is StepCompleted);
            foreach (var action in actions.ToArray())
            {
                if (action is not Append(var entry))
                {
                    todo.Add(action);
                    continue;
                }

                if (computed && entry is StepCompleted)
                {
                    await CommitAsync(c, pending, done);
                    computed = false;
                }

                c.Apply(entry, pending);
                appends = true;
            }

            if (!appends)
            {
                break;
            }
        }

        var worked = pending.Count > 0 || todo.Count > 0;
        await CommitAsync(c, pending, done);
        foreach (var action in todo)
        {
            // What failed at once may have let go of the run: the rest is asked for again after it is read again.
            if (!IsHere(c))
            {
                break;
            }

            Act(c, action);
        }

        return worked;
    }

    async Task CommitAsync(RunContext c, List<JournalEvent> pending, List<TaskCompletionSource<bool>> done)
    {
        if (pending.Count == 0)
        {
            return;
        }

        commits++;
        try
        {
            foreach (var append in c.Split(pending))
            {
                if (!await services.Journal.AppendAsync(append, default))
                {
                    throw new RunLostException("another host has it now");
                }
            }
        }
        catch
        {
            // Whether they are durable is not known: nobody may act as if they were.
            commits--;
            Show(null);
            done.ForEach(waits => waits.TrySetResult(false));
            throw;
        }

        commits--;
        if (commits == 0 && viewers.Count > 0)
        {
            Show(context?.View());
        }

        pending.Clear();
        foreach (var waits in done)
        {
            waits.TrySetResult(true);
        }

        done.Clear();
    }

    void Show(Run? view)
    {
        viewers.ForEach(viewer => viewer.TrySetResult(view));
        viewers.Clear();
    }

    /// <summary>Hands an entry to the loop; true once it is durable, false when it came too late.</summary>
    Task<bool> HandInAsync(JournalEvent entry)
    {
        var done = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        HandIn(new Handed(entry, done));
        return done.Task;
    }

    void HandIn(Handed item)
    {
        inbox.Enqueue(item);
        Signal();
    }

    void Signal()
    {
        var before = handed;
        handed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        before.TrySetResult();
    }

    void Notify(RunContext c)
    {
        if (c.Settled)
        {
            foreach (var waiter in waiters)
            {
                waiter.TrySetResult();
            }
        }
    }

    void Finish(RunContext c)
    {
        RunTelemetry.Ended(c.State.Status, services.Time.GetUtcNow() - c.Created);
        if (c.State.Status is not RunStatus.Completed)
        {
            EndedOtherwise(c.Run, c.State.Status);
        }

        Notify(c);
        timer?.Dispose();
        forget(this);
    }

    /// <summary>Whether the run is still this one's: it has not been let go of, and read again, meanwhile.</summary>
    bool IsHere(RunContext c) => ReferenceEquals(context, c);

    void Drop()
    {
        context = null;
        Signal();
        timer?.Dispose();
        timer = null;
        while (inbox.TryDequeue(out var item))
        {
            item.Done?.TrySetResult(false);
        }
    }

    [LoggerMessage(LogLevel.Information, "took over {Run} in epoch {Epoch}")]
    private partial void Recovered(Id<Run> run, long epoch);

    [LoggerMessage(LogLevel.Information, "{Run} ended as {Status}")]
    private partial void EndedOtherwise(Id<Run> run, RunStatus status);

    [LoggerMessage(LogLevel.Warning, "let go of {Run}: {Reason}")]
    private partial void Lost(Id<Run> run, string reason);

    [LoggerMessage(LogLevel.Warning, "{Run} takes {Approval} for rejected: {Why}")]
    private partial void Voided(Id<Run> run, string approval, string why);

    [LoggerMessage(LogLevel.Warning, "{Run} is halted: {Code}: {Reason}")]
    private partial void Refused(Id<Run> run, string code, string reason);

    [LoggerMessage(LogLevel.Warning, "{Run} is read again: {Reason}")]
    private partial void Interrupted(Id<Run> run, string reason);

    [LoggerMessage(LogLevel.Error, "{Run} failed unexpectedly and is read again")]
    private partial void Failed(Id<Run> run, Exception e);

    [LoggerMessage(LogLevel.Error, "the journal of {Run} cannot be continued")]
    private partial void Broken(Id<Run> run, Exception e);
}

/// <summary>Another owner has the run.</summary>
sealed class RunLostException(string message) : Exception(message);
