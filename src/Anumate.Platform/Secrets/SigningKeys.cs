using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Anumate.Platform.Data;
using Anumate.Proofs;

namespace Anumate.Platform.Secrets;

/// <summary>What a signing key is for. A key has one purpose, and nothing signed for one is accepted for another.</summary>
public enum SigningPurpose
{
    AccessToken,
    CapToken,
    Capsule,
    Checkpoint,
    Service,
    Waiver,
    Bundle,
}

/// <summary>The public half of a signing key and the time in which it signs.</summary>
public sealed record SigningPublicKey(Ed25519PublicKey Key, DateTimeOffset Created, DateTimeOffset? Retired);

/// <summary>
/// The platform's own Ed25519 keys, one current one per purpose, made when first needed and the same in every process: of two
/// processes that make one at the same moment, one wins and both use it. Private halves are sealed by the master key.
/// </summary>
public sealed class SigningKeys(Db db, IMasterKey master, TimeProvider time)
{
    const string Select = "select kid, public_key, private_key, created, retired from platform.signing_key where purpose = $1 order by created";

    const string Insert = """
        insert into platform.signing_key (kid, purpose, algorithm, public_key, private_key, created) values ($1, $2, 'Ed25519', $3, $4, $5)
        on conflict do nothing
        """;

    // After this long the rows are read again, so that a key retired by another process stops signing here, and its successor is known.
    static readonly TimeSpan FreshFor = TimeSpan.FromMinutes(1);
    static readonly TimeSpan RefreshAtMost = TimeSpan.FromSeconds(5);

    // Clocks of processes differ, and a retired key may sign until the last process has noticed.
    static readonly TimeSpan Early = TimeSpan.FromSeconds(10);
    static readonly TimeSpan Late = TimeSpan.FromMinutes(2);

    readonly ConcurrentDictionary<SigningPurpose, Loaded> _loaded = new();

    /// <summary>The name under which keys of the purpose are trusted: the <c>iss</c> of their tokens.</summary>
    public static string NameOf(SigningPurpose purpose) => $"anumate/{Word(purpose)}";

    /// <summary>The key that signs now.</summary>
    public async ValueTask<Ed25519Key> CurrentAsync(SigningPurpose purpose, CancellationToken ct) => (await LoadedAsync(purpose, ct)).Current;

    /// <summary>Every key of the purpose, also retired ones, trusted under <see cref="NameOf"/>.</summary>
    public async ValueTask<KeyRing> RingAsync(SigningPurpose purpose, CancellationToken ct) => (await LoadedAsync(purpose, ct)).Ring;

    /// <summary>The public halves, oldest first, for who trusts them under other names.</summary>
    public async ValueTask<IReadOnlyList<SigningPublicKey>> PublicKeysAsync(SigningPurpose purpose, CancellationToken ct) =>
        (await LoadedAsync(purpose, ct)).PublicKeys;

    /// <summary>The JWK set of the purpose.</summary>
    public async ValueTask<JsonElement> JwksAsync(SigningPurpose purpose, CancellationToken ct) =>
        JsonSerializer.SerializeToElement(Jwks.Write(await RingAsync(purpose, ct)));

    /// <summary>The ring, read again because a key was not on it; null when that was done just now (a flood of unknown keys costs nothing).</summary>
    public async ValueTask<KeyRing?> RefreshAsync(SigningPurpose purpose, CancellationToken ct) =>
        _loaded.TryGetValue(purpose, out var loaded) && time.GetElapsedTime(loaded.Since) < RefreshAtMost ? null : (await LoadAsync(purpose, ct)).Ring;

    async ValueTask<Loaded> LoadedAsync(SigningPurpose purpose, CancellationToken ct) =>
        _loaded.TryGetValue(purpose, out var loaded) && time.GetElapsedTime(loaded.Since) < FreshFor ? loaded : await LoadAsync(purpose, ct);

    async Task<Loaded> LoadAsync(SigningPurpose purpose, CancellationToken ct)
    {
        var rows = await db.ForPlatform().ListAsync(Select, ToRow, ct, Word(purpose));
        if (!rows.Any(r => r.Retired is null))
        {
            rows = await MakeAsync(purpose, ct);
        }

        var known = _loaded.GetValueOrDefault(purpose);
        var current = rows.Last(r => r.Retired is null);
        var publicKeys = rows.Select(r => new SigningPublicKey(Ed25519PublicKey.Import(r.PublicKey), r.Created, r.Retired)).ToList();
        var loaded = new Loaded(
            known is not null && known.Current.Kid == current.Kid ? known.Current : await OpenAsync(purpose, current, ct),
            new KeyRing(publicKeys.Select(k => new TrustedKey(k.Key, NameOf(purpose)) { From = k.Created - Early, Until = k.Retired + Late })),
            publicKeys,
            time.GetTimestamp());
        return _loaded[purpose] = loaded;
    }

    async Task<IReadOnlyList<Row>> MakeAsync(SigningPurpose purpose, CancellationToken ct)
    {
        using var random = RandomNumberGenerator.Create();
        using var key = Ed25519Key.New(random);
        var seed = key.ExportSeed();
        try
        {
            var sealedKey = Encoding.ASCII.GetBytes(await master.SealAsync(seed, ContextOf(Word(purpose), key.Kid), ct));
            return await db.ForPlatform()
                .Run(Insert, key.Kid, Word(purpose), key.Public.Span.ToArray(), sealedKey, time.GetUtcNow())
                .ListAsync(Select, ToRow, ct, Word(purpose));
        }
        finally
        {
            CryptographicOperations.ZeroMemory(seed);
        }
    }

    async Task<Ed25519Key> OpenAsync(SigningPurpose purpose, Row row, CancellationToken ct)
    {
        var seed = await master.OpenAsync(Encoding.ASCII.GetString(row.PrivateKey), ContextOf(Word(purpose), row.Kid), ct);
        try
        {
            return Ed25519Key.Import(seed);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(seed);
        }
    }

    internal static string ContextOf(string purpose, string kid) => $"signing-key/{purpose}/{kid}";

    static string Word(SigningPurpose purpose) => purpose switch
    {
        SigningPurpose.AccessToken => "access-token",
        SigningPurpose.CapToken => "captoken",
        SigningPurpose.Waiver => "waiver",
        SigningPurpose.Bundle => "bundle",
        SigningPurpose.Capsule => "capsule",
        SigningPurpose.Checkpoint => "checkpoint",
        SigningPurpose.Service => "service",
        _ => throw new ArgumentOutOfRangeException(nameof(purpose)),
    };

    static Row ToRow(Npgsql.NpgsqlDataReader r) => new(r.GetString(0), r.Bytes(1), r.Bytes(2), r.Time(3), r.TimeOrNull(4));

    sealed record Row(string Kid, byte[] PublicKey, byte[] PrivateKey, DateTimeOffset Created, DateTimeOffset? Retired);

    sealed record Loaded(Ed25519Key Current, KeyRing Ring, IReadOnlyList<SigningPublicKey> PublicKeys, long Since);
}
