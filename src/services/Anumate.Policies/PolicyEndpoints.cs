using Anumate.Platform.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Anumate.Policies;

static class PolicyEndpoints
{
    public static void Map(IEndpointRouteBuilder v1)
    {
        var policies = v1.MapGroup("/policies");
        policies.MapPost("", Publish).Demands(Scope.PolicyWrite).WithSummary("Check and publish a policy version");
        policies.MapGet("", List).Demands(Scope.PolicyRead).WithSummary("List policy versions, newest first");
        policies.MapGet("/{id}", Get).Demands(Scope.PolicyRead).WithSummary("Get a policy version");
        policies.MapPost("/evaluate", Evaluate).Demands(Scope.PolicyRead).WithSummary("Decide given facts, to try a policy");
        policies.MapPost("/resolve", Resolve).Demands(Scope.PolicyRead)
            .WithSummary("Resolve references to policy versions, all or nothing");
        policies.MapPost("/bundle", GetBundle).Demands(Scope.PolicyRead)
            .WithSummary("Get what rules the tenant now, and pinned versions by digest");
    }

    static async Task<Created<PolicyVersion>> Publish(
        Caller caller, Body<PublishPolicy> body, IdempotencyKey key, IPolicies policies, CancellationToken ct)
    {
        var policy = await policies.PublishAsync(caller, body.Value with { IdempotencyKey = key }, ct);
        return Reply.Created($"/v1/policies/{policy.Id}", policy);
    }

    static async Task<Ok<Page<PolicyVersion>>> List(
        Caller caller, string? name, PageQuery page, IPolicies policies, CancellationToken ct) =>
        Reply.Ok(await policies.ListAsync(caller, name, page, ct));

    static async Task<Ok<PolicyVersion>> Get(Caller caller, Id<Policy> id, IPolicies policies, CancellationToken ct) =>
        Reply.Ok(await policies.GetAsync(caller, id, ct));

    static async Task<Ok<Decision>> Evaluate(Caller caller, Body<EvaluatePolicy> body, IPolicies policies, CancellationToken ct) =>
        Reply.Ok(await policies.EvaluateAsync(caller, body, ct));

    static async Task<Ok<IReadOnlyList<PolicyVersion>>> Resolve(
        Caller caller, Body<IReadOnlyList<string>> body, IPolicies policies, CancellationToken ct) =>
        Reply.Ok(await policies.ResolveAsync(caller, body.Value, ct));

    static async Task<Ok<PolicyBundle>> GetBundle(Caller caller, Body<IReadOnlyList<string>> body, IPolicies policies, CancellationToken ct) =>
        Reply.Ok(await policies.GetBundleAsync(caller, body.Value, ct));
}
