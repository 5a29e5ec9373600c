using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;

namespace Anumate.Proofs;

/// <summary>
/// A key for sealing values: AES-256-GCM with a random nonce. A sealed value is text, <c>s1.KID.NONCE.CIPHERTEXT</c> (base64url, the
/// tag at its end), bound to the key's id and to the context it was sealed for, so it opens nowhere else. With random nonces one key may
/// seal at most 2^32 values: use a data key per run and wrap it with the tenant's.
/// </summary>
public sealed class SealKey : IDisposable
{
    /// <summary>Bytes of a key.</summary>
    public const int Size = 32;

    const string Version = "s1";
    const int NonceSize = 12, TagSize = 16, MaxKid = 64;

    readonly byte[] _key;
    bool _disposed;

    /// <summary>Takes a key and the name it is found by.</summary>
    /// <exception cref="ArgumentException">The key has not 32 bytes, or the name is not 1 to 64 letters, digits, _ and -.</exception>
    public SealKey(string kid, ReadOnlySpan<byte> key)
    {
        if (key.Length != Size || kid.Length is 0 or > MaxKid || !kid.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-'))
        {
            throw new ArgumentException($"a sealing key has {Size} bytes and a name of 1 to {MaxKid} letters, digits, _ and -",
                nameof(kid));
        }

        Kid = kid;
        _key = key.ToArray();
    }

    /// <summary>The name of the key.</summary>
    public string Kid { get; }

    /// <summary>Makes a key of random bytes.</summary>
    public static SealKey New(string kid, RandomNumberGenerator random)
    {
        Span<byte> key = stackalloc byte[Size];
        random.GetBytes(key);
        try
        {
            return new SealKey(kid, key);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(key);
        }
    }

    /// <summary>The kid of a sealed value, without opening it; null when the text is not one.</summary>
    public static string? KidOf(string text) => TrySplit(text, out var kid, out _, out _) ? kid : null;

    /// <summary>Seals bytes for a context, e.g. <c>run_…/inputs/email</c>; the same context opens them.</summary>
    /// <exception cref="ArgumentException">The context contains NUL.</exception>
    public string Seal(ReadOnlySpan<byte> plain, string context, RandomNumberGenerator random) => Encrypt(plain, OfValue(context), random);

    /// <summary>Opens a sealed value; false when it was changed, or sealed by another key or for another context.</summary>
    public bool TryOpen(string text, string context, [NotNullWhen(true)] out byte[]? plain) =>
        TryDecrypt(text, OfValue(context), out plain);

    /// <summary>Seals another key with this one. Deleting what comes back erases all that the other key ever sealed.</summary>
    public string Wrap(SealKey key, RandomNumberGenerator random) => Encrypt(key._key, WrapContext(key.Kid), random);

    /// <summary>Opens a wrapped key; false when it is not the key of that name wrapped by this one.</summary>
    public bool TryUnwrap(string text, string kid, [NotNullWhen(true)] out SealKey? key)
    {
        key = null;
        if (!TryDecrypt(text, WrapContext(kid), out var raw))
        {
            return false;
        }

        try
        {
            key = raw.Length == Size ? new SealKey(kid, raw) : null;
            return key is not null;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(raw);
        }
    }

    /// <summary>
    /// A key that follows from this one (HKDF with SHA-256, RFC 5869): always the same for a purpose, and it tells nothing of this key or of
    /// those for other purposes.
    /// </summary>
    public byte[] Derive(string purpose)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        return HKDF.DeriveKey(HashAlgorithmName.SHA256, _key, Size, info: Encoding.UTF8.GetBytes($"{Version}\0derive\0{purpose}"));
    }

    /// <summary>The raw key, for who keeps it elsewhere. Wipe it after use.</summary>
    public byte[] Export()
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        return [.. _key];
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _disposed = true;
        CryptographicOperations.ZeroMemory(_key);
    }

    /// <summary>The <see cref="Kid"/>, never the key.</summary>
    public override string ToString() => Kid;

    string Encrypt(ReadOnlySpan<byte> plain, string context, RandomNumberGenerator random)
    {
        Span<byte> nonce = stackalloc byte[NonceSize];
        random.GetBytes(nonce);
        var cipher = new byte[plain.Length + TagSize];
        using var aes = Cipher();
        aes.Encrypt(nonce, plain, cipher.AsSpan(0, plain.Length), cipher.AsSpan(plain.Length), Bound(context));
        return $"{Version}.{Kid}.{Base64Url.EncodeToString(nonce)}.{Base64Url.EncodeToString(cipher)}";
    }

    bool TryDecrypt(string text, string context, [NotNullWhen(true)] out byte[]? plain)
    {
        plain = null;
        if (!TrySplit(text, out var kid, out var nonce, out var cipher) || !string.Equals(kid, Kid, StringComparison.Ordinal))
        {
            return false;
        }

        var opened = new byte[cipher.Length - TagSize];
        using var aes = Cipher();
        try
        {
            aes.Decrypt(nonce, cipher.AsSpan(0, opened.Length), cipher.AsSpan(opened.Length), opened, Bound(context));
        }
        catch (AuthenticationTagMismatchException)
        {
            return false;
        }

        plain = opened;
        return true;
    }

    // An AesGcm must not be used by two threads at once, and making one is cheap.
    AesGcm Cipher()
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        return new AesGcm(_key, TagSize);
    }

    // No context of a value has a NUL in it, so a wrapped key is never taken for a value, nor a value for a key.
    static string OfValue(string context) =>
        context.Contains('\0', StringComparison.Ordinal) ? throw new ArgumentException("a context has no NUL", nameof(context)) : context;

    static string WrapContext(string kid) => "\0key/" + kid;

    // A kid holds no NUL, so the three parts cannot be shifted against each other.
    byte[] Bound(string context) => Encoding.UTF8.GetBytes($"{Version}\0{Kid}\0{context}");

    static bool TrySplit(string text, out string kid, out byte[] nonce, out byte[] cipher)
    {
        (kid, nonce, cipher) = ("", [], []);
        var parts = text.Split('.');
        if (parts.Length != 4 || parts[0] != Version || parts[1].Length == 0
            || !StrictBase64.TryDecodeUrl(parts[2], out var n) || n.Length != NonceSize
            || !StrictBase64.TryDecodeUrl(parts[3], out var c) || c.Length < TagSize)
        {
            return false;
        }

        (kid, nonce, cipher) = (parts[1], n, c);
        return true;
    }
}
