using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using NSec.Cryptography;

namespace Anumate.Proofs;

/// <summary>
/// A public key of Ed25519 (RFC 8032). Keys that are not the canonical encoding of a point, or are of low order (under which one
/// signature fits many messages), are not imported; signatures with S ≥ L do not verify.
/// </summary>
public sealed class Ed25519PublicKey : IEquatable<Ed25519PublicKey>
{
    /// <summary>Bytes of a key.</summary>
    public const int Size = 32;

    /// <summary>Bytes of a signature.</summary>
    public const int SignatureSize = 64;

    // The y coordinates of the points of order 1, 2, 4 and 8, little-endian, without the sign bit. Encodings with y ≥ p are refused
    // as not canonical before this list is looked at.
    static readonly byte[][] LowOrder =
    [
        Convert.FromHexString("0100000000000000000000000000000000000000000000000000000000000000"),
        Convert.FromHexString("ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"),
        Convert.FromHexString("0000000000000000000000000000000000000000000000000000000000000000"),
        Convert.FromHexString("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"),
        Convert.FromHexString("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"),
    ];

    readonly PublicKey _key;
    readonly byte[] _raw;

    Ed25519PublicKey(PublicKey key, byte[] raw)
    {
        _key = key;
        _raw = raw;
        var thumbprint = Digest.Of(Encoding.ASCII.GetBytes($$"""{"crv":"Ed25519","kty":"OKP","x":"{{X}}"}"""));
        Kid = Base64Url.EncodeToString(thumbprint.Span);
    }

    /// <summary>The key's name: its JWK thumbprint (RFC 7638, RFC 8037 section 2), 43 characters of base64url.</summary>
    public string Kid { get; }

    /// <summary>The 32 bytes of the key.</summary>
    public ReadOnlySpan<byte> Span => _raw;

    /// <summary>The member <c>x</c> of the key's JWK.</summary>
    public string X => Base64Url.EncodeToString(_raw);

    /// <summary>Takes the 32 bytes of a key; false when they are not a key that can be trusted to mean one thing.</summary>
    public static bool TryImport(ReadOnlySpan<byte> raw, [NotNullWhen(true)] out Ed25519PublicKey? key)
    {
        key = null;
        if (raw.Length != Size || !IsCanonical(raw) || IsLowOrder(raw)
            || !PublicKey.TryImport(SignatureAlgorithm.Ed25519, raw, KeyBlobFormat.RawPublicKey, out var imported))
        {
            return false;
        }

        key = new Ed25519PublicKey(imported!, raw.ToArray());
        return true;
    }

    /// <summary>Takes the 32 bytes of a key.</summary>
    /// <exception cref="FormatException">They are not an acceptable key.</exception>
    public static Ed25519PublicKey Import(ReadOnlySpan<byte> raw) => TryImport(raw, out var key)
        ? key
        : throw new FormatException("the bytes are not an Ed25519 public key (32 bytes, canonical, not of low order)");

    /// <summary>Whether the signature is this key's over the data.</summary>
    public bool Verify(ReadOnlySpan<byte> data, ReadOnlySpan<byte> signature) =>
        signature.Length == SignatureSize && SignatureAlgorithm.Ed25519.Verify(_key, data, signature);

    /// <inheritdoc/>
    public bool Equals(Ed25519PublicKey? other) => other is not null && _raw.AsSpan().SequenceEqual(other._raw);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as Ed25519PublicKey);

    /// <inheritdoc/>
    public override int GetHashCode() => BitConverter.ToInt32(_raw);

    /// <summary>The <see cref="Kid"/>.</summary>
    public override string ToString() => Kid;

    // y < p = 2^255 − 19: only values whose upper 247 bits are all ones can be at or above it.
    static bool IsCanonical(ReadOnlySpan<byte> raw) =>
        (raw[31] & 0x7F) != 0x7F || raw[1..31].IndexOfAnyExcept((byte)0xFF) >= 0 || raw[0] < 0xED;

    static bool IsLowOrder(ReadOnlySpan<byte> raw)
    {
        Span<byte> y = stackalloc byte[Size];
        raw.CopyTo(y);
        y[31] &= 0x7F;
        foreach (var low in LowOrder)
        {
            if (y.SequenceEqual(low))
            {
                return true;
            }
        }

        return false;
    }
}
