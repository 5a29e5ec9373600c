using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Anumate;

/// <summary>A thing with an identity; <see cref="Prefix"/> is the word before the underscore in its textual id.</summary>
public interface IEntity
{
    /// <summary>The prefix of the textual id, e.g. <c>run</c>.</summary>
    static abstract string Prefix { get; }
}

/// <summary>An id of any type, as the database holds it.</summary>
public interface IId
{
    /// <summary>The UUID.</summary>
    Guid Value { get; }
}

/// <summary>
/// A typed identifier: a UUIDv7 (RFC 9562 section 5.7) in the database, <c>prefix_</c> and 26 lower-case Crockford base32
/// characters as text. An id of another type or a malformed one does not parse.
/// </summary>
[JsonConverter(typeof(IdJsonConverterFactory))]
public readonly record struct Id<T>(Guid Value) : IId, IParsable<Id<T>>, IComparable<Id<T>>
    where T : IEntity
{
    /// <summary>Mints an id whose first 48 bits are the time of <paramref name="time"/>.</summary>
    public static Id<T> New(TimeProvider time) => new(Guid.CreateVersion7(time.GetUtcNow()));

    /// <summary>When it was minted, in milliseconds; meaningless for an id that <see cref="New"/> did not make.</summary>
    public DateTimeOffset Minted()
    {
        Span<byte> bytes = stackalloc byte[16];
        Value.TryWriteBytes(bytes, bigEndian: true, out _);
        return DateTimeOffset.FromUnixTimeMilliseconds((long)(System.Buffers.Binary.BinaryPrimitives.ReadUInt64BigEndian(bytes) >> 16));
    }

    /// <inheritdoc/>
    public int CompareTo(Id<T> other) => Value.CompareTo(other.Value);

    /// <summary>The textual form, e.g. <c>run_01m826h01xf14v1qvyk36e7vrz</c>.</summary>
    public override string ToString() => Crockford.Format(T.Prefix, Value);

    /// <summary>Parses the textual form.</summary>
    /// <exception cref="FormatException">The text is not an id of this type.</exception>
    public static Id<T> Parse(string s, IFormatProvider? provider = null) =>
        TryParse(s, provider, out var id) ? id : throw new FormatException($"`{s}` is not an id of the form {T.Prefix}_<26 characters>");

    /// <summary>Parses the textual form; false for anything else, including an id of another type.</summary>
    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, out Id<T> result)
    {
        if (s is not null && Crockford.TryParse(s, T.Prefix, out var guid))
        {
            result = new Id<T>(guid);
            return true;
        }

        result = default;
        return false;
    }

    /// <summary>Less than, in byte order.</summary>
    public static bool operator <(Id<T> a, Id<T> b) => a.CompareTo(b) < 0;

    /// <summary>Greater than, in byte order.</summary>
    public static bool operator >(Id<T> a, Id<T> b) => a.CompareTo(b) > 0;

    /// <summary>Less than or equal, in byte order.</summary>
    public static bool operator <=(Id<T> a, Id<T> b) => a.CompareTo(b) <= 0;

    /// <summary>Greater than or equal, in byte order.</summary>
    public static bool operator >=(Id<T> a, Id<T> b) => a.CompareTo(b) >= 0;
}

/// <summary>The textual form of ids: 128 bits as 26 characters of Crockford's base32, lower case, canonical only.</summary>
static class Crockford
{
    const string Alphabet = "0123456789abcdefghjkmnpqrstvwxyz";

    public static string Format(string prefix, Guid value) => string.Create(prefix.Length + 27, (prefix, value), static (span, state) =>
    {
        state.prefix.CopyTo(span);
        span[state.prefix.Length] = '_';
        Span<byte> bytes = stackalloc byte[16];
        state.value.TryWriteBytes(bytes, bigEndian: true, out _);
        var n = System.Buffers.Binary.BinaryPrimitives.ReadUInt128BigEndian(bytes);
        for (var i = span.Length - 1; i > state.prefix.Length; i--)
        {
            span[i] = Alphabet[(int)(n & 31)];
            n >>= 5;
        }
    });

    public static bool TryParse(ReadOnlySpan<char> text, string prefix, out Guid value)
    {
        value = default;
        if (text.Length != prefix.Length + 27 || !text.StartsWith(prefix) || text[prefix.Length] != '_')
        {
            return false;
        }

        UInt128 n = 0;
        foreach (var c in text[(prefix.Length + 1)..])
        {
            var digit = Alphabet.IndexOf(c);
            if (digit < 0 || (n >> 123) != 0)
            {
                return false;
            }

            n = (n << 5) | (uint)digit;
        }

        Span<byte> bytes = stackalloc byte[16];
        System.Buffers.Binary.BinaryPrimitives.WriteUInt128BigEndian(bytes, n);
        value = new Guid(bytes, bigEndian: true);
        return true;
    }
}

/// <summary>Writes every <see cref="Id{T}"/> as its textual form.</summary>
public sealed class IdJsonConverterFactory : JsonConverterFactory
{
    /// <inheritdoc/>
    public override bool CanConvert(Type typeToConvert) =>
        typeToConvert.IsGenericType && typeToConvert.GetGenericTypeDefinition() == typeof(Id<>);

    /// <inheritdoc/>
    [UnconditionalSuppressMessage("AOT", "IL3050", Justification = "Id<T> is instantiated by the contract that carries it")]
    [UnconditionalSuppressMessage("Trimming", "IL2071", Justification = "the converter has a public parameterless constructor")]
    public override JsonConverter CreateConverter(Type typeToConvert, JsonSerializerOptions options) =>
        (JsonConverter)Activator.CreateInstance(typeof(IdJsonConverter<>).MakeGenericType(typeToConvert.GetGenericArguments()))!;
}

/// <summary>Reads and writes one kind of id.</summary>
public sealed class IdJsonConverter<T> : JsonConverter<Id<T>>
    where T : IEntity
{
    /// <inheritdoc/>
    public override Id<T> Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TokenType == JsonTokenType.String && Id<T>.TryParse(reader.GetString(), null, out var id)
            ? id
            : throw new JsonException($"expected an id of the form {T.Prefix}_<26 characters>");

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, Id<T> value, JsonSerializerOptions options) => writer.WriteStringValue(value.ToString());
}
