using System.Text;

namespace Anumate.Cel;

/// <summary>Reads the inside of a string or bytes literal.</summary>
sealed class StringDecoder(string source, Findings findings, bool raw, bool bytes)
{
    readonly StringBuilder text = new();
    readonly List<byte> data = [];

    public bool Valid { get; private set; } = true;

    public CelValue Value => bytes ? CelValue.Of([.. data]) : CelValue.Of(text.ToString());

    /// <summary>Reads up to and past the closing quote; false when there is none.</summary>
    public bool Read(ref int at, char quote, bool triple)
    {
        var start = at;
        while (at < source.Length)
        {
            var c = source[at];
            if (c == quote && (!triple || (at + 2 < source.Length && source[at + 1] == quote && source[at + 2] == quote)))
            {
                at += triple ? 3 : 1;
                return true;
            }

            if (c is '\n' or '\r' && !triple)
            {
                break;
            }

            if (c == '\\' && !raw)
            {
                Escape(ref at);
            }
            else
            {
                Plain(ref at);
            }
        }

        findings.Error("cel.syntax", start - 1, "the string does not end", $"close it with {(triple ? new string(quote, 3) : quote)}");
        return false;
    }

    void Plain(ref int at)
    {
        if (!Rune.TryGetRuneAt(source, at, out var rune))
        {
            Bad(at, "half a surrogate pair is no text");
            at++;
            return;
        }

        at += rune.Utf16SequenceLength;
        Append(rune);
    }

    void Append(Rune rune)
    {
        if (bytes)
        {
            Span<byte> utf8 = stackalloc byte[4];
            data.AddRange(utf8[..rune.EncodeToUtf8(utf8)]);
        }
        else
        {
            text.Append(rune);
        }
    }

    void Escape(ref int at)
    {
        var start = at++;
        var c = at < source.Length ? source[at++] : '\0';
        switch (c)
        {
            case 'a': Append(new Rune('\a')); break;
            case 'b': Append(new Rune('\b')); break;
            case 'f': Append(new Rune('\f')); break;
            case 'n': Append(new Rune('\n')); break;
            case 'r': Append(new Rune('\r')); break;
            case 't': Append(new Rune('\t')); break;
            case 'v': Append(new Rune('\v')); break;
            case '\\' or '?' or '"' or '\'' or '`': Append(new Rune(c)); break;
            case 'x' or 'X': Code(start, ref at, 2, 16, isByte: true); break;
            case 'u' when !bytes: Code(start, ref at, 4, 16, isByte: false); break;
            case 'U' when !bytes: Code(start, ref at, 8, 16, isByte: false); break;
            case >= '0' and <= '3':
                at--;
                Code(start, ref at, 3, 8, isByte: true);
                break;
            default:
                Bad(start, "unknown escape sequence", "write `\\\\` for a backslash, or a raw string: r\"…\"");
                break;
        }
    }

    /// <summary>A code of a fixed number of digits; in bytes it is a byte, in strings a code point.</summary>
    void Code(int start, ref int at, int digits, int radix, bool isByte)
    {
        uint code = 0;
        for (var i = 0; i < digits; i++, at++)
        {
            var digit = at < source.Length && char.IsAsciiHexDigit(source[at]) ? Convert.ToUInt32(source[at].ToString(), 16) : 16;
            if (digit >= radix)
            {
                Bad(start, $"the escape sequence needs {digits} {(radix == 8 ? "octal" : "hexadecimal")} digits");
                return;
            }

            code = (code * (uint)radix) + digit;
        }

        if (bytes && isByte)
        {
            data.Add((byte)code);
        }
        else if (Rune.TryCreate(code, out var rune))
        {
            Append(rune);
        }
        else
        {
            Bad(start, $"U+{code:X4} is no code point");
        }
    }

    void Bad(int at, string message, string? suggestion = null)
    {
        Valid = false;
        findings.Error("cel.escape", at, message, suggestion);
    }
}
