using System.Text.Json;

namespace Anumate;

/// <summary>Capability tokens: short-lived, narrow, spent once.</summary>
public interface ICapTokens
{
    /// <summary>Issues a token (<c>cap+jwt</c>, ≤ 300 s) for one attempt of a run. Only the orchestrator's service may.</summary>
    Task<CapToken> IssueAsync(Caller caller, NewCapToken request, CancellationToken ct);

    /// <summary>
    /// Verifies a token for one call and counts the use, durably, before the call is sent. Refused once the uses are up, the token
    /// is revoked, or the store is down.
    /// </summary>
    /// <exception cref="ProblemException"><c>captoken-refused</c> with the reason's code.</exception>
    Task SpendAsync(Caller caller, SpendCapToken request, CancellationToken ct);

    /// <summary>Revokes a token; uses from now on are refused.</summary>
    Task RevokeAsync(Caller caller, Id<CapToken> id, CancellationToken ct);

    /// <summary>Tokens issued for a run, newest first, without the tokens themselves.</summary>
    Task<Page<CapTokenRecord>> ListAsync(Caller caller, Id<Run> run, PageRequest page, CancellationToken ct);

    /// <summary>The public keys (JWK Set, RFC 7517) that verify tokens.</summary>
    Task<JsonElement> GetKeysAsync(CancellationToken ct);
}

/// <summary>What one token allows: a tool by <c>name@sha256:…</c>, bound to the arguments' digest, so many times.</summary>
public sealed record Grant(string Tool, string? ArgumentsDigest, int MaxUses);

/// <summary>A token to issue.</summary>
public sealed record NewCapToken(
    Id<Run> Run, string Step, int Attempt, long Epoch, string PlanHash, IReadOnlyList<Grant> Grants, TimeSpan Lifetime, Id<Principal> Subject);

/// <summary>An issued token.</summary>
public sealed record CapToken(Id<CapToken> Id, string Token, DateTimeOffset Expires) : IEntity
{
    /// <inheritdoc/>
    public static string Prefix => "cat";
}

/// <summary>A use to count: the call it is for must match the token's claims exactly.</summary>
public sealed record SpendCapToken(
    string Token, string Audience, Id<Run> Run, string Step, int Attempt, long Epoch, string Tool, string ArgumentsDigest);

/// <summary>What is kept of a token.</summary>
public sealed record CapTokenRecord(
    Id<CapToken> Id, Id<Run> Run, string Step, int Attempt, IReadOnlyList<Grant> Grants, DateTimeOffset Issued, DateTimeOffset Expires, DateTimeOffset? Revoked, int Uses);

/// <summary>A token was revoked.</summary>
public sealed record CapTokenRevoked(Id<CapToken> CapToken) : IEvent
{
    /// <inheritdoc/>
    public static string EventType => "captoken.revoked";

    /// <inheritdoc/>
    public string Subject => CapToken.ToString();
}

/// <summary>Problems of capability tokens.</summary>
public static class CapTokenProblems
{
    /// <summary>403: the token does not allow this call; <paramref name="reason"/> is a stable code such as <c>expired</c> or <c>spent</c>.</summary>
    public static ProblemException Refused(string reason, string detail) =>
        new Problem("captoken-refused", 403, "The capability token does not allow this", $"{reason}: {detail}").Exception();
}
