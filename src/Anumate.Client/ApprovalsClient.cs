namespace Anumate.Client;

/// <summary>IApprovals over HTTP.</summary>
public sealed class ApprovalsClient(Transport transport) : IApprovals
{
    /// <inheritdoc/>
    public Task<Approval> RequestAsync(Caller caller, NewApproval request, CancellationToken ct) =>
        transport.PostAsync<NewApproval, Approval>(caller, "v1/approvals", request, null, ct);

    /// <inheritdoc/>
    public Task<Page<Approval>> ListAsync(Caller caller, ApprovalStatus? status, PageRequest page, CancellationToken ct) =>
        transport.GetAsync<Page<Approval>>(caller, Route.Page("v1/approvals", page, ("status", Route.Word(status))), ct);

    /// <inheritdoc/>
    public Task<Approval> GetAsync(Caller caller, Id<Approval> id, CancellationToken ct) =>
        transport.GetAsync<Approval>(caller, $"v1/approvals/{id}", ct);

    /// <inheritdoc/>
    public Task<Approval> ConfirmAsync(Caller caller, Id<Approval> id, CancellationToken ct) =>
        transport.GetAsync<Approval>(caller, $"v1/approvals/{id}/standing", ct);

    /// <inheritdoc/>
    public Task<Approval> DecideAsync(Caller caller, Id<Approval> id, DecideApproval request, CancellationToken ct) =>
        transport.PostAsync<DecideApproval, Approval>(caller, $"v1/approvals/{id}/decision", request, null, ct);
}
