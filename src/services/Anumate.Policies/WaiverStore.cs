using Anumate.Platform.Data;
using Anumate.Platform.Http;
using Npgsql;

namespace Anumate.Policies;

sealed class WaiverStore(Db db)
{
    public const string InForce = "select body, revoked from policies.waiver where revoked is null and expires > $1";

    const string Insert = "insert into policies.waiver (id, rule, expires, body) values ($1, $2, $3, $4)";

    const string ById = "select body, revoked from policies.waiver where id = $1";

    const string List = """
        select body, revoked from policies.waiver
        where ($1::text is null or rule = $1) and ($2::uuid is null or id < $2) order by id desc limit $3
        """;

    const string Revoke = "update policies.waiver set revoked = $2 where id = $1 and revoked is null";

    public Task<PolicyWaiver> SaveAsync(Caller caller, PolicyWaiver waiver, Once once, AuditRecord record, CancellationToken ct) => db.For(caller.Tenant)
        .One(Insert, waiver.Id, waiver.Rule, waiver.Expires, Json.Of(waiver))
        .Event(caller, new WaiverGranted(waiver.Id, waiver.Rule, waiver.Subject, waiver.Expires))
        .Audit(record)
        .SaveOnceAsync(caller, once, waiver, ct);

    public async Task<PolicyWaiver> GetAsync(Caller caller, Id<PolicyWaiver> id, CancellationToken ct) =>
        await db.For(caller.Tenant).FirstAsync(ById, ToWaiver, ct, id) ?? throw Problems.NotFound("waiver", id.ToString());

    public Task RevokeAsync(Caller caller, PolicyWaiver waiver, DateTimeOffset now, AuditRecord record, CancellationToken ct) => db.For(caller.Tenant)
        .One(Revoke, waiver.Id, now)
        .Event(caller, new WaiverRevoked(waiver.Id, waiver.Rule, waiver.Subject))
        .Audit(record)
        .SaveAsync(ct);

    public async Task<Page<PolicyWaiver>> ListAsync(Caller caller, string? rule, PageRequest page, CancellationToken ct) => Cursor.Page(
        await db.For(caller.Tenant).ListAsync(List, ToWaiver, ct, rule, Cursor.ReadId<PolicyWaiver>(page, "waivers")?.Value, page.Limit + 1),
        page, "waivers", w => [w.Id.ToString()]);

    public static PolicyWaiver ToWaiver(NpgsqlDataReader r) => r.Json<PolicyWaiver>(0) with { Revoked = r.TimeOrNull(1) };
}
