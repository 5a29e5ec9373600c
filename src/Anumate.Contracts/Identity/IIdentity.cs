using System.Text.Json.Serialization;

namespace Anumate;

/// <summary>Tenants, principals, groups, sign-in and API keys.</summary>
public interface IIdentity
{
    /// <summary>Who the caller is, as the platform sees it.</summary>
    Task<Me> GetMeAsync(Caller caller, CancellationToken ct);

    /// <summary>Exchanges a user's sign-in secret for a short-lived access token (<c>at+jwt</c>) of the built-in issuer.</summary>
    /// <exception cref="ProblemException"><c>unauthenticated</c>, with one text for every cause.</exception>
    Task<AccessToken> SignInAsync(SignIn request, CancellationToken ct);

    /// <summary>
    /// Resolves a credential from an <c>Authorization</c> header; null when it is not valid, revoked or expired. The edge of every process
    /// asks this before anything else; over HTTP only a process of the platform may.
    /// </summary>
    Task<Caller?> AuthenticateAsync(string credential, string correlation, CancellationToken ct);

    /// <summary>Creates a tenant with its first users. Only the platform may.</summary>
    Task<TenantCreated> CreateTenantAsync(Caller caller, NewTenant request, CancellationToken ct);

    /// <summary>The tenant of a name, or null. Only the platform may.</summary>
    Task<Tenant?> FindTenantAsync(Caller caller, string name, CancellationToken ct);

    /// <summary>Creates a user, service or agent. A user's sign-in secret is shown in the answer and never again.</summary>
    Task<PrincipalCreated> CreatePrincipalAsync(Caller caller, NewPrincipal request, CancellationToken ct);

    /// <summary>The tenant's principals, by name; <paramref name="group"/> keeps the members of one group.</summary>
    Task<Page<Principal>> ListPrincipalsAsync(Caller caller, string? group, PageRequest page, CancellationToken ct);

    /// <summary>One principal with its present roles and groups.</summary>
    Task<Versioned<Principal>> GetPrincipalAsync(Caller caller, Id<Principal> id, CancellationToken ct);

    /// <summary>Replaces roles, groups and the active flag, if the version still is <paramref name="ifMatch"/>.</summary>
    Task<Versioned<Principal>> UpdatePrincipalAsync(Caller caller, Id<Principal> id, PrincipalUpdate request, long ifMatch, CancellationToken ct);

    /// <summary>Gives a user a new sign-in secret, shown in the answer and never again; the one before is void at once.</summary>
    Task<PrincipalCreated> ResetSecretAsync(Caller caller, Id<Principal> id, CancellationToken ct);

    /// <summary>Creates an API key for the caller; its secret is shown in the answer and never again.</summary>
    Task<ApiKeyCreated> CreateApiKeyAsync(Caller caller, NewApiKey request, CancellationToken ct);

    /// <summary>The caller's own API keys; an admin sees all of the tenant.</summary>
    Task<Page<ApiKey>> ListApiKeysAsync(Caller caller, PageRequest page, CancellationToken ct);

    /// <summary>Revokes an API key at once; revoking twice is the same as once.</summary>
    Task RevokeApiKeyAsync(Caller caller, Id<ApiKey> id, CancellationToken ct);
}

/// <summary>A value with the version for <c>ETag</c> and <c>If-Match</c>.</summary>
public sealed record Versioned<T>(T Value, long Version);

/// <summary>The caller's own identity.</summary>
public sealed record Me(
    Id<Tenant> Tenant, string TenantName, Id<Principal> Principal, string Name, PrincipalKind Kind, CredentialKind Credential,
    IReadOnlyList<string> Roles, IReadOnlyList<string> Groups, IReadOnlyList<string> Scopes);

/// <summary>A credential that a process of the platform received, and the correlation id of the request it came with.</summary>
public sealed record CredentialToResolve(string Credential, string Correlation);

/// <summary>Whose credential it is; absent when it is not valid, revoked or expired.</summary>
public sealed record CredentialResolved(Caller? Caller);

/// <summary>A tenant that was looked for; absent when there is none.</summary>
public sealed record TenantFound(Tenant? Tenant);

/// <summary>A user's sign-in.</summary>
public sealed record SignIn(string Tenant, string User, string Secret);

/// <summary>An access token and when it ends.</summary>
public sealed record AccessToken(string Token, DateTimeOffset ExpiresAt);

/// <summary>A tenant to create. <see cref="Name"/>: 1-63 of <c>a-z 0-9 -</c>, unique on the platform.</summary>
public sealed record NewTenant(string Name, IReadOnlyList<NewPrincipal> Principals);

/// <summary>
/// A principal to create. <see cref="Name"/>: 1-100 of <c>a-z 0-9 . _ @ -</c>, beginning with a letter or digit. Roles must be
/// built-in ones; group names are free (1-63 of <c>a-z 0-9 - _</c>), at most 100.
/// </summary>
public sealed record NewPrincipal(string Name, PrincipalKind Kind, IReadOnlyList<string> Roles, IReadOnlyList<string> Groups)
{
    /// <summary>Makes a repeated request safe; over HTTP it is the header <c>Idempotency-Key</c>.</summary>
    [JsonIgnore]
    public string? IdempotencyKey { get; init; }
}

/// <summary>A new tenant and its users' sign-in secrets.</summary>
public sealed record TenantCreated(Tenant Tenant, IReadOnlyList<PrincipalCreated> Principals);

/// <summary>A new principal; <see cref="Secret"/> (prefix <c>ans_</c>, users only) is shown once.</summary>
public sealed record PrincipalCreated(Principal Principal, string? Secret);

/// <summary>What changes on a principal.</summary>
public sealed record PrincipalUpdate(IReadOnlyList<string> Roles, IReadOnlyList<string> Groups, bool Active);

/// <summary>An API key, without its secret. It has the rights of its owner, narrowed to <see cref="Roles"/>.</summary>
public sealed record ApiKey(
    Id<ApiKey> Id, string Name, Id<Principal> Owner, IReadOnlyList<string> Roles, DateTimeOffset Created, DateTimeOffset? Expires,
    DateTimeOffset? Revoked, DateTimeOffset? LastUsed) : IEntity
{
    /// <inheritdoc/>
    public static string Prefix => "key";
}

/// <summary>
/// An API key to create; <see cref="Roles"/> must be among those of its owner (null: all that the owner has now). Name: 1-100
/// printable characters. A key does not create another key for its own owner.
/// </summary>
public sealed record NewApiKey(string Name, IReadOnlyList<string>? Roles = null, DateTimeOffset? Expires = null)
{
    /// <summary>The service or agent the key is for; null: the caller itself. Needs <see cref="Scope.IdentityWrite"/>, and is never another user.</summary>
    public Id<Principal>? Owner { get; init; }

    /// <summary>Makes a repeated request safe (the secret is not shown again).</summary>
    [JsonIgnore]
    public string? IdempotencyKey { get; init; }
}

/// <summary>A new API key; <see cref="Secret"/> (prefix <c>ank_</c>, 256 random bits) is shown once and stored as SHA-256.</summary>
public sealed record ApiKeyCreated(ApiKey Key, string? Secret);

/// <summary>Problems of identity.</summary>
public static class IdentityProblems
{
    /// <summary>401: one answer for every cause, so that it tells nobody which tenants and users exist.</summary>
    public static ProblemException SignInRefused() => Problems.Unauthenticated("tenant, user and secret do not fit together, or the user is not active");

    /// <summary>409: the tenant's name is taken.</summary>
    public static ProblemException TenantExists(string name) =>
        new Problem("tenant-exists", 409, "The name is taken", $"a tenant `{name}` exists already").Exception();

    /// <summary>409: the principal's name is taken in this tenant.</summary>
    public static ProblemException PrincipalExists(string name) =>
        new Problem("principal-exists", 409, "The name is taken", $"a principal `{name}` exists already").Exception();

    /// <summary>409: nobody locks himself out.</summary>
    public static ProblemException OwnAccess() =>
        new Problem("own-access", 409, "Nobody takes his own access away", "another admin must take away your admin role or deactivate you").Exception();
}

/// <summary>A tenant was created.</summary>
public sealed record TenantWasCreated(Id<Tenant> Tenant, string Name) : IEvent
{
    /// <inheritdoc/>
    public static string EventType => "tenant.created";

    /// <inheritdoc/>
    public string Subject => Tenant.ToString();
}

/// <summary>A principal was created or changed.</summary>
public sealed record PrincipalChanged(Id<Principal> Principal, string Name, IReadOnlyList<string> Roles, IReadOnlyList<string> Groups, bool Active, long Version) : IEvent
{
    /// <inheritdoc/>
    public static string EventType => "principal.changed";

    /// <inheritdoc/>
    public string Subject => Principal.ToString();

    /// <inheritdoc/>
    public long Sequence => Version;
}

/// <summary>An API key was created or revoked.</summary>
public sealed record ApiKeyChanged(Id<ApiKey> Key, string Name, bool IsRevoked) : IEvent
{
    /// <inheritdoc/>
    public static string EventType => "api_key.changed";

    /// <inheritdoc/>
    public string Subject => Key.ToString();

    /// <inheritdoc/>
    public long Sequence => IsRevoked ? 2 : 1;
}
