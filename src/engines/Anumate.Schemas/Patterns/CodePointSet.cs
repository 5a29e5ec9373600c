using System.Globalization;

namespace Anumate.Schemas.Patterns;

/// <summary>A set of Unicode code points as sorted ranges that neither touch nor overlap.</summary>
sealed class CodePointSet
{
    const int Last = 0x10FFFF;

    static readonly Lazy<CodePointSet[]> Categories = new(ReadCategories);

    CodePointSet(IReadOnlyList<(int From, int To)> ranges) => Ranges = ranges;

    public IReadOnlyList<(int From, int To)> Ranges { get; }

    public static CodePointSet Any { get; } = Of((0, Last));

    public static CodePointSet Digits { get; } = Of(('0', '9'));

    public static CodePointSet WordCharacters { get; } = Of(('0', '9'), ('A', 'Z'), ('_', '_'), ('a', 'z'));

    /// <summary>White space and line ends of ECMA-262 (sections 12.2 and 12.3).</summary>
    public static CodePointSet Space { get; } = Of(
        (0x09, 0x0D), (0x20, 0x20), (0xA0, 0xA0), (0x1680, 0x1680), (0x2000, 0x200A), (0x2028, 0x2029), (0x202F, 0x202F), (0x205F, 0x205F),
        (0x3000, 0x3000), (0xFEFF, 0xFEFF));

    public static CodePointSet LineEnds { get; } = Of(('\n', '\n'), ('\r', '\r'), (0x2028, 0x2029));

    public static CodePointSet Of(params (int From, int To)[] ranges) => Union(ranges);

    public static CodePointSet Of(UnicodeCategory category) => Categories.Value[(int)category];

    public static CodePointSet Union(IEnumerable<(int From, int To)> ranges)
    {
        var merged = new List<(int From, int To)>();
        foreach (var range in ranges.OrderBy(r => r.From))
        {
            if (merged.Count > 0 && range.From <= merged[^1].To + 1)
            {
                merged[^1] = (merged[^1].From, Math.Max(merged[^1].To, range.To));
            }
            else
            {
                merged.Add(range);
            }
        }

        return new CodePointSet(merged);
    }

    public CodePointSet Complement()
    {
        var rest = new List<(int From, int To)>();
        var next = 0;
        foreach (var (from, to) in Ranges)
        {
            if (from > next)
            {
                rest.Add((next, from - 1));
            }

            next = to + 1;
        }

        if (next <= Last)
        {
            rest.Add((next, Last));
        }

        return new CodePointSet(rest);
    }

    static CodePointSet[] ReadCategories()
    {
        var ranges = Enumerable.Range(0, 30).Select(_ => new List<(int From, int To)>()).ToArray();
        for (var point = 0; point <= Last; point++)
        {
            var list = ranges[(int)CharUnicodeInfo.GetUnicodeCategory(point)];
            if (list.Count > 0 && list[^1].To == point - 1)
            {
                list[^1] = (list[^1].From, point);
            }
            else
            {
                list.Add((point, point));
            }
        }

        return [.. ranges.Select(r => new CodePointSet(r))];
    }
}
