using Anumate.Platform.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Anumate.Compiler;

static class PlanEndpoints
{
    public static void Map(IEndpointRouteBuilder v1)
    {
        v1.MapPost("/compile", Compile).Demands(Scope.PlanCompile).WithSummary("Compile a published capsule to a plan");
        var plans = v1.MapGroup("/plans");
        plans.MapGet("", ListPlans).Demands(Scope.PlanRead).WithSummary("List plans, newest first");
        plans.MapGet("/{plan_hash}", GetPlan).Demands(Scope.PlanRead).WithSummary("Get a plan by its hash");
    }

    static async Task<Ok<CompiledPlan>> Compile(Caller caller, Body<CompileCapsule> body, IdempotencyKey key, ICompiler compiler, CancellationToken ct) =>
        Reply.Ok(await compiler.CompileAsync(caller, body.Value with { IdempotencyKey = key }, ct));

    static async Task<Ok<Page<PlanSummary>>> ListPlans(Caller caller, PageQuery page, ICompiler compiler, CancellationToken ct) =>
        Reply.Ok(await compiler.ListPlansAsync(caller, page, ct));

    static async Task<Ok<CompiledPlan>> GetPlan(Caller caller, [Microsoft.AspNetCore.Mvc.FromRoute(Name = "plan_hash")] string planHash, ICompiler compiler, CancellationToken ct) =>
        Reply.Ok(await compiler.GetPlanAsync(caller, planHash, ct));
}
