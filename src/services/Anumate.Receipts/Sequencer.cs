using System.Text.Json;
using Anumate.Platform.Secrets;
using Anumate.Proofs;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Anumate.Receipts;

/// <summary>
/// Puts leaves that wait into their tenants' logs and signs a checkpoint over each; then signs the close of every run whose last leaf was
/// among them. Several processes may do it at once: the log's size decides who was first, and the other looks again.
/// </summary>
sealed partial class Sequencer(SealStore store, SigningKeys keys, ReceiptOptions options, TimeProvider time, ILogger<Sequencer> log) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var tick = new PeriodicTimer(options.SealInterval, time);
        do
        {
            try
            {
                foreach (var tenant in await store.TenantsAsync(stoppingToken))
                {
                    while (await SealAsync(tenant, stoppingToken))
                    {
                    }
                }
            }
            catch (ProblemException e)
            {
                Waits(e.Problem.Detail);
            }
        }
        while (await tick.WaitForNextTickAsync(stoppingToken));
    }

    /// <summary>Seals what waits; true when there was more than fits under one checkpoint.</summary>
    async Task<bool> SealAsync(Id<Tenant> tenant, CancellationToken ct)
    {
        var row = await store.NewestAsync(tenant, ct) ?? new LogRow(0, 0, []);
        var leaves = await store.WaitingAsync(tenant, options.LeavesAtOnce, ct);
        if (leaves.Count == 0)
        {
            return false;
        }

        if (!MerkleFrontier.TryRead(row.Size, row.Frontier, out var frontier))
        {
            Damaged(tenant, row.Shard);
            return false;
        }

        var nodes = new List<(MerkleNode, Digest)>();
        var grown = frontier.Append([.. leaves.Select(l => new Digest(l.Hash))], (node, hash) => nodes.Add((node, hash)));
        var now = time.GetUtcNow();
        var key = await keys.CurrentAsync(SigningPurpose.Checkpoint, ct);
        var note = new Checkpoint(Checkpoint.OriginOf(options.Operator, tenant, row.Shard), grown.Size, grown.Root, now).Sign(key);
        try
        {
            await store.SealAsync(tenant, row.Shard, row.Size, grown, leaves, nodes, note.ToString(), now, ct);
        }
        catch (ProblemException e) when (e.Problem.Code is "version-conflict" or "conflict")
        {
            return true;
        }

        await CloseAsync(tenant, leaves, key, now, ct);
        return leaves.Count == options.LeavesAtOnce;
    }

    async Task CloseAsync(Id<Tenant> tenant, IReadOnlyList<WaitingLeaf> leaves, Ed25519Key key, DateTimeOffset now, CancellationToken ct)
    {
        var ended = leaves.Where(l => l.Type == RunEnd.LeafType && l.Run is not null).Select(l => l.Run!.Value).Distinct().ToList();
        if (ended.Count == 0)
        {
            return;
        }

        var closes = new List<(Id<Run>, string)>();
        foreach (var run in await store.EndedAsync(tenant, ended, RunEnd.LeafType, ct))
        {
            var end = RunEnd.Read(run.Closing);
            var close = new RunClose(tenant, run.Run, end.PlanHash, end.Status, run.Count, new Digest(run.Last), now);
            closes.Add((run.Run, close.Sign(key).ToJson().ToJsonString()));
        }

        await store.CloseAsync(tenant, closes, now, ct);
    }

    [LoggerMessage(LogLevel.Warning, "leaves wait for a checkpoint: {Detail}")]
    private partial void Waits(string detail);

    [LoggerMessage(LogLevel.Critical, "the log of {Tenant}, shard {Shard}, does not have the shape of its size: it was changed outside the platform")]
    private partial void Damaged(Id<Tenant> tenant, int shard);
}

/// <summary>The last leaf of a run: how it ended, under which plan.</summary>
static class RunEnd
{
    public const string LeafType = "run.ended";

    public static (Digest PlanHash, string Status) Read(byte[] leaf)
    {
        using var document = JsonDocument.Parse(leaf);
        var facts = document.RootElement.GetProperty("facts");
        return (Digest.Parse(facts.GetProperty("plan").GetString()!), facts.GetProperty("status").GetString()!);
    }
}
