using System.Globalization;

namespace Anumate.PlanEngine;

/// <summary>Durations as capsules write them: a whole number and a unit, <c>500ms</c>, <c>20s</c>, <c>5m</c>, <c>4h</c>, <c>1d</c>.</summary>
static class Durations
{
    static readonly (string Unit, long Milliseconds)[] Units = [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1)];

    /// <summary>The longest duration a capsule may name: ten years.</summary>
    public static TimeSpan Longest { get; } = TimeSpan.FromDays(3650);

    public static bool TryParse(string text, out TimeSpan duration)
    {
        duration = default;
        var digits = 0;
        while (digits < text.Length && char.IsAsciiDigit(text[digits]))
        {
            digits++;
        }

        var unit = Array.Find(Units, u => u.Unit == text[digits..]);
        if (digits is 0 or > 12 || unit.Unit is null)
        {
            return false;
        }

        var milliseconds = long.Parse(text[..digits], CultureInfo.InvariantCulture) * unit.Milliseconds;
        duration = TimeSpan.FromMilliseconds(Math.Min(milliseconds, long.MaxValue / 20_000));
        return duration <= Longest;
    }

    /// <summary>The shortest text of a duration: 90 s are <c>90s</c>, 3600 s are <c>1h</c>.</summary>
    public static string Text(TimeSpan duration)
    {
        var milliseconds = (long)duration.TotalMilliseconds;
        var unit = Array.Find(Units, u => milliseconds != 0 && milliseconds % u.Milliseconds == 0);
        return unit.Unit is null ? "0s" : $"{milliseconds / unit.Milliseconds}{unit.Unit}";
    }
}
