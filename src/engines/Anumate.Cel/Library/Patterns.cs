using System.Collections.Concurrent;
using System.Text.RegularExpressions;

namespace Anumate.Cel;

/// <summary>
/// <c>matches</c>: RE2 patterns in linear time. A pattern is read by our own parser, which refuses what RE2 lacks or .NET would read
/// otherwise, and is then matched without backtracking.
/// </summary>
sealed class Patterns
{
    const int MaxKept = 256;

    /// <summary>Compiling a pattern takes about as long as this many steps, and more for each element.</summary>
    const int CompileCost = 5000;
    const int ElementCost = 20;

    static readonly ConcurrentDictionary<string, Patterns> Kept = new(StringComparer.Ordinal);

    readonly Regex? regex;

    Patterns(string pattern)
    {
        var translation = RegexTranslator.Translate(pattern);
        Error = translation.Error;
        Size = translation.Size;
        if (Error is not null)
        {
            return;
        }

        try
        {
            regex = new(translation.Text, RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);
        }
        catch (Exception e) when (e is ArgumentException or NotSupportedException)
        {
            Error = "the pattern is too large";
        }
    }

    /// <summary>What is wrong with the pattern; null when nothing is.</summary>
    public string? Error { get; }

    /// <summary>The number of elements, repetitions written out. At worst each character of a text costs as much.</summary>
    public int Size { get; }

    public static Patterns Of(string pattern)
    {
        if (Kept.TryGetValue(pattern, out var known))
        {
            return known;
        }

        var made = new Patterns(pattern);
        if (Kept.Count >= MaxKept)
        {
            Kept.Clear();
        }

        Kept[pattern] = made;
        return made;
    }

    public CelValue Match(ref Frame frame, string text)
    {
        if (regex is null)
        {
            return CelValue.Fail(CelErrors.InvalidArgument, $"invalid pattern: {Error}");
        }

        return frame.Charge((long)text.Length * Size / 8) ? CelValue.Of(regex.IsMatch(text)) : Frame.Exhausted();
    }

    public static CelValue Matches(ref Frame frame, CelValue text, CelValue pattern)
    {
        if (text.StringOrNull is not { } s || pattern.StringOrNull is not { } p)
        {
            return Operators.NoOverload("matches", text, pattern);
        }

        // Charged whether it is kept or not: what an evaluation costs must not depend on those before it.
        if (!frame.Charge(CompileCost))
        {
            return Frame.Exhausted();
        }

        var compiled = Of(p);
        return frame.Charge((long)compiled.Size * ElementCost) ? compiled.Match(ref frame, s) : Frame.Exhausted();
    }
}
