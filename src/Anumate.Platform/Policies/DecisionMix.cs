using Anumate.Platform.Data;
using Anumate.PolicyEngine;

namespace Anumate.Platform.Policies;

/// <summary>Counts every decision by point and verdict, and writes the counts by the hour once a second.</summary>
public sealed class DecisionMix(Db db, TimeProvider time)
{
    const string Count = """
        insert into platform.policy_mix as m (hour, point, verdict, count)
        select date_trunc('hour', $1::timestamptz, 'UTC'), i.point, i.verdict, i.count from unnest($2::text[], $3::text[], $4::bigint[]) as i (point, verdict, count)
        order by i.point, i.verdict
        on conflict (tenant_id, hour, point, verdict) do update set count = m.count + excluded.count
        """;

    const string Forget = """
        with gone as (
            delete from platform.policy_mix where (tenant_id, hour, point, verdict) in (
                select tenant_id, hour, point, verdict from platform.policy_mix where hour < now() - interval '90 days' order by hour limit $1)
            returning 1)
        select count(*) from gone
        """;

    static readonly int Verdicts = Enum.GetValues<Verdict>().Length;

    readonly Lock turn = new();
    Dictionary<Id<Tenant>, long[]> seen = [];

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

    /// <summary>Writes what was counted since the last time; what cannot be written is let go.</summary>
    public async Task WriteAsync(CancellationToken ct)
    {
        Dictionary<Id<Tenant>, long[]> writing;
        lock (turn)
        {
            (writing, seen) = (seen, []);
        }

        foreach (var (tenant, counts) in writing)
        {
            var told = counts.Select((count, i) => (Point: PolicyPoint.All[i / Verdicts].Name, Verdict: (Verdict)(i % Verdicts), Count: count)).Where(c => c.Count > 0).ToList();
            await db.For(tenant).Run(Count, time.GetUtcNow(), told.Select(c => c.Point), told.Select(c => c.Verdict.ToString().ToLowerInvariant()), told.Select(c => c.Count)).SaveAsync(ct);
        }
    }

    /// <summary>Removes what is old, of all tenants.</summary>
    public async Task ForgetAsync(CancellationToken ct)
    {
        const int batchSize = 1_000;
        while (await db.Across(DbRole.Retention).FirstAsync(Forget, r => r.GetInt64(0), ct, batchSize) == batchSize)
        {
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
