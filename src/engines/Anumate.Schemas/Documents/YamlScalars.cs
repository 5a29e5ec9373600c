using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Anumate.Schemas.Documents;

/// <summary>Scalars by the YAML 1.2 core schema (section 10.3.2): a quoted scalar is always a string, <c>yes</c> and <c>no</c> too.</summary>
static class YamlScalars
{
    public static DocumentNode Value(Scalar scalar, SourceText source, Findings findings)
    {
        var start = Offset(scalar.Start, source);
        var at = source.PositionAt(start);
        if (scalar.Style != ScalarStyle.Plain)
        {
            return Text(scalar, at, source, findings);
        }

        var value = scalar.Value;
        if (!YamlText.IsPlain(value) || YamlText.LostItsColon(source.Text, start))
        {
            findings.Add(Diagnostic.Error(
                "yaml.syntax", $"`{JsonWords.Shorten(value)}` holds a `:` or `#` that may be meant otherwise", "", at,
                "put a space after the `:` of a key, and quote text"));
            return new NullNode(at);
        }

        switch (value)
        {
            case "" or "~" or "null" or "Null" or "NULL":
                return new NullNode(at);
            case "true" or "True" or "TRUE":
                return new BooleanNode(at, true);
            case "false" or "False" or "FALSE":
                return new BooleanNode(at, false);
            case ".inf" or ".Inf" or ".INF" or "+.inf" or "+.Inf" or "+.INF" or "-.inf" or "-.Inf" or "-.INF" or ".nan" or ".NaN" or ".NAN":
                findings.Add(Diagnostic.Error(
                    "document.inexact-number", $"`{value}` is not a number of JSON", "", at, "write a finite number, or quote it if it is text"));
                return new NullNode(at);
        }

        return (DocumentNode?)Number(value, at, findings) ?? Text(scalar, at, source, findings);
    }

    /// <summary>The key's text; null, with a finding, when the key is not a string.</summary>
    public static string? Key(Scalar scalar, Position at, SourceText source, Findings findings)
    {
        var before = findings.Count;
        var node = Value(scalar, source, findings);
        if (node is StringNode key)
        {
            return key.Value;
        }

        if (findings.Count == before)
        {
            findings.Add(scalar.Value.Length == 0
                ? Diagnostic.Error("yaml.non-string-key", "the key is missing", "", at, "write a key before the `:`")
                : Diagnostic.Error(
                    "yaml.non-string-key", $"the key `{JsonWords.Shorten(scalar.Value)}` is {node.Described}, not a string", "", at, $"quote it: \"{JsonWords.Shorten(scalar.Value)}\""));
        }

        return null;
    }

    static bool HasEscape(SourceSpan span) => span.Text!.Text.AsSpan(span.Start, span.End - span.Start).Contains('\\');

    /// <summary>Marks at the end of the text may point past it.</summary>
    static int Offset(Mark mark, SourceText source) => (int)Math.Min(mark.Index, source.Text.Length);

    static StringNode Text(Scalar scalar, Position at, SourceText source, Findings findings)
    {
        if (scalar.Value.Contains('\0', StringComparison.Ordinal))
        {
            findings.Add(Diagnostic.Error("document.nul", "the string holds a NUL character", "", at, "remove the escape `\\0`"));
        }

        if (Unicode.LoneSurrogate(scalar.Value) >= 0)
        {
            findings.Add(Diagnostic.Error(
                "document.invalid-unicode", "half of a surrogate pair stands alone in the string", "", at, "write both halves or neither"));
        }

        var style = scalar.Style switch
        {
            ScalarStyle.SingleQuoted => StringStyle.SingleQuoted,
            ScalarStyle.DoubleQuoted => StringStyle.DoubleQuoted,
            ScalarStyle.Literal => StringStyle.Literal,
            ScalarStyle.Folded => StringStyle.Folded,
            _ => StringStyle.Plain,
        };
        var span = new SourceSpan(source, Offset(scalar.Start, source), Offset(scalar.End, source));
        if (style == StringStyle.DoubleQuoted && HasEscape(span) && ScalarOffsets.Map(span, scalar.Value, style).Length == 0)
        {
            // The parser takes anything for the second half of a surrogate pair.
            findings.Add(Diagnostic.Error(
                "yaml.syntax", "an escape in the string is not well-formed", "", at, "write four hexadecimal digits after `\\u`"));
        }

        return new StringNode(at, scalar.Value, style, span);
    }

    static NumberNode? Number(string text, Position at, Findings findings)
    {
        var decimalText = text switch
        {
            ['0', 'x', .. var hex] when hex.Length > 0 && hex.AsSpan().IndexOfAnyExcept(HexDigits) < 0 => Numbers.FromRadix(hex, 4) ?? text,
            ['0', 'o', .. var octal] when octal.Length > 0 && octal.AsSpan().IndexOfAnyExceptInRange('0', '7') < 0 =>
                Numbers.FromRadix(octal, 3) ?? text,
            _ when IsDecimal(text) => text,
            _ => null,
        };
        if (decimalText is null)
        {
            return null;
        }

        var digits = text.AsSpan().TrimStart("+-");
        if (digits.Length > 1 && digits[0] == '0' && char.IsAsciiDigit(digits[1]))
        {
            // Core schema reads a number and drops the zeros, which order numbers and postal codes do not survive.
            findings.Add(Diagnostic.Error(
                "yaml.leading-zero", $"`{JsonWords.Shorten(text)}` would be read as a number without its leading zeros", "", at,
                $"quote it to keep the zeros: \"{JsonWords.Shorten(text)}\", or remove them"));
        }

        if (!char.IsAsciiDigit(decimalText[^1]) && decimalText[^1] != '.' || !Numbers.TryExact(decimalText, out var value))
        {
            findings.Add(Limit.Inexact(text, at));
            return new NumberNode(at, "0", 0);
        }

        return new NumberNode(at, Numbers.Format(value), value);
    }

    static readonly System.Buffers.SearchValues<char> HexDigits = System.Buffers.SearchValues.Create("0123456789abcdefABCDEF");

    /// <summary><c>[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?</c>, the integers included.</summary>
    static bool IsDecimal(ReadOnlySpan<char> text)
    {
        text = text.Length > 0 && text[0] is '+' or '-' ? text[1..] : text;
        var whole = Digits(ref text);
        var fraction = 0;
        if (text.Length > 0 && text[0] == '.')
        {
            text = text[1..];
            fraction = Digits(ref text);
        }

        if (whole == 0 && fraction == 0)
        {
            return false;
        }

        if (text.Length > 0 && text[0] is 'e' or 'E')
        {
            text = text[1..];
            text = text.Length > 0 && text[0] is '+' or '-' ? text[1..] : text;
            return Digits(ref text) > 0 && text.Length == 0;
        }

        return text.Length == 0;
    }

    static int Digits(ref ReadOnlySpan<char> text)
    {
        var count = text.IndexOfAnyExceptInRange('0', '9');
        count = count < 0 ? text.Length : count;
        text = text[count..];
        return count;
    }
}
