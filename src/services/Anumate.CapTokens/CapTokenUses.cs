using Anumate.Platform.Data;
using Microsoft.Extensions.Logging;

namespace Anumate.CapTokens;

/// <summary>A token to record.</summary>
sealed record IssuedToken(
    Id<Tenant> Tenant, Id<CapToken> Id, Id<Run> Run, string Step, int Attempt, long Epoch, byte[] Grants, string MaxUses, string Uses, DateTimeOffset Issued,
    DateTimeOffset Expires);

/// <summary>A use to count: of the grant in this place.</summary>
sealed record TokenUse(Id<Tenant> Tenant, Id<CapToken> Id, int Grant, DateTimeOffset Now);

/// <summary>Issues and uses, committed in groups across tenants: durable before the call is sent.</summary>
sealed class CapTokenUses(Db db, ILoggerFactory loggers) : IAsyncDisposable
{
    const string Issue = """
        with item as materialized (
            select * from unnest($1::int[], $2::uuid[], $3::uuid[], $4::uuid[], $5::text[], $6::int[], $7::bigint[], $8::json[], $9::text[], $10::text[],
                $11::timestamptz[], $12::timestamptz[])
                as i(ord, tenant_id, id, run_id, step, attempt, epoch, grants, max_uses, uses, issued, expires)),
        token as (
            insert into captokens.token (tenant_id, id, run_id, step, attempt, epoch, grants, max_uses, uses, issued, expires)
            select tenant_id, id, run_id, step, attempt, epoch, grants, max_uses::int[], uses::int[], issued, expires from item order by tenant_id, id)
        select ord from item
        """;

    // A token of an older epoch is worth nothing once a takeover issued one: the run has another owner.
    const string Count = """
        with item as materialized (
            select * from unnest($1::int[], $2::uuid[], $3::uuid[], $4::int[], $5::timestamptz[]) as i(ord, tenant_id, id, place, now)),
        lk as materialized (
            select i.* from item i join captokens.token t on t.tenant_id = i.tenant_id and t.id = i.id
            where not exists (select from captokens.token o where o.tenant_id = t.tenant_id and o.run_id = t.run_id and o.epoch > t.epoch)
            order by i.tenant_id, i.id),
        counted as (
            update captokens.token t set uses[l.place] = t.uses[l.place] + 1 from lk l
            where t.tenant_id = l.tenant_id and t.id = l.id and t.revoked is null and t.uses[l.place] < t.max_uses[l.place]
            returning l.ord)
        select ord from counted
        """;

    readonly GroupWriter<IssuedToken> issues = new(db, new GroupStatement<IssuedToken>(Issue, t => t.Id.Value) { Size = t => t.Grants.Length }
        .Uuid(t => t.Tenant.Value).Uuid(t => t.Id.Value).Uuid(t => t.Run.Value).Text(t => t.Step).Integer(t => t.Attempt).Bigint(t => t.Epoch).Json(t => t.Grants)
        .Text(t => t.MaxUses).Text(t => t.Uses).Time(t => t.Issued).Time(t => t.Expires), new GroupOptions { Name = "token-issue" }, loggers.CreateLogger<GroupWriter<IssuedToken>>());

    readonly GroupWriter<TokenUse> uses = new(db, new GroupStatement<TokenUse>(Count, u => u.Id.Value)
        .Uuid(u => u.Tenant.Value).Uuid(u => u.Id.Value).Integer(u => u.Grant).Time(u => u.Now), new GroupOptions { Name = "token-use" }, loggers.CreateLogger<GroupWriter<TokenUse>>());

    public async Task IssueAsync(IssuedToken token, CancellationToken ct) => await issues.WriteAsync(token, ct);

    /// <summary>True when the use is counted; false when the grant is used up, the token revoked or of an older epoch, or not one of ours.</summary>
    public ValueTask<bool> CountAsync(TokenUse use, CancellationToken ct) => uses.WriteAsync(use, ct);

    public async ValueTask DisposeAsync()
    {
        await issues.DisposeAsync();
        await uses.DisposeAsync();
    }
}
