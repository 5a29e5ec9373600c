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
    public Task<Decision> EvaluateAsync(Caller caller, EvaluatePolicy request, CancellationToken ct) =>
        transport.QueryAsync<EvaluatePolicy, Decision>(caller, "v1/policies/evaluate", request, ct);

    /// <inheritdoc/>
    public Task<BoundPolicy> SetBindingAsync(Caller caller, BindPolicy request, CancellationToken ct) =>
        transport.PostAsync<BindPolicy, BoundPolicy>(caller, "v1/policies/bindings", request, request.IdempotencyKey, ct);

    /// <inheritdoc/>
    public Task<Page<BoundPolicy>> ListBindingsAsync(Caller caller, string? policy, PageRequest page, CancellationToken ct) =>
        transport.GetAsync<Page<BoundPolicy>>(caller, Route.Page("v1/policies/bindings", page, ("policy", policy)), ct);

    /// <inheritdoc/>
    public Task DeleteBindingAsync(Caller caller, Id<BoundPolicy> id, CancellationToken ct) => transport.DeleteAsync(caller, $"v1/policies/bindings/{id}", ct);

    /// <inheritdoc/>
    public Task<PolicyList> PutListAsync(Caller caller, PutPolicyList request, CancellationToken ct) =>
        transport.PostAsync<PutPolicyList, PolicyList>(caller, "v1/policies/lists", request, request.IdempotencyKey, ct);

    /// <inheritdoc/>
    public Task<Page<PolicyList>> ListListsAsync(Caller caller, PageRequest page, CancellationToken ct) =>
        transport.GetAsync<Page<PolicyList>>(caller, Route.Page("v1/policies/lists", page), ct);

    /// <inheritdoc/>
    public Task DeleteListAsync(Caller caller, Id<PolicyList> id, CancellationToken ct) => transport.DeleteAsync(caller, $"v1/policies/lists/{id}", ct);

    /// <inheritdoc/>
    public Task<PolicyWaiver> WaiveAsync(Caller caller, NewPolicyWaiver request, CancellationToken ct) =>
        transport.PostAsync<NewPolicyWaiver, PolicyWaiver>(caller, "v1/policies/waivers", request, request.IdempotencyKey, ct);

    /// <inheritdoc/>
    public Task<Page<PolicyWaiver>> ListWaiversAsync(Caller caller, string? rule, PageRequest page, CancellationToken ct) =>
        transport.GetAsync<Page<PolicyWaiver>>(caller, Route.Page("v1/policies/waivers", page, ("rule", rule)), ct);

    /// <inheritdoc/>
    public Task RevokeWaiverAsync(Caller caller, Id<PolicyWaiver> id, CancellationToken ct) => transport.DeleteAsync(caller, $"v1/policies/waivers/{id}", ct);

    /// <inheritdoc/>
    public Task<Page<PolicyViolation>> ListViolationsAsync(Caller caller, ViolationFilter filter, PageRequest page, CancellationToken ct) =>
        transport.GetAsync<Page<PolicyViolation>>(caller, Route.Page("v1/policies/violations", page, ("policy", filter.Policy), ("rule", filter.Rule),
            ("point", filter.Point), ("subject", filter.Subject), ("mode", Route.Word(filter.Mode)), ("from", filter.From?.ToString("O")), ("to", filter.To?.ToString("O"))), ct);

    /// <inheritdoc/>
    public Task<PolicyAlert> AlertAsync(Caller caller, NewPolicyAlert request, CancellationToken ct) =>
        transport.PostAsync<NewPolicyAlert, PolicyAlert>(caller, "v1/policies/alerts", request, request.IdempotencyKey, ct);

    /// <inheritdoc/>
    public Task<Page<PolicyAlert>> ListAlertsAsync(Caller caller, PageRequest page, CancellationToken ct) =>
        transport.GetAsync<Page<PolicyAlert>>(caller, Route.Page("v1/policies/alerts", page), ct);

    /// <inheritdoc/>
    public Task DeleteAlertAsync(Caller caller, Id<PolicyAlert> id, CancellationToken ct) => transport.DeleteAsync(caller, $"v1/policies/alerts/{id}", ct);

    /// <inheritdoc/>
    public Task<PolicyReplay> ReplayAsync(Caller caller, Id<Policy> id, ReplayPolicy request, CancellationToken ct) =>
        transport.QueryAsync<ReplayPolicy, PolicyReplay>(caller, $"v1/policies/{id}/replay", request, ct);

    /// <inheritdoc/>
    public Task<PolicyHosts> GetHostsAsync(Caller caller, CancellationToken ct) => transport.GetAsync<PolicyHosts>(caller, "v1/policies/hosts", ct);
}
