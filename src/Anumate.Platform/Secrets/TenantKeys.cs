using System.Collections.Concurrent;
using System.Security.Cryptography;
using Anumate.Platform.Data;
using Anumate.Proofs;

namespace Anumate.Platform.Secrets;

/// <summary>A key for each tenant, made when it is first needed, wrapped by the master key, the same in every process.</summary>
sealed class TenantKeys(Db db, IMasterKey master, TimeProvider time)
{
    const string Select = "select wrapped from platform.tenant_key";

    const string Insert = "insert into platform.tenant_key (wrapped, created) values ($1, $2) on conflict do nothing";

    const int MostKeys = 50_000;

    readonly ConcurrentDictionary<Id<Tenant>, (SealKey Key, long Since)> _known = new();

    public static string ContextOf(Id<Tenant> tenant) => MasterKey.TenantKeyContext + tenant;

    /// <summary>The tenant's key; the nil tenant is the platform.</summary>
    public async ValueTask<SealKey> GetAsync(Id<Tenant> tenant, CancellationToken ct)
    {
        if (_known.TryGetValue(tenant, out var known) && time.GetElapsedTime(known.Since) < master.FreshFor)
        {
            return known.Key;
        }

        var wrapped = await For(tenant).FirstAsync(Select, r => r.GetString(0), ct) ?? await MakeAsync(tenant, ct);
        var raw = await master.OpenAsync(wrapped, ContextOf(tenant), ct);
        try
        {
            if (_known.Count >= MostKeys)
            {
                _known.Clear();
            }

            // Who holds the key before it goes on using it; it is the same.
            return (_known[tenant] = (new SealKey(tenant.ToString(), raw), time.GetTimestamp())).Key;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(raw);
        }
    }

    public Batch For(Id<Tenant> tenant) => tenant == default ? db.ForPlatform() : db.For(tenant);

    // Of several processes one wins, and all take what stands there then.
    async Task<string> MakeAsync(Id<Tenant> tenant, CancellationToken ct)
    {
        var fresh = RandomNumberGenerator.GetBytes(SealKey.Size);
        try
        {
            return await For(tenant).Run(Insert, await master.SealAsync(fresh, ContextOf(tenant), ct), time.GetUtcNow()).FirstAsync(Select, r => r.GetString(0), ct)
                ?? throw new InvalidOperationException("a key that was just written is not there");
        }
        finally
        {
            CryptographicOperations.ZeroMemory(fresh);
        }
    }
}
