using System.Text;
using System.Text.Json;
using Anumate.Proofs;

namespace Anumate.PlanEngine;

/// <summary>
/// A JSON value as canonical UTF-8 bytes (RFC 8785): the form in which values are journaled, digested and sent. Two values are equal
/// when their bytes are. The default is «absent», which is not JSON null.
/// </summary>
public readonly struct Json : IEquatable<Json>
{
    Json(ReadOnlyMemory<byte> utf8) => Utf8 = utf8;

    public static Json Null { get; } = new("null"u8.ToArray());

    public static Json EmptyObject { get; } = new("{}"u8.ToArray());

    /// <summary>The canonical bytes; empty when absent.</summary>
    public ReadOnlyMemory<byte> Utf8 { get; }

    public bool IsAbsent => Utf8.IsEmpty;

    /// <summary>The canonical form of a value.</summary>
    /// <exception cref="ProblemException">The value is not I-JSON.</exception>
    public static Json Of(JsonElement value) => new(CanonicalJson.Write(value));

    /// <summary>The canonical form of a JSON text.</summary>
    /// <exception cref="ProblemException">The text is not I-JSON.</exception>
    public static Json Parse(ReadOnlyMemory<byte> utf8) => new(CanonicalJson.Write(utf8));

    /// <inheritdoc cref="Parse(ReadOnlyMemory{byte})"/>
    public static Json Parse(string text) => Parse(Encoding.UTF8.GetBytes(text));

    /// <summary>Takes bytes whose writer wrote the canonical form.</summary>
    public static Json FromCanonical(ReadOnlyMemory<byte> utf8) => new(utf8);

    /// <summary>The value for reading; the caller keeps no document to dispose.</summary>
    public JsonElement ToElement()
    {
        var reader = new Utf8JsonReader(Utf8.Span, new JsonReaderOptions { MaxDepth = 2 * AnumateJson.MaxDepth });
        return JsonElement.ParseValue(ref reader);
    }

    public bool Equals(Json other) => Utf8.Span.SequenceEqual(other.Utf8.Span);

    public override bool Equals(object? obj) => obj is Json other && Equals(other);

    public override int GetHashCode()
    {
        var hash = new HashCode();
        hash.AddBytes(Utf8.Span);
        return hash.ToHashCode();
    }

    public static bool operator ==(Json a, Json b) => a.Equals(b);

    public static bool operator !=(Json a, Json b) => !a.Equals(b);

    /// <summary>The JSON text; empty when absent.</summary>
    public override string ToString() => Encoding.UTF8.GetString(Utf8.Span);
}
