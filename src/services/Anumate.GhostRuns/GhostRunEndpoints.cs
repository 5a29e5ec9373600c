using Anumate.Platform.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;

namespace Anumate.GhostRuns;

static class GhostRunEndpoints
{
    // The inputs of an execution, whose limit is the usual one, and what is around them.
    const int BodyLimit = 2 * 1024 * 1024;

    public static void Map(IEndpointRouteBuilder v1)
    {
        var ghostRuns = v1.MapGroup("/ghostrun");
        ghostRuns.MapPost("", Simulate).Demands(Scope.GhostRunExecute).WithSummary("Simulate a plan without any effect; answers with the preflight report");
        ghostRuns.MapGet("", List).Demands(Scope.GhostRunRead).WithSummary("List simulations, newest first");
        ghostRuns.MapGet("/{id}", Get).Demands(Scope.GhostRunRead).WithSummary("Get a simulation with its report");
        ghostRuns.MapPost("/{id}/inputs", HasInputs).Demands(Scope.GhostRunRead).BodyLimit(BodyLimit).WithSummary("Whether a simulation was made with exactly these inputs");
    }

    static async Task<Created<GhostRun>> Simulate(Caller caller, Body<NewGhostRun> body, IdempotencyKey key, IGhostRuns ghostRuns, CancellationToken ct)
    {
        var ghost = await ghostRuns.SimulateAsync(caller, body.Value with { IdempotencyKey = key }, ct);
        return Reply.Created($"/v1/ghostrun/{ghost.Id}", ghost);
    }

    static async Task<Ok<Page<GhostRun>>> List(
        Caller caller, [FromQuery(Name = "plan_hash")] string? planHash, PageQuery page, IGhostRuns ghostRuns, CancellationToken ct) =>
        Reply.Ok(await ghostRuns.ListAsync(caller, planHash, page, ct));

    static async Task<Ok<GhostRun>> Get(Caller caller, Id<GhostRun> id, IGhostRuns ghostRuns, CancellationToken ct) =>
        Reply.Ok(await ghostRuns.GetAsync(caller, id, ct));

    static async Task<Ok<InputsMatch>> HasInputs(Caller caller, Id<GhostRun> id, Body<InputsToMatch> body, IGhostRuns ghostRuns, CancellationToken ct) =>
        Reply.Ok(new InputsMatch(await ghostRuns.HasInputsAsync(caller, id, body.Value.Inputs, ct)));
}
