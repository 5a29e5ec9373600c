namespace Anumate.Client;

/// <summary>IPolicies over HTTP.</summary>
public sealed class PoliciesClient(Transport transport) : IPolicies
{
    /// <inheritdoc/>
    public Task<PolicyVersion> PublishAsync(Caller caller, PublishPolicy request, CancellationToken ct) =>
        transport.PostAsync<PublishPolicy, PolicyVersion>(caller, "v1/policies", request, request.IdempotencyKey, ct);

    /// <inheritdoc/>
    public Task<Page<PolicyVersion>> ListAsync(Caller caller, string? name, PageRequest page, CancellationToken ct) =>
        transport.GetAsync<Page<PolicyVersion>>(caller, Route.Page("v1/policies", page, ("name", name)), ct);

    /// <inheritdoc/>
    public Task<PolicyVersion> GetAsync(Caller caller, Id<Policy> id, CancellationToken ct) =>
        transport.GetAsync<PolicyVersion>(caller, $"v1/policies/{id}", ct);

    /// <inheritdoc/>
    public Task<IReadOnlyList<PolicyVersion>> ResolveAsync(Caller caller, IReadOnlyList<string> references, CancellationToken ct) =>
        transport.QueryAsync<IReadOnlyList<string>, IReadOnlyList<PolicyVersion>>(caller, "v1/policies/resolve", references, ct);

    /// <inheritdoc/>
    public Task<PolicyBundle> GetBundleAsync(Caller caller, IReadOnlyList<string> pinned, CancellationToken ct) =>
        transport.QueryAsync<IReadOnlyList<string>, PolicyBundle>(caller, "v1/policies/bundle", pinned, ct);

    /// <inheritdoc/>
    public Task<Decision> EvaluateAsync(Caller caller, EvaluatePolicy request, CancellationToken ct) =>
        transport.QueryAsync<EvaluatePolicy, Decision>(caller, "v1/policies/evaluate", request, ct);
}
