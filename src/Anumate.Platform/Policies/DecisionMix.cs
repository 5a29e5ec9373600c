using Anumate.Platform.Data;
using Anumate.PolicyEngine;

namespace Anumate.Platform.Policies;

/// <summary>Counts every decision by point and verdict, and tells it once a minute.</summary>
public sealed class DecisionMix(Db db, TimeProvider time)
{
    static readonly TimeSpan Every = TimeSpan.FromMinutes(1);
    static readonly int Verdicts = Enum.GetValues<Verdict>().Length;

    readonly Lock turn = new();
    Dictionary<Id<Tenant>, long[]> seen = [];
    DateTimeOffset since = time.GetUtcNow();

    public void Note(Id<Tenant> tenant, PolicyPoint point, Verdict verdict)
    {
        lock (turn)
        {
            if (!seen.TryGetValue(tenant, out var counts))
            {
                seen[tenant] = counts = new long[PolicyPoint.All.Count * Verdicts];
            }

            counts[(IndexOf(point) * Verdicts) + (int)verdict]++;
        }
    }

    /// <summary>Tells what was counted when a minute is over, or the process ends.</summary>
    public async Task TellAsync(bool atOnce, CancellationToken ct)
    {
        var (now, from) = (time.GetUtcNow(), since);
        if (!atOnce && now - from < Every)
        {
            return;
        }

        Dictionary<Id<Tenant>, long[]> telling;
        lock (turn)
        {
            (telling, seen, since) = (seen, [], now);
        }

        foreach (var (tenant, counts) in telling)
        {
            var told = counts.Select((count, i) => new DecisionCount(PolicyPoint.All[i / Verdicts].Name, (Verdict)(i % Verdicts), count)).Where(c => c.Count > 0).ToList();
            await db.For(tenant).Event(Caller.OfPlatform(tenant, "policies", "decisions"), new PolicyDecisions(HostReports.Process, from, now, told)).SaveAsync(ct);
        }
    }

    static int IndexOf(PolicyPoint point)
    {
        for (var i = 0; i < PolicyPoint.All.Count; i++)
        {
            if (ReferenceEquals(PolicyPoint.All[i], point))
            {
                return i;
            }
        }

        throw new ArgumentException($"`{point}` is no point");
    }
}
