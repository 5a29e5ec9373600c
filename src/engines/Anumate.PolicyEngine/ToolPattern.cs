using System.Buffers;

namespace Anumate.PolicyEngine;

/// <summary>
/// A tool name with <c>*</c> for any run of characters, dots included: <c>payments.refund</c>, <c>payments.*_void</c>, <c>*</c>.
/// The whole name must fit.
/// </summary>
public readonly record struct ToolPattern(string Text)
{
    /// <summary>Characters of a tool name or pattern.</summary>
    public const int MaxLength = 128;

    const int MaxStars = 8;

    static readonly SearchValues<char> Characters = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789_-.*");

    /// <summary>Whether the pattern names one tool.</summary>
    public bool IsExact => !Text.Contains('*');

    /// <summary>What is wrong with a pattern, or null.</summary>
    public static string? Fault(string text)
    {
        if (text.Length is 0 or > MaxLength)
        {
            return $"a tool pattern has 1 to {MaxLength} characters";
        }

        var wrong = text.AsSpan().IndexOfAnyExcept(Characters);
        if (wrong >= 0)
        {
            return $"a tool pattern consists of `a-z`, `0-9`, `_`, `-`, `.` and `*`; found `{text[wrong]}`";
        }

        return text.Contains("**") ? "`**` is the same as `*`"
            : text.Count(c => c == '*') > MaxStars ? $"a tool pattern has at most {MaxStars} `*`"
            : null;
    }

    /// <summary>What is wrong with a pattern for a capsule's name or a label's value, or null.</summary>
    public static string? FaultOfName(string text) =>
        text.Length is 0 or > MaxLength ? $"a pattern has 1 to {MaxLength} characters"
        : text.Contains("**") ? "`**` is the same as `*`"
        : text.Count(c => c == '*') > MaxStars ? $"a pattern has at most {MaxStars} `*`"
        : null;

    /// <summary>Whether the name fits.</summary>
    public bool Matches(ReadOnlySpan<char> tool)
    {
        // The usual walk with one point of return: the last star takes one character more whenever what follows it does not fit.
        var pattern = Text.AsSpan();
        int p = 0, t = 0, star = -1, mark = 0;
        while (t < tool.Length)
        {
            if (p < pattern.Length && pattern[p] == '*')
            {
                star = p++;
                mark = t;
            }
            else if (p < pattern.Length && pattern[p] == tool[t])
            {
                p++;
                t++;
            }
            else if (star >= 0)
            {
                p = star + 1;
                t = ++mark;
            }
            else
            {
                return false;
            }
        }

        return pattern[p..].Trim('*').IsEmpty;
    }

    public override string ToString() => Text;
}
