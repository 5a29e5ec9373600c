using Anumate.Platform.Data;
using Anumate.Platform.Http;
using Npgsql;

namespace Anumate.Orchestrator;

/// <summary>A stored commit of a journal.</summary>
sealed record StoredCommit(long Seq, byte[] Entries);

/// <summary>A run's row as a takeover needs it.</summary>
sealed record RunRow(Id<Run> Id, string PlanHash, long Epoch, Id<Principal> RequestedBy, DateTimeOffset Created, bool Ended, Run View);

sealed class RunStore(Db db)
{
    const string InsertRun = """
        insert into orchestrator.run (id, plan_hash, capsule, capsule_version, status, epoch, requested_by, created, view)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
        """;

    const string InsertKey = "insert into platform.data_key (scope, wrapped, salt, created) values ($1, $2, $3, $4)";

    const string InsertEntries = "insert into orchestrator.run_event (run_id, seq, entries) values ($1, $2, $3)";

    const string SelectView = "select view from orchestrator.run where id = $1";

    const string SelectRow = "select id, plan_hash, epoch, requested_by, created, ended is not null, view from orchestrator.run where id = $1";

    const string List = """
        select view from orchestrator.run
        where ($1::uuid is null or id < $1) and ($2::text is null or status = $2)
        order by id desc limit $3
        """;

    const string Entries = "select seq, entries from orchestrator.run_event where run_id = $1 and seq > $2 order by seq limit $3";

    const string TakeOver = "update orchestrator.run set epoch = $2 where id = $1 and epoch < $2 and ended is null";

    const string Unfinished = "select tenant_id, id from orchestrator.run where ended is null and epoch < $1 and id > $2 order by id limit $3";

    /// <summary>A start that must be repeatable: one transaction with the idempotency key. Gives the first run on a repetition.</summary>
    public Task<Run> StartOnceAsync(Caller caller, RunAppend append, Run run, Once once, CancellationToken ct)
    {
        var batch = db.For(caller.Tenant)
            .One(InsertRun, run.Id, run.PlanHash, run.Capsule, run.CapsuleVersion, RunViews.Word(run.Status), append.Epoch, run.RequestedBy, run.Created, Json.Raw(append.Fold!.View))
            .One(InsertKey, append.Subject, append.Start!.Wrapped, append.Start.Salt, run.Created)
            .One(InsertEntries, run.Id, append.Seq, Json.Raw(append.Entries))
            .Event(caller, new ExecutionStarted(run.Id, run.PlanHash, run.Capsule, run.CapsuleVersion));
        foreach (var leaf in append.Leaves)
        {
            batch.Leaf(leaf);
        }

        return batch.SaveOnceAsync(caller, once, run, ct);
    }

    /// <summary>What the same request was answered; null when it is the first.</summary>
    public Task<Run?> ReplayAsync(Caller caller, Once once, CancellationToken ct) => db.ReplayAsync<Run>(caller, once, ct);

    public async Task<Run> GetAsync(Caller caller, Id<Run> id, CancellationToken ct) =>
        await db.For(caller.Tenant).FirstAsync(SelectView, r => r.Json<Run>(0), ct, id) ?? throw Problems.NotFound("run", id.ToString());

    public async Task<Page<Run>> ListAsync(Caller caller, RunStatus? status, PageRequest page, CancellationToken ct) => Cursor.Page(
        await db.For(caller.Tenant).ListAsync(List, r => r.Json<Run>(0), ct, Cursor.ReadId<Run>(page, "runs")?.Value, status is { } s ? RunViews.Word(s) : null, page.Limit + 1), page, "runs", r => [r.Id.ToString()]);

    public Task<RunRow?> FindRowAsync(Id<Tenant> tenant, Id<Run> id, CancellationToken ct) => db.For(tenant).FirstAsync(SelectRow, ReadRow, ct, id);

    static RunRow ReadRow(NpgsqlDataReader r) =>
        new(r.Id<Run>(0), r.GetString(1), r.GetInt64(2), r.Id<Principal>(3), r.Time(4), r.GetBoolean(5), r.Json<Run>(6));

    /// <summary>The journal after a number, oldest first.</summary>
    public Task<IReadOnlyList<StoredCommit>> EntriesAsync(Id<Tenant> tenant, Id<Run> id, long after, int limit, CancellationToken ct) =>
        db.For(tenant).ListAsync(Entries, r => new StoredCommit(r.GetInt64(0), r.Bytes(1)), ct, id, after, limit);

    /// <summary>Raises the run's epoch, where it is lower and the run goes on; gives the row as it is then, null where there is none.</summary>
    public Task<RunRow?> TakeOverAsync(Id<Tenant> tenant, Id<Run> id, long epoch, CancellationToken ct) =>
        db.For(tenant).Run(TakeOver, id, epoch).FirstAsync(SelectRow, ReadRow, ct, id);

    /// <summary>Unfinished runs of all tenants that an earlier owner left, by id.</summary>
    public Task<IReadOnlyList<(Id<Tenant> Tenant, Id<Run> Run)>> UnfinishedAsync(long epoch, Id<Run> after, int limit, CancellationToken ct) =>
        db.Across(DbRole.Timer).ListAsync(Unfinished, r => (r.Id<Tenant>(0), r.Id<Run>(1)), ct, epoch, after, limit);
}
