using System.Text.Json;
using System.Text.Json.Serialization;

namespace Anumate;

/// <summary>Approvals: the right people say yes to exactly this.</summary>
public interface IApprovals
{
    /// <summary>Asks for an approval. Only services may; the same subject of one run is asked once.</summary>
    Task<Approval> RequestAsync(Caller caller, NewApproval request, CancellationToken ct);

    /// <summary>Approvals, newest first; <paramref name="status"/> keeps one status.</summary>
    Task<Page<Approval>> ListAsync(Caller caller, ApprovalStatus? status, PageRequest page, CancellationToken ct);

    /// <summary>One approval.</summary>
    Task<Approval> GetAsync(Caller caller, Id<Approval> id, CancellationToken ct);

    /// <summary>
    /// A granted approval, just before what it allows is done: whether those who said yes still may is read again. Only services ask.
    /// </summary>
    /// <exception cref="ProblemException"><c>approval-void</c>: it holds no longer, or is not granted.</exception>
    Task<Approval> ConfirmAsync(Caller caller, Id<Approval> id, CancellationToken ct);

    /// <summary>
    /// Says yes or no. Only a signed-in person of the stage's group who is none of the requesters; groups are read again now. Saying
    /// the same twice is once.
    /// </summary>
    /// <exception cref="ProblemException"><c>approval-not-entitled</c>, <c>approval-closed</c>, <c>version-conflict</c>.</exception>
    Task<Approval> DecideAsync(Caller caller, Id<Approval> id, DecideApproval request, CancellationToken ct);
}

/// <summary>Where an approval stands.</summary>
[JsonConverter(typeof(WordConverter<ApprovalStatus>))]
public enum ApprovalStatus
{
    /// <summary>It waits for people.</summary>
    [JsonStringEnumMemberName("pending")]
    Pending,

    /// <summary>Every stage has its quorum.</summary>
    [JsonStringEnumMemberName("granted")]
    Granted,

    /// <summary>Somebody entitled said no.</summary>
    [JsonStringEnumMemberName("rejected")]
    Rejected,

    /// <summary>Its time ran out.</summary>
    [JsonStringEnumMemberName("expired")]
    Expired,
}

/// <summary>
/// What exactly is approved: any change voids it. Step and arguments are null for an approval of the run as a whole.
/// </summary>
public sealed record ApprovalSubject(
    Id<Run> Run, string PlanHash, string InputsDigest, string? DecisionDigest = null, string? Step = null, string? ArgumentsDigest = null);

/// <summary>One stage: <see cref="Quorum"/> different people of any of <see cref="Groups"/>, within a time from the stage's start.</summary>
public sealed record ApprovalStage(IReadOnlyList<string> Groups, int Quorum, TimeSpan Within);

/// <summary>An approval to ask for. <see cref="Evidence"/> is what the approver should see (no sensitive values).</summary>
public sealed record NewApproval(
    string Name, string Title, ApprovalSubject Subject, IReadOnlyList<ApprovalStage> Stages, IReadOnlyList<Id<Principal>> Requesters, JsonElement Evidence)
{
    /// <summary>Digests of the policies that the run's plan pins: they too say who is shown what of the evidence.</summary>
    public IReadOnlyList<string> Policies { get; init; } = [];
}

/// <summary>A vote.</summary>
public sealed record ApprovalVote(Id<Principal> Principal, string Name, bool Approve, int Stage, string? Comment, DateTimeOffset At);

/// <summary>An approval and its votes. <see cref="Evidence"/> is null where a policy keeps it from the caller.</summary>
public sealed record Approval(
    Id<Approval> Id, string Name, string Title, ApprovalSubject Subject, ApprovalStatus Status, IReadOnlyList<ApprovalStage> Stages, int Stage,
    IReadOnlyList<ApprovalVote> Votes, IReadOnlyList<Id<Principal>> Requesters, JsonElement Evidence, DateTimeOffset Created, DateTimeOffset Expires,
    long Version) : IEntity
{
    /// <summary>Digests of the policies that the run's plan pins.</summary>
    public IReadOnlyList<string> Policies { get; init; } = [];

    /// <inheritdoc/>
    public static string Prefix => "apr";
}

/// <summary>A decision by a person.</summary>
public sealed record DecideApproval(bool Approve, string? Comment = null);

/// <summary>An approval was asked for.</summary>
public sealed record ApprovalRequested(Id<Approval> Approval, Id<Run> Run, string Name, IReadOnlyList<string> Groups, DateTimeOffset Expires) : IEvent
{
    /// <inheritdoc/>
    public static string EventType => "approval.requested";

    /// <inheritdoc/>
    public string Subject => Approval.ToString();
}

/// <summary>Every stage has its quorum.</summary>
public sealed record ApprovalGranted(Id<Approval> Approval, ApprovalSubject Of, IReadOnlyList<Id<Principal>> Approvers, long Version) : IEvent
{
    /// <inheritdoc/>
    public static string EventType => "approval.granted";

    /// <inheritdoc/>
    public string Subject => Approval.ToString();

    /// <inheritdoc/>
    public long Sequence => Version;
}

/// <summary>Somebody entitled said no.</summary>
public sealed record ApprovalRejected(Id<Approval> Approval, ApprovalSubject Of, Id<Principal> By, long Version) : IEvent
{
    /// <inheritdoc/>
    public static string EventType => "approval.rejected";

    /// <inheritdoc/>
    public string Subject => Approval.ToString();

    /// <inheritdoc/>
    public long Sequence => Version;
}

/// <summary>Its time ran out.</summary>
public sealed record ApprovalExpired(Id<Approval> Approval, ApprovalSubject Of, long Version) : IEvent
{
    /// <inheritdoc/>
    public static string EventType => "approval.expired";

    /// <inheritdoc/>
    public string Subject => Approval.ToString();

    /// <inheritdoc/>
    public long Sequence => Version;
}

/// <summary>Problems of approvals.</summary>
public static class ApprovalProblems
{
    /// <summary>403: the caller may not decide this approval.</summary>
    public static ProblemException NotEntitled(string why) =>
        new Problem("approval-not-entitled", 403, "The caller may not decide this approval", why).Exception();

    /// <summary>The code of <see cref="Void"/>.</summary>
    public const string VoidCode = "approval-void";

    /// <summary>409: the approval allows nothing (any more).</summary>
    public static ProblemException Void(Id<Approval> id, string why) =>
        new Problem(VoidCode, 409, "The approval does not hold", $"`{id}` does not hold: {why}").Exception();

    /// <summary>409: the approval is decided or expired.</summary>
    public static ProblemException Closed(Id<Approval> id, ApprovalStatus status) =>
        new Problem("approval-closed", 409, "The approval is closed", $"`{id}` is {status.ToString().ToLowerInvariant()} already").Exception();
}
