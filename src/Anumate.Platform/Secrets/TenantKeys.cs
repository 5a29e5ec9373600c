using System.Collections.Concurrent;
using System.Security.Cryptography;
using Anumate.Platform.Data;
using Anumate.Proofs;

namespace Anumate.Platform.Secrets;

/// <summary>A key for each tenant, made when it is first needed, wrapped by the master key, the same in every process.</summary>
sealed class TenantKeys(Db db, MasterKey master, TimeProvider time)
{
    const string Select = "select wrapped from platform.tenant_key";

    const string Insert = "insert into platform.tenant_key (wrapped, created) values ($1, $2) on conflict do nothing";

    readonly ConcurrentDictionary<Id<Tenant>, SealKey> _known = new();

    /// <summary>The tenant's key; the nil tenant is the platform.</summary>
    public async ValueTask<SealKey> GetAsync(Id<Tenant> tenant, CancellationToken ct)
    {
        if (_known.TryGetValue(tenant, out var known))
        {
            return known;
        }

        var wrapped = await For(tenant).FirstAsync(Select, r => r.GetString(0), ct) ?? await MakeAsync(tenant, ct);
        return master.Key.TryUnwrap(wrapped, tenant.ToString(), out var key)
            ? _known.GetOrAdd(tenant, key)
            : throw new InvalidOperationException($"the key of {tenant} was not wrapped by this installation's master key (is it `{master.Key.Kid}`?)");
    }

    public Batch For(Id<Tenant> tenant) => tenant == default ? db.ForPlatform() : db.For(tenant);

    // Of several processes one wins, and all take what stands there then.
    async Task<string> MakeAsync(Id<Tenant> tenant, CancellationToken ct)
    {
        using var random = RandomNumberGenerator.Create();
        using var fresh = SealKey.New(tenant.ToString(), random);
        return await For(tenant).Run(Insert, master.Key.Wrap(fresh, random), time.GetUtcNow()).FirstAsync(Select, r => r.GetString(0), ct)
            ?? throw new InvalidOperationException("a key that was just written is not there");
    }
}
