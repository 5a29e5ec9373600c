namespace Anumate.Tests.Policies;

/// <summary>The policies service behind a door that can be shut, and that counts.</summary>
sealed class Door(IPolicies inner) : IPolicies
{
    public bool Shut { get; set; }

    public int Calls { get; private set; }

    public Func<Task>? Meanwhile { get; set; }

    public Func<PolicyBundle, PolicyBundle>? Change { get; set; }

    public async Task<PolicyBundle> GetBundleAsync(Caller caller, IReadOnlyList<string> pinned, CancellationToken ct)
    {
        Calls++;
        if (Shut)
        {
            throw Problems.Unavailable("the door is shut");
        }

        var bundle = await inner.GetBundleAsync(caller, pinned, ct);
        if (Meanwhile is { } act)
        {
            Meanwhile = null;
            await act();
        }

        return Change?.Invoke(bundle) ?? bundle;
    }

    public Task<PolicyVersion> PublishAsync(Caller caller, PublishPolicy request, CancellationToken ct) => inner.PublishAsync(caller, request, ct);

    public Task<PolicyVersion> UpdateAsync(Caller caller, Id<Policy> id, PolicyText request, long ifMatch, CancellationToken ct) =>
        inner.UpdateAsync(caller, id, request, ifMatch, ct);

    public Task DeleteAsync(Caller caller, Id<Policy> id, CancellationToken ct) => inner.DeleteAsync(caller, id, ct);

    public Task<Page<PolicyVersion>> ListAsync(Caller caller, string? name, bool deleted, PageRequest page, CancellationToken ct) =>
        inner.ListAsync(caller, name, deleted, page, ct);

    public Task<PolicyVersion> GetAsync(Caller caller, Id<Policy> id, CancellationToken ct) => inner.GetAsync(caller, id, ct);

    public Task<CheckedPolicy> CheckAsync(Caller caller, PolicyText request, CancellationToken ct) => inner.CheckAsync(caller, request, ct);

    public Task<FormattedPolicy> FormatAsync(Caller caller, PolicyText request, CancellationToken ct) => inner.FormatAsync(caller, request, ct);

    public Task<PolicyTestReport> TestAsync(Caller caller, TestPolicyText request, CancellationToken ct) => inner.TestAsync(caller, request, ct);

    public Task<PolicyTestReport> TestVersionAsync(Caller caller, Id<Policy> id, TestPolicy request, CancellationToken ct) =>
        inner.TestVersionAsync(caller, id, request, ct);

    public Task<IReadOnlyList<PolicyVersion>> ResolveAsync(Caller caller, IReadOnlyList<string> references, CancellationToken ct) =>
        inner.ResolveAsync(caller, references, ct);

    public Task<Decision> EvaluateAsync(Caller caller, EvaluatePolicy request, CancellationToken ct) => inner.EvaluateAsync(caller, request, ct);

    public Task<BoundPolicy> SetBindingAsync(Caller caller, BindPolicy request, CancellationToken ct) => inner.SetBindingAsync(caller, request, ct);

    public Task<Page<BoundPolicy>> ListBindingsAsync(Caller caller, string? policy, PageRequest page, CancellationToken ct) =>
        inner.ListBindingsAsync(caller, policy, page, ct);

    public Task DeleteBindingAsync(Caller caller, Id<BoundPolicy> id, CancellationToken ct) => inner.DeleteBindingAsync(caller, id, ct);

    public Task<PolicyList> PutListAsync(Caller caller, PutPolicyList request, CancellationToken ct) => inner.PutListAsync(caller, request, ct);

    public Task<Page<PolicyList>> ListListsAsync(Caller caller, PageRequest page, CancellationToken ct) => inner.ListListsAsync(caller, page, ct);

    public Task DeleteListAsync(Caller caller, Id<PolicyList> id, CancellationToken ct) => inner.DeleteListAsync(caller, id, ct);

    public Task<PolicyWaiver> WaiveAsync(Caller caller, NewPolicyWaiver request, CancellationToken ct) => inner.WaiveAsync(caller, request, ct);

    public Task<Page<PolicyWaiver>> ListWaiversAsync(Caller caller, string? rule, PageRequest page, CancellationToken ct) =>
        inner.ListWaiversAsync(caller, rule, page, ct);

    public Task RevokeWaiverAsync(Caller caller, Id<PolicyWaiver> id, CancellationToken ct) => inner.RevokeWaiverAsync(caller, id, ct);

    public Task<Page<PolicyViolation>> ListViolationsAsync(Caller caller, ViolationFilter filter, PageRequest page, CancellationToken ct) =>
        inner.ListViolationsAsync(caller, filter, page, ct);

    public Task<PolicyAlert> AlertAsync(Caller caller, NewPolicyAlert request, CancellationToken ct) => inner.AlertAsync(caller, request, ct);

    public Task<Page<PolicyAlert>> ListAlertsAsync(Caller caller, PageRequest page, CancellationToken ct) => inner.ListAlertsAsync(caller, page, ct);

    public Task<PolicyReplay> ReplayAsync(Caller caller, Id<Policy> id, ReplayPolicy request, CancellationToken ct) => inner.ReplayAsync(caller, id, request, ct);

    public Task<PolicyHosts> GetHostsAsync(Caller caller, CancellationToken ct) => inner.GetHostsAsync(caller, ct);

    public Task DeleteAlertAsync(Caller caller, Id<PolicyAlert> id, CancellationToken ct) => inner.DeleteAlertAsync(caller, id, ct);
}
