using System.Text;
using Anumate.Platform.Data;

namespace Anumate.Platform.Secrets;

/// <summary>
/// Brings what older master keys sealed under the newest one. Safe to repeat, and to stop anywhere: each row stands by itself. It works as
/// the owner of the tables: a process that serves may not replace keys.
/// </summary>
public sealed class KeyRotation(Db db, IMasterKey master)
{
    const string Tenants = "select tenant_id from platform.tenant_key";

    const string TenantKey = "select wrapped from platform.tenant_key";

    const string UpdateTenantKey = "update platform.tenant_key set wrapped = $1 where wrapped = $2";

    const string SigningKeyRows = "select kid, purpose, private_key from platform.signing_key where tenant_id = platform.tenant()";

    const string UpdateSigningKey = "update platform.signing_key set private_key = $1 where kid = $2";

    /// <summary>How many keys were under an older master key.</summary>
    public async Task<int> RewrapAsync(CancellationToken ct)
    {
        var count = 0;
        foreach (var tenant in await db.Across(DbRole.Retention).ListAsync(Tenants, r => new Id<Tenant>(r.GetGuid(0)), ct))
        {
            if (await db.AsOwner(tenant).FirstAsync(TenantKey, r => r.GetString(0), ct) is { } wrapped
                && await master.ResealAsync(wrapped, TenantKeys.ContextOf(tenant), ct) is var fresh && fresh != wrapped)
            {
                await db.AsOwner(tenant).Run(UpdateTenantKey, fresh, wrapped).SaveAsync(ct);
                count++;
            }
        }

        foreach (var (kid, purpose, sealedKey) in await db.AsOwner(default).ListAsync(SigningKeyRows, r => (r.GetString(0), r.GetString(1), Encoding.ASCII.GetString(r.Bytes(2))), ct))
        {
            if (await master.ResealAsync(sealedKey, SigningKeys.ContextOf(purpose, kid), ct) is var fresh && fresh != sealedKey)
            {
                await db.AsOwner(default).Run(UpdateSigningKey, Encoding.ASCII.GetBytes(fresh), kid).SaveAsync(ct);
                count++;
            }
        }

        return count;
    }
}
