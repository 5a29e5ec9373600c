using Orleans.Concurrency;

namespace Anumate.Orchestrator;

/// <summary>
/// The single writer of one run; its key is tenant and run. Calls interleave: each hands something in or waits, and the run itself
/// goes on in one loop.
/// </summary>
interface IRunGrain : IGrainWithStringKey
{
    /// <summary>Begins a run whose first commit is made by the grain, or was made with an idempotency key.</summary>
    [AlwaysInterleave]
    Task<Immutable<Run>> StartAsync(Immutable<RunBirth> birth);

    /// <summary>Loads the run if nobody here has it, and goes on with it.</summary>
    [AlwaysInterleave]
    Task ResumeAsync();

    /// <summary>The run as it stands.</summary>
    [AlwaysInterleave]
    Task<Immutable<Run>> GetAsync();

    /// <summary>The run once it has ended or waits for people, or as it stands after a while.</summary>
    [AlwaysInterleave]
    Task<Immutable<Run>> WaitAsync(TimeSpan patience);

    /// <summary>An approval of the run was decided.</summary>
    [AlwaysInterleave]
    Task DecidedAsync(string approval, ApprovalStatus status, string[] by);
}
