using System.Text.Json;
using System.Text.Json.Serialization;

namespace Anumate;

/// <summary>Durable runs of plans.</summary>
public interface IOrchestrator
{
    /// <summary>
    /// Accepts a run; it is durable when the answer returns. The same idempotency key returns the first run. With
    /// <see cref="NewRun.Wait"/> the answer is the run once it has ended or needs people, or as it stands when that time is over.
    /// </summary>
    /// <exception cref="ProblemException"><c>plan-not-found</c>, <c>inputs-invalid</c>, <c>policy-denied</c>, <c>tool-changed</c>, <c>idempotency-mismatch</c>.</exception>
    Task<Run> ExecuteAsync(Caller caller, NewRun request, CancellationToken ct);

    /// <summary>Runs, newest first; <paramref name="status"/> keeps those in one status.</summary>
    Task<Page<Run>> ListAsync(Caller caller, RunStatus? status, PageRequest page, CancellationToken ct);

    /// <summary>A run as it stands.</summary>
    Task<Run> GetAsync(Caller caller, Id<Run> id, CancellationToken ct);

    /// <summary>Waits until the run has ended or needs people, at most <paramref name="wait"/> (60 s at most), and returns it as it stands.</summary>
    Task<Run> WaitAsync(Caller caller, Id<Run> id, TimeSpan wait, CancellationToken ct);

    /// <summary>
    /// Answers what a run asked about a call of unknown outcome; only a signed-in person does. The run goes on by the answer, which is
    /// durable when this returns.
    /// </summary>
    /// <exception cref="ProblemException"><c>clarification-not-open</c>, <c>clarification-answer-invalid</c>.</exception>
    Task<Run> AnswerAsync(Caller caller, Id<Run> id, Id<Clarification> clarification, AnswerClarification request, CancellationToken ct);

    /// <summary>The run's journal in order, sealed values masked; with <paramref name="follow"/> it goes on until the run ends.</summary>
    IAsyncEnumerable<RunEvent> WatchAsync(Caller caller, Id<Run> id, long after, bool follow, CancellationToken ct);
}

/// <summary>Where a run stands.</summary>
[JsonConverter(typeof(WordConverter<RunStatus>))]
public enum RunStatus
{
    /// <summary>Steps are going on.</summary>
    [JsonStringEnumMemberName("running")]
    Running,

    /// <summary>It waits for an approval.</summary>
    [JsonStringEnumMemberName("waiting_approval")]
    WaitingApproval,

    /// <summary>It waits for a human's word on a call of unknown outcome.</summary>
    [JsonStringEnumMemberName("waiting_clarification")]
    WaitingClarification,

    /// <summary>Completed steps are being undone.</summary>
    [JsonStringEnumMemberName("compensating")]
    Compensating,

    /// <summary>Ended: every step is done or skipped.</summary>
    [JsonStringEnumMemberName("completed")]
    Completed,

    /// <summary>Ended: a step failed; nothing was undone.</summary>
    [JsonStringEnumMemberName("failed")]
    Failed,

    /// <summary>Ended: a step failed and what was done is undone.</summary>
    [JsonStringEnumMemberName("compensated")]
    Compensated,

    /// <summary>Ended: an approval was rejected.</summary>
    [JsonStringEnumMemberName("rejected")]
    Rejected,

    /// <summary>Ended: a policy denied a call or an approval expired.</summary>
    [JsonStringEnumMemberName("denied")]
    Denied,
}

/// <summary>A run to start; with <see cref="GhostRun"/> it is bound to that report's plan and inputs.</summary>
public sealed record NewRun(string PlanHash, JsonElement Inputs, Id<GhostRun>? GhostRun = null)
{
    /// <summary>The same key, principal and content return the first run.</summary>
    [JsonIgnore]
    public string? IdempotencyKey { get; init; }

    /// <summary>How long the caller waits for its end, 60 s at most; over HTTP the parameter <c>wait</c>, in seconds.</summary>
    [JsonIgnore]
    public TimeSpan Wait { get; init; }
}

/// <summary>A run.</summary>
public sealed record Run(
    Id<Run> Id, string PlanHash, string Capsule, string CapsuleVersion, RunStatus Status, string InputsDigest, Id<Principal> RequestedBy,
    IReadOnlyList<RunStep> Steps, DateTimeOffset Created, DateTimeOffset? Ended) : IEntity
{
    /// <inheritdoc/>
    public static string Prefix => "run";

    /// <summary>The capsule's outputs, once completed; sensitive ones are masked for callers without <c>sensitive:read</c>.</summary>
    public JsonElement? Outputs { get; init; }

    /// <summary>Why it failed, was denied or rejected.</summary>
    public string? Error { get; init; }

    /// <summary>Approvals the run waits for.</summary>
    public IReadOnlyList<Id<Approval>> WaitingFor { get; init; } = [];

    /// <summary>Questions that the run waits on: calls whose outcome neither we nor the tool could tell.</summary>
    public IReadOnlyList<Clarification> Clarifications { get; init; } = [];

    /// <summary>Number of the last journal entry.</summary>
    public long Seq { get; init; }

    /// <summary>Whether it has ended.</summary>
    [JsonIgnore]
    public bool HasEnded => Status is RunStatus.Completed or RunStatus.Failed or RunStatus.Compensated or RunStatus.Rejected or RunStatus.Denied;
}

/// <summary>A step of a run. <see cref="Status"/>: <c>pending</c>, <c>running</c>, <c>waiting</c>, <c>completed</c>, <c>skipped</c>, <c>failed</c>, <c>compensated</c>.</summary>
public sealed record RunStep(string Step, string Status, int Attempts, string? Error = null);

/// <summary>A journal entry as shown outside; <see cref="Body"/> has sealed values masked.</summary>
public sealed record RunEvent(long Seq, string Kind, DateTimeOffset At, JsonElement Body);

/// <summary>A run was accepted.</summary>
public sealed record ExecutionStarted(Id<Run> Run, string PlanHash, string Capsule, string CapsuleVersion) : IEvent
{
    /// <inheritdoc/>
    public static string EventType => "execution.started";

    /// <inheritdoc/>
    public string Subject => Run.ToString();
}

/// <summary>A step of a run ended. <see cref="Status"/> as in <see cref="RunStep"/>.</summary>
public sealed record ExecutionStepCompleted(Id<Run> Run, string Step, string? Tool, string Status, int Attempt, long Seq) : IEvent
{
    /// <inheritdoc/>
    public static string EventType => "execution.step_completed";

    /// <inheritdoc/>
    public string Subject => Run.ToString();

    /// <inheritdoc/>
    public long Sequence => Seq;
}

/// <summary>A run ended.</summary>
public sealed record ExecutionCompleted(Id<Run> Run, string PlanHash, RunStatus Status, int ToolCalls, long Seq) : IEvent
{
    /// <inheritdoc/>
    public static string EventType => "execution.completed";

    /// <inheritdoc/>
    public string Subject => Run.ToString();

    /// <inheritdoc/>
    public long Sequence => Seq;
}
