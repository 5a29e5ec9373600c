using Anumate.Identity.Oidc;
using Anumate.Platform.Data;
using Anumate.Platform.Http;

namespace Anumate.Identity;

sealed class IdentityService(
    IdentityStore store, Issuer issuer, OidcSignIn oidc, OidcStore external, CredentialCache cache, LastUse lastUse, IdentityTelemetry telemetry, TimeProvider time)
    : IIdentity
{
    const string PrincipalsList = "principals", KeysList = "api-keys";

    public async Task<Me> GetMeAsync(Caller caller, CancellationToken ct)
    {
        var tenant = await store.TenantAsync(caller.Tenant, ct) ?? throw Problems.NotFound("tenant", caller.Tenant.ToString());
        return new Me(caller.Tenant, tenant.Name, caller.Principal, caller.Name, caller.Kind, caller.Credential, caller.Roles, caller.Groups,
            [.. caller.Scopes.Order(StringComparer.Ordinal)]);
    }

    public async Task<AccessToken> SignInAsync(SignIn request, CancellationToken ct)
    {
        // Each step is taken whatever the one before found, so that time tells no more than the answer.
        var wellFormed = Rules.IsTenantName(request.Tenant) && Rules.IsPrincipalName(request.User);
        var tenant = wellFormed ? await store.FindTenantAsync(request.Tenant, ct) : null;
        var subject = await store.SubjectNamedAsync(tenant ?? Nobody, wellFormed ? request.User : "", ct);
        if (!Credentials.Matches(request.Secret, subject?.SecretHash) || subject is not { Active: true, Kind: PrincipalKind.User })
        {
            telemetry.SignedIn(false);
            throw IdentityProblems.SignInRefused();
        }

        telemetry.SignedIn(true);
        return await issuer.IssueAsync(tenant!.Value, subject, ct);
    }

    public async Task<Caller?> AuthenticateAsync(string credential, string correlation, CancellationToken ct)
    {
        if (!cache.TryGet(credential, out var caller))
        {
            caller = credential.StartsWith(Credentials.KeyPrefix, StringComparison.Ordinal)
                ? await OfKeyAsync(credential, ct)
                : await OfTokenAsync(credential, ct);
        }

        if (caller is null)
        {
            telemetry.Refused();
            return null;
        }

        if (caller.Key is { } key)
        {
            lastUse.Note(caller.Caller.Tenant, key, time.GetUtcNow());
        }

        return caller.Caller with { Correlation = correlation };
    }

    public async Task<TenantCreated> CreateTenantAsync(Caller caller, NewTenant request, CancellationToken ct)
    {
        caller.Demand(Scope.TenantCreate);
        Rules.Check(request);
        var now = time.GetUtcNow();
        var tenant = new Tenant(Id<Tenant>.New(time), request.Name, now);
        var inside = caller with { Tenant = tenant.Id };
        var batch = store.TenantBatch(tenant.Id, tenant.Name, now)
            .Event(inside, new TenantWasCreated(tenant.Id, tenant.Name))
            .Audit(AuditRecord.Of(inside, time, "tenant.created", "tenant", tenant.Id.ToString()));
        var created = request.Principals.Select(p => Add(batch, inside, p)).ToList();
        await batch.SaveAsync(ct);
        return new TenantCreated(tenant, created);
    }

    public async Task<Tenant?> FindTenantAsync(Caller caller, string name, CancellationToken ct)
    {
        caller.Demand(Scope.TenantCreate);
        return Rules.IsTenantName(name) && await store.FindTenantAsync(name, ct) is { } id ? await store.TenantAsync(id, ct) : null;
    }

    public Task<PrincipalCreated> CreatePrincipalAsync(Caller caller, NewPrincipal request, CancellationToken ct)
    {
        caller.Demand(Scope.IdentityWrite);
        Rules.Check(request);
        var batch = store.PrincipalBatch(caller.Tenant);
        var created = Add(batch, caller, request);
        return batch.SaveOnceAsync(caller, Once.Of("principal.create", request.IdempotencyKey, request), created, ct, created with { Secret = null });
    }

    public async Task<Page<Principal>> ListPrincipalsAsync(Caller caller, string? group, PageRequest page, CancellationToken ct)
    {
        caller.Demand(Scope.IdentityRead);
        if (group is not null && !Rules.IsGroupName(group))
        {
            throw Problems.Invalid($"`{Text.Excerpt(group)}` is not the name of a group: 1 to 63 of a-z, 0-9, - and _");
        }

        var after = Cursor.Read(page.Checked(), PrincipalsList, 1) is [var name] ? name : "";
        var rows = await store.PrincipalsAsync(caller.Tenant, group, after, page.Limit + 1, ct);
        return Cursor.Page(rows, page, PrincipalsList, p => [p.Name]);
    }

    public async Task<Versioned<Principal>> GetPrincipalAsync(Caller caller, Id<Principal> id, CancellationToken ct)
    {
        caller.Demand(Scope.IdentityRead);
        return await FindAsync(caller, id, ct);
    }

    public async Task<Versioned<Principal>> UpdatePrincipalAsync(
        Caller caller, Id<Principal> id, PrincipalUpdate request, long ifMatch, CancellationToken ct)
    {
        caller.Demand(Scope.IdentityWrite);
        Rules.Check(request);
        if (id == caller.Principal && (!request.Active || !request.Roles.Contains(Role.Admin)))
        {
            throw IdentityProblems.OwnAccess();
        }

        var before = await FindAsync(caller, id, ct);
        if (before.Version != ifMatch)
        {
            throw Problems.VersionConflict($"`{before.Value.Name}` is at version {before.Version}, not {ifMatch}; read it again");
        }

        var after = new Versioned<Principal>(
            before.Value with { Roles = Rules.Sorted(request.Roles), Groups = Rules.Sorted(request.Groups), Active = request.Active }, ifMatch + 1);
        await store.Update(caller.Tenant, id, request, ifMatch)
            .Event(caller, Changed(after.Value, after.Version))
            .Audit(RecordOf(caller, time, "principal.changed", after.Value))
            .SaveAsync(ct);
        cache.Forget(id);
        return after;
    }

    public async Task<PrincipalCreated> ResetSecretAsync(Caller caller, Id<Principal> id, CancellationToken ct)
    {
        caller.Demand(Scope.IdentityWrite);
        var before = await FindAsync(caller, id, ct);
        if (before.Value.Kind != PrincipalKind.User)
        {
            throw Problems.Conflict($"`{before.Value.Name}` is not a user; services and agents sign in with API keys");
        }

        if (await external.IssuerOfAsync(caller.Tenant, id, ct) is { } elsewhere)
        {
            throw Problems.Conflict($"`{before.Value.Name}` signs in at `{elsewhere}`; a secret here would be a way around it");
        }

        var secret = Credentials.NewSecret();
        await store.ResetSecret(caller.Tenant, id, Credentials.Hash(secret), before.Version)
            .Event(caller, Changed(before.Value, before.Version + 1))
            .Audit(AuditRecord.Of(caller, time, "principal.secret_reset", "principal", id.ToString()))
            .SaveAsync(ct);
        return new PrincipalCreated(before.Value, secret);
    }

    public async Task<ApiKeyCreated> CreateApiKeyAsync(Caller caller, NewApiKey request, CancellationToken ct)
    {
        caller.Demand(Scope.KeyOwn);
        var now = time.GetUtcNow();
        Rules.Check(request, now);
        var (owner, roles) = await OwnerOfNewKeyAsync(caller, request, ct);
        if (request.Roles?.Except(roles).FirstOrDefault() is { } foreign)
        {
            throw Problems.Forbidden($"a key has no role that its owner has not: `{Text.Excerpt(foreign)}`");
        }

        var secret = Credentials.NewKey(caller.Tenant);
        var key = new ApiKey(Id<ApiKey>.New(time), request.Name, owner, Rules.Sorted(request.Roles ?? roles), now, request.Expires, null, null);
        var created = new ApiKeyCreated(key, secret);
        return await store.Add(caller.Tenant, key, Credentials.Hash(secret))
            .Event(caller, new ApiKeyChanged(key.Id, key.Name, false))
            .Audit(AuditRecord.Of(caller, time, "api_key.created", "api_key", key.Id.ToString()))
            .SaveOnceAsync(caller, Once.Of("api_key.create", request.IdempotencyKey, request), created, ct, created with { Secret = null });
    }

    public async Task<Page<ApiKey>> ListApiKeysAsync(Caller caller, PageRequest page, CancellationToken ct)
    {
        caller.Demand(Scope.KeyOwn);
        var before = Cursor.ReadId<ApiKey>(page.Checked(), KeysList) ?? new Id<ApiKey>(Guid.AllBitsSet);
        var rows = await store.KeysAsync(caller.Tenant, SeesAll(caller) ? null : caller.Principal, before, page.Limit + 1, ct);
        return Cursor.Page(rows, page, KeysList, k => [k.Id.ToString()]);
    }

    public async Task RevokeApiKeyAsync(Caller caller, Id<ApiKey> id, CancellationToken ct)
    {
        caller.Demand(Scope.KeyOwn);
        var key = await store.KeyAsync(caller.Tenant, id, ct);
        if (key is null || (key.Owner != caller.Principal && !caller.Scopes.Contains(Scope.IdentityWrite)))
        {
            throw Problems.NotFound("API key", id.ToString());
        }

        if (key.Revoked is null)
        {
            try
            {
                await store.Revoke(caller.Tenant, id, time.GetUtcNow())
                    .Event(caller, new ApiKeyChanged(id, key.Name, true))
                    .Audit(AuditRecord.Of(caller, time, "api_key.revoked", "api_key", id.ToString()))
                    .SaveAsync(ct);
            }
            catch (ProblemException e) when (e.Problem.Code == "version-conflict")
            {
                // Revoked by another at the same moment: as asked.
            }
        }

        cache.Forget(id);
    }

    // A tenant that does not exist: no row is visible under it.
    static readonly Id<Tenant> Nobody = new(Guid.AllBitsSet);

    static bool SeesAll(Caller caller) => caller.Scopes.Contains(Scope.IdentityWrite);

    async Task<Versioned<Principal>> FindAsync(Caller caller, Id<Principal> id, CancellationToken ct) =>
        await store.PrincipalAsync(caller.Tenant, id, ct) ?? throw Problems.NotFound("principal", id.ToString());

    PrincipalCreated Add(Batch batch, Caller caller, NewPrincipal request)
    {
        var principal = new Principal(Id<Principal>.New(time), request.Name, request.Kind, Rules.Sorted(request.Roles), Rules.Sorted(request.Groups), true, time.GetUtcNow());
        var secret = request.Kind == PrincipalKind.User ? Credentials.NewSecret() : null;
        IdentityStore.Add(batch, principal, secret is null ? null : Credentials.Hash(secret))
            .Event(caller, Changed(principal, 1))
            .Audit(RecordOf(caller, time, "principal.created", principal));
        return new PrincipalCreated(principal, secret);
    }

    async Task<(Id<Principal> Owner, IReadOnlyList<string> Roles)> OwnerOfNewKeyAsync(Caller caller, NewApiKey request, CancellationToken ct)
    {
        if (request.Owner is not { } id || id == caller.Principal)
        {
            return caller.Credential == CredentialKind.ApiKey
                ? throw Problems.Forbidden("an API key does not create another key for its own owner; sign in")
                : (caller.Principal, caller.Roles);
        }

        caller.Demand(Scope.IdentityWrite);
        var owner = (await FindAsync(caller, id, ct)).Value;
        return owner.Kind == PrincipalKind.User
            ? throw Problems.Forbidden($"only `{owner.Name}` creates keys for `{owner.Name}`; for others, keys are made for services and agents")
            : (owner.Id, owner.Roles);
    }

    async Task<KnownCaller?> OfKeyAsync(string credential, CancellationToken ct)
    {
        if (!Credentials.TryReadKey(credential, out var tenant))
        {
            return null;
        }

        var holder = await store.KeyHolderAsync(tenant, Credentials.Hash(credential), ct);
        return holder is { Revoked: null, Owner.Active: true } && !(holder.Expires <= time.GetUtcNow())
            ? cache.Keep(credential, new KnownCaller(CallerOf(tenant, holder.Owner, CredentialKind.ApiKey, holder.Owner.Roles.Intersect(holder.Roles)), holder.Key, holder.Expires))
            : null;
    }

    async Task<KnownCaller?> OfTokenAsync(string credential, CancellationToken ct)
    {
        if (await issuer.VerifyAsync(credential, ct) is { } token)
        {
            return await store.SubjectAsync(token.Tenant, token.Principal, ct) is { } subject ? Signed(credential, token.Tenant, subject, token.Expires) : null;
        }

        return await oidc.AuthenticateAsync(credential, ct) is var (tenant, person, expires) ? Signed(credential, tenant, person, expires) : null;
    }

    // A token that an issuer gave to a program is a program's credential, as an API key is: only people sign in.
    KnownCaller? Signed(string credential, Id<Tenant> tenant, Subject subject, DateTimeOffset expires)
    {
        var kind = subject.Kind == PrincipalKind.User ? CredentialKind.SignIn : CredentialKind.ApiKey;
        return subject.Active ? cache.Keep(credential, new KnownCaller(CallerOf(tenant, subject, kind, subject.Roles), null, expires)) : null;
    }

    static Caller CallerOf(Id<Tenant> tenant, Subject subject, CredentialKind credential, IEnumerable<string> roles)
    {
        IReadOnlyList<string> held = [.. roles];
        return new Caller
        {
            Tenant = tenant,
            Principal = subject.Id,
            Name = subject.Name,
            Kind = subject.Kind,
            Credential = credential,
            Roles = held,
            Groups = subject.Groups,
            Scopes = Role.ScopesOf(held),
            Correlation = "",
        };
    }

    internal static PrincipalChanged Changed(Principal p, long version) => new(p.Id, p.Name, p.Roles, p.Groups, p.Active, version);

    internal static AuditRecord RecordOf(Caller caller, TimeProvider time, string action, Principal p) =>
        AuditRecord.Of(caller, time, action, "principal", p.Id.ToString()) with { Facts = RightsOf(p) };

    static System.Text.Json.JsonElement RightsOf(Principal p) => System.Text.Json.JsonSerializer.SerializeToElement(
        new Rights(p.Roles, p.Groups, p.Active), IdentityJson.Default.Rights);
}

/// <summary>What the audit record of a principal says beside its id.</summary>
sealed record Rights(IReadOnlyList<string> Roles, IReadOnlyList<string> Groups, bool Active);

[System.Text.Json.Serialization.JsonSourceGenerationOptions(PropertyNamingPolicy = System.Text.Json.Serialization.JsonKnownNamingPolicy.SnakeCaseLower)]
[System.Text.Json.Serialization.JsonSerializable(typeof(Rights))]
sealed partial class IdentityJson : System.Text.Json.Serialization.JsonSerializerContext;
