using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Anumate.Proofs;

namespace Anumate.Engines.Tests.Proofs;

/// <summary>A run that left leaves in two shards of its tenant's log, among leaves of other runs. Everything about it is fixed.</summary>
sealed class ReceiptSample
{
    public const string Operator = "log.example";

    public static readonly Ed25519Key Key = KeyNamed("log");
    public static readonly KeyRing Trusted = KeyRing.Of(Operator, Key.Public);
    public static readonly DateTimeOffset Time = DateTimeOffset.FromUnixTimeSeconds(1_800_000_000);
    public static readonly byte[] Salt = SHA256.HashData("anumate corpus: salt"u8);
    public static readonly Digest PlanHash = Digest.Of("anumate corpus: plan"u8);

    readonly MerkleTree[] _trees = [new(), new()];
    readonly List<(int Shard, long Index, byte[] Leaf)> _placed = [];

    public ReceiptSample(params ReadOnlySpan<string> skip)
    {
        Place(0, Audit(99, "run.started") with { Run = OtherRun });
        Place(0, Audit(1, "run.started"));
        Place(0, Call(2, RunLeaf.Intent, "order/1"));
        Place(0, Call(98, RunLeaf.Intent, "order/1") with { Run = OtherRun });
        Place(0, Call(3, RunLeaf.Outcome, "order/1"));
        Place(1, Call(4, RunLeaf.Intent, "refund/1"));
        if (!skip.Contains("outcome"))
        {
            Place(1, Call(5, RunLeaf.Outcome, "refund/1"));
        }

        Place(1, Audit(6, "run.completed"));
        Place(1, Audit(97, "run.started") with { Run = OtherRun });
    }

    public static Id<Tenant> Tenant { get; } = new(Uuid(1));

    public static Id<Run> Run { get; } = new(Uuid(2));

    public static Id<Run> OtherRun { get; } = new(Uuid(3));

    public Digest LastLeaf => Merkle.LeafHash(Leaves()[^1].Leaf);

    public static Guid Uuid(int n) => new(n, 0, 0x7000, [0x80, 0, 0, 0, 0, 0, 0, 0]);

    public static Ed25519Key KeyNamed(string name) => Ed25519Key.Import(SHA256.HashData(Encoding.UTF8.GetBytes("anumate corpus: " + name)));

    public static RunLeaf Call(int id, string type, string call) =>
        new(new Id<Receipt>(Uuid(id)), Tenant, Run, type, Time.AddMilliseconds(id), call, new JsonObject
        {
            ["tool"] = "payments.refund@" + Digest.Of("schema"u8),
            ["args_digest"] = SaltedDigest.Of(Salt, "{\"amount\":40}"u8).ToString(),
        });

    public static RunLeaf Audit(int id, string type) =>
        new(new Id<Receipt>(Uuid(id)), Tenant, Run, type, Time.AddMilliseconds(id), null, null);

    public Checkpoint CheckpointOf(int shard) =>
        new(Checkpoint.OriginOf(Operator, Tenant, shard), _trees[shard].Size, _trees[shard].Root, Time.AddSeconds(shard + 1));

    public RunClose CloseOf() =>
        new(Tenant, Run, PlanHash, "completed", Leaves().Count, LastLeaf, Time.AddSeconds(3)) { SaltHash = Digest.Of(Salt) };

    public ReceiptLog LogOf(int shard) =>
        new(CheckpointOf(shard).Sign(Key).ToString(), [.. Leaves().Where(l => l.Shard == shard).Select(l => Proven(l.Shard, l.Index))]);

    public ProvenLeaf Proven(int shard, long index) =>
        new(index, _placed.Single(p => p.Shard == shard && p.Index == index).Leaf, _trees[shard].InclusionProof(index, _trees[shard].Size));

    public ReceiptBundle Bundle() => new()
    {
        Tenant = Tenant,
        Run = Run,
        Logs = [LogOf(0), LogOf(1)],
        Close = CloseOf().Sign(Key),
        Keys = [Key.Public],
        Salt = Salt,
    };

    /// <summary>Adds any bytes to a log, as a hostile log server could.</summary>
    public long PlaceBytes(int shard, byte[] leaf)
    {
        _placed.Add((shard, _trees[shard].Size, leaf));
        _trees[shard].Append(Merkle.LeafHash(leaf));
        return _trees[shard].Size - 1;
    }

    public void Place(int shard, RunLeaf leaf) => PlaceBytes(shard, leaf.ToBytes());

    List<(int Shard, long Index, byte[] Leaf)> Leaves() =>
        [.. _placed.Where(p => Encoding.UTF8.GetString(p.Leaf).Contains(Run.ToString(), StringComparison.Ordinal))];
}
