using System.Security.Cryptography;
using NSec.Cryptography;

namespace Anumate.Proofs;

/// <summary>A private key of Ed25519. It lives in libsodium's guarded memory; only <see cref="ExportSeed"/> brings it out.</summary>
public sealed class Ed25519Key : IDisposable
{
    /// <summary>Bytes of the seed a key is made of.</summary>
    public const int SeedSize = 32;

    readonly Key _key;

    Ed25519Key(Key key)
    {
        _key = key;
        Public = Ed25519PublicKey.Import(key.PublicKey.Export(KeyBlobFormat.RawPublicKey));
    }

    /// <summary>The public half.</summary>
    public Ed25519PublicKey Public { get; }

    /// <summary>The name of the pair (<see cref="Ed25519PublicKey.Kid"/>).</summary>
    public string Kid => Public.Kid;

    /// <summary>Makes a key from 32 bytes of the given source.</summary>
    public static Ed25519Key New(RandomNumberGenerator random)
    {
        Span<byte> seed = stackalloc byte[SeedSize];
        random.GetBytes(seed);
        try
        {
            return Import(seed);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(seed);
        }
    }

    /// <summary>Makes the key of a seed (RFC 8032's «private key»).</summary>
    /// <exception cref="FormatException">There are not exactly 32 bytes.</exception>
    public static Ed25519Key Import(ReadOnlySpan<byte> seed) => seed.Length == SeedSize
        ? new(Key.Import(SignatureAlgorithm.Ed25519, seed, KeyBlobFormat.RawPrivateKey,
            new KeyCreationParameters { ExportPolicy = KeyExportPolicies.AllowPlaintextExport }))
        : throw new FormatException($"an Ed25519 seed has {SeedSize} bytes, not {seed.Length}");

    /// <summary>The seed. Whoever holds it can sign; erase it after use.</summary>
    public byte[] ExportSeed() => _key.Export(KeyBlobFormat.RawPrivateKey);

    /// <summary>The signature over the data, 64 bytes.</summary>
    public byte[] Sign(ReadOnlySpan<byte> data) => SignatureAlgorithm.Ed25519.Sign(_key, data);

    /// <summary>Writes the signature over the data into 64 bytes.</summary>
    public void Sign(ReadOnlySpan<byte> data, Span<byte> signature) => SignatureAlgorithm.Ed25519.Sign(_key, data, signature);

    /// <inheritdoc/>
    public void Dispose() => _key.Dispose();

    /// <summary>The <see cref="Kid"/>, never the key.</summary>
    public override string ToString() => Kid;
}
