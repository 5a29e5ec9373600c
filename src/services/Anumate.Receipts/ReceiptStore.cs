using Anumate.Platform.Data;
using Anumate.Platform.Http;
using Anumate.Proofs;

namespace Anumate.Receipts;

/// <summary>A leaf of a run; shard and index are null while it waits.</summary>
sealed record RunLeafRow(byte[] Body, int? Shard, long? Index);

/// <summary>The newest checkpoint of a log.</summary>
sealed record CheckpointRow(int Shard, long Size, string Note);

sealed class ReceiptStore(Db db)
{
    const string LeavesOfRun = "select body, shard, index from platform.leaf where run_id = $1 order by shard, index limit 100000";

    const string CloseOfRun = "select envelope from receipts.run_close where run_id = $1";

    const string Checkpoints = """
        select distinct on (shard) shard, size, note from receipts.checkpoint where shard = any($1) order by shard, size desc
        """;

    const string NewestCheckpoint = "select shard, size, note from receipts.checkpoint order by shard desc, size desc limit 1";

    const string Nodes = """
        select n.level, n.index, n.hash from receipts.node n
        join unnest($2::int[], $3::bigint[]) as w(level, index) on n.level = w.level and n.index = w.index where n.shard = $1
        """;

    const string LeafHashes = "select index, leaf_hash from platform.leaf where shard = $1 and index = any($2)";

    const string Audit = """
        select id, body, leaf_hash, shard, index from platform.leaf
        where ($1::uuid is null or id < $1) and ($2::text is null or subject = $2)
        order by id desc limit $3
        """;

    public async Task<(IReadOnlyList<RunLeafRow> Leaves, byte[]? Close)> RunAsync(Caller caller, Id<Run> run, CancellationToken ct)
    {
        var batch = db.For(caller.Tenant)
            .Read(LeavesOfRun, r => new RunLeafRow(r.Bytes(0), r.IntOrNull(1), r.LongOrNull(2)), out var leaves, run)
            .Read(CloseOfRun, r => r.Bytes(0), out var close, run);
        await batch.SaveAsync(ct);
        return (leaves.All, close.First);
    }

    public Task<IReadOnlyList<CheckpointRow>> CheckpointsAsync(Caller caller, IReadOnlyList<int> shards, CancellationToken ct) =>
        db.For(caller.Tenant).ListAsync(Checkpoints, r => new CheckpointRow(r.GetInt32(0), r.GetInt64(1), r.GetString(2)), ct, shards);

    public Task<CheckpointRow?> NewestCheckpointAsync(Caller caller, CancellationToken ct) =>
        db.For(caller.Tenant).FirstAsync(NewestCheckpoint, r => new CheckpointRow(r.GetInt32(0), r.GetInt64(1), r.GetString(2)), ct);

    /// <summary>The hashes of the named subtrees of a log.</summary>
    public async Task<IReadOnlyDictionary<MerkleNode, Digest>> HashesAsync(Caller caller, int shard, IReadOnlyCollection<MerkleNode> wanted, CancellationToken ct)
    {
        var (high, low) = (wanted.Where(n => n.Level > 0).ToList(), wanted.Where(n => n.Level == 0).ToList());
        var batch = db.For(caller.Tenant)
            .Read(Nodes, r => (new MerkleNode(r.GetInt32(0), r.GetInt64(1)), new Digest(r.Bytes(2))), out var nodes,
                shard, high.Select(n => n.Level), high.Select(n => n.Index))
            .Read(LeafHashes, r => (new MerkleNode(0, r.GetInt64(0)), new Digest(r.Bytes(1))), out var hashes, shard, low.Select(n => n.Index));
        await batch.SaveAsync(ct);
        return nodes.All.Concat(hashes.All).ToDictionary(n => n.Item1, n => n.Item2);
    }

    public async Task<Page<AuditEntry>> ListAuditAsync(Caller caller, string? objectId, PageRequest page, string operatorName, CancellationToken ct)
    {
        var rows = await db.For(caller.Tenant).ListAsync(Audit, r => new AuditEntry(r.Id<Receipt>(0), System.Text.Json.JsonElement.Parse(r.Bytes(1)),
            new Digest(r.Bytes(2)).ToString(), r.IntOrNull(3) is { } shard ? Checkpoint.OriginOf(operatorName, caller.Tenant, shard) : null, r.LongOrNull(4)), ct,
            Cursor.ReadId<Receipt>(page, "audit")?.Value, objectId, page.Limit + 1);
        return Cursor.Page(rows, page, "audit", a => [a.Id.ToString()]);
    }
}
