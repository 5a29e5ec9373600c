using System.Text.Json.Serialization;

namespace Anumate;

/// <summary>How strictly a bound policy is meant.</summary>
[JsonConverter(typeof(WordConverter<PolicyMode>))]
public enum PolicyMode
{
    /// <summary>What it would deny or demand is recorded; nothing else follows.</summary>
    [JsonStringEnumMemberName("observe")]
    Observe,

    /// <summary>It is recorded, and those concerned are told.</summary>
    [JsonStringEnumMemberName("warn")]
    Warn,

    /// <summary>It holds.</summary>
    [JsonStringEnumMemberName("enforce")]
    Enforce,
}

/// <summary>
/// How strictly a policy is meant: everywhere in the tenant, or for one capsule, which goes before. A policy without a binding is enforced.
/// </summary>
public sealed record BoundPolicy(Id<BoundPolicy> Id, string Policy, string? Capsule, PolicyMode Mode, Id<Principal> By, DateTimeOffset At) : IEntity
{
    /// <inheritdoc/>
    public static string Prefix => "bnd";
}

/// <summary>A binding to set; of one policy and one capsule (or the tenant) there is one.</summary>
public sealed record BindPolicy(string Policy, PolicyMode Mode, string? Capsule = null)
{
    /// <summary>Makes a repeated request safe; over HTTP it is the header <c>Idempotency-Key</c>.</summary>
    [JsonIgnore]
    public string? IdempotencyKey { get; init; }
}

/// <summary>What a policy that is not enforced would have denied or demanded.</summary>
/// <param name="Rule">The rule; null when no rule of the policy allows it.</param>
/// <param name="Verdict">What it would have come to.</param>
public sealed record WatchedRule(string Policy, int Version, string? Rule, Verdict Verdict, PolicyMode Mode, string? Because = null);

/// <summary>How strictly a policy is meant has changed.</summary>
/// <param name="Mode">Null when the binding was taken away.</param>
public sealed record PolicyBound(string Policy, string? Capsule, PolicyMode? Mode) : IEvent
{
    /// <inheritdoc/>
    public static string EventType => "policy.bound";

    /// <inheritdoc/>
    public string Subject => Policy;
}

/// <summary>A list of texts that policies read as <c>lists.NAME</c>.</summary>
public sealed record PolicyList(Id<PolicyList> Id, string Name, IReadOnlyList<string> Values, Id<Principal> By, DateTimeOffset At) : IEntity
{
    /// <inheritdoc/>
    public static string Prefix => "lst";
}

/// <summary>A list to set; of one name there is one. <see cref="Name"/>: <c>a-z 0-9 _</c>.</summary>
public sealed record PutPolicyList(string Name, IReadOnlyList<string> Values)
{
    /// <summary>Makes a repeated request safe; over HTTP it is the header <c>Idempotency-Key</c>.</summary>
    [JsonIgnore]
    public string? IdempotencyKey { get; init; }
}

/// <summary>A list was set, or taken away.</summary>
/// <param name="Values">How many texts it has; null when it was taken away.</param>
public sealed record PolicyListChanged(string Name, int? Values) : IEvent
{
    /// <inheritdoc/>
    public static string EventType => "policy.list_changed";

    /// <inheritdoc/>
    public string Subject => Name;
}
