using System.Text.Json;
using Anumate.Platform.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Anumate.CapTokens;

static class CapTokenEndpoints
{
    public static void Map(IEndpointRouteBuilder v1)
    {
        var tokens = v1.MapGroup("/captokens");
        tokens.MapPost("", Issue).Demands(Scope.CapTokenIssue).WithSummary("Issue a capability token for one attempt (services only)");
        tokens.MapPost("/spend", Spend).Demands(Scope.CapTokenSpend).WithSummary("Verify a token for one call and count the use (services only)");
        tokens.MapGet("", List).Demands(Scope.RunRead).WithSummary("List the tokens issued for a run, without the tokens themselves");
        tokens.MapDelete("/{id}", Revoke).Demands(Scope.RunExecute).WithSummary("Revoke a token; uses from now on are refused");
        tokens.MapGet("/jwks", GetKeys).WithSummary("The public keys that verify capability tokens (JWK Set)");
    }

    static async Task<Ok<CapToken>> Issue(Caller caller, Body<NewCapToken> body, ICapTokens tokens, CancellationToken ct) =>
        Reply.Ok(await tokens.IssueAsync(caller, body, ct));

    static async Task<NoContent> Spend(Caller caller, Body<SpendCapToken> body, ICapTokens tokens, CancellationToken ct)
    {
        await tokens.SpendAsync(caller, body, ct);
        return TypedResults.NoContent();
    }

    static async Task<Ok<Page<CapTokenRecord>>> List(Caller caller, Id<Run> run, PageQuery page, ICapTokens tokens, CancellationToken ct) =>
        Reply.Ok(await tokens.ListAsync(caller, run, page, ct));

    static async Task<NoContent> Revoke(Caller caller, Id<CapToken> id, ICapTokens tokens, CancellationToken ct)
    {
        await tokens.RevokeAsync(caller, id, ct);
        return TypedResults.NoContent();
    }

    static async Task<Ok<JsonElement>> GetKeys(ICapTokens tokens, CancellationToken ct) => Reply.Ok(await tokens.GetKeysAsync(ct));
}
