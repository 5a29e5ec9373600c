using System.Text.Json;
using Anumate.Platform.Http;
using Anumate.Platform.Secrets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Anumate.Identity;

static class IdentityEndpoints
{
    public static void Map(IEndpointRouteBuilder v1)
    {
        v1.MapPost("/sign-in", SignIn).WithSummary("Exchange a user's sign-in secret for an access token")
            .Example(new SignIn("demo", "olga", "ans_…"));
        v1.MapGet("/jwks", GetKeys).WithSummary("The public keys of the built-in issuer of access tokens");
        v1.MapGet("/me", GetMe).WithSummary("Who the caller is");

        v1.MapPost("/authenticate", Authenticate).OfProcesses().WithSummary("Whose credential this is (processes of the platform only)");
        v1.MapPost("/tenants", CreateTenant).Demands(Scope.TenantCreate).WithSummary("Create a tenant with its first users (services only)");
        v1.MapGet("/tenants", FindTenant).Demands(Scope.TenantCreate).WithSummary("Look a tenant up by its name (services only)");

        var principals = v1.MapGroup("/principals");
        principals.MapPost("", CreatePrincipal).Demands(Scope.IdentityWrite).WithSummary("Create a user, service or agent")
            .Example(new NewPrincipal("olga", PrincipalKind.User, [Role.Operator], ["finance"]));
        principals.MapGet("", ListPrincipals).Demands(Scope.IdentityRead).WithSummary("List principals by name");
        principals.MapGet("/{id}", GetPrincipal).Demands(Scope.IdentityRead).WithSummary("Get a principal");
        principals.MapPut("/{id}", UpdatePrincipal).Demands(Scope.IdentityWrite).WithSummary("Replace a principal's roles, groups and active flag")
            .Example(new PrincipalUpdate([Role.Operator, Role.Approver], ["finance"], Active: true));
        principals.MapPost("/{id}/secret", ResetSecret).Demands(Scope.IdentityWrite).WithSummary("Give a user a new sign-in secret");

        var keys = v1.MapGroup("/api-keys");
        keys.MapPost("", CreateApiKey).Demands(Scope.KeyOwn).WithSummary("Create an API key for the caller, or for a service or agent")
            .Example(new NewApiKey("deployment", [Role.Operator]));
        keys.MapGet("", ListApiKeys).Demands(Scope.KeyOwn).WithSummary("List the caller's API keys; an admin sees all");
        keys.MapDelete("/{id}", RevokeApiKey).Demands(Scope.KeyOwn).WithSummary("Revoke an API key");
    }

    static async Task<Ok<AccessToken>> SignIn(Body<SignIn> body, IIdentity identity, CancellationToken ct) =>
        Reply.Ok(await identity.SignInAsync(body, ct));

    static async Task<Ok<JsonElement>> GetKeys(SigningKeys keys, CancellationToken ct) =>
        Reply.Ok(await keys.JwksAsync(SigningPurpose.AccessToken, ct));

    static async Task<Ok<Me>> GetMe(Caller caller, IIdentity identity, CancellationToken ct) =>
        Reply.Ok(await identity.GetMeAsync(caller, ct));

    static async Task<Ok<CredentialResolved>> Authenticate(Body<CredentialToResolve> body, IIdentity identity, CancellationToken ct) =>
        Reply.Ok(new CredentialResolved(await identity.AuthenticateAsync(body.Value.Credential, body.Value.Correlation, ct)));

    static async Task<Created<TenantCreated>> CreateTenant(Caller caller, Body<NewTenant> body, IIdentity identity, CancellationToken ct)
    {
        var created = await identity.CreateTenantAsync(caller, body, ct);
        return Reply.Created($"/v1/tenants/{created.Tenant.Id}", created);
    }

    static async Task<Ok<TenantFound>> FindTenant(Caller caller, string name, IIdentity identity, CancellationToken ct) =>
        Reply.Ok(new TenantFound(await identity.FindTenantAsync(caller, name, ct)));

    static async Task<Created<PrincipalCreated>> CreatePrincipal(
        Caller caller, Body<NewPrincipal> body, IdempotencyKey key, IIdentity identity, CancellationToken ct)
    {
        var created = await identity.CreatePrincipalAsync(caller, body.Value with { IdempotencyKey = key }, ct);
        return Reply.Created($"/v1/principals/{created.Principal.Id}", created);
    }

    static async Task<Ok<Page<Principal>>> ListPrincipals(Caller caller, string? group, PageQuery page, IIdentity identity, CancellationToken ct) =>
        Reply.Ok(await identity.ListPrincipalsAsync(caller, group, page, ct));

    static async Task<OkVersioned<Principal>> GetPrincipal(Caller caller, Id<Principal> id, IIdentity identity, CancellationToken ct) =>
        Reply.Ok(await identity.GetPrincipalAsync(caller, id, ct));

    static async Task<OkVersioned<Principal>> UpdatePrincipal(
        Caller caller, Id<Principal> id, Body<PrincipalUpdate> body, IfMatch match, IIdentity identity, CancellationToken ct) =>
        Reply.Ok(await identity.UpdatePrincipalAsync(caller, id, body, match, ct));

    static async Task<Ok<PrincipalCreated>> ResetSecret(Caller caller, Id<Principal> id, IIdentity identity, CancellationToken ct) =>
        Reply.Ok(await identity.ResetSecretAsync(caller, id, ct));

    static async Task<Created<ApiKeyCreated>> CreateApiKey(
        Caller caller, Body<NewApiKey> body, IdempotencyKey key, IIdentity identity, CancellationToken ct)
    {
        var created = await identity.CreateApiKeyAsync(caller, body.Value with { IdempotencyKey = key }, ct);
        return Reply.Created($"/v1/api-keys/{created.Key.Id}", created);
    }

    static async Task<Ok<Page<ApiKey>>> ListApiKeys(Caller caller, PageQuery page, IIdentity identity, CancellationToken ct) =>
        Reply.Ok(await identity.ListApiKeysAsync(caller, page, ct));

    static async Task<NoContent> RevokeApiKey(Caller caller, Id<ApiKey> id, IIdentity identity, CancellationToken ct)
    {
        await identity.RevokeApiKeyAsync(caller, id, ct);
        return TypedResults.NoContent();
    }
}
