using System.Text.Json;

namespace Anumate.Client;

/// <summary>IGhostRuns over HTTP.</summary>
public sealed class GhostRunsClient(Transport transport) : IGhostRuns
{
    /// <inheritdoc/>
    public Task<GhostRun> SimulateAsync(Caller caller, NewGhostRun request, CancellationToken ct) =>
        transport.PostAsync<NewGhostRun, GhostRun>(caller, "v1/ghostrun", request, request.IdempotencyKey, ct);

    /// <inheritdoc/>
    public Task<GhostRun> GetAsync(Caller caller, Id<GhostRun> id, CancellationToken ct) =>
        transport.GetAsync<GhostRun>(caller, $"v1/ghostrun/{id}", ct);

    /// <inheritdoc/>
    public async Task<bool> HasInputsAsync(Caller caller, Id<GhostRun> id, JsonElement inputs, CancellationToken ct) =>
        (await transport.QueryAsync<InputsToMatch, InputsMatch>(caller, $"v1/ghostrun/{id}/inputs", new InputsToMatch(inputs), ct).ConfigureAwait(false)).Same;

    /// <inheritdoc/>
    public Task<Page<GhostRun>> ListAsync(Caller caller, string? planHash, PageRequest page, CancellationToken ct) =>
        transport.GetAsync<Page<GhostRun>>(caller, Route.Page("v1/ghostrun", page, ("plan_hash", planHash)), ct);
}
