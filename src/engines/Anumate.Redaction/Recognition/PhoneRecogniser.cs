using System.Collections.Frozen;

namespace Anumate.Redaction.Recognition;

/// <summary>
/// Telephone numbers: international ones (<c>+</c> and a country code that is assigned), North American ones in their usual forms, and
/// any others where the words or the name around speak of a telephone.
/// </summary>
sealed class PhoneRecogniser() : Recogniser("PHONE")
{
    const int ShortestInternational = 8, ShortestNational = 7, MostDigits = 15, Reach = 36;

    // Codes of three digits by their first two, where all ten or most of them are assigned; of one and two digits by themselves.
    static readonly FrozenSet<int> Codes = Read(
        "1 7 20 27 30-34 36 39-41 43-49 51-58 60-66 81 82 84 86 90-95 98 211-213 216 218 220-269 290 291 297-299 350-359 370-378 380-383 385-387 389 420 421 423 "
        + "500-509 590-599 670 672-683 685-692 800 808 850 852 853 855 856 870 878 880-883 886 888 960-968 970-977 979 992-996 998");

    public override bool MayBeginWith(byte first) => char.IsAsciiDigit((char)first);

    public override bool IsMarkedBy(byte mark) => mark is (byte)'+' or (byte)'(';

    public override bool Find(in Text text, int at, out int from, out int to)
    {
        (from, to) = (at, at);
        if (text.IsWord(at - 1) || text.JoinsDigit(at - 1, -1) || text[at - 1] == '+' || (text[at - 1] == '(' && text[at] is not ((byte)'(' or (byte)'+')))
        {
            return false;
        }

        Span<byte> digits = stackalloc byte[MostDigits];
        var read = Read(text, at, digits, ref to);
        if (read.Count is < ShortestNational or > MostDigits || text.IsWord(to) || text.JoinsDigit(to, 1))
        {
            return false;
        }

        digits = digits[..read.Count];
        return text[at] == '+'
            ? read.Count >= ShortestInternational && read.Marks.Dots != 1 && IsAssigned(digits)
            : IsNorthAmerican(read, digits) || (!IsDateOrAddress(read, digits) && text.Says(at, Clue.Phone));
    }

    /// <summary>What was read: digits, the separators by kind, and the sizes of the groups as <see cref="Digits.Form"/> makes them.</summary>
    readonly record struct Shape(int Count, Marks Marks, long Groups);

    /// <summary>The separators between the digits, by kind; spaces are not counted.</summary>
    record struct Marks(int Dots, int Hyphens, int Brackets, int Slashes);

    static Shape Read(in Text text, int at, Span<byte> digits, ref int to)
    {
        var (count, group, groups, gap) = (0, 0, 0L, 0);
        // What stands behind the last digit is no part of the number: it counts when another digit comes.
        var (marks, met) = (new Marks(), new Marks());
        for (var i = text[at] == '+' ? at + 1 : at; i - at < Reach;)
        {
            if (text.IsDigit(i))
            {
                if (count == digits.Length)
                {
                    return new(MostDigits + 1, marks, 0);
                }

                digits[count++] = (byte)(text[i] - '0');
                (group, gap, to, marks) = (group + 1, 0, ++i, met);
                continue;
            }

            groups = group > 0 ? (groups << 5) | (long)group : groups;
            group = 0;
            var length = Math.Max(text.Separator(i), text[i] is (byte)'.' or (byte)'(' or (byte)')' or (byte)'/' ? 1 : 0);
            // Two marks in a row only around brackets: `(415) 555`.
            if (length == 0 || ++gap > 2 || (gap == 2 && text[i] is not ((byte)'(' or (byte)')') && text[i - 1] != ')'))
            {
                break;
            }

            if (text[i] == '(' && met.Brackets > 0)
            {
                break;
            }

            _ = text[i] switch { (byte)'.' => met.Dots++, (byte)'(' => met.Brackets++, (byte)'/' => met.Slashes++, (byte)')' or (byte)' ' or 0xc2 => 0, _ => met.Hyphens++ };
            i += length;
        }

        return new(count, marks, group > 0 ? (groups << 5) | (long)group : groups);
    }

    static bool IsAssigned(ReadOnlySpan<byte> digits)
    {
        var two = (digits[0] * 10) + digits[1];
        return digits[0] != 0 && (Codes.Contains(digits[0]) || Codes.Contains(two) || Codes.Contains((two * 10) + digits[2]));
    }

    // (415) 555-2671, 415-555-2671, 415.555.2671, each with a leading 1 or not.
    static bool IsNorthAmerican(Shape shape, ReadOnlySpan<byte> digits)
    {
        var area = shape.Count == 11 && digits[0] == 1 ? 1 : 0;
        var form = shape.Groups == (area == 0 ? Digits.Form(3, 3, 4) : Digits.Form(1, 3, 3, 4));
        var marks = (shape.Marks.Brackets > 0 ? 1 : 0) + (shape.Marks.Dots >= 2 ? 1 : 0) + (shape.Marks.Hyphens >= 2 ? 1 : 0);
        return form && marks > 0 && shape.Count == 10 + area && IsExchange(digits[area..]) && IsExchange(digits[(area + 3)..]) && digits[area + 1] != 9;
    }

    static bool IsExchange(ReadOnlySpan<byte> three) => three[0] >= 2 && !(three[1] == 1 && three[2] == 1);

    // 2026-11-25, 25.11.2026, 192.0.2.1: no telephone, whatever stands before them.
    static bool IsDateOrAddress(Shape shape, ReadOnlySpan<byte> digits) =>
        (shape.Count == 8 && (shape.Groups == Digits.Form(4, 2, 2) || (shape.Groups == Digits.Form(2, 2, 4) && digits[4] is 1 or 2)))
        || shape.Marks.Dots == 3 || shape.Marks.Dots == 1 || shape.Marks.Slashes > 1;

    static FrozenSet<int> Read(string ranges) => ranges.Split(' ').Select(r => r.Split('-')).SelectMany(r =>
        Enumerable.Range(int.Parse(r[0]), int.Parse(r[^1]) - int.Parse(r[0]) + 1)).ToFrozenSet();
}
