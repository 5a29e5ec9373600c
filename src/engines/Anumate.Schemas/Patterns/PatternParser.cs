using System.Globalization;

namespace Anumate.Schemas.Patterns;

/// <summary>Reads ECMA-262 regular expressions (section 22.2.1, with the u flag) into <see cref="PatternNode"/>s.</summary>
sealed class PatternParser
{
    const int MaxLength = 4000;
    const int MaxDepth = 50;
    const int MaxRepeat = 1000;

    readonly string source;
    int at;
    int depth;

    PatternParser(string source) => this.source = source;

    public static (PatternNode? Root, string? Error) Parse(string source)
    {
        if (source.Length > MaxLength)
        {
            return (null, $"it is longer than {MaxLength} characters");
        }

        var parser = new PatternParser(source);
        try
        {
            var root = parser.Choice();
            return parser.at < source.Length ? (null, $"the `)` at character {parser.at + 1} closes nothing") : (root, null);
        }
        catch (FormatException e)
        {
            return (null, e.Message);
        }
    }

    PatternNode Choice()
    {
        if (++depth > MaxDepth)
        {
            throw new FormatException($"groups are nested deeper than {MaxDepth} levels");
        }

        var options = new List<PatternNode> { Sequence() };
        while (Take('|'))
        {
            options.Add(Sequence());
        }

        depth--;
        return options.Count == 1 ? options[0] : new PatternNode.Choice(options);
    }

    PatternNode.Sequence Sequence()
    {
        var parts = new List<PatternNode>();
        while (at < source.Length && source[at] is not ('|' or ')'))
        {
            var start = at;
            var atom = Atom();
            var repeated = Quantified(atom, start);
            parts.Add(repeated);
        }

        return new PatternNode.Sequence(parts);
    }

    PatternNode Quantified(PatternNode atom, int start)
    {
        if (at >= source.Length)
        {
            return atom;
        }

        (int Min, int? Max)? bounds = source[at] switch
        {
            '*' => (0, null),
            '+' => (1, null),
            '?' => (0, 1),
            '{' => Braces(),
            _ => null,
        };
        if (bounds is not { } b)
        {
            return atom;
        }

        if (atom is PatternNode.Anchor)
        {
            throw new FormatException($"the anchor at character {start + 1} cannot be repeated");
        }

        at += source[at] == '{' ? source.IndexOf('}', at) - at + 1 : 1;

        // A lazy quantifier finds another match, never none.
        Take('?');
        return new PatternNode.Repeat(atom, b.Min, b.Max);
    }

    /// <summary>The bounds of <c>{n}</c>, <c>{n,}</c>, <c>{n,m}</c>; null when the brace is an ordinary character.</summary>
    (int Min, int? Max)? Braces()
    {
        var close = source.IndexOf('}', at);
        if (close < 0 || at + 1 >= source.Length || !char.IsAsciiDigit(source[at + 1]))
        {
            return null;
        }

        var inner = source[(at + 1)..close].Split(',');
        if (inner.Length > 2 || inner.Any(i => i.AsSpan().IndexOfAnyExceptInRange('0', '9') >= 0))
        {
            return null;
        }

        var min = Count(inner[0]);
        int? max = inner.Length == 1 ? min : inner[1].Length == 0 ? null : Count(inner[1]);
        return max < min ? throw new FormatException($"the bounds at character {at + 1} are in the wrong order") : (min, max);
    }

    static int Count(string digits) =>
        int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var count) && count <= MaxRepeat
            ? count
            : throw new FormatException($"a repetition of {digits} is more than {MaxRepeat}");

    PatternNode Atom()
    {
        var c = source[at];
        switch (c)
        {
            case '^' or '$':
                at++;
                return new PatternNode.Anchor(c == '$');
            case '.':
                at++;
                return new PatternNode.Set(CodePointSet.LineEnds.Complement());
            case '(':
                return Group();
            case '[':
                at++;
                return new PatternNode.Set(Class());
            case '\\':
                return new PatternNode.Set(Escape(inClass: false));
            case '*' or '+' or '?':
                throw new FormatException($"the `{c}` at character {at + 1} repeats nothing");
            default:
                return One(CodePoint());
        }
    }

    PatternNode Group()
    {
        var start = at++;
        if (Take('?'))
        {
            if (at < source.Length && source[at] == '<' && at + 1 < source.Length && source[at + 1] is not ('=' or '!'))
            {
                var close = source.IndexOf('>', at);
                at = close < 0 ? throw new FormatException($"the group name at character {at + 1} is not closed") : close + 1;
            }
            else if (!Take(':'))
            {
                throw new FormatException($"look-around, at character {start + 1}, is not supported; say what the text must hold, or use several patterns in `allOf`");
            }
        }

        var inner = Choice();
        return Take(')') ? inner : throw new FormatException($"the `(` at character {start + 1} is not closed");
    }

    CodePointSet Class()
    {
        var start = at;
        var negated = Take('^');
        var ranges = new List<(int From, int To)>();
        while (!Take(']'))
        {
            if (at >= source.Length)
            {
                throw new FormatException($"the `[` at character {start} is not closed");
            }

            var from = ClassAtom();
            if (at + 1 < source.Length && source[at] == '-' && source[at + 1] != ']')
            {
                at++;
                var to = ClassAtom();
                if (from.Single is not { } low || to.Single is not { } high || low > high)
                {
                    throw new FormatException($"the range before character {at + 1} is out of order or not of single characters");
                }

                ranges.Add((low, high));
            }
            else
            {
                ranges.AddRange(from.Set.Ranges);
            }
        }

        var set = CodePointSet.Union(ranges);
        return negated ? set.Complement() : set;
    }

    (CodePointSet Set, int? Single) ClassAtom()
    {
        if (at >= source.Length)
        {
            throw new FormatException("a `[` is not closed");
        }

        var set = source[at] == '\\' ? Escape(inClass: true) : One(CodePoint()).Points;
        return (set, set.Ranges is [var (from, to)] && from == to ? from : null);
    }

    CodePointSet Escape(bool inClass)
    {
        var start = at++;
        if (at >= source.Length)
        {
            throw new FormatException("it ends with a `\\`");
        }

        var c = source[at++];
        switch (c)
        {
            case 'd':
                return CodePointSet.Digits;
            case 'D':
                return CodePointSet.Digits.Complement();
            case 'w':
                return CodePointSet.WordCharacters;
            case 'W':
                return CodePointSet.WordCharacters.Complement();
            case 's':
                return CodePointSet.Space;
            case 'S':
                return CodePointSet.Space.Complement();
            case 'p' or 'P':
                return Property(start, c == 'P');
            case 'b' when inClass:
                return CodePointSet.Of(('\b', '\b'));
            case 'b' or 'B':
                throw new FormatException($"the word boundary `\\{c}` at character {start + 1} is not supported; name the characters around it");
            case 'k' or (>= '1' and <= '9'):
                throw new FormatException($"the back reference `\\{c}` at character {start + 1} is not supported");
            default:
                var point = Character(c, start);
                return CodePointSet.Of((point, point));
        }
    }

    int Character(char c, int start)
    {
        switch (c)
        {
            case 't':
                return '\t';
            case 'n':
                return '\n';
            case 'v':
                return '\v';
            case 'f':
                return '\f';
            case 'r':
                return '\r';
            case '0' when at >= source.Length || !char.IsAsciiDigit(source[at]):
                return 0;
            case 'c' when at < source.Length && char.IsAsciiLetter(source[at]):
                return source[at++] % 32;
            case 'x':
                return Hex(2, start);
            case 'u' when Take('{'):
                var close = source.IndexOf('}', at);
                var point = close > at && close - at <= 8 ? Hex(close - at, start) : -1;
                at++;
                return point is >= 0 and <= 0x10FFFF ? point : throw new FormatException($"the escape at character {start + 1} names no code point");
            case 'u':
                var unit = Hex(4, start);
                if (char.IsHighSurrogate((char)unit) && at + 1 < source.Length && source[at] == '\\' && source[at + 1] == 'u')
                {
                    at += 2;
                    var low = Hex(4, start);
                    return char.IsLowSurrogate((char)low)
                        ? char.ConvertToUtf32((char)unit, (char)low)
                        : throw new FormatException($"the escape at character {start + 1} is half of a surrogate pair");
                }

                return unit;
            default:
                // Punctuation may be escaped although it need not be; a letter would mean something we do not know.
                return char.IsAscii(c) && (char.IsPunctuation(c) || char.IsSymbol(c) || c == ' ')
                    ? c
                    : throw new FormatException($"there is no escape `\\{c}`, at character {start + 1}");
        }
    }

    CodePointSet Property(int start, bool negated)
    {
        var close = at < source.Length && source[at] == '{' ? source.IndexOf('}', at) : -1;
        if (close < 0)
        {
            throw new FormatException($"the `\\p` at character {start + 1} needs a name in braces");
        }

        var name = source[(at + 1)..close];
        at = close + 1;
        var set = UnicodeProperties.Find(name)
            ?? throw new FormatException($"the Unicode property `{name}` is not supported; general categories such as `L` or `Letter` are");
        return negated ? set.Complement() : set;
    }

    int Hex(int digits, int start)
    {
        if (at + digits > source.Length
            || !int.TryParse(source.AsSpan(at, digits), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var value))
        {
            throw new FormatException($"the escape at character {start + 1} needs {digits} hexadecimal digits");
        }

        at += digits;
        return value;
    }

    int CodePoint()
    {
        var c = source[at++];
        return char.IsHighSurrogate(c) && at < source.Length && char.IsLowSurrogate(source[at]) ? char.ConvertToUtf32(c, source[at++]) : c;
    }

    static PatternNode.Set One(int point) => new(CodePointSet.Of((point, point)));

    bool Take(char c)
    {
        if (at < source.Length && source[at] == c)
        {
            at++;
            return true;
        }

        return false;
    }
}
