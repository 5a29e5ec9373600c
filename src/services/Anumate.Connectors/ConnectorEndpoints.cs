using Anumate.Platform.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Anumate.Connectors;

static class ConnectorEndpoints
{
    // Arguments may hold all of a run's inputs and what its steps gave, and travel in base64.
    const int BodyLimit = 12 * 1024 * 1024;

    public static void Map(IEndpointRouteBuilder v1)
    {
        var connectors = v1.MapGroup("/connectors");
        connectors.MapPost("", Put).Demands(Scope.ConnectorWrite).WithSummary("Register a connector or replace its tools");
        connectors.MapGet("", List).Demands(Scope.ConnectorRead).WithSummary("List connectors by name");
        connectors.MapGet("/{id}", Get).Demands(Scope.ConnectorRead).WithSummary("Get a connector with its tools");

        var tools = v1.MapGroup("/tools");
        tools.MapGet("", ListTools).Demands(Scope.ConnectorRead).WithSummary("List tools by name");
        tools.MapPost("/resolve", GetTools).Demands(Scope.ConnectorRead).WithSummary("Get several tools by name");
        tools.MapPost("/call", Call).Demands(Scope.ToolCall).BodyLimit(BodyLimit).WithSummary("Call a tool under a capability token (services only)");
        tools.MapPost("/lookup", Lookup).Demands(Scope.ToolCall).WithSummary("Ask a tool what became of a call (services only)");
    }

    static async Task<Ok<Connector>> Put(Caller caller, Body<PutConnector> body, IdempotencyKey key, IConnectors connectors, CancellationToken ct) =>
        Reply.Ok(await connectors.PutAsync(caller, body.Value with { IdempotencyKey = key }, ct));

    static async Task<Ok<Page<Connector>>> List(Caller caller, PageQuery page, IConnectors connectors, CancellationToken ct) =>
        Reply.Ok(await connectors.ListAsync(caller, page, ct));

    static async Task<Ok<Connector>> Get(Caller caller, Id<Connector> id, IConnectors connectors, CancellationToken ct) =>
        Reply.Ok(await connectors.GetAsync(caller, id, ct));

    static async Task<Ok<Page<Tool>>> ListTools(Caller caller, PageQuery page, IConnectors connectors, CancellationToken ct) =>
        Reply.Ok(await connectors.ListToolsAsync(caller, page, ct));

    static async Task<Ok<IReadOnlyList<Tool>>> GetTools(Caller caller, Body<IReadOnlyList<string>> names, IConnectors connectors, CancellationToken ct) =>
        Reply.Ok(await connectors.GetToolsAsync(caller, names.Value, ct));

    static async Task<Ok<ToolResult>> Call(Caller caller, Body<ToolCall> call, IConnectors connectors, CancellationToken ct) =>
        Reply.Ok(await connectors.CallAsync(caller, call, ct));

    static async Task<Ok<ToolResult>> Lookup(Caller caller, Body<ToolLookup> lookup, IConnectors connectors, CancellationToken ct) =>
        Reply.Ok(await connectors.LookupAsync(caller, lookup, ct));
}
