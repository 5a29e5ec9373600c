namespace Anumate.PolicyEngine.Syntax;

/// <summary>Times as policies write them: <c>2d</c>, <c>4h</c>, <c>1h30m</c>, <c>90s</c>; each unit once, largest first.</summary>
static class Duration
{
    const string Units = "dhms";

    static readonly long[] Seconds = [86_400, 3_600, 60, 1];

    /// <summary>The time as policies write it.</summary>
    public static string Print(TimeSpan time)
    {
        var (text, rest) = ("", (long)time.TotalSeconds);
        for (var i = 0; i < Units.Length; i++)
        {
            text += rest >= Seconds[i] ? $"{rest / Seconds[i]}{Units[i]}" : "";
            rest %= Seconds[i];
        }

        return text;
    }

    public static TimeSpan? Parse(ReadOnlySpan<char> text)
    {
        long total = 0;
        var lastUnit = -1;
        while (!text.IsEmpty)
        {
            var digits = text.IndexOfAnyExceptInRange('0', '9');
            if (digits is < 1 or > 9 || Units.IndexOf(text[digits]) is var unit && unit <= lastUnit)
            {
                return null;
            }

            total += int.Parse(text[..digits]) * Seconds[unit];
            lastUnit = unit;
            text = text[(digits + 1)..];
        }

        return lastUnit < 0 ? null : TimeSpan.FromSeconds(total);
    }
}
