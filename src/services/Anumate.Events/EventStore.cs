using Anumate.Platform.Data;
using Anumate.Platform.Events;

namespace Anumate.Events;

sealed class EventStore(Db db)
{
    // Below the oldest running transaction only: nothing can come before a row that was shown. Rows of an older era are all settled.
    const string List = """
        select e.era, e.xid, e.position, e.id, e.tenant_id, e.type, e.subject, e.sequence, e.service, e.principal, e.correlation, e.traceparent, e.at, e.body
        from platform.events e
        where (e.era, e.xid, e.position) > ($1, $2, $3)
          and (e.xid < pg_snapshot_xmin(pg_current_snapshot()) or e.era < (select (value->>'number')::int from platform.setting where name = 'era'))
          and ($4::text is null or starts_with(e.type, $4)) and ($5::text is null or e.subject = $5)
        order by e.era, e.xid, e.position limit $6
        """;

    const string Now = """
        select (value->>'number')::int, pg_snapshot_xmin(pg_current_snapshot()) from platform.setting where name = 'era'
        """;

    /// <summary>The tenant's settled events after a place, oldest first.</summary>
    public Task<IReadOnlyList<StoredEvent>> ListAsync(Id<Tenant> tenant, LogPosition after, EventFilter filter, int limit, CancellationToken ct) =>
        db.For(tenant).ListAsync(List, Row, ct, after.Era, after.Xid, after.Position, filter.Type, filter.Subject, limit);

    /// <summary>The place from which nothing that commits later is missed.</summary>
    public Task<LogPosition> NowAsync(Id<Tenant> tenant, CancellationToken ct) =>
        db.For(tenant).FirstAsync(Now, r => new LogPosition(r.GetInt32(0), r.GetFieldValue<ulong>(1), 0), ct);

    static StoredEvent Row(Npgsql.NpgsqlDataReader r) => new()
    {
        At = new LogPosition(r.GetInt32(0), r.GetFieldValue<ulong>(1), r.GetInt64(2)),
        Id = r.Id<StoredEvent>(3),
        Tenant = r.Id<Tenant>(4),
        Type = r.GetString(5),
        Subject = r.GetString(6),
        Sequence = r.GetInt64(7),
        Service = r.GetString(8),
        Principal = r.IdOrNull<Principal>(9),
        Correlation = r.TextOrNull(10),
        TraceParent = r.TextOrNull(11),
        Time = r.Time(12),
        Body = r.Bytes(13),
    };
}
