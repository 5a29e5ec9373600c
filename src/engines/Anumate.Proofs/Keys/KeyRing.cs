using System.Collections.Frozen;
using System.Diagnostics.CodeAnalysis;

namespace Anumate.Proofs;

/// <summary>
/// A public key and what it is trusted for: the one <see cref="Name"/> it signs under (the issuer of tokens, the origin of
/// checkpoints) and the window of time in which it may sign.
/// </summary>
public sealed record TrustedKey(Ed25519PublicKey Key, string Name)
{
    /// <summary>The first moment at which it may sign; null: no lower bound.</summary>
    public DateTimeOffset? From { get; init; }

    /// <summary>The first moment at which it may no longer sign; null: no upper bound.</summary>
    public DateTimeOffset? Until { get; init; }

    /// <summary>
    /// Whether something signed at that moment is within the window. Tokens and checkpoints say the whole second in which they were
    /// signed, so the window begins with the second in which <see cref="From"/> lies.
    /// </summary>
    public bool MaySignAt(DateTimeOffset moment) =>
        (From is not { } from || moment.ToUnixTimeSeconds() >= from.ToUnixTimeSeconds()) && (Until is null || moment < Until);
}

/// <summary>The keys a verifier trusts. An unknown key is refused; fetching new keys is the business of the owner of the ring.</summary>
public sealed class KeyRing
{
    readonly FrozenDictionary<string, TrustedKey> _keys;

    /// <summary>A ring of these keys.</summary>
    /// <exception cref="ArgumentException">A key is listed twice.</exception>
    public KeyRing(IEnumerable<TrustedKey> keys)
    {
        var byKid = new Dictionary<string, TrustedKey>(StringComparer.Ordinal);
        foreach (var key in keys)
        {
            if (!byKid.TryAdd(key.Key.Kid, key))
            {
                throw new ArgumentException($"the key `{key.Key.Kid}` is listed twice", nameof(keys));
            }
        }

        _keys = byKid.ToFrozenDictionary(StringComparer.Ordinal);
    }

    /// <summary>A ring of one key that may sign at any time.</summary>
    public static KeyRing Of(string name, Ed25519PublicKey key) => new([new TrustedKey(key, name)]);

    /// <summary>A ring without keys: everything is refused.</summary>
    public static KeyRing Empty { get; } = new([]);

    /// <summary>Every key.</summary>
    public IReadOnlyList<TrustedKey> Keys => _keys.Values;

    /// <summary>The key of that name, if it is trusted.</summary>
    public bool TryFind(string kid, [NotNullWhen(true)] out TrustedKey? key) => _keys.TryGetValue(kid, out key);
}
