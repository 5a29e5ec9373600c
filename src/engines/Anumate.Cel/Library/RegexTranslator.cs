using System.Globalization;
using System.Text;

namespace Anumate.Cel;

/// <summary>
/// Reads an RE2 pattern and writes the .NET pattern that matches the same texts. Groups capture nothing and laziness is dropped, since
/// only whether there is a match is asked. Not supported: <c>\b</c>, <c>\B</c>, <c>\C</c>, <c>\p{…}</c>, back references, look-around.
/// </summary>
sealed class RegexTranslator
{
    const int MaxLength = 4096;
    const int MaxDepth = 50;
    const int MaxRepeat = 1000;
    const int MaxSize = 5000;

    static readonly System.Buffers.SearchValues<char> NameCharacters =
        System.Buffers.SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_");

    readonly string pattern;
    readonly StringBuilder text = new();
    int at;
    int depth;
    string? error;
    Flags flags;

    [Flags]
    enum Flags
    {
        None = 0,
        IgnoreCase = 1,
        DotAll = 2,
        MultiLine = 4,
        Ungreedy = 8,
    }

    RegexTranslator(string pattern) => this.pattern = pattern;

    /// <summary>The .NET pattern; how many elements it has with repetitions written out; what is wrong with it.</summary>
    public readonly record struct Translation(string Text, int Size, string? Error);

    /// <summary>How often an element can repeat, repetitions within it multiplied; how many elements that makes; whether it always matches no text.</summary>
    readonly record struct Extent(int Repeat, int Size, bool Empty);

    public static Translation Translate(string pattern)
    {
        if (pattern.Length > MaxLength)
        {
            return new("", 0, $"the pattern has more than {MaxLength} characters");
        }

        var translator = new RegexTranslator(pattern);
        var extent = translator.Alternatives();
        if (translator.error is null && translator.at < pattern.Length)
        {
            translator.Fail("a `)` without `(`");
        }

        return new(translator.text.ToString(), extent.Size, translator.error);
    }

    bool Ended => at >= pattern.Length || error is not null;

    void Fail(string message) => error ??= $"{message} at {at + 1}";

    /// <summary>Reads up to the closing parenthesis or the end.</summary>
    Extent Alternatives()
    {
        var (repeat, size, earlierEmpty, empty) = (1, 1, false, true);
        while (!Ended && pattern[at] != ')')
        {
            if (pattern[at] == '|')
            {
                at++;
                text.Append('|');
                (earlierEmpty, empty) = (earlierEmpty || empty, true);
                continue;
            }

            var start = text.Length;
            if (Atom() is not { } inner)
            {
                continue;
            }

            var (count, optional) = Quantifier(start, inner.Empty);
            empty &= optional;
            repeat = Math.Max(repeat, inner.Repeat * count);
            size += inner.Size * count;
            if (repeat > MaxRepeat || size > MaxSize)
            {
                Fail(repeat > MaxRepeat ? $"more than {MaxRepeat} repetitions" : "the pattern becomes too large");
            }
        }

        return new(repeat, size, earlierEmpty || empty);
    }

    /// <summary>One element; null for flags, which cannot be repeated.</summary>
    Extent? Atom()
    {
        var c = pattern[at];
        switch (c)
        {
            case '(':
                return Group();
            case '[':
                Class();
                break;
            case '.':
                at++;
                Emit(flags.HasFlag(Flags.DotAll) ? [(0, 0x10FFFF)] : CodePoints.Complement([('\n', '\n')]));
                break;
            case '^':
                at++;
                text.Append(flags.HasFlag(Flags.MultiLine) ? "(?m:^)" : @"\A");
                break;
            case '$':
                at++;
                text.Append(flags.HasFlag(Flags.MultiLine) ? "(?m:$)" : @"\z");
                break;
            case '*' or '+' or '?':
                Fail($"nothing to repeat before `{c}`");
                break;
            case '\\':
                Escape();
                break;
            default:
                Literal();
                break;
        }

        return new(1, 1, false);
    }

    void Literal()
    {
        if (!Rune.TryGetRuneAt(pattern, at, out var rune))
        {
            Fail("half a surrogate pair");
            return;
        }

        at += rune.Utf16SequenceLength;
        Emit([(rune.Value, rune.Value)]);
    }

    Extent? Group()
    {
        var outer = flags;
        at++;
        if (++depth > MaxDepth)
        {
            Fail($"groups nested deeper than {MaxDepth}");
            return null;
        }

        text.Append("(?:");
        if (at < pattern.Length && pattern[at] == '?')
        {
            at++;
            if (!GroupHead())
            {
                // (?i): the flags hold to the end of the group around.
                text.Append(')');
                depth--;
                return null;
            }
        }

        var inner = flags.HasFlag(Flags.IgnoreCase) != outer.HasFlag(Flags.IgnoreCase);
        text.Append(inner ? flags.HasFlag(Flags.IgnoreCase) ? "(?i:" : "(?-i:" : "");
        var extent = Alternatives();
        text.Append(inner ? "))" : ")");
        if (Ended && error is null && at >= pattern.Length)
        {
            Fail("a `(` without `)`");
        }

        at++;
        flags = outer;
        depth--;
        return extent;
    }

    /// <summary>What follows <c>(?</c>; false when it was flags alone.</summary>
    bool GroupHead()
    {
        var rest = pattern.AsSpan(at);
        if (rest.StartsWith("P<") || (rest.StartsWith("<") && !rest.StartsWith("<=") && !rest.StartsWith("<!")))
        {
            var end = rest.IndexOf('>');
            var name = end < 0 ? "" : rest[(rest.IndexOf('<') + 1)..end];
            if (name.Length == 0 || name.IndexOfAnyExcept(NameCharacters) >= 0)
            {
                Fail("invalid group name");
                return true;
            }

            at += end + 1;
            return true;
        }

        var on = true;
        for (; at < pattern.Length; at++)
        {
            var flag = FlagOf(pattern[at]);
            switch (pattern[at])
            {
                case '-' when on:
                    on = false;
                    continue;
                case ':':
                    at++;
                    return true;
                case ')':
                    at++;
                    return SetFlags();
                case var _ when flag != Flags.None:
                    flags = on ? flags | flag : flags & ~flag;
                    continue;
                default:
                    Fail("look-around and other `(?` groups are not supported");
                    return true;
            }
        }

        Fail("a `(` without `)`");
        return true;
    }

    static Flags FlagOf(char letter) => letter switch
    {
        'i' => Flags.IgnoreCase,
        's' => Flags.DotAll,
        'm' => Flags.MultiLine,
        'U' => Flags.Ungreedy,
        _ => Flags.None,
    };

    bool SetFlags()
    {
        // The empty group that was opened is closed by the caller; case is switched by an inline option after it.
        text.Length -= "(?:".Length;
        text.Append(flags.HasFlag(Flags.IgnoreCase) ? "(?i)(?:" : "(?-i)(?:");
        return false;
    }

    /// <summary>
    /// Reads a quantifier after what was written from a position on; returns its count, 1 for none or an open one, and whether the whole
    /// can match no text.
    /// </summary>
    (int Count, bool Empty) Quantifier(int start, bool empty)
    {
        if (Ended)
        {
            return (1, empty);
        }

        var (low, high, length) = pattern[at] switch
        {
            '*' => (0, -1, 1),
            '+' => (1, -1, 1),
            '?' => (0, 1, 1),
            '{' => Counts(),
            _ => (1, 1, 0),
        };
        if (length == 0 || error is not null)
        {
            return (1, empty);
        }

        at += length;
        var count = Math.Max(1, Math.Max(low, high));

        // The same texts, and .NET 10 takes `(?:(?:ab)+|)+` for `(?:ab)+`: it forgets the empty alternative.
        low = empty ? 0 : low;
        text.Insert(start, "(?:").Append(')').Append((low, high) switch
        {
            (0, -1) => "*",
            (1, -1) => "+",
            (0, 1) => "?",
            (_, -1) => $"{{{low},}}",
            _ => $"{{{low},{high}}}",
        });
        if (!Ended && pattern[at] == '?')
        {
            at++;
        }

        if (!Ended && (pattern[at] is '*' or '+' or '?' || (pattern[at] == '{' && Counts().Length > 0)))
        {
            Fail("a repetition of a repetition");
        }

        return (count, low == 0);
    }

    /// <summary><c>{2}</c>, <c>{2,}</c>, <c>{2,5}</c>; anything else is literal text of length 0 here.</summary>
    (int Low, int High, int Length) Counts()
    {
        var end = pattern.IndexOf('}', at);
        var none = (1, 1, 0);
        if (end < 0 || end - at > 10)
        {
            return none;
        }

        var parts = pattern[(at + 1)..end].Split(',');
        if (parts.Length > 2 || !int.TryParse(parts[0], NumberStyles.None, null, out var low))
        {
            return none;
        }

        var high = parts.Length == 1 ? low : -1;
        if (parts.Length == 2 && parts[1] != "" && !int.TryParse(parts[1], NumberStyles.None, null, out high))
        {
            return none;
        }

        if (low > MaxRepeat || high > MaxRepeat || (high >= 0 && high < low))
        {
            Fail($"invalid repetition `{pattern[at..(end + 1)]}`");
        }

        return (low, high, end + 1 - at);
    }

    void Escape()
    {
        if (at + 1 < pattern.Length && pattern[at + 1] is 'A' or 'z')
        {
            text.Append('\\').Append(pattern[at + 1]);
            at += 2;
        }
        else if (at + 1 < pattern.Length && pattern[at + 1] == 'Q')
        {
            Quoted();
        }
        else if (ReadEscape() is { } set)
        {
            Emit(set);
        }
    }

    void Quoted()
    {
        var end = pattern.IndexOf(@"\E", at + 2, StringComparison.Ordinal);
        var stop = end < 0 ? pattern.Length : end;
        for (at += 2; at < stop && error is null;)
        {
            Literal();
        }

        at = end < 0 ? pattern.Length : end + 2;
    }

    /// <summary>An escape that stands for characters, inside or outside of a class.</summary>
    List<(int Low, int High)>? ReadEscape()
    {
        if (at + 1 >= pattern.Length)
        {
            Fail("a trailing backslash");
            return null;
        }

        var c = pattern[at + 1];
        if (CodePoints.Perl(c) is { } named)
        {
            at += 2;
            return named;
        }

        var code = c switch { 't' => '\t', 'n' => '\n', 'f' => '\f', 'r' => '\r', 'v' => '\v', 'a' => '\a', _ => -1 };
        if (code < 0 && c == 'x')
        {
            code = Hex();
        }
        else if (code < 0 && c is >= '0' and <= '7')
        {
            code = Octal();
        }
        else if (code >= 0 || (char.IsAscii(c) && !char.IsAsciiLetterOrDigit(c)))
        {
            code = code >= 0 ? code : c;
            at += 2;
        }

        if (code < 0)
        {
            Fail($"unsupported escape `\\{c}`");
            return null;
        }

        return [(code, code)];
    }

    int Hex()
    {
        var braced = at + 2 < pattern.Length && pattern[at + 2] == '{';
        var end = braced ? pattern.IndexOf('}', at) : at + 4;
        if (end < 0 || end > pattern.Length)
        {
            return -1;
        }

        var digits = pattern.AsSpan((braced ? at + 3 : at + 2)..end);
        if (!int.TryParse(digits, NumberStyles.AllowHexSpecifier, null, out var code) || !Rune.IsValid(code))
        {
            return -1;
        }

        at = braced ? end + 1 : end;
        return code;
    }

    /// <summary>Three octal digits, or <c>\0</c> with up to two more; <c>\1</c> alone would be a back reference.</summary>
    int Octal()
    {
        var length = 0;
        var code = 0;
        while (length < 3 && at + 1 + length < pattern.Length && pattern[at + 1 + length] is >= '0' and <= '7')
        {
            code = (code * 8) + (pattern[at + 1 + length] - '0');
            length++;
        }

        if (pattern[at + 1] != '0' && length < 3)
        {
            return -1;
        }

        at += 1 + length;
        return code;
    }

    void Class()
    {
        at++;
        var negated = !Ended && pattern[at] == '^';
        at += negated ? 1 : 0;
        var set = new List<(int Low, int High)>();
        for (var first = true; !Ended && (first || pattern[at] != ']'); first = false)
        {
            ClassItem(set);
        }

        if (Ended)
        {
            Fail("a `[` without `]`");
            return;
        }

        at++;
        Emit(negated ? CodePoints.Complement(set) : set);
    }

    void ClassItem(List<(int Low, int High)> set)
    {
        if (pattern.AsSpan(at).StartsWith("[:"))
        {
            var end = pattern.IndexOf(":]", at, StringComparison.Ordinal);
            if (end < 0 || CodePoints.Posix(pattern[(at + 2)..end]) is not { } named)
            {
                Fail("unknown class name");
                return;
            }

            at = end + 2;
            set.AddRange(named);
            return;
        }

        if (ClassBound() is not { } low)
        {
            return;
        }

        var isRange = at + 1 < pattern.Length && pattern[at] == '-' && pattern[at + 1] != ']';
        if (!isRange || low is not [(var from, var same)] || from != same)
        {
            set.AddRange(low);
            return;
        }

        at++;
        if (ClassBound() is not { } high)
        {
            return;
        }

        if (high is not [(var to, var last)] || to != last || to < from)
        {
            Fail("invalid range");
            return;
        }

        set.Add((from, to));
    }

    List<(int Low, int High)>? ClassBound()
    {
        if (pattern[at] == '\\')
        {
            return ReadEscape();
        }

        if (!Rune.TryGetRuneAt(pattern, at, out var rune))
        {
            Fail("half a surrogate pair");
            return null;
        }

        at += rune.Utf16SequenceLength;
        return [(rune.Value, rune.Value)];
    }

    void Emit(List<(int Low, int High)> set) => CodePoints.Write(set, text);
}
