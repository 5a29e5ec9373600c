using Anumate.Platform.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Anumate.Approvals;

static class ApprovalEndpoints
{
    // The evidence holds the inputs of a run.
    const int BodyLimit = 2 * 1024 * 1024;

    public static void Map(IEndpointRouteBuilder v1)
    {
        var approvals = v1.MapGroup("/approvals");
        approvals.MapPost("", Request).Demands(Scope.ApprovalRequest).BodyLimit(BodyLimit).WithSummary("Ask for an approval (services only)");
        approvals.MapGet("", List).Demands(Scope.ApprovalRead).WithSummary("List approvals, newest first");
        approvals.MapGet("/{id}", Get).Demands(Scope.ApprovalRead).WithSummary("Get an approval with its votes");
        approvals.MapGet("/{id}/standing", Confirm).Demands(Scope.ApprovalRequest).WithSummary("Confirm that a granted approval still holds (services only)");
        approvals.MapPost("/{id}/decision", Decide).Demands(Scope.ApprovalDecide).OfPrincipals().WithSummary("Say yes or no as a signed-in person");
    }

    static async Task<Created<Approval>> Request(Caller caller, Body<NewApproval> body, IApprovals approvals, CancellationToken ct)
    {
        var approval = await approvals.RequestAsync(caller, body, ct);
        return Reply.Created($"/v1/approvals/{approval.Id}", approval);
    }

    static async Task<Ok<Page<Approval>>> List(Caller caller, Word<ApprovalStatus>? status, PageQuery page, IApprovals approvals, CancellationToken ct) =>
        Reply.Ok(await approvals.ListAsync(caller, status?.Value, page, ct));

    static async Task<Ok<Approval>> Get(Caller caller, Id<Approval> id, IApprovals approvals, CancellationToken ct) =>
        Reply.Ok(await approvals.GetAsync(caller, id, ct));

    static async Task<Ok<Approval>> Confirm(Caller caller, Id<Approval> id, IApprovals approvals, CancellationToken ct) =>
        Reply.Ok(await approvals.ConfirmAsync(caller, id, ct));

    static async Task<Ok<Approval>> Decide(Caller caller, Id<Approval> id, Body<DecideApproval> body, IApprovals approvals, CancellationToken ct) =>
        Reply.Ok(await approvals.DecideAsync(caller, id, body, ct));
}
