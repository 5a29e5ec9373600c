using System.Text;

namespace Anumate.Proofs;

/// <summary>What is wrong with a string of JSON, though its syntax is right.</summary>
enum JsonTextFault
{
    None,
    LoneSurrogate,
    Nul,
    InvalidUtf8,
}

/// <summary>The inside of JSON strings, as raw UTF-8 between the quotes.</summary>
static class JsonText
{
    /// <summary>
    /// Finds what RFC 7493 (lone surrogates, broken UTF-8) and PostgreSQL's jsonb (U+0000) do not allow. Non-characters such as
    /// U+FFFE are let through: every store and reader here keeps them.
    /// </summary>
    public static JsonTextFault Check(ReadOnlySpan<byte> raw)
    {
        if (!System.Text.Unicode.Utf8.IsValid(raw))
        {
            return JsonTextFault.InvalidUtf8;
        }

        while (raw.IndexOf((byte)'\\') is var at and >= 0)
        {
            raw = raw[at..];
            if (raw[1] != (byte)'u')
            {
                raw = raw[2..];
                continue;
            }

            if (!TryReadEscape(raw, out var rune, out var length))
            {
                return JsonTextFault.LoneSurrogate;
            }

            if (rune.Value == 0)
            {
                return JsonTextFault.Nul;
            }

            raw = raw[length..];
        }

        return JsonTextFault.None;
    }

    /// <summary>Writes the string with its quotes by RFC 8785 section 3.2.2.2; the text must have passed <see cref="Check"/>.</summary>
    public static void WriteCanonical(ReadOnlySpan<byte> raw, ref Utf8Buffer to)
    {
        to.Append((byte)'"');
        while (raw.IndexOf((byte)'\\') is var at and >= 0)
        {
            to.Append(raw[..at]);
            raw = raw[at..];
            if (raw[1] == (byte)'u')
            {
                TryReadEscape(raw, out var rune, out var length);
                AppendEscaped(rune, ref to);
                raw = raw[length..];
            }
            else
            {
                to.Append(raw[1] == (byte)'/' ? "/"u8 : raw[..2]);
                raw = raw[2..];
            }
        }

        // Whatever stands unescaped in valid JSON stands unescaped in canonical JSON too.
        to.Append(raw);
        to.Append((byte)'"');
    }

    static void AppendEscaped(Rune rune, ref Utf8Buffer to)
    {
        switch (rune.Value)
        {
            case '"': to.Append("\\\""u8); break;
            case '\\': to.Append("\\\\"u8); break;
            case '\b': to.Append("\\b"u8); break;
            case '\t': to.Append("\\t"u8); break;
            case '\n': to.Append("\\n"u8); break;
            case '\f': to.Append("\\f"u8); break;
            case '\r': to.Append("\\r"u8); break;
            case < 0x20:
                to.Append("\\u00"u8);
                to.Append((byte)('0' + (rune.Value >> 4)));
                to.Append((byte)"0123456789abcdef"[rune.Value & 15]);
                break;
            default:
                Span<byte> utf8 = stackalloc byte[4];
                to.Append(utf8[..rune.EncodeToUtf8(utf8)]);
                break;
        }
    }

    // Reads \uXXXX, or a pair of them that is one code point; false for half a pair.
    static bool TryReadEscape(ReadOnlySpan<byte> raw, out Rune rune, out int length)
    {
        length = 6;
        var first = (char)Hex(raw[2..6]);
        if (Rune.TryCreate(first, out rune))
        {
            return true;
        }

        length = 12;
        return raw.Length >= 12 && raw[6] == (byte)'\\' && raw[7] == (byte)'u' && Rune.TryCreate(first, (char)Hex(raw[8..12]), out rune);
    }

    static int Hex(ReadOnlySpan<byte> four)
    {
        var value = 0;
        foreach (var c in four)
        {
            value = (value << 4) | ((c & 15) + (c > (byte)'9' ? 9 : 0));
        }

        return value;
    }
}
