namespace Anumate.Client;

/// <summary>IPolicies over HTTP.</summary>
public sealed class PoliciesClient(Transport transport) : IPolicies
{
    /// <inheritdoc/>
    public Task<PolicyVersion> PublishAsync(Caller caller, PublishPolicy request, CancellationToken ct) =>
        transport.PostAsync<PublishPolicy, PolicyVersion>(caller, "v1/policies", request, request.IdempotencyKey, ct);

    /// <inheritdoc/>
    public Task<PolicyVersion> UpdateAsync(Caller caller, Id<Policy> id, PolicyText request, long ifMatch, CancellationToken ct) =>
        transport.PutAsync<PolicyText, PolicyVersion>(caller, $"v1/policies/{id}", request, ifMatch, ct);

    /// <inheritdoc/>
    public Task DeleteAsync(Caller caller, Id<Policy> id, CancellationToken ct) => transport.DeleteAsync(caller, $"v1/policies/{id}", ct);

    /// <inheritdoc/>
    public Task<Page<PolicyVersion>> ListAsync(Caller caller, string? name, bool deleted, PageRequest page, CancellationToken ct) =>
        transport.GetAsync<Page<PolicyVersion>>(caller, Route.Page("v1/policies", page, ("name", name), ("deleted", deleted ? "true" : null)), ct);

    /// <inheritdoc/>
    public Task<PolicyVersion> GetAsync(Caller caller, Id<Policy> id, CancellationToken ct) =>
        transport.GetAsync<PolicyVersion>(caller, $"v1/policies/{id}", ct);

    /// <inheritdoc/>
    public Task<CheckedPolicy> CheckAsync(Caller caller, PolicyText request, CancellationToken ct) =>
        transport.QueryAsync<PolicyText, CheckedPolicy>(caller, "v1/policies/check", request, ct);

    /// <inheritdoc/>
    public Task<FormattedPolicy> FormatAsync(Caller caller, PolicyText request, CancellationToken ct) =>
        transport.QueryAsync<PolicyText, FormattedPolicy>(caller, "v1/policies/format", request, ct);

    /// <inheritdoc/>
    public Task<PolicyTestReport> TestAsync(Caller caller, TestPolicyText request, CancellationToken ct) =>
        transport.QueryAsync<TestPolicyText, PolicyTestReport>(caller, "v1/policies/test", request, ct);

    /// <inheritdoc/>
    public Task<PolicyTestReport> TestVersionAsync(Caller caller, Id<Policy> id, TestPolicy request, CancellationToken ct) =>
        transport.QueryAsync<TestPolicy, PolicyTestReport>(caller, $"v1/policies/{id}/test", request, ct);

    /// <inheritdoc/>
    public Task<IReadOnlyList<PolicyVersion>> ResolveAsync(Caller caller, IReadOnlyList<string> references, CancellationToken ct) =>
        transport.QueryAsync<IReadOnlyList<string>, IReadOnlyList<PolicyVersion>>(caller, "v1/policies/resolve", references, ct);

    /// <inheritdoc/>
    public Task<PolicyBundle> GetBundleAsync(Caller caller, IReadOnlyList<string> pinned, CancellationToken ct) =>
        transport.QueryAsync<IReadOnlyList<string>, PolicyBundle>(caller, "v1/policies/bundle", pinned, ct);

    /// <inheritdoc/>
    public Task<IReadOnlyList<RevealedToken>> RevealAsync(Caller caller, RevealTokens request, CancellationToken ct) =>
        transport.PostAsync<RevealTokens, IReadOnlyList<RevealedToken>>(caller, "v1/policies/tokens", request, null, ct);

    /// <inheritdoc/>
    public Task<Decision> EvaluateAsync(Caller caller, EvaluatePolicy request, CancellationToken ct) =>
        transport.QueryAsync<EvaluatePolicy, Decision>(caller, "v1/policies/evaluate", request, ct);
}
