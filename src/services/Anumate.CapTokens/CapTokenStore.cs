using Anumate.Platform.Data;
using Anumate.Platform.Http;

namespace Anumate.CapTokens;

sealed class CapTokenStore(Db db)
{
    const string List = """
        select id, run_id, step, attempt, grants, issued, expires, revoked, (select sum(u)::int from unnest(uses) u) from captokens.token
        where run_id = $1 and ($2::uuid is null or id < $2) order by id desc limit $3
        """;

    const string Revoke = "update captokens.token set revoked = $2 where id = $1 and revoked is null";

    const string Find = "select revoked is not null, uses, max_uses, epoch from captokens.token where id = $1";

    const string IsRevoked = "select revoked is not null from captokens.token where id = $1";

    public async Task<Page<CapTokenRecord>> ListAsync(Caller caller, Id<Run> run, PageRequest page, CancellationToken ct)
    {
        var rows = await db.For(caller.Tenant).ListAsync(List, r => new CapTokenRecord(r.Id<CapToken>(0), r.Id<Run>(1), r.GetString(2), r.GetInt32(3),
            r.Json<IReadOnlyList<Grant>>(4), r.Time(5), r.Time(6), r.TimeOrNull(7), r.GetInt32(8)), ct, run, Cursor.ReadId<CapToken>(page, "captokens")?.Value, page.Limit + 1);
        return Cursor.Page(rows, page, "captokens", t => [t.Id.ToString()]);
    }

    public Task<bool?> IsRevokedAsync(Caller caller, Id<CapToken> id, CancellationToken ct) =>
        db.For(caller.Tenant).FirstAsync<bool?>(IsRevoked, r => r.GetBoolean(0), ct, id);

    public Task RevokeAsync(Caller caller, Id<CapToken> id, DateTimeOffset now, AuditRecord record, CancellationToken ct) => db.For(caller.Tenant)
        .One(Revoke, id, now).Event(caller, new CapTokenRevoked(id)).Audit(record).SaveAsync(ct);

    /// <summary>Why a use was refused, as a stable code.</summary>
    public async Task<string> ReasonAsync(Caller caller, Id<CapToken> id, int place, CancellationToken ct)
    {
        var row = await db.For(caller.Tenant).FirstAsync<(bool Revoked, int[] Uses, int[] Max)?>(
            Find, r => (r.GetBoolean(0), r.GetFieldValue<int[]>(1), r.GetFieldValue<int[]>(2)), ct, id);
        return row is not { } found ? "unknown"
            : found.Revoked ? "revoked"
            : found.Uses[place - 1] >= found.Max[place - 1] ? "spent"
            : "fenced";
    }
}
