using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Unicode;

namespace Anumate.Proofs;

/// <summary>
/// The reader for JSON that comes from outside: I-JSON (RFC 7493), made a little stricter. Refused: duplicate keys, lone surrogates,
/// invalid UTF-8, a byte order mark, U+0000 in a string, comments, trailing commas, nesting deeper than
/// <see cref="AnumateJson.MaxDepth"/>, a text over the limit, and numbers that a 64-bit float does not hold. The rule for numbers:
/// the decimal value of the literal equals the value of the shortest decimal form of its double, so canonicalising never changes
/// a number: <c>0.1</c>, <c>1.0</c>, <c>1e2</c> pass, <c>9007199254740993</c> and <c>0.1000000000000000055511151231257827</c> do not.
/// </summary>
public static class StrictJson
{
    /// <summary>The size limit where the caller names none: 4 MiB.</summary>
    public const int DefaultMaxBytes = 4 * 1024 * 1024;

    /// <summary>Reads a JSON text. The document refers to the given memory, which must not change while it lives.</summary>
    /// <exception cref="ProblemException"><c>invalid-request</c> with diagnostics, or <c>too-large</c>.</exception>
    public static JsonDocument Parse(ReadOnlyMemory<byte> utf8, int maxBytes = DefaultMaxBytes)
    {
        if (TryParse(utf8, maxBytes, out var document, out var diagnostics))
        {
            return document;
        }

        throw diagnostics[0].Code == "json.too-large"
            ? Problems.TooLarge(diagnostics[0].Message)
            : Problems.Invalid($"the JSON is not acceptable: {diagnostics[0].Message}", diagnostics);
    }

    /// <summary>Reads a JSON text, or says what is wrong with it and where (at most 20 findings).</summary>
    public static bool TryParse(
        ReadOnlyMemory<byte> utf8, int maxBytes, [NotNullWhen(true)] out JsonDocument? document,
        out IReadOnlyList<Diagnostic> diagnostics) =>
        TryParse(utf8, maxBytes, AnumateJson.MaxDepth, out document, out diagnostics);

    /// <inheritdoc cref="TryParse(ReadOnlyMemory{byte}, int, out JsonDocument?, out IReadOnlyList{Diagnostic})"/>
    public static bool TryParse(
        ReadOnlyMemory<byte> utf8, int maxBytes, int maxDepth, [NotNullWhen(true)] out JsonDocument? document,
        out IReadOnlyList<Diagnostic> diagnostics)
    {
        document = null;
        if (utf8.Length > maxBytes)
        {
            diagnostics = [Diagnostic.Error("json.too-large", $"the JSON has {utf8.Length} bytes; at most {maxBytes} are accepted")];
            return false;
        }

        try
        {
            if (Utf8.IsValid(utf8.Span) && IsExact(utf8.Span, maxDepth))
            {
                document = JsonDocument.Parse(utf8, new JsonDocumentOptions { AllowDuplicateProperties = false, MaxDepth = maxDepth });
                diagnostics = [];
                return true;
            }

            diagnostics = JsonDiagnosis.Of(utf8.Span, maxDepth);
        }
        catch (JsonException e)
        {
            diagnostics = JsonDiagnosis.Of(utf8.Span, maxDepth, e);
        }

        return false;
    }

    // The rules that JsonDocument does not know.
    static bool IsExact(ReadOnlySpan<byte> utf8, int maxDepth)
    {
        var reader = new Utf8JsonReader(utf8, new JsonReaderOptions { MaxDepth = maxDepth });
        while (reader.Read())
        {
            switch (reader.TokenType)
            {
                case JsonTokenType.Number when !JsonNumber.IsExact(reader.ValueSpan):
                case JsonTokenType.String or JsonTokenType.PropertyName
                    when reader.ValueIsEscaped && JsonText.Check(reader.ValueSpan) != JsonTextFault.None:
                    return false;
            }
        }

        return true;
    }
}
