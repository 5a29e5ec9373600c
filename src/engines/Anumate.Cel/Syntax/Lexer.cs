using System.Globalization;
using System.Text;

namespace Anumate.Cel;

enum TokenKind
{
    End,
    Name,
    QuotedName,
    Literal,
    Symbol,
    /// <summary>Something that is no token; a finding has been recorded.</summary>
    Broken,
}

readonly record struct Token(TokenKind Kind, int At, int End, string Text, CelValue Value = default)
{
    public bool Is(string symbol) => Kind is TokenKind.Symbol && Text == symbol;

    public bool IsNumber => Kind is TokenKind.Literal && Equality.IsNumber(Value.Kind);
}

/// <summary>Cuts a source into tokens, one at a time. What is wrong in a token is recorded and never stops it.</summary>
sealed class Lexer(string source, Findings findings)
{
    static readonly string[] Symbols =
        ["==", "!=", "<=", ">=", "&&", "||", "(", ")", "[", "]", "{", "}", ".", ",", ":", "?", "+", "-", "*", "/", "%", "!", "<", ">"];

    int at;

    /// <summary>Where reading goes on; set by the parser to read a part of a text.</summary>
    public int At { get => at; set => at = value; }

    public Token Next()
    {
        SkipSpace();
        if (at >= source.Length)
        {
            return new(TokenKind.End, source.Length, source.Length, "");
        }

        var c = source[at];
        if (Prefix() is { } length)
        {
            return String(length);
        }

        if (IsNameStart(c))
        {
            return Name();
        }

        if (char.IsAsciiDigit(c) || (c == '.' && at + 1 < source.Length && char.IsAsciiDigit(source[at + 1])))
        {
            return Number();
        }

        return c == '`' ? QuotedName() : Symbol();
    }

    void SkipSpace()
    {
        while (at < source.Length)
        {
            if (source[at] is ' ' or '\t' or '\n' or '\r' or '\f')
            {
                at++;
            }
            else if (source[at] == '/' && at + 1 < source.Length && source[at + 1] == '/')
            {
                var end = source.IndexOf('\n', at);
                at = end < 0 ? source.Length : end;
            }
            else
            {
                return;
            }
        }
    }

    static bool IsNameStart(char c) => char.IsAsciiLetter(c) || c == '_';

    static bool IsNamePart(char c) => char.IsAsciiLetterOrDigit(c) || c == '_';

    Token Name()
    {
        var start = at;
        while (at < source.Length && IsNamePart(source[at]))
        {
            at++;
        }

        return new(TokenKind.Name, start, at, source[start..at]);
    }

    /// <summary>A field name that is no identifier, between backticks: <c>headers.`content-type`</c>.</summary>
    Token QuotedName()
    {
        var start = at++;
        while (at < source.Length && (IsNamePart(source[at]) || source[at] is '.' or '-' or '/' or ' '))
        {
            at++;
        }

        if (at < source.Length && source[at] == '`' && at > start + 1)
        {
            at++;
            return new(TokenKind.QuotedName, start, at, source[(start + 1)..(at - 1)]);
        }

        findings.Error(
            "cel.syntax", start, "a name between backticks holds letters, digits, `_`, `.`, `-`, `/` and spaces, and ends with a backtick");
        return new(TokenKind.Broken, start, at, "");
    }

    Token Symbol()
    {
        foreach (var symbol in Symbols)
        {
            if (string.CompareOrdinal(source, at, symbol, 0, symbol.Length) == 0)
            {
                at += symbol.Length;
                return new(TokenKind.Symbol, at - symbol.Length, at, symbol);
            }
        }

        var start = at;
        var rune = Rune.TryGetRuneAt(source, at, out var known) ? known : Rune.ReplacementChar;
        at += char.IsHighSurrogate(source[at]) && at + 1 < source.Length && char.IsLowSurrogate(source[at + 1]) ? 2 : 1;
        findings.Error("cel.syntax", start, $"unexpected character {Show(rune)}", SuggestFor(rune));
        return new(TokenKind.Broken, start, at, "");
    }

    static string Show(Rune rune) =>
        Rune.IsControl(rune) || rune == Rune.ReplacementChar ? $"U+{rune.Value:X4}" : $"`{rune}` (U+{rune.Value:X4})";

    static string? SuggestFor(Rune rune) => rune.Value switch
    {
        '=' => "write `==` to compare",
        '&' => "write `&&`",
        '|' => "write `||`",
        '\u201c' or '\u201d' => "write `\"`",
        '\u2018' or '\u2019' => "write `'`",
        '\u00a0' => "write an ordinary space",
        > 127 => "names consist of ASCII letters, digits and `_`",
        _ => null,
    };

    Token Number()
    {
        var start = at;
        if (source[at] == '0' && at + 1 < source.Length && source[at + 1] is 'x' or 'X')
        {
            at += 2;
            SkipWhile(char.IsAsciiHexDigit);
            return Integer(start, source.AsSpan(start + 2, at - start - 2), NumberStyles.AllowHexSpecifier);
        }

        SkipWhile(char.IsAsciiDigit);
        var whole = true;
        if (at + 1 < source.Length && source[at] == '.' && char.IsAsciiDigit(source[at + 1]))
        {
            whole = false;
            at++;
            SkipWhile(char.IsAsciiDigit);
        }

        if (ExponentLength() is var length and > 0)
        {
            whole = false;
            at += length;
            SkipWhile(char.IsAsciiDigit);
        }

        return whole ? Integer(start, source.AsSpan(start, at - start), NumberStyles.None) : Double(start);
    }

    int ExponentLength()
    {
        if (at >= source.Length || source[at] is not ('e' or 'E'))
        {
            return 0;
        }

        var sign = at + 1 < source.Length && source[at + 1] is '+' or '-' ? 1 : 0;
        return at + 1 + sign < source.Length && char.IsAsciiDigit(source[at + 1 + sign]) ? 1 + sign : 0;
    }

    void SkipWhile(Func<char, bool> test)
    {
        while (at < source.Length && test(source[at]))
        {
            at++;
        }
    }

    Token Double(int start)
    {
        var number = double.Parse(source.AsSpan(start, at - start), NumberStyles.Float, CultureInfo.InvariantCulture);
        if (!double.IsFinite(number))
        {
            return BrokenNumber(start, "the number is too large for a double");
        }

        return EndsNumber()
            ? new(TokenKind.Literal, start, at, "", CelValue.Of(number))
            : BrokenNumber(start, "a number ends before a letter");
    }

    Token Integer(int start, ReadOnlySpan<char> digits, NumberStyles style)
    {
        var fits = ulong.TryParse(digits, style, CultureInfo.InvariantCulture, out var number);
        if (at < source.Length && source[at] is 'u' or 'U')
        {
            at++;
            return !EndsNumber() ? BrokenNumber(start, "a number ends before a letter")
                : fits ? new(TokenKind.Literal, start, at, "", CelValue.Of(number))
                : BrokenNumber(start, "the number is too large for an unsigned 64-bit integer");
        }

        if (!EndsNumber() || digits.Length == 0)
        {
            return BrokenNumber(start, "a number ends before a letter");
        }

        // 2^63 is kept for the parser: with a minus before it, it is the smallest int.
        return !fits || number > 1UL << 63
            ? BrokenNumber(start, "the number is too large for a 64-bit integer",
                "write it as a double (`1e20`) or an unsigned integer (`1u`)")
            : new(TokenKind.Literal, start, at, number == 1UL << 63 ? "min" : "", CelValue.Of(unchecked((long)number)));
    }

    bool EndsNumber() => at >= source.Length || !IsNamePart(source[at]);

    Token BrokenNumber(int start, string message, string? suggestion = null)
    {
        SkipWhile(IsNamePart);
        findings.Error("cel.number", start, message, suggestion);
        return new(TokenKind.Broken, start, at, "");
    }

    /// <summary>The length of <c>r</c> and <c>b</c> prefixes when a quote follows them; null when no string begins here.</summary>
    int? Prefix()
    {
        var (raw, bytes) = (false, false);
        for (var i = at; i < source.Length && i < at + 3; i++)
        {
            switch (source[i])
            {
                case '"' or '\'':
                    return i - at;
                case 'r' or 'R' when !raw:
                    raw = true;
                    break;
                case 'b' or 'B' when !bytes:
                    bytes = true;
                    break;
                default:
                    return null;
            }
        }

        return null;
    }

    Token String(int prefix)
    {
        var start = at;
        var flags = source.AsSpan(at, prefix);
        var raw = flags.IndexOfAny('r', 'R') >= 0;
        var bytes = flags.IndexOfAny('b', 'B') >= 0;
        at += prefix;
        var quote = source[at];
        var triple = at + 2 < source.Length && source[at + 1] == quote && source[at + 2] == quote;
        at += triple ? 3 : 1;
        var decoder = new StringDecoder(source, findings, raw, bytes);
        var ended = decoder.Read(ref at, quote, triple);
        return ended && decoder.Valid
            ? new(TokenKind.Literal, start, at, "", decoder.Value)
            : new(TokenKind.Broken, start, at, "");
    }
}
