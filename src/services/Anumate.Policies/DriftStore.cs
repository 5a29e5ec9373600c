using Anumate.Platform.Data;

namespace Anumate.Policies;

/// <summary>Shares of verdicts, and what was found of drift.</summary>
sealed class DriftStore(Db db, TimeProvider time)
{
    const string Tenants = "select distinct tenant_id from platform.policy_mix where hour = $1";

    // Of an hour and of the day before it: all decisions at a point, and those that denied.
    const string Shares = """
        select point,
            coalesce(sum(count) filter (where hour = $1), 0)::bigint, coalesce(sum(count) filter (where hour = $1 and verdict = 'deny'), 0)::bigint,
            coalesce(sum(count) filter (where hour < $1), 0)::bigint, coalesce(sum(count) filter (where hour < $1 and verdict = 'deny'), 0)::bigint
        from platform.policy_mix where hour >= $1::timestamptz - interval '24 hours' and hour <= $1 group by point order by point
        """;

    // Touches its row only where the state is another one than before.
    const string Note = """
        insert into policies.drift as d (kind, name, state, at) values ($1, $2, $3, $4)
        on conflict (tenant_id, kind, name) do update set state = excluded.state, at = excluded.at where d.state <> excluded.state
        """;

    /// <summary>The tenants for which something was decided in an hour.</summary>
    public Task<IReadOnlyList<Id<Tenant>>> TenantsAsync(DateTimeOffset hour, CancellationToken ct) =>
        db.Across(DbRole.Retention).ListAsync(Tenants, r => r.Id<Tenant>(0), ct, hour);

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

    public static DateTimeOffset Hour(DateTimeOffset at) => new(at.UtcDateTime.Date.AddHours(at.UtcDateTime.Hour), TimeSpan.Zero);
}
