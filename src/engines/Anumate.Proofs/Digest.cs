using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace Anumate.Proofs;

/// <summary>A SHA-256 digest; as text <c>sha256:</c> and 64 lower-case hexadecimal digits, nothing else parses.</summary>
[JsonConverter(typeof(DigestJsonConverter))]
public readonly struct Digest : IEquatable<Digest>, ISpanParsable<Digest>
{
    /// <summary>Bytes of a digest.</summary>
    public const int Size = 32;

    const string Prefix = "sha256:";

    readonly Bytes32 _bytes;

    /// <summary>Takes over 32 bytes that are a SHA-256 already (from a database, a proof).</summary>
    /// <exception cref="ArgumentException">There are not exactly 32 bytes.</exception>
    public Digest(ReadOnlySpan<byte> hash) => _bytes = Bytes32.Of(hash);

    /// <summary>The 32 bytes.</summary>
    [UnscopedRef]
    public ReadOnlySpan<byte> Span => _bytes;

    /// <summary>The digest of bytes.</summary>
    public static Digest Of(ReadOnlySpan<byte> bytes)
    {
        Span<byte> hash = stackalloc byte[Size];
        SHA256.HashData(bytes, hash);
        return new Digest(hash);
    }

    /// <summary>The digest of the canonical form of a value.</summary>
    /// <exception cref="ProblemException">The value has no canonical form.</exception>
    public static Digest OfJson(JsonElement value)
    {
        var buffer = new Utf8Buffer(512);
        try
        {
            CanonicalJson.WriteOrThrow(value, ref buffer);
            return Of(buffer.Written);
        }
        finally
        {
            buffer.Dispose();
        }
    }

    /// <summary>The digest of the canonical form of a value that was built in memory.</summary>
    /// <exception cref="ProblemException">The value has no canonical form.</exception>
    public static Digest OfJson(JsonNode? value) => Of(CanonicalJson.Write(value));

    /// <summary>The digest of the canonical form of a record.</summary>
    /// <exception cref="ProblemException">The value has no canonical form.</exception>
    public static Digest OfJson<T>(T value, JsonTypeInfo<T> type) => OfJson(JsonSerializer.SerializeToElement(value, type));

    /// <summary>The 32 bytes, copied.</summary>
    public byte[] ToArray() => Span.ToArray();

    /// <inheritdoc/>
    public override string ToString() => Bytes32.Format(Prefix, Span);

    /// <inheritdoc/>
    /// <remarks>In constant time.</remarks>
    public bool Equals(Digest other) => CryptographicOperations.FixedTimeEquals(Span, other.Span);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is Digest other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => BitConverter.ToInt32(Span);

    public static bool operator ==(Digest a, Digest b) => a.Equals(b);

    public static bool operator !=(Digest a, Digest b) => !a.Equals(b);

    /// <summary>Parses the textual form.</summary>
    /// <exception cref="FormatException">The text is not a digest.</exception>
    public static Digest Parse(string s, IFormatProvider? provider = null) => Parse(s.AsSpan(), provider);

    /// <inheritdoc cref="Parse(string, IFormatProvider?)"/>
    public static Digest Parse(ReadOnlySpan<char> s, IFormatProvider? provider = null) =>
        TryParse(s, provider, out var digest)
            ? digest
            : throw new FormatException("expected a digest of the form sha256:<64 lower-case hexadecimal digits>");

    /// <summary>Parses the textual form; false for anything else.</summary>
    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, out Digest result) =>
        TryParse(s.AsSpan(), provider, out result);

    /// <inheritdoc cref="TryParse(string?, IFormatProvider?, out Digest)"/>
    public static bool TryParse(ReadOnlySpan<char> s, IFormatProvider? provider, out Digest result)
    {
        var ok = Bytes32.TryParse(s, Prefix, out var bytes);
        result = ok ? new Digest(bytes) : default;
        return ok;
    }

    /// <summary>Parses the textual form; false for anything else.</summary>
    public static bool TryParse([NotNullWhen(true)] string? s, out Digest result) => TryParse(s.AsSpan(), null, out result);
}

/// <summary>
/// HMAC-SHA256 of a value under a salt: a commitment to data that could be guessed (inputs, arguments, personal data). Once the salt
/// is erased nobody can test a guess against it. As text <c>hmac-sha256:</c> and 64 lower-case hexadecimal digits.
/// </summary>
[JsonConverter(typeof(SaltedDigestJsonConverter))]
public readonly struct SaltedDigest : IEquatable<SaltedDigest>, ISpanParsable<SaltedDigest>
{
    /// <summary>The least number of bytes a salt may have; make it of that many random ones.</summary>
    public const int SaltSize = 32;

    const string Prefix = "hmac-sha256:";

    readonly Bytes32 _bytes;

    /// <summary>Takes over 32 bytes that are a salted digest already.</summary>
    /// <exception cref="ArgumentException">There are not exactly 32 bytes.</exception>
    public SaltedDigest(ReadOnlySpan<byte> hash) => _bytes = Bytes32.Of(hash);

    /// <summary>The 32 bytes.</summary>
    [UnscopedRef]
    public ReadOnlySpan<byte> Span => _bytes;

    /// <summary>The salted digest of bytes.</summary>
    /// <exception cref="ArgumentException">The salt is shorter than <see cref="SaltSize"/>.</exception>
    public static SaltedDigest Of(ReadOnlySpan<byte> salt, ReadOnlySpan<byte> bytes)
    {
        if (salt.Length < SaltSize)
        {
            throw new ArgumentException($"a salt has at least {SaltSize} bytes", nameof(salt));
        }

        Span<byte> hash = stackalloc byte[Digest.Size];
        HMACSHA256.HashData(salt, bytes, hash);
        return new SaltedDigest(hash);
    }

    /// <summary>The salted digest of the canonical form of a value.</summary>
    /// <exception cref="ProblemException">The value has no canonical form.</exception>
    public static SaltedDigest OfJson(ReadOnlySpan<byte> salt, JsonElement value)
    {
        var buffer = new Utf8Buffer(512);
        try
        {
            CanonicalJson.WriteOrThrow(value, ref buffer);
            return Of(salt, buffer.Written);
        }
        finally
        {
            buffer.Dispose();
        }
    }

    /// <summary>The salted digest of the canonical form of a value that was built in memory.</summary>
    /// <exception cref="ProblemException">The value has no canonical form.</exception>
    public static SaltedDigest OfJson(ReadOnlySpan<byte> salt, JsonNode? value) => Of(salt, CanonicalJson.Write(value));

    /// <summary>The 32 bytes, copied.</summary>
    public byte[] ToArray() => Span.ToArray();

    /// <inheritdoc/>
    public override string ToString() => Bytes32.Format(Prefix, Span);

    /// <inheritdoc/>
    /// <remarks>In constant time.</remarks>
    public bool Equals(SaltedDigest other) => CryptographicOperations.FixedTimeEquals(Span, other.Span);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is SaltedDigest other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => BitConverter.ToInt32(Span);

    public static bool operator ==(SaltedDigest a, SaltedDigest b) => a.Equals(b);

    public static bool operator !=(SaltedDigest a, SaltedDigest b) => !a.Equals(b);

    /// <summary>Parses the textual form.</summary>
    /// <exception cref="FormatException">The text is not a salted digest.</exception>
    public static SaltedDigest Parse(string s, IFormatProvider? provider = null) => Parse(s.AsSpan(), provider);

    /// <inheritdoc cref="Parse(string, IFormatProvider?)"/>
    public static SaltedDigest Parse(ReadOnlySpan<char> s, IFormatProvider? provider = null) => TryParse(s, provider, out var digest)
        ? digest
        : throw new FormatException("expected a salted digest of the form hmac-sha256:<64 lower-case hexadecimal digits>");

    /// <summary>Parses the textual form; false for anything else.</summary>
    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, out SaltedDigest result) =>
        TryParse(s.AsSpan(), provider, out result);

    /// <inheritdoc cref="TryParse(string?, IFormatProvider?, out SaltedDigest)"/>
    public static bool TryParse(ReadOnlySpan<char> s, IFormatProvider? provider, out SaltedDigest result)
    {
        var ok = Bytes32.TryParse(s, Prefix, out var bytes);
        result = ok ? new SaltedDigest(bytes) : default;
        return ok;
    }

    /// <summary>Parses the textual form; false for anything else.</summary>
    public static bool TryParse([NotNullWhen(true)] string? s, out SaltedDigest result) => TryParse(s.AsSpan(), null, out result);
}

/// <summary>Writes a <see cref="Digest"/> as its textual form.</summary>
public sealed class DigestJsonConverter : JsonConverter<Digest>
{
    /// <inheritdoc/>
    public override Digest Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TokenType == JsonTokenType.String && Digest.TryParse(reader.GetString(), out var digest)
            ? digest
            : throw new JsonException("expected a digest of the form sha256:<64 lower-case hexadecimal digits>");

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, Digest value, JsonSerializerOptions options) =>
        writer.WriteStringValue(value.ToString());
}

/// <summary>Writes a <see cref="SaltedDigest"/> as its textual form.</summary>
public sealed class SaltedDigestJsonConverter : JsonConverter<SaltedDigest>
{
    /// <inheritdoc/>
    public override SaltedDigest Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TokenType == JsonTokenType.String && SaltedDigest.TryParse(reader.GetString(), out var digest)
            ? digest
            : throw new JsonException("expected a salted digest of the form hmac-sha256:<64 lower-case hexadecimal digits>");

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, SaltedDigest value, JsonSerializerOptions options) =>
        writer.WriteStringValue(value.ToString());
}

/// <summary>32 bytes held in place.</summary>
[InlineArray(Digest.Size)]
struct Bytes32
{
    byte _first;

    public static Bytes32 Of(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length != Digest.Size)
        {
            throw new ArgumentException($"expected {Digest.Size} bytes, got {bytes.Length}", nameof(bytes));
        }

        var result = default(Bytes32);
        bytes.CopyTo(result);
        return result;
    }

    public static string Format(string prefix, ReadOnlySpan<byte> bytes)
    {
        Span<char> text = stackalloc char[prefix.Length + (Digest.Size * 2)];
        prefix.CopyTo(text);
        Convert.TryToHexStringLower(bytes, text[prefix.Length..], out _);
        return new string(text);
    }

    public static bool TryParse(ReadOnlySpan<char> text, string prefix, out Bytes32 bytes)
    {
        bytes = default;
        return text.Length == prefix.Length + (Digest.Size * 2)
            && text.StartsWith(prefix, StringComparison.Ordinal)
            && text[prefix.Length..].IndexOfAnyInRange('A', 'F') < 0
            && Convert.FromHexString(text[prefix.Length..], bytes, out _, out _) == System.Buffers.OperationStatus.Done;
    }
}
