using System.Buffers;
using System.Text;
using System.Text.RegularExpressions;

namespace Anumate.Schemas.Patterns;

/// <summary>
/// A regular expression of ECMA-262 in its Unicode mode, matched in linear time. Back references, look-around and word boundaries do
/// not exist here: the first two are not regular, the third means something else in .NET beyond ASCII.
/// </summary>
sealed class Pattern
{
    const int MaxSize = 2000;
    const int MaxLetters = 4000;

    readonly Alphabet alphabet;
    readonly Regex regex;

    Pattern(string source, PatternNode root, Alphabet alphabet, Regex regex) =>
        (Source, Root, this.alphabet, this.regex) = (source, root, alphabet, regex);

    public string Source { get; }

    public PatternNode Root { get; }

    /// <summary>The compiled pattern, or why there is none.</summary>
    public static (Pattern? Pattern, string? Error) Compile(string source)
    {
        var (root, error) = PatternParser.Parse(source);
        if (root is null)
        {
            return (null, error);
        }

        if (root.Size > MaxSize)
        {
            return (null, $"it stands for more than {MaxSize} states; use smaller repetitions");
        }

        if (root.Sets.Distinct().Sum(s => s.Ranges.Count) > MaxLetters)
        {
            return (null, "it tells too many ranges of characters apart");
        }

        var alphabet = new Alphabet(root.Sets);
        var text = new StringBuilder();
        root.WriteTo(text, alphabet);
        try
        {
            var regex = new Regex(text.ToString(), RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);
            return (new Pattern(source, root, alphabet, regex), null);
        }
        catch (Exception e) when (e is NotSupportedException or ArgumentException)
        {
            return (null, "it is too large for a matcher of linear time");
        }
    }

    /// <summary>The work of matching a text, in steps of an evaluation.</summary>
    public int Cost(string text) => (int)Math.Min(text.Length * Root.Size / 64, int.MaxValue);

    /// <summary>Whether the pattern matches somewhere in the text.</summary>
    public bool IsMatch(string text)
    {
        if (text.Length <= 256)
        {
            Span<char> letters = stackalloc char[256];
            return regex.IsMatch(letters[..alphabet.Map(text, letters)]);
        }

        var rented = ArrayPool<char>.Shared.Rent(text.Length);
        var matches = regex.IsMatch(rented.AsSpan(0, alphabet.Map(text, rented)));
        ArrayPool<char>.Shared.Return(rented);
        return matches;
    }
}
