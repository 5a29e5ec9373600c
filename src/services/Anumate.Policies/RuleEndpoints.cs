using Anumate.Platform.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Anumate.Policies;

/// <summary>What policies are decided with, and what came of them.</summary>
static class RuleEndpoints
{
    public static void Map(IEndpointRouteBuilder policies)
    {
        policies.MapPost("/bindings", Bind).Demands(Scope.PolicyWrite).WithSummary("Say how strictly a policy is meant, in the tenant or for a capsule");
        policies.MapGet("/bindings", ListBindings).Demands(Scope.PolicyRead).WithSummary("List bindings, newest first");
        policies.MapDelete("/bindings/{id}", Unbind).Demands(Scope.PolicyWrite).WithSummary("Take a binding away");
        policies.MapPost("/lists", PutList).Demands(Scope.PolicyWrite).WithSummary("Set a list that policies read");
        policies.MapGet("/lists", ListLists).Demands(Scope.PolicyRead).WithSummary("List the lists, newest first");
        policies.MapDelete("/lists/{id}", DeleteList).Demands(Scope.PolicyWrite).WithSummary("Take a list away");
        policies.MapPost("/waivers", Waive).Demands(Scope.PolicyRead).OfPrincipals().WithSummary("Lift a rule for a subject, as a member of the group that may");
        policies.MapGet("/waivers", ListWaivers).Demands(Scope.PolicyRead).WithSummary("List waivers, newest first");
        policies.MapDelete("/waivers/{id}", RevokeWaiver).Demands(Scope.PolicyRead).OfPrincipals().WithSummary("Take a waiver back");
        policies.MapGet("/violations", ListViolations).Demands(Scope.PolicyRead).WithSummary("List violations by the hour, newest first");
        policies.MapPost("/alerts", Alert).Demands(Scope.PolicyWrite).WithSummary("Set up an alert");
        policies.MapGet("/alerts", ListAlerts).Demands(Scope.PolicyRead).WithSummary("List alerts, newest first");
        policies.MapDelete("/alerts/{id}", DeleteAlert).Demands(Scope.PolicyWrite).WithSummary("Take an alert away");
        policies.MapGet("/hosts", GetHosts).Demands(Scope.PolicyRead).WithSummary("By which digest each process decides");
        policies.MapPost("/{id}/replay", Replay).Demands(Scope.SensitiveRead).WithSummary("Try a policy version on recorded decisions");
    }

    static async Task<Created<BoundPolicy>> Bind(Caller caller, Body<BindPolicy> body, IdempotencyKey key, IPolicies policies, CancellationToken ct)
    {
        var bound = await policies.SetBindingAsync(caller, body.Value with { IdempotencyKey = key }, ct);
        return Reply.Created($"/v1/policies/bindings/{bound.Id}", bound);
    }

    static async Task<Ok<Page<BoundPolicy>>> ListBindings(Caller caller, string? policy, PageQuery page, IPolicies policies, CancellationToken ct) =>
        Reply.Ok(await policies.ListBindingsAsync(caller, policy, page, ct));

    static async Task<NoContent> Unbind(Caller caller, Id<BoundPolicy> id, IPolicies policies, CancellationToken ct)
    {
        await policies.DeleteBindingAsync(caller, id, ct);
        return TypedResults.NoContent();
    }

    static async Task<Created<PolicyList>> PutList(Caller caller, Body<PutPolicyList> body, IdempotencyKey key, IPolicies policies, CancellationToken ct)
    {
        var list = await policies.PutListAsync(caller, body.Value with { IdempotencyKey = key }, ct);
        return Reply.Created($"/v1/policies/lists/{list.Id}", list);
    }

    static async Task<Ok<Page<PolicyList>>> ListLists(Caller caller, PageQuery page, IPolicies policies, CancellationToken ct) =>
        Reply.Ok(await policies.ListListsAsync(caller, page, ct));

    static async Task<NoContent> DeleteList(Caller caller, Id<PolicyList> id, IPolicies policies, CancellationToken ct)
    {
        await policies.DeleteListAsync(caller, id, ct);
        return TypedResults.NoContent();
    }

    static async Task<Created<PolicyWaiver>> Waive(Caller caller, Body<NewPolicyWaiver> body, IdempotencyKey key, IPolicies policies, CancellationToken ct)
    {
        var waiver = await policies.WaiveAsync(caller, body.Value with { IdempotencyKey = key }, ct);
        return Reply.Created($"/v1/policies/waivers/{waiver.Id}", waiver);
    }

    static async Task<Ok<Page<PolicyWaiver>>> ListWaivers(Caller caller, string? rule, PageQuery page, IPolicies policies, CancellationToken ct) =>
        Reply.Ok(await policies.ListWaiversAsync(caller, rule, page, ct));

    static async Task<NoContent> RevokeWaiver(Caller caller, Id<PolicyWaiver> id, IPolicies policies, CancellationToken ct)
    {
        await policies.RevokeWaiverAsync(caller, id, ct);
        return TypedResults.NoContent();
    }

    static async Task<Ok<Page<PolicyViolation>>> ListViolations(Caller caller, string? policy, string? rule, string? point, string? subject, Word<PolicyMode>? mode,
        DateTimeOffset? from, DateTimeOffset? to, PageQuery page, IPolicies policies, CancellationToken ct) =>
        Reply.Ok(await policies.ListViolationsAsync(caller, new ViolationFilter(policy, rule, point, subject, mode?.Value, from, to), page, ct));

    static async Task<Created<PolicyAlert>> Alert(Caller caller, Body<NewPolicyAlert> body, IdempotencyKey key, IPolicies policies, CancellationToken ct)
    {
        var alert = await policies.AlertAsync(caller, body.Value with { IdempotencyKey = key }, ct);
        return Reply.Created($"/v1/policies/alerts/{alert.Id}", alert);
    }

    static async Task<Ok<Page<PolicyAlert>>> ListAlerts(Caller caller, PageQuery page, IPolicies policies, CancellationToken ct) =>
        Reply.Ok(await policies.ListAlertsAsync(caller, page, ct));

    static async Task<Ok<PolicyHosts>> GetHosts(Caller caller, IPolicies policies, CancellationToken ct) => Reply.Ok(await policies.GetHostsAsync(caller, ct));

    static async Task<Ok<PolicyReplay>> Replay(Caller caller, Id<Policy> id, Body<ReplayPolicy> body, IPolicies policies, CancellationToken ct) =>
        Reply.Ok(await policies.ReplayAsync(caller, id, body, ct));

    static async Task<NoContent> DeleteAlert(Caller caller, Id<PolicyAlert> id, IPolicies policies, CancellationToken ct)
    {
        await policies.DeleteAlertAsync(caller, id, ct);
        return TypedResults.NoContent();
    }
}
