using Microsoft.Extensions.Logging;
using Orleans.Concurrency;

namespace Anumate.Orchestrator;

/// <summary>
/// Where the runs of a shard live. A grain for each run would cost an activation, a place in the directory and a reference for a life of
/// milliseconds; the shards are placed once, and where a shard is, its runs are.
/// </summary>
[KeepAlive, Reentrant]
sealed class RunShardGrain(RunServices services, ILogger<LiveRun> log) : Grain, IRunShard
{
    readonly Dictionary<RunKey, LiveRun> runs = [];

    public async Task<Immutable<Run>> StartAsync(Immutable<RunBirth> birth)
    {
        var run = Of(RunKey.Of(birth.Value.Tenant, birth.Value.Run));
        try
        {
            var accepted = await run.StartAsync(birth.Value);
            return (accepted.Id == run.RunId && birth.Value.Wait > TimeSpan.Zero ? await run.WaitAsync(birth.Value.Wait) : accepted).AsImmutable();
        }
        finally
        {
            ForgetIdle(run);
        }
    }

    public async Task<Immutable<Run>> WaitAsync(RunKey key, TimeSpan patience)
    {
        var run = Of(key);
        try
        {
            return (await run.WaitAsync(patience)).AsImmutable();
        }
        finally
        {
            ForgetIdle(run);
        }
    }

    public async Task<Immutable<Run>> AnswerAsync(RunKey key, Guid clarification, string response, byte[]? output, Guid by, string? note)
    {
        var run = Of(key);
        try
        {
            return (await run.AnswerAsync(new Id<Clarification>(clarification), new AnswerClarification(response, null, note), output, new Id<Principal>(by))).AsImmutable();
        }
        finally
        {
            ForgetIdle(run);
        }
    }

    public async Task ResumeAsync(RunKey key)
    {
        var run = Of(key);
        try
        {
            await run.LoadAsync();
        }
        finally
        {
            ForgetIdle(run);
        }
    }

    public async Task DecidedAsync(RunKey key, string approval, ApprovalStatus status, string[] by)
    {
        var run = Of(key);
        try
        {
            await run.DecidedAsync(approval, status, by);
        }
        finally
        {
            ForgetIdle(run);
        }
    }

    LiveRun Of(RunKey key)
    {
        if (!runs.TryGetValue(key, out var run))
        {
            runs.Add(key, run = new LiveRun(services, this, new Id<Tenant>(key.Tenant), new Id<Run>(key.Run), Forget, log));
        }

        return run;
    }

    /// <summary>What was refused, is unknown, or could not be read, is not kept.</summary>
    void ForgetIdle(LiveRun run)
    {
        if (run.IsIdle)
        {
            Forget(run);
        }
    }

    void Forget(LiveRun run)
    {
        var key = RunKey.Of(run.Tenant, run.RunId);
        if (ReferenceEquals(runs.GetValueOrDefault(key), run))
        {
            runs.Remove(key);
        }
    }
}
