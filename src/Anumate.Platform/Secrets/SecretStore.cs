using System.Security.Cryptography;
using System.Text;
using Anumate.Platform.Data;

namespace Anumate.Platform.Secrets;

/// <summary>A secret value and its version: 1 for the first, one more with each replacement.</summary>
public sealed record Secret(byte[] Value, int Version)
{
    /// <summary>The version, never the value.</summary>
    public override string ToString() => $"version {Version}";
}

/// <summary>
/// Secret values by name. Plans, events, receipts and logs hold names, never values; a value is fetched at the moment it is used.
/// Who may, is decided by the service that asks.
/// </summary>
public interface ISecretStore
{
    /// <summary>The newest value, or null.</summary>
    /// <exception cref="ProblemException"><c>unavailable</c>: the store does not answer, and the value is not known well enough.</exception>
    Task<Secret?> GetAsync(Id<Tenant> tenant, string name, CancellationToken ct);

    /// <summary>
    /// Writes a value and gives its version. Where <paramref name="replaces"/> is given, only if that is the current version; 0 means that
    /// there is none yet.
    /// </summary>
    /// <exception cref="ProblemException"><c>version-conflict</c>: another version is current.</exception>
    Task<int> PutAsync(Id<Tenant> tenant, string name, ReadOnlyMemory<byte> value, int? replaces, CancellationToken ct);

    /// <summary>Removes every version; removing what is not there is no fault.</summary>
    Task DeleteAsync(Id<Tenant> tenant, string name, CancellationToken ct);
}

/// <summary>What holds in every store.</summary>
static class SecretRules
{
    const int MaxName = 200, MaxValue = 64 * 1024;

    public static void Check(string name)
    {
        if (name.Length is 0 or > MaxName || name.AsSpan().ContainsAnyExceptInRange('!', '~'))
        {
            throw Problems.Invalid($"the name of a secret is 1 to {MaxName} visible ASCII characters");
        }
    }

    public static void Check(string name, ReadOnlyMemory<byte> value)
    {
        Check(name);
        if (value.Length > MaxValue)
        {
            throw Problems.TooLarge($"a secret has at most {MaxValue} bytes");
        }
    }

    public static ProblemException Changed(string name) =>
        Problems.VersionConflict($"the secret `{name}` is at another version; read it again");
}

/// <summary>The default store: rows of <c>platform.secret</c>, sealed with the tenant's key and bound to tenant, name and version.</summary>
sealed class SealedSecretStore(TenantKeys keys, TimeProvider time) : ISecretStore
{
    const string Newest = "select version, sealed from platform.secret where name = $1 order by version desc limit 1";

    const string Insert = "insert into platform.secret (name, version, sealed, created) values ($1, $2, $3, $4)";

    const string DeleteBefore = "delete from platform.secret where name = $1 and version < $2";

    const string Delete = "delete from platform.secret where name = $1";

    public async Task<Secret?> GetAsync(Id<Tenant> tenant, string name, CancellationToken ct)
    {
        SecretRules.Check(name);
        var key = await keys.GetAsync(tenant, ct);
        if (await keys.For(tenant).FirstAsync(Newest, r => new Row(r.GetInt32(0), r.Bytes(1)), ct, name) is not { } row)
        {
            return null;
        }

        return key.TryOpen(Encoding.ASCII.GetString(row.Sealed), Context(name, row.Version), out var value)
            ? new Secret(value, row.Version)
            : throw new InvalidOperationException($"the secret `{name}` of {tenant} was changed outside the platform, or sealed with another key");
    }

    public async Task<int> PutAsync(Id<Tenant> tenant, string name, ReadOnlyMemory<byte> value, int? replaces, CancellationToken ct)
    {
        SecretRules.Check(name, value);
        var key = await keys.GetAsync(tenant, ct);
        using var random = RandomNumberGenerator.Create();
        var current = (await keys.For(tenant).FirstAsync(Newest, r => new Row(r.GetInt32(0), r.Bytes(1)), ct, name))?.Version ?? 0;
        if (replaces is not null && replaces != current)
        {
            throw SecretRules.Changed(name);
        }

        var version = current + 1;
        var text = key.Seal(value.Span, Context(name, version), random);
        await keys.For(tenant)
            .Run(Insert, name, version, Encoding.ASCII.GetBytes(text), time.GetUtcNow())
            .Or(() => SecretRules.Changed(name))
            .Run(DeleteBefore, name, version)
            .SaveAsync(ct);
        return version;
    }

    public Task DeleteAsync(Id<Tenant> tenant, string name, CancellationToken ct)
    {
        SecretRules.Check(name);
        return keys.For(tenant).Run(Delete, name).SaveAsync(ct);
    }

    static string Context(string name, int version) => $"secret/{name}/{version}";

    sealed record Row(int Version, byte[] Sealed);
}
