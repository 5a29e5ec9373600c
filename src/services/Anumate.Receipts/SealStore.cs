using Anumate.Platform.Data;
using Anumate.Proofs;

namespace Anumate.Receipts;

/// <summary>A leaf that waits for its place.</summary>
sealed record WaitingLeaf(Id<Receipt> Id, string Type, Id<Run>? Run, byte[] Hash);

/// <summary>The log a tenant's leaves go to next.</summary>
sealed record LogRow(int Shard, long Size, byte[] Frontier);

/// <summary>What is known of a run's leaves once it has ended.</summary>
sealed record RunLeaves(Id<Run> Run, long Count, byte[] Last, byte[] Closing);

/// <summary>
/// Sealing works across tenants, as the role that numbers leaves: it can give a leaf its place once, and change nothing else of it.
/// </summary>
sealed class SealStore(Db db)
{
    const string Tenants = """
        select distinct tenant_id from (select tenant_id from platform.leaf where index is null limit 20000) w
        """;

    const string Waiting = """
        select id, type, run_id, leaf_hash from platform.leaf where tenant_id = $1 and index is null order by id limit $2
        """;

    const string Newest = "select shard, size, frontier from receipts.log where tenant_id = $1 order by shard desc limit 1";

    const string OpenLog = "insert into receipts.log (tenant_id, shard, size, frontier, updated) values ($1, $2, $3, $4, $5)";

    const string Grow = "update receipts.log set size = $4, frontier = $5, updated = $6 where tenant_id = $1 and shard = $2 and size = $3";

    const string Number = """
        with n as (
            update platform.leaf l set shard = $2, index = p.index from unnest($3::uuid[], $4::bigint[]) as p(id, index)
            where l.tenant_id = $1 and l.id = p.id and l.index is null returning 1)
        select platform.expect_one(case when count(*) = $5 then 1 else 0 end) from n
        """;

    const string Nodes = """
        insert into receipts.node (tenant_id, shard, level, index, hash)
        select $1, $2, n.level, n.index, n.hash from unnest($3::int[], $4::bigint[], $5::bytea[]) as n(level, index, hash)
        """;

    const string Checkpoint = "insert into receipts.checkpoint (tenant_id, shard, size, note, signed) values ($1, $2, $3, $4, $5)";

    const string Ended = """
        select l.run_id, count(*), (array_agg(l.leaf_hash order by l.shard desc, l.index desc))[1],
            (array_agg(l.body order by l.id) filter (where l.type = $3))[1]
        from platform.leaf l where l.tenant_id = $1 and l.run_id = any($2) and l.index is not null group by l.run_id
        """;

    const string Close = """
        insert into receipts.run_close (tenant_id, run_id, envelope, created)
        select $1, c.run_id, c.envelope::json, $4 from unnest($2::uuid[], $3::text[]) as c(run_id, envelope) on conflict do nothing
        """;

    public Task<IReadOnlyList<Id<Tenant>>> TenantsAsync(CancellationToken ct) => db.Across(DbRole.Sequencer).ListAsync(Tenants, r => r.Id<Tenant>(0), ct);

    public Task<IReadOnlyList<WaitingLeaf>> WaitingAsync(Id<Tenant> tenant, int limit, CancellationToken ct) => db.Across(DbRole.Sequencer)
        .ListAsync(Waiting, r => new WaitingLeaf(r.Id<Receipt>(0), r.GetString(1), r.IdOrNull<Run>(2), r.Bytes(3)), ct, tenant, limit);

    public Task<LogRow?> NewestAsync(Id<Tenant> tenant, CancellationToken ct) => db.Across(DbRole.Sequencer)
        .FirstAsync(Newest, r => new LogRow(r.GetInt32(0), r.GetInt64(1), r.Bytes(2)), ct, tenant);

    /// <summary>Gives leaves their places, all or none; <c>version-conflict</c> when another sequencer was first.</summary>
    public Task SealAsync(
        Id<Tenant> tenant, int shard, long before, MerkleFrontier after, IReadOnlyList<WaitingLeaf> leaves, IReadOnlyList<(MerkleNode Node, Digest Hash)> nodes,
        string note, DateTimeOffset now, CancellationToken ct)
    {
        var batch = db.Across(DbRole.Sequencer);
        batch = before == 0
            ? batch.One(OpenLog, tenant, shard, after.Size, after.ToBytes(), now)
            : batch.One(Grow, tenant, shard, before, after.Size, after.ToBytes(), now);
        return batch
            .Read(Number, _ => true, out _, tenant, shard, leaves.Select(l => l.Id.Value), Enumerable.Range(0, leaves.Count).Select(i => before + i), (long)leaves.Count)
            .Run(Nodes, tenant, shard, nodes.Select(n => n.Node.Level), nodes.Select(n => n.Node.Index), nodes.Select(n => n.Hash.ToArray()))
            .Run(Checkpoint, tenant, shard, after.Size, note, now)
            .SaveAsync(ct);
    }

    /// <summary>The leaves of runs whose end is sealed.</summary>
    public Task<IReadOnlyList<RunLeaves>> EndedAsync(Id<Tenant> tenant, IReadOnlyList<Id<Run>> runs, string closingType, CancellationToken ct) => db.Across(DbRole.Sequencer)
        .ListAsync(Ended, r => new RunLeaves(r.Id<Run>(0), r.GetInt64(1), r.Bytes(2), r.Bytes(3)), ct, tenant, runs.Select(r => r.Value), closingType);

    public Task CloseAsync(Id<Tenant> tenant, IReadOnlyList<(Id<Run> Run, string Envelope)> closes, DateTimeOffset now, CancellationToken ct) =>
        db.Across(DbRole.Sequencer).Run(Close, tenant, closes.Select(c => c.Run.Value), closes.Select(c => c.Envelope), now).SaveAsync(ct);
}
