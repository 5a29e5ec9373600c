namespace Anumate.Client;

/// <summary>IIdentity over HTTP.</summary>
public sealed class IdentityClient(Transport transport) : IIdentity
{
    /// <inheritdoc/>
    public Task<Me> GetMeAsync(Caller caller, CancellationToken ct) =>
        transport.GetAsync<Me>(caller, "v1/me", ct);

    /// <inheritdoc/>
    public Task<AccessToken> SignInAsync(SignIn request, CancellationToken ct) =>
        transport.PostAsync<SignIn, AccessToken>(Caller.Self, "v1/sign-in", request, null, ct);

    /// <inheritdoc/>
    public async Task<Caller?> AuthenticateAsync(string credential, string correlation, CancellationToken ct) =>
        (await transport.QueryAsync<CredentialToResolve, CredentialResolved>(Caller.Self, "v1/authenticate", new(credential, correlation), ct).ConfigureAwait(false)).Caller;

    /// <inheritdoc/>
    public Task<TenantCreated> CreateTenantAsync(Caller caller, NewTenant request, CancellationToken ct) =>
        transport.PostAsync<NewTenant, TenantCreated>(caller, "v1/tenants", request, null, ct);

    /// <inheritdoc/>
    public async Task<Tenant?> FindTenantAsync(Caller caller, string name, CancellationToken ct) =>
        (await transport.GetAsync<TenantFound>(caller, Route.Of("v1/tenants", ("name", name)), ct).ConfigureAwait(false)).Tenant;

    /// <inheritdoc/>
    public Task<PrincipalCreated> CreatePrincipalAsync(Caller caller, NewPrincipal request, CancellationToken ct) =>
        transport.PostAsync<NewPrincipal, PrincipalCreated>(caller, "v1/principals", request, request.IdempotencyKey, ct);

    /// <inheritdoc/>
    public Task<Page<Principal>> ListPrincipalsAsync(Caller caller, string? group, PageRequest page, CancellationToken ct) =>
        transport.GetAsync<Page<Principal>>(caller, Route.Page("v1/principals", page, ("group", group)), ct);

    /// <inheritdoc/>
    public Task<Versioned<Principal>> GetPrincipalAsync(Caller caller, Id<Principal> id, CancellationToken ct) =>
        transport.GetAsync<Versioned<Principal>>(caller, $"v1/principals/{id}", ct);

    /// <inheritdoc/>
    public Task<Versioned<Principal>> UpdatePrincipalAsync(Caller caller, Id<Principal> id, PrincipalUpdate request, long ifMatch, CancellationToken ct) =>
        transport.PutAsync<PrincipalUpdate, Versioned<Principal>>(caller, $"v1/principals/{id}", request, ifMatch, ct);

    /// <inheritdoc/>
    public Task<PrincipalCreated> ResetSecretAsync(Caller caller, Id<Principal> id, CancellationToken ct) =>
        transport.PostAsync<PrincipalCreated>(caller, $"v1/principals/{id}/secret", ct);

    /// <inheritdoc/>
    public Task<ApiKeyCreated> CreateApiKeyAsync(Caller caller, NewApiKey request, CancellationToken ct) =>
        transport.PostAsync<NewApiKey, ApiKeyCreated>(caller, "v1/api-keys", request, request.IdempotencyKey, ct);

    /// <inheritdoc/>
    public Task<Page<ApiKey>> ListApiKeysAsync(Caller caller, PageRequest page, CancellationToken ct) =>
        transport.GetAsync<Page<ApiKey>>(caller, Route.Page("v1/api-keys", page), ct);

    /// <inheritdoc/>
    public Task RevokeApiKeyAsync(Caller caller, Id<ApiKey> id, CancellationToken ct) =>
        transport.DeleteAsync(caller, $"v1/api-keys/{id}", ct);
}
