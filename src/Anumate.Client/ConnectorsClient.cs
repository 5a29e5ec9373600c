namespace Anumate.Client;

/// <summary>IConnectors over HTTP.</summary>
public sealed class ConnectorsClient(Transport transport) : IConnectors
{
    /// <inheritdoc/>
    public Task<Connector> PutAsync(Caller caller, PutConnector request, CancellationToken ct) =>
        transport.PostAsync<PutConnector, Connector>(caller, "v1/connectors", request, request.IdempotencyKey, ct);

    /// <inheritdoc/>
    public Task<Page<Connector>> ListAsync(Caller caller, PageRequest page, CancellationToken ct) =>
        transport.GetAsync<Page<Connector>>(caller, Route.Page("v1/connectors", page), ct);

    /// <inheritdoc/>
    public Task<Connector> GetAsync(Caller caller, Id<Connector> id, CancellationToken ct) =>
        transport.GetAsync<Connector>(caller, $"v1/connectors/{id}", ct);

    /// <inheritdoc/>
    public Task<Page<Tool>> ListToolsAsync(Caller caller, PageRequest page, CancellationToken ct) =>
        transport.GetAsync<Page<Tool>>(caller, Route.Page("v1/tools", page), ct);

    /// <inheritdoc/>
    public Task<IReadOnlyList<Tool>> GetToolsAsync(Caller caller, IReadOnlyList<string> names, CancellationToken ct) =>
        transport.QueryAsync<IReadOnlyList<string>, IReadOnlyList<Tool>>(caller, "v1/tools/resolve", names, ct);

    /// <inheritdoc/>
    public Task<ToolResult> CallAsync(Caller caller, ToolCall call, CancellationToken ct) =>
        transport.PostAsync<ToolCall, ToolResult>(caller, "v1/tools/call", call, null, ct);

    /// <inheritdoc/>
    public Task<ToolResult> LookupAsync(Caller caller, ToolLookup lookup, CancellationToken ct) =>
        transport.QueryAsync<ToolLookup, ToolResult>(caller, "v1/tools/lookup", lookup, ct);
}
