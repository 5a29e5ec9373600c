using System.Text.Json;
using Anumate.Platform.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;

namespace Anumate.Receipts;

static class ReceiptEndpoints
{
    public static void Map(IEndpointRouteBuilder v1)
    {
        var receipts = v1.MapGroup("/receipts");
        receipts.MapGet("/checkpoint", GetCheckpoint).Demands(Scope.ReceiptRead).WithSummary("The newest signed checkpoint of the tenant's log (signed note)");
        receipts.MapGet("/jwks", GetKeys).WithSummary("The public keys that verify checkpoints and receipts (JWK Set)");
        receipts.MapGet("/{run}", GetReceipt).Demands(Scope.ReceiptRead).WithSummary("The receipt of a run, verifiable offline");
        v1.MapGet("/audit", ListAudit).Demands(Scope.AuditRead).WithSummary("Audit records, newest first");
    }

    static async Task<Ok<JsonElement>> GetReceipt(Caller caller, Id<Run> run, IReceipts receipts, CancellationToken ct) =>
        Reply.Ok(await receipts.GetReceiptAsync(caller, run, ct));

    static async Task<ContentHttpResult> GetCheckpoint(Caller caller, IReceipts receipts, CancellationToken ct) =>
        TypedResults.Text(await receipts.GetCheckpointAsync(caller, ct));

    static async Task<Ok<JsonElement>> GetKeys(IReceipts receipts, CancellationToken ct) => Reply.Ok(await receipts.GetKeysAsync(ct));

    static async Task<Ok<Page<AuditEntry>>> ListAudit(
        Caller caller, [FromQuery(Name = "object")] string? objectId, PageQuery page, IReceipts receipts, CancellationToken ct) =>
        Reply.Ok(await receipts.ListAuditAsync(caller, objectId, page, ct));
}
