using System.Text.Json.Serialization;

namespace Anumate;

/// <summary>Capsules: immutable, signed versions of automations.</summary>
public interface IRegistry
{
    /// <summary>Checks, signs and stores a capsule version. The same content again is the same version; another content under the same version is refused.</summary>
    /// <exception cref="ProblemException"><c>capsule-invalid</c> with diagnostics, <c>capsule-version-exists</c>, <c>policy-denied</c>.</exception>
    Task<CapsuleVersion> PublishAsync(Caller caller, PublishCapsule request, CancellationToken ct);

    /// <summary>The newest versions first; <paramref name="name"/> keeps one capsule.</summary>
    Task<Page<CapsuleSummary>> ListAsync(Caller caller, string? name, PageRequest page, CancellationToken ct);

    /// <summary>A version by its id.</summary>
    Task<CapsuleVersion> GetAsync(Caller caller, Id<Capsule> id, CancellationToken ct);

    /// <summary>A version by reference: <c>name@1.4.0</c>, or <c>name</c> for the highest published version.</summary>
    Task<CapsuleVersion> ResolveAsync(Caller caller, string reference, CancellationToken ct);
}

/// <summary>The mark of capsule ids.</summary>
public sealed record Capsule : IEntity
{
    /// <inheritdoc/>
    public static string Prefix => "cap";
}

/// <summary>A capsule document to publish.</summary>
/// <param name="Source">The YAML or JSON text, at most 1 MiB.</param>
public sealed record PublishCapsule(string Source)
{
    /// <summary>Makes a repeated request safe; over HTTP it is the header <c>Idempotency-Key</c>.</summary>
    [JsonIgnore]
    public string? IdempotencyKey { get; init; }
}

/// <summary>A version in a list.</summary>
public sealed record CapsuleSummary(
    Id<Capsule> Id, string Name, string Version, string? Title, string? Owner, string Digest, Id<Principal> PublishedBy, DateTimeOffset PublishedAt);

/// <summary>
/// A published version. <see cref="Digest"/> is over the canonical JSON form of the document; <see cref="Signature"/> is a DSSE
/// envelope (payload type <c>application/vnd.anumate.capsule+json</c>) over the same bytes.
/// </summary>
public sealed record CapsuleVersion(
    Id<Capsule> Id, string Name, string Version, string? Title, string? Owner, string Digest, string Source, string Signature,
    Id<Principal> PublishedBy, DateTimeOffset PublishedAt)
{
    /// <summary>Warnings found while publishing.</summary>
    public IReadOnlyList<Diagnostic> Diagnostics { get; init; } = [];
}

/// <summary>A capsule version was published.</summary>
public sealed record CapsulePublished(Id<Capsule> Capsule, string Name, string Version, string Digest) : IEvent
{
    /// <inheritdoc/>
    public static string EventType => "capsule.published";

    /// <inheritdoc/>
    public string Subject => Capsule.ToString();
}

/// <summary>Problems of the registry.</summary>
public static class CapsuleProblems
{
    /// <summary>422: the document is not a valid capsule; <see cref="Problem.Diagnostics"/> lists every finding.</summary>
    public static ProblemException Invalid(IReadOnlyList<Diagnostic> diagnostics) =>
        new Problem("capsule-invalid", 422, "The capsule is not valid", $"{diagnostics.Count(d => d.Severity == Severity.Error)} error(s); see diagnostics")
        { Diagnostics = diagnostics }.Exception();

    /// <summary>409: the version exists with another content.</summary>
    public static ProblemException VersionExists(string name, string version) =>
        new Problem("capsule-version-exists", 409, "A published version never changes", $"`{name}@{version}` is published with another content; raise metadata.version").Exception();

    /// <summary>409: the stored capsule is not the one that was signed; it is not handed out.</summary>
    public static ProblemException SignatureInvalid(string reference, string why) =>
        new Problem("capsule-signature-invalid", 409, "The capsule's signature does not hold", $"`{reference}`: {why}; publish the capsule again as a new version").Exception();

    /// <summary>404: no such capsule or version.</summary>
    public static ProblemException NotFound(string reference) =>
        new Problem("capsule-not-found", 404, "There is no such capsule version", $"no capsule `{reference}`").Exception();
}
