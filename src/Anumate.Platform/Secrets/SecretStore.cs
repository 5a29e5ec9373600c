using System.Security.Cryptography;
using Anumate.Platform.Data;

namespace Anumate.Platform.Secrets;

/// <summary>
/// Secret values by name. Plans, events, receipts and logs hold names, never values; a value is fetched at the moment it is used.
/// Who may, is decided by the service that asks.
/// </summary>
public interface ISecretStore
{
    /// <summary>The newest value, or null.</summary>
    Task<byte[]?> GetAsync(Id<Tenant> tenant, string name, CancellationToken ct);

    /// <summary>Replaces the value and gives its version.</summary>
    Task<int> PutAsync(Id<Tenant> tenant, string name, ReadOnlyMemory<byte> value, CancellationToken ct);

    /// <summary>Removes every version; removing what is not there is no fault.</summary>
    Task DeleteAsync(Id<Tenant> tenant, string name, CancellationToken ct);
}

/// <summary>The default store: rows of <c>platform.secret</c>, sealed with the tenant's key and bound to tenant, name and version.</summary>
sealed class SealedSecretStore(TenantKeys keys, TimeProvider time) : ISecretStore
{
    const string Newest = "select version, sealed from platform.secret where name = $1 order by version desc limit 1";

    const string Insert = "insert into platform.secret (name, version, sealed, created) values ($1, $2, $3, $4)";

    const string DeleteBefore = "delete from platform.secret where name = $1 and version < $2";

    const string Delete = "delete from platform.secret where name = $1";

    const int MaxName = 200, MaxValue = 64 * 1024;

    public async Task<byte[]?> GetAsync(Id<Tenant> tenant, string name, CancellationToken ct)
    {
        Check(name);
        var key = await keys.GetAsync(tenant, ct);
        if (await keys.For(tenant).FirstAsync(Newest, r => new Row(r.GetInt32(0), r.Bytes(1)), ct, name) is not { } row)
        {
            return null;
        }

        return key.TryOpen(System.Text.Encoding.ASCII.GetString(row.Sealed), Context(name, row.Version), out var value)
            ? value
            : throw new InvalidOperationException($"the secret `{name}` of {tenant} was changed outside the platform, or sealed with another key");
    }

    public async Task<int> PutAsync(Id<Tenant> tenant, string name, ReadOnlyMemory<byte> value, CancellationToken ct)
    {
        Check(name);
        if (value.Length > MaxValue)
        {
            throw Problems.TooLarge($"a secret has at most {MaxValue} bytes");
        }

        var key = await keys.GetAsync(tenant, ct);
        using var random = RandomNumberGenerator.Create();
        var version = (await keys.For(tenant).FirstAsync(Newest, r => new Row(r.GetInt32(0), r.Bytes(1)), ct, name))?.Version + 1 ?? 1;
        var text = key.Seal(value.Span, Context(name, version), random);
        await keys.For(tenant)
            .Run(Insert, name, version, System.Text.Encoding.ASCII.GetBytes(text), time.GetUtcNow())
            .Or(() => Problems.Conflict($"the secret `{name}` was replaced by another at the same moment; try again"))
            .Run(DeleteBefore, name, version)
            .SaveAsync(ct);
        return version;
    }

    public Task DeleteAsync(Id<Tenant> tenant, string name, CancellationToken ct)
    {
        Check(name);
        return keys.For(tenant).Run(Delete, name).SaveAsync(ct);
    }

    static string Context(string name, int version) => $"secret/{name}/{version}";

    static void Check(string name)
    {
        if (name.Length is 0 or > MaxName || name.AsSpan().ContainsAnyExceptInRange('!', '~'))
        {
            throw Problems.Invalid($"the name of a secret is 1 to {MaxName} visible ASCII characters");
        }
    }

    sealed record Row(int Version, byte[] Sealed);
}
