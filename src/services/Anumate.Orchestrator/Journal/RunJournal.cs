using Anumate.Platform.Data;
using Microsoft.Extensions.Logging;

namespace Anumate.Orchestrator;

/// <summary>
/// Appends to the journals of all runs and tenants in group commits. An append happens only where the run's epoch is the caller's and
/// nobody wrote that number before; whoever is refused no longer owns the run. A step writes nothing but its entry, by a statement of its
/// own: that is most of what there is to write. Starts and ends have theirs; <see cref="AppendAny"/> takes what is left.
/// </summary>
sealed class RunJournal : IAsyncDisposable
{
    const string AppendStep = """
        with item as materialized (
            select * from unnest($1::int[], $2::uuid[], $3::uuid[], $4::bigint[], $5::bigint[], $6::json[]) as i(ord, tenant_id, run_id, epoch, seq, entries)),
        own as materialized (
            select i.* from item i join orchestrator.run u on u.tenant_id = i.tenant_id and u.id = i.run_id and u.epoch = i.epoch),
        entry as (
            insert into orchestrator.run_event (tenant_id, run_id, seq, entries) select tenant_id, run_id, seq, entries from own)
        select ord from own
        """;

    const string AppendStart = """
        with item as materialized (
            select * from unnest($1::int[], $2::uuid[], $3::uuid[], $4::bigint[], $5::bigint[], $6::json[], $7::text[], $8::timestamptz[], $9::uuid[], $10::text[],
                $11::text[], $12::text[], $13::text[], $14::text[], $15::text[], $16::text[], $17::text[], $18::json[],
                $19::uuid[], $20::text[], $21::bytea[], $22::bytea[], $23::uuid[], $24::text[], $25::bigint[], $26::json[])
                as i(ord, tenant_id, run_id, epoch, seq, entries, subject, at, principal, correlation,
                traceparent, plan_hash, capsule, capsule_version, wrapped, salt, status, view,
                l_id, l_type, l_hash, l_body, e_id, e_type, e_sequence, e_body)),
        born as (
            insert into orchestrator.run (tenant_id, id, plan_hash, capsule, capsule_version, status, epoch, requested_by, created, view)
            select tenant_id, run_id, plan_hash, capsule, capsule_version, status, epoch, principal, at, view from item),
        sealed as (
            insert into platform.data_key (tenant_id, scope, wrapped, salt, created) select tenant_id, subject, wrapped, salt, at from item),
        entry as (
            insert into orchestrator.run_event (tenant_id, run_id, seq, entries) select tenant_id, run_id, seq, entries from item),
        leaf as (
            insert into platform.leaf (tenant_id, id, type, subject, run_id, leaf_hash, body, created)
            select tenant_id, l_id, l_type, subject, run_id, l_hash, l_body, at from item),
        told as (
            insert into platform.events (tenant_id, id, type, subject, sequence, service, principal, correlation, traceparent, at, body)
            select tenant_id, e_id, e_type, subject, e_sequence, 'orchestrator', principal, correlation, traceparent, at, e_body from item)
        select ord from item
        """;

    const string AppendEnd = """
        with item as materialized (
            select * from unnest($1::int[], $2::uuid[], $3::uuid[], $4::bigint[], $5::bigint[], $6::json[], $7::text[], $8::timestamptz[], $9::uuid[], $10::text[],
                $11::text[], $12::text[], $13::json[], $14::uuid[], $15::text[], $16::bytea[], $17::bytea[], $18::uuid[], $19::text[], $20::bigint[], $21::json[])
                as i(ord, tenant_id, run_id, epoch, seq, entries, subject, at, principal, correlation,
                traceparent, status, view, l_id, l_type, l_hash, l_body, e_id, e_type, e_sequence, e_body)),
        own as materialized (
            select i.* from item i join orchestrator.run u on u.tenant_id = i.tenant_id and u.id = i.run_id and u.epoch = i.epoch),
        entry as (
            insert into orchestrator.run_event (tenant_id, run_id, seq, entries) select tenant_id, run_id, seq, entries from own),
        fold as (
            update orchestrator.run u set status = o.status, view = o.view, ended = o.at from own o where u.tenant_id = o.tenant_id and u.id = o.run_id),
        leaf as (
            insert into platform.leaf (tenant_id, id, type, subject, run_id, leaf_hash, body, created)
            select tenant_id, l_id, l_type, subject, run_id, l_hash, l_body, at from own),
        told as (
            insert into platform.events (tenant_id, id, type, subject, sequence, service, principal, correlation, traceparent, at, body)
            select tenant_id, e_id, e_type, subject, e_sequence, 'orchestrator', principal, correlation, traceparent, at, e_body from own)
        select ord from own
        """;

    // Columns are carried through from `own`, never joined back: with the planner pinned to nested loops a join of two groups is quadratic.
    const string AppendAny = """
        with item as materialized (
            select * from unnest($1::int[], $2::uuid[], $3::uuid[], $4::bigint[], $5::bigint[], $6::json[], $7::text[], $8::timestamptz[], $9::uuid[],
                $10::text[], $11::text[], $12::text[], $13::text[], $14::text[], $15::text[], $16::text[], $17::text[], $18::json[], $19::boolean[],
                $20::uuid[], $21::text[], $22::bytea[], $23::bytea[], $24::uuid[], $25::text[], $26::bytea[], $27::bytea[],
                $28::uuid[], $29::text[], $30::bigint[], $31::json[], $32::uuid[], $33::text[], $34::bigint[], $35::json[])
                as i(ord, tenant_id, run_id, epoch, seq, entries, subject, at, principal,
                correlation, traceparent, plan_hash, capsule, capsule_version, wrapped, salt, status, view, ends,
                l1_id, l1_type, l1_hash, l1_body, l2_id, l2_type, l2_hash, l2_body,
                e1_id, e1_type, e1_sequence, e1_body, e2_id, e2_type, e2_sequence, e2_body)),
        own as materialized (
            select i.* from item i where i.plan_hash is not null
            union all
            select i.* from item i join orchestrator.run u on u.tenant_id = i.tenant_id and u.id = i.run_id and u.epoch = i.epoch
            where i.plan_hash is null),
        born as (
            insert into orchestrator.run (tenant_id, id, plan_hash, capsule, capsule_version, status, epoch, requested_by, created, view)
            select tenant_id, run_id, plan_hash, capsule, capsule_version, status, epoch, principal, at, view from own where plan_hash is not null),
        sealed as (
            insert into platform.data_key (tenant_id, scope, wrapped, salt, created)
            select tenant_id, subject, wrapped, salt, at from own where wrapped is not null),
        entry as (
            insert into orchestrator.run_event (tenant_id, run_id, seq, entries) select tenant_id, run_id, seq, entries from own),
        fold as (
            update orchestrator.run u set status = o.status, view = o.view, ended = case when o.ends then o.at end from own o
            where o.status is not null and o.plan_hash is null and u.tenant_id = o.tenant_id and u.id = o.run_id),
        leaf as (
            insert into platform.leaf (tenant_id, id, type, subject, run_id, leaf_hash, body, created)
            select tenant_id, l1_id, l1_type, subject, run_id, l1_hash, l1_body, at from own where l1_id is not null
            union all
            select tenant_id, l2_id, l2_type, subject, run_id, l2_hash, l2_body, at from own where l2_id is not null),
        told as (
            insert into platform.events (tenant_id, id, type, subject, sequence, service, principal, correlation, traceparent, at, body)
            select tenant_id, e1_id, e1_type, subject, e1_sequence, 'orchestrator', principal, correlation, traceparent, at, e1_body from own where e1_id is not null
            union all
            select tenant_id, e2_id, e2_type, subject, e2_sequence, 'orchestrator', principal, correlation, traceparent, at, e2_body from own where e2_id is not null)
        select ord from own
        """;

    static readonly GroupStatement<RunAppend>[] Statements =
    [
        Entry(AppendStep, a => a is { Start: null, Fold: null, Leaves.Count: 0, Events.Count: 0 }),
        Head(AppendStart, a => a is { Start: not null, Fold: not null, Leaves.Count: 1, Events.Count: 1 })
            .Text(a => a.Start!.PlanHash).Text(a => a.Start!.Capsule).Text(a => a.Start!.CapsuleVersion).Text(a => a.Start!.Wrapped).Text(a => a.Start!.Salt)
            .Text(a => RunViews.Word(a.Fold!.Status)).Json(a => a.Fold!.View).Leaf(0).Event(0),
        Head(AppendEnd, a => a is { Start: null, Fold.Ends: true, Leaves.Count: 1, Events.Count: 1 })
            .Text(a => RunViews.Word(a.Fold!.Status)).Json(a => a.Fold!.View).Leaf(0).Event(0),
        Head(AppendAny, _ => true)
            .Text(a => a.Start?.PlanHash).Text(a => a.Start?.Capsule).Text(a => a.Start?.CapsuleVersion).Text(a => a.Start?.Wrapped).Text(a => a.Start?.Salt)
            .Text(a => a.Fold is { } f ? RunViews.Word(f.Status) : null).Json(a => a.Fold?.View!).Boolean(a => a.Fold?.Ends ?? false)
            .Leaf(0).Leaf(1).Event(0).Event(1),
    ];

    readonly GroupWriter<RunAppend> writer;

    public RunJournal(Db db, OrchestratorOptions options, ILogger<GroupWriter<RunAppend>> log) =>
        writer = new GroupWriter<RunAppend>(db, Statements, new GroupOptions { Name = "journal", Writers = options.JournalWriters }, log);

    /// <summary>Done when committed: true. False: the run has another owner.</summary>
    public ValueTask<bool> AppendAsync(RunAppend append, CancellationToken ct) => writer.WriteAsync(append, ct);

    public ValueTask DisposeAsync() => writer.DisposeAsync();

    static GroupStatement<RunAppend> Entry(string sql, Func<RunAppend, bool> takes) =>
        new GroupStatement<RunAppend>(sql, a => a.Run.Value) { Size = a => a.Size, TellsEvents = a => a.Events.Count > 0, Takes = takes }
            .Uuid(a => a.Tenant.Value).Uuid(a => a.Run.Value).Bigint(a => a.Epoch).Bigint(a => a.Seq).Json(a => a.Entries);

    static GroupStatement<RunAppend> Head(string sql, Func<RunAppend, bool> takes) => Entry(sql, takes)
        .Text(a => a.Subject).Time(a => a.At).Uuid(a => a.Principal).Text(a => a.Correlation).Text(a => a.TraceParent);
}

static class RunColumns
{
    public static GroupStatement<RunAppend> Leaf(this GroupStatement<RunAppend> s, int i) =>
        s.UuidOrNull(a => a.Leaf(i)?.Id.Value).Text(a => a.Leaf(i)?.Type).Bytea(a => a.Leaf(i)?.Hash()!).Bytea(a => a.Leaf(i)?.Body.ToArray()!);

    public static GroupStatement<RunAppend> Event(this GroupStatement<RunAppend> s, int i) =>
        s.UuidOrNull(a => a.Event(i)?.Id).Text(a => a.Event(i)?.Type).Bigint(a => a.Event(i)?.Sequence ?? 0).Json(a => a.Event(i)?.Body!);
}
