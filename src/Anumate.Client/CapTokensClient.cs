using System.Text.Json;

namespace Anumate.Client;

/// <summary>ICapTokens over HTTP.</summary>
public sealed class CapTokensClient(Transport transport) : ICapTokens
{
    /// <inheritdoc/>
    public Task<CapToken> IssueAsync(Caller caller, NewCapToken request, CancellationToken ct) =>
        transport.PostAsync<NewCapToken, CapToken>(caller, "v1/captokens", request, null, ct);

    /// <inheritdoc/>
    public Task SpendAsync(Caller caller, SpendCapToken request, CancellationToken ct) =>
        transport.PostAsync(caller, "v1/captokens/spend", request, ct);

    /// <inheritdoc/>
    public Task RevokeAsync(Caller caller, Id<CapToken> id, CancellationToken ct) =>
        transport.DeleteAsync(caller, $"v1/captokens/{id}", ct);

    /// <inheritdoc/>
    public Task<Page<CapTokenRecord>> ListAsync(Caller caller, Id<Run> run, PageRequest page, CancellationToken ct) =>
        transport.GetAsync<Page<CapTokenRecord>>(caller, Route.Page("v1/captokens", page, ("run", run.ToString())), ct);

    /// <inheritdoc/>
    public Task<JsonElement> GetKeysAsync(CancellationToken ct) =>
        transport.GetAsync<JsonElement>(Caller.Self, "v1/captokens/jwks", ct);
}
