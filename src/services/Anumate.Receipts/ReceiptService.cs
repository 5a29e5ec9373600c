using System.Text.Json;
using Anumate.Platform.Secrets;
using Anumate.Proofs;

namespace Anumate.Receipts;

sealed class ReceiptService(ReceiptStore store, SigningKeys keys, ReceiptOptions options) : IReceipts
{
    public async Task<JsonElement> GetReceiptAsync(Caller caller, Id<Run> run, CancellationToken ct)
    {
        caller.Demand(Scope.ReceiptRead);
        var (leaves, close) = await store.RunAsync(caller, run, ct);
        if (leaves.Count == 0)
        {
            throw Problems.NotFound("run", run.ToString());
        }

        if (close is null || leaves.Any(l => l.Index is null))
        {
            throw ReceiptProblems.NotSealed(run);
        }

        var byShard = leaves.GroupBy(l => l.Shard!.Value).OrderBy(g => g.Key).ToList();
        var checkpoints = (await store.CheckpointsAsync(caller, [.. byShard.Select(g => g.Key)], ct)).ToDictionary(c => c.Shard);
        var logs = new List<ReceiptLog>();
        foreach (var shard in byShard)
        {
            logs.Add(new ReceiptLog(checkpoints[shard.Key].Note, await ProveAsync(caller, checkpoints[shard.Key], [.. shard], ct)));
        }

        if (!DsseEnvelope.TryParse(close, out var envelope, out var fault))
        {
            throw Problems.Conflict($"the stored close of `{run}` is not an envelope: {fault}");
        }

        var bundle = new ReceiptBundle { Tenant = caller.Tenant, Run = run, Logs = logs, Close = envelope, Keys = await SignersAsync(logs, envelope, ct) };
        return JsonElement.Parse(bundle.ToBytes());
    }

    public async Task<Page<AuditEntry>> ListAuditAsync(Caller caller, string? objectId, PageRequest page, CancellationToken ct)
    {
        caller.Demand(Scope.AuditRead);
        return await store.ListAuditAsync(caller, objectId, page, options.Operator, ct);
    }

    public async Task<string> GetCheckpointAsync(Caller caller, CancellationToken ct)
    {
        caller.Demand(Scope.ReceiptRead);
        return (await store.NewestCheckpointAsync(caller, ct))?.Note ?? throw Problems.NotFound("checkpoint", "newest");
    }

    /// <summary>Each key with the name it is to be trusted for: every log of this operator.</summary>
    public async Task<JsonElement> GetKeysAsync(CancellationToken ct) => JsonElement.Parse(System.Text.Encoding.UTF8.GetBytes(Jwks.Write(new KeyRing(
        (await keys.PublicKeysAsync(SigningPurpose.Checkpoint, ct)).Select(k => new TrustedKey(k.Key, options.Operator) { From = k.Created, Until = k.Retired }))).ToJsonString()));

    async Task<IReadOnlyList<ProvenLeaf>> ProveAsync(Caller caller, CheckpointRow checkpoint, IReadOnlyList<RunLeafRow> leaves, CancellationToken ct)
    {
        var proofs = leaves.Select(l => (Leaf: l, Proof: MerkleProof.Inclusion(l.Index!.Value, checkpoint.Size))).ToList();
        var hashes = await store.HashesAsync(caller, checkpoint.Shard, [.. proofs.SelectMany(p => p.Proof.Nodes).Distinct()], ct);
        return [.. proofs.Select(p => new ProvenLeaf(p.Leaf.Index!.Value, p.Leaf.Body, p.Proof.Build(node => hashes[node])))];
    }

    /// <summary>The keys that signed what is in the bundle: no more and no fewer.</summary>
    async Task<IReadOnlyList<Ed25519PublicKey>> SignersAsync(IReadOnlyList<ReceiptLog> logs, DsseEnvelope close, CancellationToken ct)
    {
        var all = await keys.PublicKeysAsync(SigningPurpose.Checkpoint, ct);
        var used = new List<Ed25519PublicKey>();
        foreach (var key in all.Select(k => k.Key))
        {
            var signedLog = logs.Any(l =>
            {
                var bytes = System.Text.Encoding.UTF8.GetBytes(l.Checkpoint);
                var origin = l.Checkpoint[..l.Checkpoint.IndexOf('\n')];
                return Checkpoint.Verify(bytes, KeyRing.Of(origin, key)).Ok;
            });
            if (signedLog || close.Verify(RunClose.PayloadType, KeyRing.Of(options.Operator, key)).Ok)
            {
                used.Add(key);
            }
        }

        return used;
    }
}
