using System.Text;

namespace Anumate.Cel;

/// <summary>Sets of code points, and how to write them as .NET patterns, which see UTF-16.</summary>
static class CodePoints
{
    const int Last = 0x10FFFF;

    public static List<(int Low, int High)> Complement(List<(int Low, int High)> set)
    {
        var result = new List<(int, int)>();
        var next = 0;
        foreach (var (low, high) in set.OrderBy(r => r.Low))
        {
            if (low > next)
            {
                result.Add((next, low - 1));
            }

            next = Math.Max(next, high + 1);
        }

        if (next <= Last)
        {
            result.Add((next, Last));
        }

        return result;
    }

    /// <summary>The classes <c>\d</c>, <c>\s</c>, <c>\w</c> and their opposites; ASCII alone, as in RE2.</summary>
    public static List<(int Low, int High)>? Perl(char letter) => letter switch
    {
        'd' => [('0', '9')],
        's' => [('\t', '\n'), ('\f', '\r'), (' ', ' ')],
        'w' => [('0', '9'), ('A', 'Z'), ('_', '_'), ('a', 'z')],
        'D' or 'S' or 'W' => Complement(Perl(char.ToLowerInvariant(letter))!),
        _ => null,
    };

    public static List<(int Low, int High)>? Posix(string name) => name switch
    {
        "alnum" => [('0', '9'), ('A', 'Z'), ('a', 'z')],
        "alpha" => [('A', 'Z'), ('a', 'z')],
        "ascii" => [(0, 0x7F)],
        "blank" => [('\t', '\t'), (' ', ' ')],
        "cntrl" => [(0, 0x1F), (0x7F, 0x7F)],
        "digit" => [('0', '9')],
        "graph" => [('!', '~')],
        "lower" => [('a', 'z')],
        "print" => [(' ', '~')],
        "punct" => [('!', '/'), (':', '@'), ('[', '`'), ('{', '~')],
        "space" => [('\t', '\r'), (' ', ' ')],
        "upper" => [('A', 'Z')],
        "word" => Perl('w'),
        "xdigit" => [('0', '9'), ('A', 'F'), ('a', 'f')],
        ['^', .. var rest] => Posix(rest) is { } set ? Complement(set) : null,
        _ => null,
    };

    /// <summary>Writes one element that matches one code point of the set.</summary>
    public static void Write(List<(int Low, int High)> set, StringBuilder text)
    {
        if (set is [(var only, var same)] && only == same && only is <= 0xFFFF and not (>= 0xD800 and <= 0xDFFF))
        {
            text.Append($"\\u{only:X4}");
            return;
        }

        var plane = new StringBuilder();
        var pairs = new List<string>();
        foreach (var (low, high) in set)
        {
            Plane(low, Math.Min(high, 0xD7FF), plane);
            Plane(Math.Max(low, 0xE000), Math.Min(high, 0xFFFF), plane);
            Pairs(Math.Max(low, 0x10000), high, pairs);
        }

        if (plane.Length > 0)
        {
            pairs.Insert(0, $"[{plane}]");
        }

        // An empty set matches nothing.
        text.Append(pairs.Count switch { 0 => "[^\\u0000-\\uFFFF]", 1 => $"(?:{pairs[0]})", _ => $"(?:{string.Join('|', pairs)})" });
    }

    static void Plane(int low, int high, StringBuilder plane)
    {
        if (low <= high)
        {
            plane.Append($"\\u{low:X4}-\\u{high:X4}");
        }
    }

    static void Pairs(int low, int high, List<string> pairs)
    {
        while (low <= high)
        {
            var lead = 0xD800 + ((low - 0x10000) >> 10);
            var trail = 0xDC00 + ((low - 0x10000) & 0x3FF);
            var lastLead = 0xD800 + ((high - 0x10000) >> 10);
            var lastTrail = 0xDC00 + ((high - 0x10000) & 0x3FF);
            if (lead == lastLead)
            {
                pairs.Add($"\\u{lead:X4}[\\u{trail:X4}-\\u{lastTrail:X4}]");
                return;
            }

            // Whole blocks of 1,024 go together.
            var end = trail != 0xDC00 ? lead : lastTrail == 0xDFFF ? lastLead : lastLead - 1;
            pairs.Add(trail != 0xDC00
                ? $"\\u{lead:X4}[\\u{trail:X4}-\\uDFFF]"
                : $"[\\u{lead:X4}-\\u{end:X4}][\\uDC00-\\uDFFF]");
            low = 0x10000 + ((end - 0xD800 + 1) << 10);
        }
    }
}
