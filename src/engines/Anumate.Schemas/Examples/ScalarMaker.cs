using System.Globalization;
using System.Text;
using System.Text.Json;
using Anumate.Schemas.Documents;
using Anumate.Schemas.Keywords;
using Anumate.Schemas.Patterns;

namespace Anumate.Schemas.Examples;

/// <summary>Strings and numbers within their bounds; strings guess their subject from the name of the member.</summary>
sealed class ScalarMaker(Dice dice, int attempt)
{
    static readonly string[] Words =
        ["amber", "birch", "cedar", "delta", "ember", "fjord", "grove", "harbor", "iris", "juniper", "kestrel", "linden", "maple", "north", "ocean", "pine"];

    static readonly (string Part, string[] Values)[] Subjects =
    [
        ("email", ["ann@example.org", "ben@example.org", "cleo@example.org"]),
        ("currency", ["EUR", "USD", "GBP"]),
        ("country", ["DE", "FR", "NL"]),
        ("city", ["Berlin", "Lyon", "Utrecht"]),
        ("street", ["Main Street 1", "Oak Lane 12"]),
        ("phone", ["+49 30 901820", "+33 1 70189900"]),
        ("first_name", ["Ann", "Ben", "Cleo"]),
        ("last_name", ["Meyer", "Dubois", "Visser"]),
        ("name", ["Ann Meyer", "Ben Dubois", "Cleo Visser"]),
        ("url", ["https://example.org/a", "https://example.org/b"]),
        ("status", ["open", "paid", "done"]),
        ("description", ["An example of what stands here", "What a person would write here"]),
        ("title", ["An example", "Another example"]),
        ("date", ["2026-01-31", "2026-02-28"]),
    ];

    public StringNode String(List<SchemaNode> parts, string name)
    {
        var keywords = parts.SelectMany(p => p.Keywords).ToList();
        var least = keywords.OfType<LengthKeyword>().Where(l => l.Name == "minLength").Select(l => l.Limit).DefaultIfEmpty(0).Max();
        var most = keywords.OfType<LengthKeyword>().Where(l => l.Name == "maxLength").Select(l => l.Limit).DefaultIfEmpty(long.MaxValue).Min();
        least = Math.Min(least, 10_000);
        var patterns = keywords.OfType<PatternKeyword>().Select(p => p.Pattern).ToList();
        var format = parts.Select(p => p.Format).FirstOrDefault(f => f is not null);
        var text = patterns.Count > 0 ? Matching(patterns[0], least, most)
            : format is not null ? OfFormat(format) ?? Plain(name)
            : Fit(Plain(name), least, most);
        return new StringNode(default, text, StringStyle.Json);
    }

    public string Matching(Pattern pattern) => Matching(pattern, 0, long.MaxValue);

    string Matching(Pattern pattern, long least, long most)
    {
        // Of several tries the one nearest to the wanted length; an open end may be filled up.
        var best = "";
        for (var generosity = 0; generosity < 8; generosity++)
        {
            var text = new StringBuilder();
            Write(pattern.Root, text, generosity == 0 ? 1 : (int)Math.Min(1 << generosity, Math.Max(least, 2)));
            best = text.ToString();
            if (best.Length >= least && best.Length <= most)
            {
                return best;
            }

            var filled = Fit(best, least, most);
            if (filled.Length >= least && filled.Length <= most && pattern.IsMatch(filled))
            {
                return filled;
            }
        }

        return best;
    }

    public NumberNode? Number(List<SchemaNode> parts, bool integer)
    {
        var keywords = parts.SelectMany(p => p.Keywords).ToList();
        var step = keywords.OfType<MultipleOfKeyword>().Select(m => Decimal(m.Written)).FirstOrDefault(d => d is not null);
        var (low, lowOpen) = Tightest(keywords, lower: true);
        var (high, highOpen) = Tightest(keywords, lower: false);
        var unit = step ?? (integer ? 1m : 0.01m);
        try
        {
            var from = low ?? (high is null ? Math.Max(unit, 1) : high < 1 ? high.Value - (100 * unit) : Math.Min(unit, high.Value));
            var to = high ?? from + (100 * Math.Max(unit, 1));
            var first = decimal.Ceiling(from / unit);
            first += lowOpen && first * unit == low ? 1 : 0;
            var last = decimal.Floor(to / unit);
            last -= highOpen && last * unit == high ? 1 : 0;
            if (first > last)
            {
                return Between(from, to, integer || step is not null);
            }

            var count = (long)Math.Min(last - first, 1_000_000_000);
            var value = (first + dice.Between(0, count)) * unit;
            for (var tries = 0; integer && value != decimal.Truncate(value) && tries < 1000; tries++)
            {
                value = (first + (tries % (count + 1))) * unit;
            }

            return Exact(value);
        }
        catch (OverflowException)
        {
            return null;
        }
    }

    /// <summary>Bounds closer together than a hundredth: the middle.</summary>
    static NumberNode? Between(decimal from, decimal to, bool stepped) => stepped || from > to ? null : Exact(from + ((to - from) / 2));

    static NumberNode? Exact(decimal value)
    {
        var text = value.ToString(CultureInfo.InvariantCulture);
        return Numbers.TryExact(text, out var number) ? new NumberNode(default, Numbers.Format(number), number) : null;
    }

    static (decimal? Bound, bool Open) Tightest(List<Keyword> keywords, bool lower)
    {
        var bounds =
            from k in keywords.OfType<BoundKeyword>()
            where k.IsLower == lower
            let bound = Decimal(k.Written)
            where bound is not null
            select (Bound: bound, Open: k.IsExclusive);
        return lower
            ? bounds.OrderByDescending(b => b.Bound).ThenByDescending(b => b.Open).FirstOrDefault()
            : bounds.OrderBy(b => b.Bound).ThenByDescending(b => b.Open).FirstOrDefault();
    }

    static decimal? Decimal(JsonElement written) => written.TryGetDecimal(out var value) ? value : null;

    string Plain(string name)
    {
        var lower = name.ToLowerInvariant();
        foreach (var (part, values) in Subjects)
        {
            if (lower.Contains(part, StringComparison.Ordinal))
            {
                return dice.Pick(values);
            }
        }

        var word = dice.Pick(Words);
        return lower == "id" || lower.EndsWith("_id", StringComparison.Ordinal) ? $"{word}-{dice.Between(1000, 9999)}"
            : attempt == 0 ? word
            : $"{word} {dice.Pick(Words)} {dice.Between(1, 9999)}";
    }

    static string Fit(string text, long least, long most)
    {
        var runes = text.EnumerateRunes().Count();
        return runes < least ? text + new string('x', (int)(least - runes))
            : runes > most ? text[..(int)Math.Min(most, text.Length)]
            : text;
    }

    string? OfFormat(string format) => format switch
    {
        "email" => $"{dice.Pick(Words)}{dice.Between(1, 999)}@example.org",
        "uri" or "uri-reference" => $"https://example.org/{dice.Pick(Words)}/{dice.Between(1, 999)}",
        "date" => $"2026-{dice.Between(1, 12):00}-{dice.Between(1, 28):00}",
        "date-time" => $"2026-{dice.Between(1, 12):00}-{dice.Between(1, 28):00}T{Clock()}Z",
        "time" => $"{Clock()}Z",
        "duration" => $"PT{dice.Between(1, 59)}M",
        "uuid" => $"00000000-0000-4000-8000-{dice.Between(0, 0xFFFFFFFFFFFF):x12}",
        "ipv4" => $"192.0.2.{dice.Between(1, 254)}",
        "ipv6" => $"2001:db8::{dice.Between(1, 0xFFFF):x}",
        "hostname" => $"{dice.Pick(Words)}{dice.Between(1, 99)}.example.org",
        "json-pointer" => $"/{dice.Pick(Words)}/{dice.Between(0, 9)}",
        "relative-json-pointer" => $"{dice.Between(0, 3)}/{dice.Pick(Words)}",
        "regex" => "^[a-z]+$",
        _ => null,
    };

    string Clock() => $"{dice.Between(0, 23):00}:{dice.Between(0, 59):00}:{dice.Between(0, 59):00}";

    void Write(PatternNode node, StringBuilder text, int generosity)
    {
        switch (node)
        {
            case PatternNode.Set set:
                WritePoint(set.Points, text);
                break;
            case PatternNode.Sequence sequence:
                foreach (var part in sequence.Parts)
                {
                    Write(part, text, generosity);
                }

                break;
            case PatternNode.Choice choice:
                Write(dice.Pick(choice.Options), text, generosity);
                break;
            case PatternNode.Repeat repeat:
                var most = Math.Min(repeat.Max ?? int.MaxValue, repeat.Min + generosity);
                for (var count = dice.Between(generosity > 1 ? (repeat.Min + most) / 2 : repeat.Min, most); count > 0 && text.Length < 20_000; count--)
                {
                    Write(repeat.Part, text, generosity);
                }

                break;
        }
    }

    /// <summary>A letter or digit when the set has one, else something printable, else anything.</summary>
    void WritePoint(CodePointSet points, StringBuilder text)
    {
        foreach (var (from, to) in new[] { ('a', 'z'), ('A', 'Z'), ('0', '9'), ('!', '~'), (' ', '\uD7FF') })
        {
            var within = points.Ranges.Where(r => r.To >= from && r.From <= to).ToList();
            if (within.Count > 0)
            {
                var (first, last) = dice.Pick(within);
                text.Append((char)dice.Between(Math.Max(first, from), Math.Min(last, to)));
                return;
            }
        }

        if (points.Ranges.Count > 0)
        {
            var (first, last) = dice.Pick(points.Ranges);
            var point = (int)dice.Between(first, last);
            text.Append(point is >= 0xD800 and <= 0xDFFF ? "" : char.ConvertFromUtf32(point));
        }
    }
}
