using System.Text.Json;

namespace Anumate;

/// <summary>Receipts and audit: what happened, provable offline.</summary>
public interface IReceipts
{
    /// <summary>
    /// The receipt of a run: a self-contained bundle (leaves, inclusion proofs, signed checkpoint, signed run-close, keys) that
    /// <c>anumate receipt verify</c> checks without a network. Its form is described by <c>schemas/receipt.v1.schema.json</c>.
    /// </summary>
    /// <exception cref="ProblemException"><c>not-found</c>; <c>receipt-not-sealed</c> while leaves wait for a checkpoint.</exception>
    Task<JsonElement> GetReceiptAsync(Caller caller, Id<Run> run, CancellationToken ct);

    /// <summary>Audit records of the tenant, newest first, with whether each is sealed yet.</summary>
    Task<Page<AuditEntry>> ListAuditAsync(Caller caller, string? objectId, PageRequest page, CancellationToken ct);

    /// <summary>The newest signed checkpoint of the tenant's log (C2SP signed note).</summary>
    Task<string> GetCheckpointAsync(Caller caller, CancellationToken ct);

    /// <summary>The keys that verify checkpoints and run-close receipts (JWK Set).</summary>
    Task<JsonElement> GetKeysAsync(CancellationToken ct);
}

/// <summary>The mark of receipt ids.</summary>
public sealed record Receipt : IEntity
{
    /// <inheritdoc/>
    public static string Prefix => "rcp";
}

/// <summary>An audit record and its place in the log; null while it waits for the next checkpoint.</summary>
public sealed record AuditEntry(Id<Receipt> Id, JsonElement Record, string LeafHash, string? Log, long? Index);

/// <summary>Problems of receipts.</summary>
public static class ReceiptProblems
{
    /// <summary>409: the run's leaves are durable but not yet under a checkpoint; try again in a second.</summary>
    public static ProblemException NotSealed(Id<Run> run) =>
        new Problem("receipt-not-sealed", 409, "The receipt is not sealed yet", $"leaves of `{run}` wait for the next checkpoint or the run has not ended; try again shortly").Exception();
}
