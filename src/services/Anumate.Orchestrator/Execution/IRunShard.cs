using Orleans.Concurrency;

namespace Anumate.Orchestrator;

/// <summary>
/// The runs of one shard, each with a single writer: they are at work in the process where the shard's grain is. Calls interleave: each
/// hands something in or waits, and every run goes on in a loop of its own.
/// </summary>
interface IRunShard : IGrainWithIntegerKey
{
    /// <summary>Begins a run whose first commit is made here, or was made with an idempotency key; then waits, where its birth says so.</summary>
    Task<Immutable<Run>> StartAsync(Immutable<RunBirth> birth);

    /// <summary>Loads the run if nobody here has it, and goes on with it.</summary>
    Task ResumeAsync(RunKey run);

    /// <summary>The run once it has ended or waits for people, or as it stands after a while, which may be none.</summary>
    Task<Immutable<Run>> WaitAsync(RunKey run, TimeSpan patience);

    /// <summary>A person answered a question of the run; the run as it stands then.</summary>
    Task<Immutable<Run>> AnswerAsync(RunKey run, Guid clarification, string response, byte[]? output, Guid by, string? note);

    /// <summary>An approval of the run was decided.</summary>
    Task DecidedAsync(RunKey run, string approval, ApprovalStatus status, string[] by);
}

/// <summary>Which run of which tenant.</summary>
[GenerateSerializer, Immutable]
readonly record struct RunKey([property: Id(0)] Guid Tenant, [property: Id(1)] Guid Run)
{
    public static RunKey Of(Id<Tenant> tenant, Id<Run> run) => new(tenant.Value, run.Value);
}

/// <summary>The way to the shard of a run.</summary>
sealed class RunShards(IGrainFactory grains)
{
    // A stored run does not know its shard: the number may change between versions, not among the hosts of one cluster.
    const int Count = 16;

    // A reference costs more than a call: there are few, and they last.
    readonly IRunShard?[] shards = new IRunShard?[Count];

    public IRunShard Of(Id<Run> run)
    {
        Span<byte> bytes = stackalloc byte[16];
        run.Value.TryWriteBytes(bytes);
        var shard = bytes[15] % Count;
        return shards[shard] ??= grains.GetGrain<IRunShard>(shard);
    }
}
