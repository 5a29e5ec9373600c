using System.Collections.Concurrent;
using System.Security.Cryptography;
using Anumate.Platform.Data;
using Anumate.Proofs;

namespace Anumate.Platform.Secrets;

/// <summary>
/// What protects the personal data of one run: the key that seals its values, and the salt of its digests (without it, hashes of
/// guessable data would tell them).
/// </summary>
public sealed record RunKeys(SealKey Seal, ReadOnlyMemory<byte> Salt);

/// <summary>New keys, and the row that keeps them.</summary>
public sealed record MadeRunKeys(RunKeys Keys, string Wrapped, string Salt);

/// <summary>A data key and a salt for each run that needs them, wrapped by the tenant's key. Erasing them erases what they protect.</summary>
public sealed class RunVault
{
    const string Select = "select wrapped, salt from platform.data_key where scope = $1";

    const string Insert = "insert into platform.data_key (scope, wrapped, salt, created) values ($1, $2, $3, $4) on conflict do nothing";

    const string Delete = "delete from platform.data_key where scope = $1";

    const int SaltSize = 32, MaxKnown = 10_000;

    // How long a key that another process erased is still known here.
    static readonly TimeSpan KnownFor = TimeSpan.FromMinutes(1);

    readonly Db _db;
    readonly TenantKeys _tenants;
    readonly TimeProvider _time;
    readonly ConcurrentDictionary<(Id<Tenant>, Id<Run>), (RunKeys Keys, long Since)> _known = new();
    long _kept;

    internal RunVault(Db db, TenantKeys tenants, TimeProvider time) => (_db, _tenants, _time) = (db, tenants, time);

    /// <summary>
    /// Makes keys for a run that is not stored yet: the caller writes the row (<c>platform.data_key</c>) in the transaction that stores
    /// the run.
    /// </summary>
    public async ValueTask<MadeRunKeys> MakeAsync(Id<Tenant> tenant, Id<Run> run, CancellationToken ct)
    {
        var above = await _tenants.GetAsync(tenant, ct);
        using var random = RandomNumberGenerator.Create();
        var fresh = SealKey.New(run.ToString(), random);
        var salt = RandomNumberGenerator.GetBytes(SaltSize);
        var made = new MadeRunKeys(new RunKeys(fresh, salt), above.Wrap(fresh, random), fresh.Seal(salt, SaltContext(run), random));
        Keep(tenant, run, made.Keys);
        return made;
    }

    /// <summary>Makes the run's keys; where it has them already, gives those.</summary>
    public async Task<RunKeys> CreateDataKeyAsync(Id<Tenant> tenant, Id<Run> run, CancellationToken ct)
    {
        var above = await _tenants.GetAsync(tenant, ct);
        using var random = RandomNumberGenerator.Create();
        using var fresh = SealKey.New(run.ToString(), random);
        var salt = fresh.Seal(RandomNumberGenerator.GetBytes(SaltSize), SaltContext(run), random);
        var row = await _db.For(tenant).Run(Insert, run.ToString(), above.Wrap(fresh, random), salt, _time.GetUtcNow())
            .FirstAsync(Select, r => new Row(r.GetString(0), r.GetString(1)), ct, run.ToString());
        return Keep(tenant, run, Open(above, run, row!));
    }

    /// <summary>The run's keys; null when it has none, or when they were erased.</summary>
    public async ValueTask<RunKeys?> GetAsync(Id<Tenant> tenant, Id<Run> run, CancellationToken ct)
    {
        if (_known.TryGetValue((tenant, run), out var known) && _time.GetElapsedTime(known.Since) < KnownFor)
        {
            return known.Keys;
        }

        var row = await _db.For(tenant).FirstAsync(Select, r => new Row(r.GetString(0), r.GetString(1)), ct, run.ToString());
        return row is null ? null : Keep(tenant, run, Open(await _tenants.GetAsync(tenant, ct), run, row));
    }

    /// <summary>Erases the run's keys, and with them every value they sealed. Other processes forget them within a minute.</summary>
    public async Task EraseAsync(Id<Tenant> tenant, Id<Run> run, CancellationToken ct)
    {
        await _db.For(tenant).Run(Delete, run.ToString()).SaveAsync(ct);
        _known.TryRemove((tenant, run), out _);
    }

    static RunKeys Open(SealKey above, Id<Run> run, Row row) =>
        above.TryUnwrap(row.Wrapped, run.ToString(), out var key) && key.TryOpen(row.Salt, SaltContext(run), out var salt)
            ? new RunKeys(key, salt)
            : throw new InvalidOperationException($"the data key of {run} was changed outside the platform, or wrapped by another tenant's key");

    RunKeys Keep(Id<Tenant> tenant, Id<Run> run, RunKeys keys)
    {
        // Counted apart: asking a concurrent dictionary for its size stops all who write to it.
        if (Interlocked.Increment(ref _kept) % MaxKnown == 0)
        {
            _known.Clear();
        }

        _known[(tenant, run)] = (keys, _time.GetTimestamp());
        return keys;
    }

    static string SaltContext(Id<Run> run) => $"{run}/salt";

    sealed record Row(string Wrapped, string Salt);
}
