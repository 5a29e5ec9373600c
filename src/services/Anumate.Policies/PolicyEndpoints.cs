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
        policies.MapPut("/{id}", Update).Demands(Scope.PolicyWrite).WithSummary("Publish the next version of a policy");
        policies.MapDelete("/{id}", Delete).Demands(Scope.PolicyWrite).WithSummary("Delete a policy: it rules nothing any more");
        policies.MapPost("/check", Check).Demands(Scope.PolicyRead).WithSummary("Check a policy document");
        policies.MapPost("/format", Format).Demands(Scope.PolicyRead).WithSummary("Print a policy document in its one form");
        policies.MapPost("/test", Test).Demands(Scope.PolicyRead).WithSummary("Run the tests of a policy document");
        policies.MapPost("/{id}/test", TestVersion).Demands(Scope.PolicyRead).WithSummary("Run tests of a policy version");
        policies.MapPost("/evaluate", Evaluate).Demands(Scope.PolicyRead).WithSummary("Decide given facts, to try a policy");
        policies.MapPost("/resolve", Resolve).Demands(Scope.PolicyRead)
            .WithSummary("Resolve references to policy versions, all or nothing");
        policies.MapPost("/tokens", Reveal).Demands(Scope.SensitiveRead).WithSummary("Turn tokens of redactions back; each look is recorded");
        policies.MapPost("/bundle", GetBundle).Demands(Scope.PolicyRead)
            .WithSummary("Get what rules the tenant now, and pinned versions by digest");
    }

    static async Task<Ok<IReadOnlyList<RevealedToken>>> Reveal(Caller caller, Body<RevealTokens> body, IPolicies policies, CancellationToken ct) =>
        Reply.Ok(await policies.RevealAsync(caller, body, ct));

    static async Task<Created<PolicyVersion>> Publish(
        Caller caller, Body<PublishPolicy> body, IdempotencyKey key, IPolicies policies, CancellationToken ct)
    {
        var policy = await policies.PublishAsync(caller, body.Value with { IdempotencyKey = key }, ct);
        return Reply.Created($"/v1/policies/{policy.Id}", policy);
    }

    static async Task<Ok<Page<PolicyVersion>>> List(
        Caller caller, string? name, bool? deleted, PageQuery page, IPolicies policies, CancellationToken ct) =>
        Reply.Ok(await policies.ListAsync(caller, name, deleted ?? false, page, ct));

    static async Task<OkTagged<PolicyVersion>> Get(Caller caller, Id<Policy> id, IPolicies policies, CancellationToken ct)
    {
        var policy = await policies.GetAsync(caller, id, ct);
        return Reply.Ok(policy, policy.Version);
    }

    static async Task<Created<PolicyVersion>> Update(
        Caller caller, Id<Policy> id, Body<PolicyText> body, IfMatch match, IPolicies policies, CancellationToken ct)
    {
        var policy = await policies.UpdateAsync(caller, id, body, match, ct);
        return Reply.Created($"/v1/policies/{policy.Id}", policy);
    }

    static async Task<NoContent> Delete(Caller caller, Id<Policy> id, IPolicies policies, CancellationToken ct)
    {
        await policies.DeleteAsync(caller, id, ct);
        return TypedResults.NoContent();
    }

    static async Task<Ok<CheckedPolicy>> Check(Caller caller, Body<PolicyText> body, IPolicies policies, CancellationToken ct) =>
        Reply.Ok(await policies.CheckAsync(caller, body, ct));

    static async Task<Ok<FormattedPolicy>> Format(Caller caller, Body<PolicyText> body, IPolicies policies, CancellationToken ct) =>
        Reply.Ok(await policies.FormatAsync(caller, body, ct));

    static async Task<Ok<PolicyTestReport>> Test(Caller caller, Body<TestPolicyText> body, IPolicies policies, CancellationToken ct) =>
        Reply.Ok(await policies.TestAsync(caller, body, ct));

    static async Task<Ok<PolicyTestReport>> TestVersion(
        Caller caller, Id<Policy> id, Body<TestPolicy> body, IPolicies policies, CancellationToken ct) =>
        Reply.Ok(await policies.TestVersionAsync(caller, id, body, ct));

    static async Task<Ok<Decision>> Evaluate(Caller caller, Body<EvaluatePolicy> body, IPolicies policies, CancellationToken ct) =>
        Reply.Ok(await policies.EvaluateAsync(caller, body, ct));

    static async Task<Ok<IReadOnlyList<PolicyVersion>>> Resolve(
        Caller caller, Body<IReadOnlyList<string>> body, IPolicies policies, CancellationToken ct) =>
        Reply.Ok(await policies.ResolveAsync(caller, body.Value, ct));

    static async Task<Ok<PolicyBundle>> GetBundle(Caller caller, Body<IReadOnlyList<string>> body, IPolicies policies, CancellationToken ct) =>
        Reply.Ok(await policies.GetBundleAsync(caller, body.Value, ct));
}
