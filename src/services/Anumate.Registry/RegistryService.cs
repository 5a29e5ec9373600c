using System.Text;
using System.Text.Json;
using Anumate.PlanEngine;
using Anumate.Platform.Data;
using Anumate.Platform.Policies;
using Anumate.Platform.Secrets;
using Anumate.PolicyEngine;
using Anumate.Proofs;

namespace Anumate.Registry;

sealed class RegistryService(CapsuleStore store, PolicyGate gate, SigningKeys keys, TimeProvider time) : IRegistry
{
    const string PayloadType = "application/vnd.anumate.capsule+json";
    const int MaxSource = 1024 * 1024, MaxReference = 300;

    public async Task<CapsuleVersion> PublishAsync(Caller caller, PublishCapsule request, CancellationToken ct)
    {
        caller.Demand(Scope.CapsuleWrite);
        var capsule = Read(request.Source, out var diagnostics);
        if (await store.FindAsync(caller, capsule.Name, capsule.Version, ct) is { } published)
        {
            return Same(published, capsule);
        }

        var decision = await gate.DecideAsync(
            caller, PolicyPoint.CapsulePublish, PolicyFacts.Of(caller).WithCapsule(capsule.Name, capsule.Version, capsule.Labels), [], ct);
        if (decision.Verdict != Verdict.Allow)
        {
            throw PolicyProblems.Denied(decision);
        }

        var key = await keys.CurrentAsync(SigningPurpose.Capsule, ct);
        var version = new CapsuleVersion(Id<Capsule>.New(time), capsule.Name, capsule.Version, capsule.Title, capsule.Owner, capsule.Digest, request.Source,
            DsseEnvelope.Sign(PayloadType, capsule.Canonical.Utf8.ToArray(), key).ToJson().ToJsonString(), caller.Principal, time.GetUtcNow())
        { Diagnostics = diagnostics };
        var record = AuditRecord.Of(caller, time, "capsule.published", "capsule", version.Id.ToString()) with
        {
            Digests = new Dictionary<string, string> { ["capsule"] = version.Digest },
            Facts = JsonSerializer.SerializeToElement(new CapsuleFacts(version.Name, version.Version, key.Kid), RegistryJson.Default.CapsuleFacts),
        };
        try
        {
            return await store.SaveAsync(caller, version, Once.Of("capsule.publish", request.IdempotencyKey, request), record, ct);
        }
        catch (ProblemException e) when (e.Problem.Code == "capsule-version-exists" && request.IdempotencyKey is null)
        {
            // Somebody published the same version a moment ago; the same content is no conflict.
            return Same(await store.FindAsync(caller, capsule.Name, capsule.Version, ct) ?? throw e.Problem.Exception(), capsule);
        }
    }

    public async Task<Page<CapsuleSummary>> ListAsync(Caller caller, string? name, PageRequest page, CancellationToken ct)
    {
        caller.Demand(Scope.CapsuleRead);
        return await store.ListAsync(caller, name, page, ct);
    }

    public async Task<CapsuleVersion> GetAsync(Caller caller, Id<Capsule> id, CancellationToken ct)
    {
        caller.Demand(Scope.CapsuleRead);
        return await VerifiedAsync(await store.GetAsync(caller, id, ct), ct);
    }

    public async Task<CapsuleVersion> ResolveAsync(Caller caller, string reference, CancellationToken ct)
    {
        caller.Demand(Scope.CapsuleRead);
        if (reference.Length is 0 or > MaxReference)
        {
            throw Problems.Invalid($"a capsule reference has 1 to {MaxReference} characters: name@version, or name");
        }

        var at = reference.IndexOf('@');
        var (name, version) = at < 0 ? (reference, null) : (reference[..at], reference[(at + 1)..]);
        return await VerifiedAsync(await store.FindAsync(caller, name, version, ct) ?? throw CapsuleProblems.NotFound(reference), ct);
    }

    static CapsuleDocument Read(string source, out IReadOnlyList<Diagnostic> diagnostics)
    {
        if (Encoding.UTF8.GetByteCount(source) > MaxSource)
        {
            throw Problems.TooLarge($"a capsule has at most {MaxSource} bytes");
        }

        var reading = CapsuleReader.Read(source);
        diagnostics = reading.Diagnostics;
        return reading.Capsule ?? throw CapsuleProblems.Invalid(reading.Diagnostics);
    }

    static CapsuleVersion Same(CapsuleVersion published, CapsuleDocument capsule) => published.Digest == capsule.Digest
        ? published
        : throw CapsuleProblems.VersionExists(capsule.Name, capsule.Version);

    /// <summary>Nothing that was altered in the database leaves the registry: the signature must cover the source that is handed out.</summary>
    async ValueTask<CapsuleVersion> VerifiedAsync(CapsuleVersion version, CancellationToken ct)
    {
        if (CapsuleReader.Read(version.Source).Capsule is not { } capsule || capsule.Digest != version.Digest
            || capsule.Name != version.Name || capsule.Version != version.Version
            || !DsseEnvelope.TryParse(Encoding.UTF8.GetBytes(version.Signature), out var envelope, out _)
            || !envelope.Payload.AsSpan().SequenceEqual(capsule.Canonical.Utf8.Span))
        {
            throw CapsuleProblems.SignatureInvalid($"{version.Name}@{version.Version}", "the stored document is not the one that was signed");
        }

        var verification = envelope.Verify(PayloadType, await keys.RingAsync(SigningPurpose.Capsule, ct));
        return verification.Ok ? version : throw CapsuleProblems.SignatureInvalid($"{version.Name}@{version.Version}", verification.Reason);
    }
}

/// <summary>What the audit record of a publication says beside ids and digests.</summary>
sealed record CapsuleFacts(string Name, string Version, string Kid);

[System.Text.Json.Serialization.JsonSourceGenerationOptions(PropertyNamingPolicy = System.Text.Json.Serialization.JsonKnownNamingPolicy.SnakeCaseLower)]
[System.Text.Json.Serialization.JsonSerializable(typeof(CapsuleFacts))]
sealed partial class RegistryJson : System.Text.Json.Serialization.JsonSerializerContext;
