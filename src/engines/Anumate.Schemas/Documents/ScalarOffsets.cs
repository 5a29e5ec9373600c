using System.Globalization;

namespace Anumate.Schemas.Documents;

/// <summary>
/// Where each character of a string value stands in the source. The source of the scalar is taken line by line, each line decoded by
/// its style, and laid onto the value; between two lines the value may hold only what folding or a line break puts there.
/// </summary>
static class ScalarOffsets
{
    /// <summary>An offset for every character and one past the end; empty when the source does not line up with the value.</summary>
    public static int[] Map(SourceSpan source, string value, StringStyle style)
    {
        var text = source.Text!.Text;
        var (start, end) = (source.Start, Math.Min(source.End, text.Length));
        if (style is StringStyle.SingleQuoted or StringStyle.DoubleQuoted or StringStyle.Json)
        {
            (start, end) = (start + 1, end - 1);
        }

        if (start > end)
        {
            return [];
        }

        var offsets = new int[value.Length + 1];
        var block = style is StringStyle.Literal or StringStyle.Folded;
        var at = 0;
        var last = start;
        var line = block ? NextLine(text, start, end).Next : start;
        var chars = new List<(char Char, int Offset)>();
        while (line < end)
        {
            var (lineEnd, next) = NextLine(text, line, end);
            Decode(text, line, lineEnd, style, first: line == start, final: next >= end, chars);
            line = next;
            if (chars.Count == 0)
            {
                continue;
            }

            at = Lay(chars, block, value, at, offsets, ref last);
            if (at < 0)
            {
                return [];
            }
        }

        for (; at <= value.Length; at++)
        {
            if (at < value.Length && value[at] is not ('\n' or ' '))
            {
                return [];
            }

            offsets[at] = last;
        }

        return offsets;
    }

    /// <summary>Puts a line's characters at the next place of the value where they fit; -1 when they fit nowhere.</summary>
    static int Lay(List<(char Char, int Offset)> chars, bool block, string value, int at, int[] offsets, ref int last)
    {
        // A block's line brings its indentation along, of which the value holds the part beyond the block's own.
        var skip = block ? chars.FindIndex(c => c.Char != ' ') : 0;
        skip = skip < 0 ? chars.Count : skip;
        while (!Fits(chars, skip, value, at))
        {
            if (at >= value.Length || value[at] is not ('\n' or ' '))
            {
                return -1;
            }

            offsets[at++] = last;
        }

        for (var i = skip; i < chars.Count; i++)
        {
            offsets[at++] = chars[i].Offset;
            last = chars[i].Offset + 1;
        }

        return at;
    }

    static bool Fits(List<(char Char, int Offset)> chars, int skip, string value, int at)
    {
        if (at + chars.Count - skip > value.Length)
        {
            return false;
        }

        for (var i = skip; i < chars.Count; i++)
        {
            if (value[at + i - skip] != chars[i].Char)
            {
                return false;
            }
        }

        return true;
    }

    static (int End, int Next) NextLine(string text, int start, int end)
    {
        var length = text.AsSpan(start, end - start).IndexOfAny('\n', '\r');
        if (length < 0)
        {
            return (end, end);
        }

        var at = start + length;
        return (at, text[at] == '\r' && at + 1 < end && text[at + 1] == '\n' ? at + 2 : at + 1);
    }

    static void Decode(string text, int start, int end, StringStyle style, bool first, bool final, List<(char Char, int Offset)> chars)
    {
        chars.Clear();
        if (style is StringStyle.Plain or StringStyle.SingleQuoted or StringStyle.DoubleQuoted)
        {
            for (; !first && start < end && text[start] is ' ' or '\t'; start++)
            {
            }

            for (; !final && end > start && text[end - 1] is ' ' or '\t' && !IsEscaped(text, start, end - 1); end--)
            {
            }
        }

        for (var i = start; i < end; i++)
        {
            if (text[i] == '\'' && style == StringStyle.SingleQuoted)
            {
                chars.Add(('\'', i++));
            }
            else if (text[i] == '\\' && style is StringStyle.DoubleQuoted or StringStyle.Json)
            {
                i += Escape(text, i, end, chars) - 1;
            }
            else
            {
                chars.Add((text[i], i));
            }
        }
    }

    /// <summary>Whether an odd number of backslashes stands before the character.</summary>
    static bool IsEscaped(string text, int start, int at)
    {
        var backslashes = 0;
        while (at - 1 - backslashes >= start && text[at - 1 - backslashes] == '\\')
        {
            backslashes++;
        }

        return backslashes % 2 == 1;
    }

    /// <summary>Decodes the escape at <paramref name="at"/> and returns its length.</summary>
    static int Escape(string text, int at, int end, List<(char Char, int Offset)> chars)
    {
        if (at + 1 >= end)
        {
            return 1;
        }

        var digits = text[at + 1] switch { 'x' => 2, 'u' => 4, 'U' => 8, _ => 0 };
        if (digits > 0)
        {
            // What is not an escape keeps its backslash, which the value does not have: then nothing lines up.
            var code = 0;
            var valid = at + 2 + digits <= end
                && int.TryParse(text.AsSpan(at + 2, digits), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out code)
                && code is >= 0 and <= 0x10FFFF;
            foreach (var c in !valid ? "\\" : code > 0xFFFF ? char.ConvertFromUtf32(code) : ((char)code).ToString())
            {
                chars.Add((c, at));
            }

            return valid ? 2 + digits : 1;
        }

        chars.Add((text[at + 1] switch
        {
            '0' => '\0',
            'a' => '\a',
            'b' => '\b',
            't' or '\t' => '\t',
            'n' => '\n',
            'v' => '\v',
            'f' => '\f',
            'r' => '\r',
            'e' => '\u001B',
            'N' => '\u0085',
            '_' => '\u00A0',
            'L' => '\u2028',
            'P' => '\u2029',
            var c => c,
        }, at));
        return 2;
    }
}
