using Anumate.Platform.Data;
using Anumate.Platform.Events;

namespace Anumate.Policies;

/// <summary>Decisions by the hour, and what was found of drift.</summary>
sealed class MixStore(Db db, TimeProvider time)
{
    // An event that was counted before is passed over.
    const string Count = """
        with item as materialized (
            select * from unnest($1::uuid[], $2::timestamptz[], $3::text[], $4::text[], $5::bigint[]) as i (event_id, hour, point, verdict, count)),
        fresh as (
            insert into policies.counted (event_id, at) select distinct event_id, $6::timestamptz from item order by event_id on conflict do nothing returning event_id)
        insert into policies.mix as m (hour, point, verdict, count)
        select i.hour, i.point, i.verdict, sum(i.count) from item i join fresh using (event_id) group by i.hour, i.point, i.verdict
        on conflict (tenant_id, hour, point, verdict) do update set count = m.count + excluded.count
        """;

    // Of an hour and of the day before it: all decisions at a point, and those that denied.
    const string Shares = """
        select point,
            coalesce(sum(count) filter (where hour = $1), 0)::bigint, coalesce(sum(count) filter (where hour = $1 and verdict = 'deny'), 0)::bigint,
            coalesce(sum(count) filter (where hour < $1), 0)::bigint, coalesce(sum(count) filter (where hour < $1 and verdict = 'deny'), 0)::bigint
        from policies.mix where hour >= $1::timestamptz - interval '24 hours' and hour <= $1 group by point order by point
        """;

    // Touches its row only where the state is another one than before.
    const string Note = """
        insert into policies.drift as d (kind, name, state, at) values ($1, $2, $3, $4)
        on conflict (tenant_id, kind, name) do update set state = excluded.state, at = excluded.at where d.state <> excluded.state
        """;

    const string Forget = """
        with gone as (
            delete from policies.mix where (tenant_id, hour, point, verdict) in (
                select tenant_id, hour, point, verdict from policies.mix where hour < now() - interval '90 days' order by hour limit $1)
            returning 1)
        select count(*) from gone
        """;

    public Task CountAsync(IReadOnlyList<StoredEvent> events, CancellationToken ct)
    {
        var counts = events.SelectMany(e => e.Data<PolicyDecisions>() is var told ? told.Counts.Select(c => (Event: e.Id.Value, Hour: Hour(told.To), Of: c)) : []).ToList();
        return db.For(events[0].Tenant).Run(Count, counts.Select(c => c.Event), counts.Select(c => c.Hour), counts.Select(c => c.Of.Point),
            counts.Select(c => Words.Of(c.Of.Verdict)), counts.Select(c => c.Of.Count), time.GetUtcNow()).SaveAsync(ct);
    }

    /// <summary>At each point: the decisions of an hour and those of the day before it, and how many of them denied.</summary>
    public Task<IReadOnlyList<(string Point, long Hour, long HourDenied, long Day, long DayDenied)>> SharesAsync(Id<Tenant> tenant, DateTimeOffset hour, CancellationToken ct) =>
        db.For(tenant).ListAsync(Shares, r => (r.GetString(0), r.GetInt64(1), r.GetInt64(2), r.GetInt64(3), r.GetInt64(4)), ct, hour);

    /// <summary>Notes a state; where it is another one than before, what it violates is told in the same transaction. False when it is known already.</summary>
    public async Task<bool> NoteAsync(Id<Tenant> tenant, string kind, string name, string state, PolicyViolated? violation, CancellationToken ct)
    {
        var batch = db.For(tenant).One(Note, kind, name, state, time.GetUtcNow());
        if (violation is not null)
        {
            batch.Event(Caller.OfPlatform(tenant, "policies", "drift"), violation);
        }

        try
        {
            await batch.SaveAsync(ct);
            return true;
        }
        catch (ProblemException e) when (e.Problem.Code == "version-conflict")
        {
            return false;
        }
    }

    public async Task ForgetAsync(CancellationToken ct)
    {
        const int batchSize = 1_000;
        while (await db.Across(DbRole.Retention).FirstAsync(Forget, r => r.GetInt64(0), ct, batchSize) == batchSize)
        {
        }
    }

    public static DateTimeOffset Hour(DateTimeOffset at) => new(at.UtcDateTime.Date.AddHours(at.UtcDateTime.Hour), TimeSpan.Zero);
}
