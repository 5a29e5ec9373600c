using System.Text.Json;
using System.Text.Json.Serialization;

namespace Anumate;

/// <summary>
/// Who did what to which object: a leaf of the tenant's log, written in the transaction of the change. It is stored in its final,
/// canonical form and never rewritten: members are only ever added. It holds no personal data and no secret.
/// </summary>
public sealed record AuditRecord
{
    /// <summary>The leaf type.</summary>
    public const string LeafType = "audit.record";

    /// <summary>Version of this form.</summary>
    [JsonPropertyName("v")]
    public int Version { get; init; } = 1;

    /// <summary>Always <see cref="LeafType"/>: a leaf says what it is.</summary>
    public string Type { get; init; } = LeafType;

    /// <summary>The leaf's own id; the same id twice is one leaf.</summary>
    public required Id<Receipt> Id { get; init; }

    /// <summary>When it was done.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>Where.</summary>
    public required Id<Tenant> Tenant { get; init; }

    /// <summary>Who did it.</summary>
    public required AuditActor Actor { get; init; }

    /// <summary>What was done, <c>object.verb</c>, past tense: <c>capsule.published</c>.</summary>
    public required string Action { get; init; }

    /// <summary>What it was done to.</summary>
    public required AuditObject Object { get; init; }

    /// <summary>The run it belongs to.</summary>
    public Id<Run>? Run { get; init; }

    /// <summary>Digests by name, e.g. <c>plan</c> → <c>sha256:…</c>.</summary>
    public IReadOnlyDictionary<string, string>? Digests { get; init; }

    /// <summary>Facts of this action: a JSON object without personal data.</summary>
    public JsonElement? Facts { get; init; }

    /// <summary>Correlation id of the work.</summary>
    public required string Correlation { get; init; }

    /// <summary>A record of what the caller did just now.</summary>
    public static AuditRecord Of(Caller caller, TimeProvider time, string action, string kind, string id) => new()
    {
        Id = Id<Receipt>.New(time),
        At = time.GetUtcNow(),
        Tenant = caller.Tenant,
        Actor = new AuditActor(caller.Principal, caller.Kind, caller.Credential, caller.Via) { ActsFor = caller.ActsFor.Count > 0 ? caller.ActsFor : null },
        Action = action,
        Object = new AuditObject(kind, id),
        Correlation = caller.Correlation,
    };
}

/// <summary>Who acted. The name is left out: people are named by id alone, so that erasure needs no change of the log.</summary>
/// <param name="Id">The principal.</param>
/// <param name="Kind">What it is.</param>
/// <param name="Credential">How it proved that.</param>
/// <param name="Via">The service that acted for it, if one did.</param>
public sealed record AuditActor(Id<Principal> Id, PrincipalKind Kind, CredentialKind Credential, string? Via = null)
{
    /// <summary>Principals on whose behalf it acted.</summary>
    public IReadOnlyList<Id<Principal>>? ActsFor { get; init; }
}

/// <summary>What was acted on: a kind (<c>capsule</c>) and a textual id.</summary>
public sealed record AuditObject(string Kind, string Id);
