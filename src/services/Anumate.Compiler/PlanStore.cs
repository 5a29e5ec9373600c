using System.Text.Json;
using Anumate.Platform.Data;
using Anumate.Platform.Http;
using Anumate.Proofs;

namespace Anumate.Compiler;

/// <summary>The key by which plans are listed; outside, a plan is named by its hash.</summary>
sealed record PlanRow : IEntity
{
    public static string Prefix => "pla";
}

sealed class PlanStore(Db db)
{
    const string Insert = """
        insert into compiler.plan (plan_hash, id, capsule, capsule_version, steps, body, diagnostics, compiled_by, compiled_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
        """;

    const string Select = """
        select plan_hash, capsule, capsule_version, body, diagnostics, compiled_by, compiled_at from compiler.plan where plan_hash = $1
        """;

    const string List = """
        select id, plan_hash, capsule, capsule_version, steps, compiled_at from compiler.plan
        where ($1::uuid is null or id < $1) order by id desc limit $2
        """;

    /// <summary>Stores a plan that is not there yet; <c>conflict</c> when it is.</summary>
    public Task<CompiledPlan> SaveAsync(Caller caller, Id<PlanRow> id, CompiledPlan plan, byte[] canonical, int steps, Once once, AuditRecord record, CancellationToken ct) =>
        db.For(caller.Tenant)
            .One(Insert, plan.PlanHash, id, plan.Capsule, plan.CapsuleVersion, steps, canonical, Json.Of(plan.Diagnostics), plan.CompiledBy, plan.CompiledAt)
            .Event(caller, new PlanCreated(plan.PlanHash, plan.Capsule, plan.CapsuleVersion))
            .Audit(record)
            .SaveOnceAsync(caller, once, plan, ct);

    /// <summary>Answers with a plan that is there already, and remembers that under the request's key like any answer.</summary>
    public Task<CompiledPlan> AnswerAsync(Caller caller, CompiledPlan known, Once once, CancellationToken ct) =>
        once.Key is null ? Task.FromResult(known) : db.For(caller.Tenant).SaveOnceAsync(caller, once, known, ct);

    /// <summary>A stored plan, or null. Bytes that are not those the hash names are never handed out.</summary>
    public async Task<CompiledPlan?> FindAsync(Caller caller, string planHash, CancellationToken ct) =>
        await db.For(caller.Tenant).FirstAsync(Select, Plan, ct, planHash);

    public async Task<Page<PlanSummary>> ListAsync(Caller caller, PageRequest page, CancellationToken ct)
    {
        var rows = await db.For(caller.Tenant).ListAsync(List,
            r => (Id: r.Id<PlanRow>(0), Plan: new PlanSummary(r.GetString(1), r.GetString(2), r.GetString(3), r.GetInt32(4), r.Time(5))), ct,
            Cursor.ReadId<PlanRow>(page, "plans")?.Value, page.Limit + 1);
        var shown = Cursor.Page(rows, page, "plans", r => [r.Id.ToString()]);
        return new Page<PlanSummary>([.. shown.Items.Select(r => r.Plan)], shown.Next);
    }

    static CompiledPlan Plan(Npgsql.NpgsqlDataReader r)
    {
        var (hash, body) = (r.GetString(0), r.Bytes(3));
        return Digest.Of(body).ToString() == hash
            ? new CompiledPlan(hash, r.GetString(1), r.GetString(2), JsonElement.Parse(body), r.Json<IReadOnlyList<Diagnostic>>(4), r.Id<Principal>(5), r.Time(6))
            : throw PlanProblems.Altered(hash);
    }
}
