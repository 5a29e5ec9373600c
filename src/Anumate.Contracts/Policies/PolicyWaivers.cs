using System.Text.Json.Serialization;

namespace Anumate;

/// <summary>
/// A document that lifts one rule for one subject until it expires, signed by the platform for the member of the group that gave it.
/// </summary>
/// <param name="Rule"><c>policy/rule</c>.</param>
/// <param name="Group">The group that the rule is <c>waivable by</c>.</param>
/// <param name="Subject"><c>actor ID</c>, <c>run ID</c>, <c>capsule NAME</c> or <c>tool NAME</c>.</param>
/// <param name="By">Who gave it.</param>
public sealed record PolicyWaiver(
    Id<PolicyWaiver> Id, string Rule, string Group, string Subject, string Reason, DateTimeOffset Expires, Id<Principal> By, string Name, DateTimeOffset Created) : IEntity
{
    /// <summary>The DSSE envelope over the document (<c>application/vnd.anumate.waiver+json</c>).</summary>
    public string Signature { get; init; } = "";

    /// <summary>When it was taken back.</summary>
    public DateTimeOffset? Revoked { get; init; }

    /// <inheritdoc/>
    public static string Prefix => "wvr";
}

/// <summary>A waiver to give.</summary>
public sealed record NewPolicyWaiver(string Rule, string Subject, DateTimeOffset Expires, string Reason)
{
    /// <summary>Makes a repeated request safe; over HTTP it is the header <c>Idempotency-Key</c>.</summary>
    [JsonIgnore]
    public string? IdempotencyKey { get; init; }
}

/// <summary>A rule is lifted for a subject.</summary>
public sealed record WaiverGranted(Id<PolicyWaiver> Waiver, string Rule, string Of, DateTimeOffset Expires) : IEvent
{
    /// <inheritdoc/>
    public static string EventType => "waiver.granted";

    /// <inheritdoc/>
    public string Subject => Waiver.ToString();
}

/// <summary>A waiver was taken back.</summary>
public sealed record WaiverRevoked(Id<PolicyWaiver> Waiver, string Rule, string Of) : IEvent
{
    /// <inheritdoc/>
    public static string EventType => "waiver.revoked";

    /// <inheritdoc/>
    public string Subject => Waiver.ToString();
}
