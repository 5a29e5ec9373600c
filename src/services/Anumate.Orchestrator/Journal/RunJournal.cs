using Anumate.Platform.Data;
using Microsoft.Extensions.Logging;

namespace Anumate.Orchestrator;

/// <summary>
/// Appends to the journals of all runs and tenants in group commits. An append happens only where the run's epoch is the caller's and
/// nobody wrote that number before; whoever is refused no longer owns the run.
/// </summary>
sealed class RunJournal : IAsyncDisposable
{
    // Columns are carried through from `own`, never joined back: with the planner pinned to nested loops a join of two groups is quadratic.
    const string Append = """
        with item as materialized (
            select * from unnest($1::int[], $2::uuid[], $3::uuid[], $4::text[], $5::bigint[], $6::bigint[], $7::json[], $8::timestamptz[], $9::uuid[],
                $10::text[], $11::text[], $12::text[], $13::text[], $14::text[], $15::text[], $16::text[], $17::text[], $18::json[], $19::boolean[],
                $20::uuid[], $21::text[], $22::bytea[], $23::bytea[], $24::uuid[], $25::text[], $26::bytea[], $27::bytea[],
                $28::uuid[], $29::text[], $30::bigint[], $31::json[], $32::uuid[], $33::text[], $34::bigint[], $35::json[])
                as i(ord, tenant_id, run_id, subject, epoch, seq, entries, at, principal,
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

    static readonly GroupStatement<RunAppend> Statement = new GroupStatement<RunAppend>(Append, a => a.Run.Value) { Size = a => a.Size, TellsEvents = a => a.Events.Count > 0 }
        .Uuid(a => a.Tenant.Value).Uuid(a => a.Run.Value).Text(a => a.Subject).Bigint(a => a.Epoch).Bigint(a => a.Seq).Json(a => a.Entries)
        .Time(a => a.At).Uuid(a => a.Principal).Text(a => a.Correlation).Text(a => a.TraceParent)
        .Text(a => a.Start?.PlanHash).Text(a => a.Start?.Capsule).Text(a => a.Start?.CapsuleVersion).Text(a => a.Start?.Wrapped).Text(a => a.Start?.Salt)
        .Text(a => a.Fold is { } f ? RunViews.Word(f.Status) : null).Json(a => a.Fold?.View!).Boolean(a => a.Fold?.Ends ?? false)
        .UuidOrNull(a => a.Leaf(0)?.Id.Value).Text(a => a.Leaf(0)?.Type).Bytea(a => a.Leaf(0)?.Hash()!).Bytea(a => a.Leaf(0)?.Body.ToArray()!)
        .UuidOrNull(a => a.Leaf(1)?.Id.Value).Text(a => a.Leaf(1)?.Type).Bytea(a => a.Leaf(1)?.Hash()!).Bytea(a => a.Leaf(1)?.Body.ToArray()!)
        .UuidOrNull(a => a.Event(0)?.Id).Text(a => a.Event(0)?.Type).Bigint(a => a.Event(0)?.Sequence ?? 0).Json(a => a.Event(0)?.Body!)
        .UuidOrNull(a => a.Event(1)?.Id).Text(a => a.Event(1)?.Type).Bigint(a => a.Event(1)?.Sequence ?? 0).Json(a => a.Event(1)?.Body!);

    readonly GroupWriter<RunAppend> writer;

    public RunJournal(Db db, OrchestratorOptions options, ILogger<GroupWriter<RunAppend>> log) =>
        writer = new GroupWriter<RunAppend>(db, Statement, new GroupOptions { Writers = options.JournalWriters }, log);

    /// <summary>Done when committed: true. False: the run has another owner.</summary>
    public ValueTask<bool> AppendAsync(RunAppend append, CancellationToken ct) => writer.WriteAsync(append, ct);

    public ValueTask DisposeAsync() => writer.DisposeAsync();
}
