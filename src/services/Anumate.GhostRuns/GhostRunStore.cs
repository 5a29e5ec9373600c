using Anumate.Platform.Data;
using Anumate.Platform.Http;

namespace Anumate.GhostRuns;

sealed class GhostRunStore(Db db)
{
    const string Insert = """
        insert into ghostruns.ghost_run (id, plan_hash, verdict, created, body) values ($1, $2, $3, $4, $5)
        """;

    const string Select = "select body from ghostruns.ghost_run where id = $1";

    const string List = """
        select body from ghostruns.ghost_run
        where ($1::uuid is null or id < $1) and ($2::text is null or plan_hash = $2)
        order by id desc limit $3
        """;

    public Task<GhostRun> SaveAsync(Caller caller, GhostRun ghost, Once once, AuditRecord record, CancellationToken ct) =>
        db.For(caller.Tenant)
            .One(Insert, ghost.Id, ghost.PlanHash, ghost.Report.Verdict.ToString().ToLowerInvariant(), ghost.Created, Json.Of(ghost))
            .Event(caller, new PreflightCompleted(ghost.Id, ghost.PlanHash, ghost.Report.Verdict, ghost.Report.Risk.Score))
            .Audit(record)
            .SaveOnceAsync(caller, once, ghost, ct);

    public async Task<GhostRun> GetAsync(Caller caller, Id<GhostRun> id, CancellationToken ct) =>
        await db.For(caller.Tenant).FirstAsync(Select, r => r.Json<GhostRun>(0), ct, id) ?? throw Problems.NotFound("ghost run", id.ToString());

    public async Task<Page<GhostRun>> ListAsync(Caller caller, string? planHash, PageRequest page, CancellationToken ct) => Cursor.Page(
        await db.For(caller.Tenant).ListAsync(List, r => r.Json<GhostRun>(0), ct, Cursor.ReadId<GhostRun>(page, "ghost-runs")?.Value, planHash, page.Limit + 1), page, "ghost-runs", g => [g.Id.ToString()]);
}
