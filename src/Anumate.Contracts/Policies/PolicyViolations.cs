namespace Anumate;

/// <summary>
/// What policies denied, and what those that are not enforced would have denied or demanded: counted by the hour, with the latest of them
/// as a sample.
/// </summary>
/// <param name="Policy">Empty when no policy speaks for it.</param>
/// <param name="Rule">Empty when no rule allows it.</param>
/// <param name="Point">The point of the way; <c>drift.…</c> for what changed under a policy.</param>
/// <param name="Subject">Whom it concerns: <c>tool NAME</c>, <c>capsule NAME</c>, …</param>
/// <param name="Hour">The hour it is counted in.</param>
public sealed record PolicyViolation(
    Id<PolicyViolation> Id, string Policy, string Rule, string Point, string Subject, PolicyMode Mode, Verdict Verdict, DateTimeOffset Hour, long Count,
    DateTimeOffset First, DateTimeOffset Last, ViolationSample Sample) : IEntity
{
    /// <inheritdoc/>
    public static string Prefix => "vio";
}

/// <summary>One of them. It quotes the policy and no fact.</summary>
public sealed record ViolationSample(string Reason, int? Version, Id<Principal> Actor, string? Run, string Decision, string Bundle);

/// <summary>Which violations to list; what is absent is not asked.</summary>
/// <param name="From">Counted in this hour or later.</param>
/// <param name="To">Counted in an hour before this.</param>
public sealed record ViolationFilter(
    string? Policy = null, string? Rule = null, string? Point = null, string? Subject = null, PolicyMode? Mode = null, DateTimeOffset? From = null, DateTimeOffset? To = null);

/// <summary>
/// A policy was violated, <see cref="Count"/> times within about a second. Whatever process decided tells it; the count by the hour follows.
/// </summary>
/// <param name="Of">Whom it concerns; as <see cref="PolicyViolation.Subject"/>.</param>
public sealed record PolicyViolated(
    string Policy, string Rule, string Point, string Of, PolicyMode Mode, Verdict Verdict, long Count, DateTimeOffset First, DateTimeOffset Last, ViolationSample Sample) : IEvent
{
    /// <inheritdoc/>
    public static string EventType => "policy.violated";

    /// <inheritdoc/>
    public string Subject => Policy.Length == 0 ? Point : Rule.Length == 0 ? Policy : $"{Policy}/{Rule}";
}

/// <summary>When to tell of violations: as many of a policy (or of all), within a time that begins with the first of them.</summary>
/// <param name="Policy">The policy; null for all together.</param>
/// <param name="Mode">Only those of this mode.</param>
/// <param name="Quiet">How long it is silent after it told.</param>
/// <param name="Fired">When it told last.</param>
public sealed record PolicyAlert(
    Id<PolicyAlert> Id, string? Policy, PolicyMode? Mode, int Threshold, TimeSpan Within, TimeSpan Quiet, Id<Principal> By, DateTimeOffset Created, DateTimeOffset? Fired) : IEntity
{
    /// <inheritdoc/>
    public static string Prefix => "alt";
}

/// <summary>An alert to set up; see <see cref="PolicyAlert"/>.</summary>
public sealed record NewPolicyAlert(int Threshold, TimeSpan Within, TimeSpan Quiet, string? Policy = null, PolicyMode? Mode = null)
{
    /// <summary>Makes a repeated request safe; over HTTP it is the header <c>Idempotency-Key</c>.</summary>
    [System.Text.Json.Serialization.JsonIgnore]
    public string? IdempotencyKey { get; init; }
}

/// <summary>An alert's threshold was reached.</summary>
public sealed record PolicyAlerted(Id<PolicyAlert> Alert, string? Policy, PolicyMode? Mode, long Count, int Threshold, DateTimeOffset Since) : IEvent
{
    /// <inheritdoc/>
    public static string EventType => "policy.alert";

    /// <inheritdoc/>
    public string Subject => Alert.ToString();
}

/// <summary>By what the tenant is decided for now, and by what each process that decides for it.</summary>
public sealed record PolicyHosts(string Digest, IReadOnlyList<PolicyHost> Hosts);

/// <summary>A process and the digest it decides by, as it said last.</summary>
/// <param name="Current">Whether that is the digest of now.</param>
public sealed record PolicyHost(string Process, string Digest, bool Current, DateTimeOffset At);
