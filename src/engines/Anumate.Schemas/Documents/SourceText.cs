using System.Text;
using System.Text.Unicode;

namespace Anumate.Schemas.Documents;

/// <summary>A part of a source text, [Start, End).</summary>
readonly record struct SourceSpan(SourceText? Text, int Start, int End);

/// <summary>The decoded text of a document: valid Unicode, within the size limit, without a byte order mark; knows its lines.</summary>
sealed class SourceText
{
    int[]? lineStarts;

    SourceText(string text, DocumentLimits limits) => (Text, Limits, Findings) = (text, limits, new Findings(limits.MaxDiagnostics));

    public string Text { get; }

    public DocumentLimits Limits { get; }

    public Findings Findings { get; }

    public static SourceText Decode(ReadOnlySpan<byte> bytes, DocumentLimits limits)
    {
        if (bytes.Length > limits.MaxBytes)
        {
            return TooLarge(bytes.Length, limits);
        }

        if (bytes.StartsWith("\uFEFF"u8))
        {
            bytes = bytes[3..];
        }

        var chars = new char[bytes.Length];
        var status = Utf8.ToUtf16(bytes, chars, out var read, out var written, replaceInvalidSequences: false);
        var source = new SourceText(new string(chars, 0, written), limits);
        if (status != System.Buffers.OperationStatus.Done)
        {
            var utf16 = bytes is [0xFF, 0xFE, ..] or [0xFE, 0xFF, ..];
            source.Findings.Add(Diagnostic.Error(
                "document.invalid-utf8",
                utf16 ? "the text is UTF-16, not UTF-8" : $"byte 0x{bytes[read]:X2} at offset {read} is not valid UTF-8",
                "",
                source.PositionAt(written),
                "save the document as UTF-8"));
        }

        return source.CheckNul();
    }

    public static SourceText From(string text, DocumentLimits limits)
    {
        if (text.Length > limits.MaxBytes || Encoding.UTF8.GetByteCount(text) is var size && size > limits.MaxBytes)
        {
            return TooLarge(text.Length, limits);
        }

        var source = new SourceText(text.StartsWith('\uFEFF') ? text[1..] : text, limits);
        var at = Unicode.LoneSurrogate(source.Text);
        if (at >= 0)
        {
            source.Findings.Add(Diagnostic.Error(
                "document.invalid-unicode", "half of a surrogate pair stands alone", "", source.PositionAt(at), "remove the character"));
        }

        return source.CheckNul();
    }

    public Position PositionAt(int offset)
    {
        lineStarts ??= FindLines(Text);
        var line = Array.BinarySearch(lineStarts, offset);
        line = line < 0 ? ~line - 1 : line;
        return new Position(line + 1, offset - lineStarts[line] + 1);
    }

    static SourceText TooLarge(int size, DocumentLimits limits)
    {
        var source = new SourceText("", limits);
        source.Findings.Add(Diagnostic.Error(
            "document.too-large", $"the document has {size} bytes or more, at most {limits.MaxBytes} are allowed", "", new Position(1, 1),
            "split the document or shorten it"));
        return source;
    }

    static int[] FindLines(string text)
    {
        var starts = new List<int> { 0 };
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] == '\n' || (text[i] == '\r' && (i + 1 == text.Length || text[i + 1] != '\n')))
            {
                starts.Add(i + 1);
            }
        }

        return [.. starts];
    }

    SourceText CheckNul()
    {
        var at = Text.IndexOf('\0', StringComparison.Ordinal);
        if (at >= 0)
        {
            Findings.Add(Diagnostic.Error("document.nul", "the text holds a NUL character", "", PositionAt(at), "remove the character"));
        }

        return this;
    }
}

/// <summary>What I-JSON (RFC 7493 section 2.1) and storage ask of every string.</summary>
static class Unicode
{
    /// <summary>The index of the first surrogate without its other half, -1 when there is none.</summary>
    public static int LoneSurrogate(ReadOnlySpan<char> text)
    {
        for (var i = text.IndexOfAnyInRange('\uD800', '\uDFFF'); i >= 0 && i < text.Length; i++)
        {
            if (!char.IsSurrogate(text[i]))
            {
                continue;
            }

            if (!char.IsHighSurrogate(text[i]) || i + 1 >= text.Length || !char.IsLowSurrogate(text[i + 1]))
            {
                return i;
            }

            i++;
        }

        return -1;
    }
}
