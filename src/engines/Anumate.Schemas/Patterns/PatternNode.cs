using System.Text;

namespace Anumate.Schemas.Patterns;

/// <summary>The tree of a regular expression over code points.</summary>
abstract record PatternNode
{
    /// <summary>One code point of a set.</summary>
    public sealed record Set(CodePointSet Points) : PatternNode;

    public sealed record Sequence(IReadOnlyList<PatternNode> Parts) : PatternNode;

    public sealed record Choice(IReadOnlyList<PatternNode> Options) : PatternNode;

    /// <summary>Repetition; no <see cref="Max"/> means without end.</summary>
    public sealed record Repeat(PatternNode Part, int Min, int? Max) : PatternNode;

    /// <summary><c>^</c> or <c>$</c>.</summary>
    public sealed record Anchor(bool AtEnd) : PatternNode;

    /// <summary>The number of automaton states this stands for, saturating.</summary>
    public long Size => this switch
    {
        Sequence s => Sum(s.Parts),
        Choice c => Sum(c.Options) + 1,
        Repeat r => Math.Min(r.Part.Size * Math.Max(r.Max ?? r.Min + 1, 1), int.MaxValue),
        _ => 1,
    };

    /// <summary>Whether it matches no text, wherever it stands.</summary>
    bool IsOptional => this switch
    {
        Sequence s => s.Parts.All(p => p.IsOptional),
        Choice c => c.Options.Any(o => o.IsOptional),
        Repeat r => r.Min == 0 || r.Part.IsOptional,
        _ => false,
    };

    public IEnumerable<CodePointSet> Sets => this switch
    {
        Set set => [set.Points],
        Sequence s => s.Parts.SelectMany(p => p.Sets),
        Choice c => c.Options.SelectMany(o => o.Sets),
        Repeat r => r.Part.Sets,
        _ => [],
    };

    static long Sum(IReadOnlyList<PatternNode> nodes) => Math.Min(nodes.Sum(n => n.Size), int.MaxValue);

    /// <summary>The same expression for .NET over the letters of an alphabet.</summary>
    public void WriteTo(StringBuilder text, Alphabet alphabet)
    {
        switch (this)
        {
            case Set set:
                alphabet.WriteTo(text, set.Points);
                break;
            case Sequence sequence:
                foreach (var part in sequence.Parts)
                {
                    part.WriteTo(text, alphabet);
                }

                break;
            case Choice choice:
                text.Append("(?:");
                for (var i = 0; i < choice.Options.Count; i++)
                {
                    text.Append(i > 0 ? "|" : "");
                    choice.Options[i].WriteTo(text, alphabet);
                }

                text.Append(')');
                break;
            case Repeat repeat:
                text.Append("(?:");
                repeat.Part.WriteTo(text, alphabet);

                // The same texts, and .NET 10 takes `(?:(?:ab)+|)+` for `(?:ab)+`: it forgets the empty alternative.
                text.Append("){").Append(repeat.Part.IsOptional ? 0 : repeat.Min).Append(',').Append(repeat.Max?.ToString() ?? "").Append('}');
                break;
            case Anchor anchor:
                text.Append(anchor.AtEnd ? "\\z" : "\\A");
                break;
        }
    }
}

/// <summary>
/// The code points as one pattern tells them apart: points that no set of the pattern separates share a letter, a single UTF-16 unit.
/// Matching on letters makes a code point beyond U+FFFF one character, which .NET's own expressions do not.
/// </summary>
sealed class Alphabet
{
    const char FirstLetter = '\u0100';

    readonly int[] starts;
    readonly char[] letters;
    readonly char[] ascii = new char[128];

    public Alphabet(IEnumerable<CodePointSet> sets)
    {
        var distinct = sets.Distinct().ToList();
        starts = [.. distinct.SelectMany(s => s.Ranges).SelectMany(r => new[] { r.From, r.To + 1 }).Append(0).Distinct().Order()];
        var members = new StringBuilder[starts.Length];
        for (var i = 0; i < starts.Length; i++)
        {
            members[i] = new StringBuilder();
        }

        for (var s = 0; s < distinct.Count; s++)
        {
            foreach (var (from, to) in distinct[s].Ranges)
            {
                for (var i = Array.BinarySearch(starts, from); i < starts.Length && starts[i] <= to; i++)
                {
                    members[i].Append(s).Append(' ');
                }
            }
        }

        var bySignature = new Dictionary<string, char>(StringComparer.Ordinal);
        letters = [.. members.Select(m => bySignature.TryGetValue(m.ToString(), out var letter)
            ? letter
            : bySignature[m.ToString()] = (char)(FirstLetter + bySignature.Count))];
        for (var c = 0; c < ascii.Length; c++)
        {
            ascii[c] = Find(c);
        }
    }

    /// <summary>The text in letters; returns how many there are.</summary>
    public int Map(string text, Span<char> into)
    {
        var count = 0;
        for (var i = 0; i < text.Length; i++)
        {
            var c = text[i];
            into[count++] = c < ascii.Length ? ascii[c]
                : char.IsHighSurrogate(c) && i + 1 < text.Length && char.IsLowSurrogate(text[i + 1]) ? Find(char.ConvertToUtf32(c, text[++i]))
                : Find(c);
        }

        return count;
    }

    public void WriteTo(StringBuilder text, CodePointSet set)
    {
        var found = set.Ranges.SelectMany(r => letters[Array.BinarySearch(starts, r.From)..IndexAfter(r.To)]).Distinct().Order().ToList();

        // The empty set matches nothing: a letter that no text maps to.
        text.Append('[');
        foreach (var letter in found.Count == 0 ? ['\uFFFF'] : found)
        {
            text.Append($"\\u{(int)letter:X4}");
        }

        text.Append(']');
    }

    int IndexAfter(int point)
    {
        var i = Array.BinarySearch(starts, point + 1);
        return i < 0 ? ~i : i;
    }

    char Find(int point)
    {
        var i = Array.BinarySearch(starts, point);
        return letters[i < 0 ? ~i - 1 : i];
    }
}
