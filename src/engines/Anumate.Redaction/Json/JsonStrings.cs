using System.Buffers;
using System.Text;

namespace Anumate.Redaction.Json;

/// <summary>The inside of JSON strings.</summary>
static class JsonStrings
{
    static readonly SearchValues<byte> Escaped = SearchValues.Create(
        [(byte)'"', (byte)'\\', .. Enumerable.Range(0, 32).Select(b => (byte)b)]);

    /// <summary>Where a string that is read stops being plain text: at its end, at an escape, or at what must not stand in it.</summary>
    public static int IndexOfSpecial(ReadOnlySpan<byte> text) => text.IndexOfAny(Escaped);

    /// <summary>Writes the text that a valid raw string stands for. Half of a surrogate pair becomes U+FFFD.</summary>
    public static void Decode(ReadOnlySpan<byte> raw, IBufferWriter<byte> to)
    {
        while (raw.IndexOf((byte)'\\') is var at and >= 0)
        {
            to.Write(raw[..at]);
            raw = raw[at..];
            var length = 2;
            Rune rune = raw[1] switch
            {
                (byte)'b' => new('\b'),
                (byte)'f' => new('\f'),
                (byte)'n' => new('\n'),
                (byte)'r' => new('\r'),
                (byte)'t' => new('\t'),
                (byte)'u' => Code(raw, out length),
                var c => new(c),
            };
            rune.EncodeToUtf8(to.GetSpan(4));
            to.Advance(rune.Utf8SequenceLength);
            raw = raw[length..];
        }

        to.Write(raw);
    }

    static Rune Code(ReadOnlySpan<byte> raw, out int length)
    {
        length = 6;
        var first = Hex(raw[2..6]);
        if (char.IsHighSurrogate(first) && raw.Length >= 12 && raw[6] == '\\' && raw[7] == 'u' && Rune.TryCreate(first, Hex(raw[8..12]), out var pair))
        {
            length = 12;
            return pair;
        }

        return Rune.TryCreate(first, out var rune) ? rune : Rune.ReplacementChar;
    }

    static char Hex(ReadOnlySpan<byte> four)
    {
        var value = 0;
        foreach (var c in four)
        {
            value = (value << 4) | (char.IsAsciiDigit((char)c) ? c - '0' : (c | 0x20) - 'a' + 10);
        }

        return (char)value;
    }

    /// <summary>Writes a text as it stands inside a string.</summary>
    public static void Encode(ReadOnlySpan<byte> text, IBufferWriter<byte> to)
    {
        while (text.IndexOfAny(Escaped) is var at and >= 0)
        {
            to.Write(text[..at]);
            switch (text[at])
            {
                case (byte)'"': to.Write("\\\""u8); break;
                case (byte)'\\': to.Write("\\\\"u8); break;
                case (byte)'\n': to.Write("\\n"u8); break;
                case (byte)'\r': to.Write("\\r"u8); break;
                case (byte)'\t': to.Write("\\t"u8); break;
                default:
                    to.Write("\\u00"u8);
                    to.Write([(byte)('0' + (text[at] >> 4)), "0123456789abcdef"u8[text[at] & 15]]);
                    break;
            }

            text = text[(at + 1)..];
        }

        to.Write(text);
    }

    /// <summary>Whether a literal is a number by the grammar of JSON.</summary>
    public static bool IsNumber(ReadOnlySpan<byte> literal)
    {
        var at = literal is [(byte)'-', ..] ? 1 : 0;
        var whole = Digits(literal, ref at);
        if (whole == 0 || (whole > 1 && literal[at - whole] == '0'))
        {
            return false;
        }

        if (at < literal.Length && literal[at] == '.')
        {
            at++;
            if (Digits(literal, ref at) == 0)
            {
                return false;
            }
        }

        if (at < literal.Length && literal[at] is (byte)'e' or (byte)'E')
        {
            at++;
            at += at < literal.Length && literal[at] is (byte)'+' or (byte)'-' ? 1 : 0;
            if (Digits(literal, ref at) == 0)
            {
                return false;
            }
        }

        return at == literal.Length;
    }

    static int Digits(ReadOnlySpan<byte> literal, ref int at)
    {
        var from = at;
        while (at < literal.Length && char.IsAsciiDigit((char)literal[at]))
        {
            at++;
        }

        return at - from;
    }
}
