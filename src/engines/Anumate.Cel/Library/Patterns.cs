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
    static readonly ConcurrentDictionary<string, Patterns> Kept = new(StringComparer.Ordinal);

    readonly Regex? regex;
    readonly int weight;

    Patterns(string pattern)
    {
        weight = 1 + (pattern.Length / 32);
        var translation = RegexTranslator.Translate(pattern);
        Error = translation.Error;
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

        return frame.Charge((long)text.Length * weight / 4) ? CelValue.Of(regex.IsMatch(text)) : Frame.Exhausted();
    }

    public static CelValue Matches(ref Frame frame, CelValue text, CelValue pattern)
    {
        if (text.StringOrNull is not { } s || pattern.StringOrNull is not { } p)
        {
            return Operators.NoOverload("matches", text, pattern);
        }

        // A pattern made at run time may have to be compiled.
        return frame.Charge(200 + (4L * p.Length)) ? Of(p).Match(ref frame, s) : Frame.Exhausted();
    }
}
