using Anumate.Platform.Data;
using Npgsql;
using NpgsqlTypes;

namespace Anumate.Platform.Events;

/// <summary>What one look at the log found.</summary>
/// <param name="Seen">Every settled place looked at, wanted or not, in order.</param>
/// <param name="Last">Where to look on.</param>
/// <param name="HeldBack">There is more, but a transaction still open could come before it.</param>
public sealed record LogPage(IReadOnlyList<LogEntry> Seen, LogPosition Last, bool HeldBack, bool Full);

/// <summary>One place of the log; <see cref="Event"/> is null where its type was not asked for.</summary>
public readonly record struct LogEntry(LogPosition At, string Type, StoredEvent? Event);

/// <summary>
/// Reads <c>platform.events</c> across tenants, and keeps what work subscriptions must remember. Positions are given before commit, so
/// the order is (era, xid, position), and only rows below the oldest running transaction are settled: nothing can come before them.
/// </summary>
public sealed class EventLog(Db db)
{
    // INVARIANT: a transaction that writes events ends within the roles' statement_timeout, so it cannot lie further back than this many
    // positions. The bound lets the planner leave out old partitions; it is one partition.
    const long Slack = 10_000_000;

    const string Read = """
        select e.era, e.xid, e.position, e.type,
               e.era < s.era or e.xid < pg_snapshot_xmin(pg_current_snapshot()) as settled,
               w.wanted, e.id, e.tenant_id, e.subject, e.sequence, e.service, e.principal, e.correlation, e.traceparent, e.at,
               case when w.wanted then e.body end as body
        from platform.events e
        cross join (select (value->>'number')::int as era from platform.setting where name = 'era') s
        cross join lateral (select $5::text[] is null or e.type = any($5) as wanted) w
        where (e.era, e.xid, e.position) > ($1, $2, $3) and e.position > $4
        order by e.era, e.xid, e.position
        limit $6
        """;

    const string Now = """
        select (value->>'number')::int, pg_snapshot_xmin(pg_current_snapshot()) from platform.setting where name = 'era'
        """;

    const string ClaimCursor = """
        insert into platform.cursor as c (name, era, xid, position, owner, epoch, expires)
        select $1, $2, $3, $4, $5, 1, now() + $6
        where not exists (select from platform.cursor where name = $1 and expires > now() and owner <> $5)
        on conflict (name) do update set owner = excluded.owner, epoch = c.epoch + 1, expires = excluded.expires
            where c.expires <= now() or c.owner = excluded.owner
        returning epoch, era, xid, position
        """;

    const string KeepCursor = """
        update platform.cursor set era = $4, xid = $5, position = $6, expires = now() + $7, updated = now()
        where name = $1 and owner = $2 and epoch = $3
        returning 1
        """;

    const string ParkEvent = """
        insert into platform.parked (tenant_id, subscription, era, xid, position, event_id, type, attempts, error)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9) on conflict do nothing
        """;

    /// <summary>The next entries after a place; events of other types are passed over (null types: every event is wanted).</summary>
    public async Task<LogPage> ReadAsync(LogPosition after, IReadOnlyList<string>? types, int limit, CancellationToken ct)
    {
        var rows = await db.Across(DbRole.Reader).ListAsync(Read, Entry, ct, after.Era, after.Xid, after.Position, after.Position - Slack,
            Arguments.Typed(types?.ToArray() ?? (object)DBNull.Value, NpgsqlDbType.Array | NpgsqlDbType.Text), limit);
        var settled = rows.TakeWhile(r => r.Settled).Select(r => r.Entry).ToList();
        return new LogPage(settled, settled.Count > 0 ? settled[^1].At : after, settled.Count < rows.Count, settled.Count == limit);
    }

    /// <summary>The place from which nothing that commits later is missed.</summary>
    public Task<LogPosition> NowAsync(CancellationToken ct) =>
        db.Across(DbRole.Reader).FirstAsync(Now, r => new LogPosition(r.GetInt32(0), r.GetFieldValue<ulong>(1), 0), ct);

    /// <summary>
    /// Takes a subscription's cursor where nobody else holds it; null where somebody does. Its own is taken again, as after a loss of the
    /// connection. A new one begins at <paramref name="from"/>.
    /// </summary>
    internal async Task<CursorLease?> ClaimAsync(string name, string owner, LogPosition from, TimeSpan lease, CancellationToken ct) =>
        await db.Across(DbRole.Reader).FirstAsync(ClaimCursor,
            r => new CursorLease(name, owner, r.GetInt64(0), new LogPosition(r.GetInt32(1), r.GetFieldValue<ulong>(2), r.GetInt64(3))), ct,
            name, from.Era, from.Xid, from.Position, owner, lease);

    /// <summary>Stores how far the subscription is and renews its lease; false when it is another's meanwhile. Zero gives it back.</summary>
    internal async Task<bool> KeepAsync(CursorLease held, LogPosition at, TimeSpan lease, CancellationToken ct) =>
        await db.Across(DbRole.Reader).FirstAsync(KeepCursor, _ => true, ct,
            held.Name, held.Owner, held.Epoch, at.Era, at.Xid, at.Position, lease);

    internal Task ParkAsync(string subscription, StoredEvent evt, int attempts, string error, CancellationToken ct) =>
        db.Across(DbRole.Reader).Run(ParkEvent,
            evt.Tenant, subscription, evt.At.Era, evt.At.Xid, evt.At.Position, evt.Id, evt.Type, attempts, error).SaveAsync(ct);

    static (bool Settled, LogEntry Entry) Entry(NpgsqlDataReader r)
    {
        var at = new LogPosition(r.GetInt32(0), r.GetFieldValue<ulong>(1), r.GetInt64(2));
        var type = r.GetString(3);
        return (r.GetBoolean(4), new LogEntry(at, type, r.GetBoolean(5) ? Event(r, at, type) : null));
    }

    static StoredEvent Event(NpgsqlDataReader r, LogPosition at, string type) => new()
    {
        At = at,
        Type = type,
        Id = r.Id<StoredEvent>(6),
        Tenant = r.Id<Tenant>(7),
        Subject = r.GetString(8),
        Sequence = r.GetInt64(9),
        Service = r.GetString(10),
        Principal = r.IdOrNull<Principal>(11),
        Correlation = r.TextOrNull(12),
        TraceParent = r.TextOrNull(13),
        Time = r.Time(14),
        Body = r.Bytes(15),
    };
}

/// <summary>A work subscription's cursor in our hands.</summary>
sealed record CursorLease(string Name, string Owner, long Epoch, LogPosition At);
