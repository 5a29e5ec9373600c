using System.Text.Json;

namespace Anumate.Client;

/// <summary>IReceipts over HTTP.</summary>
public sealed class ReceiptsClient(Transport transport) : IReceipts
{
    /// <inheritdoc/>
    public Task<JsonElement> GetReceiptAsync(Caller caller, Id<Run> run, CancellationToken ct) =>
        transport.GetAsync<JsonElement>(caller, $"v1/receipts/{run}", ct);

    /// <inheritdoc/>
    public Task<Page<AuditEntry>> ListAuditAsync(Caller caller, string? objectId, PageRequest page, CancellationToken ct) =>
        transport.GetAsync<Page<AuditEntry>>(caller, Route.Page("v1/audit", page, ("object", objectId)), ct);

    /// <inheritdoc/>
    public Task<string> GetCheckpointAsync(Caller caller, CancellationToken ct) =>
        transport.GetTextAsync(caller, "v1/receipts/checkpoint", ct);

    /// <inheritdoc/>
    public Task<JsonElement> GetKeysAsync(CancellationToken ct) =>
        transport.GetAsync<JsonElement>(Caller.Self, "v1/receipts/jwks", ct);
}
