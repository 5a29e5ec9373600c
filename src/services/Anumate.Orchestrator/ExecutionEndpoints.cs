using Anumate.Platform.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Anumate.Orchestrator;

static class ExecutionEndpoints
{
    public static void Map(IEndpointRouteBuilder v1)
    {
        v1.MapPost("/execute", Execute).Demands(Scope.RunExecute).WithSummary("Execute a plan; the run is durable when the answer returns, and with `wait` it has ended by then or needs people");
        var executions = v1.MapGroup("/executions");
        executions.MapGet("", List).Demands(Scope.RunRead).WithSummary("List runs, newest first");
        executions.MapGet("/{id}", Get).Demands(Scope.RunRead).WithSummary("Get a run as it stands");
        executions.MapGet("/{id}/wait", Wait).Demands(Scope.RunRead).WithSummary("Get a run once it has ended or waits for people");
        executions.MapPost("/{id}/clarifications/{clarification}/answer", Answer).Demands(Scope.RunExecute)
            .WithSummary("Say, as a signed-in person, what became of a call of unknown outcome");
        executions.MapGet("/{id}/events", Watch).Demands(Scope.RunRead).WithSummary("A run's journal, as server-sent events");
    }

    static async Task<Created<Run>> Execute(Caller caller, Body<NewRun> body, int? wait, IdempotencyKey key, IOrchestrator orchestrator, CancellationToken ct)
    {
        var run = await orchestrator.ExecuteAsync(caller, body.Value with { IdempotencyKey = key, Wait = TimeSpan.FromSeconds(wait ?? 0) }, ct);
        return Reply.Created($"/v1/executions/{run.Id}", run);
    }

    static async Task<Ok<Page<Run>>> List(Caller caller, Word<RunStatus>? status, PageQuery page, IOrchestrator orchestrator, CancellationToken ct) =>
        Reply.Ok(await orchestrator.ListAsync(caller, status?.Value, page, ct));

    static async Task<Ok<Run>> Get(Caller caller, Id<Run> id, IOrchestrator orchestrator, CancellationToken ct) =>
        Reply.Ok(await orchestrator.GetAsync(caller, id, ct));

    static async Task<Ok<Run>> Wait(Caller caller, Id<Run> id, int? seconds, IOrchestrator orchestrator, CancellationToken ct) =>
        Reply.Ok(await orchestrator.WaitAsync(caller, id, TimeSpan.FromSeconds(seconds ?? 30), ct));

    static async Task<Ok<Run>> Answer(
        Caller caller, Id<Run> id, Id<Clarification> clarification, Body<AnswerClarification> body, IOrchestrator orchestrator, CancellationToken ct) =>
        Reply.Ok(await orchestrator.AnswerAsync(caller, id, clarification, body, ct));

    static EventStream<RunEvent> Watch(Caller caller, Id<Run> id, long? after, bool? follow, IOrchestrator orchestrator, CancellationToken ct) =>
        Reply.Stream(orchestrator.WatchAsync(caller, id, after ?? 0, follow ?? false, ct), e => (e.Kind, $"{e.Seq}"));
}
