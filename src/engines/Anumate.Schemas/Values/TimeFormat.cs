namespace Anumate.Schemas.Values;

/// <summary>Dates and times of RFC 3339 and its durations (appendix A).</summary>
static class TimeFormat
{
    public static bool IsDate(string text) =>
        text.Length == 10
        && text[4] == '-'
        && text[7] == '-'
        && Number(text, 0, 4) is >= 0 and var year
        && Number(text, 5, 2) is >= 1 and <= 12 and var month
        && Number(text, 8, 2) is >= 1 and var day
        && day <= DaysIn(year, month);

    public static bool IsDateTime(string text) => text.Length > 11 && text[10] is 'T' or 't' && IsDate(text[..10]) && IsTime(text[11..]);

    public static bool IsTime(string text)
    {
        if (text.Length < 9
            || text[2] != ':'
            || text[5] != ':'
            || Number(text, 0, 2) is not (>= 0 and <= 23 and var hour)
            || Number(text, 3, 2) is not (>= 0 and <= 59 and var minute)
            || Number(text, 6, 2) is not (>= 0 and <= 60 and var second))
        {
            return false;
        }

        var at = 8;
        if (text[at] == '.')
        {
            var digits = text.AsSpan(at + 1).IndexOfAnyExceptInRange('0', '9');
            if (digits < 1)
            {
                return false;
            }

            at += digits + 1;
        }

        if (Offset(text[at..]) is not { } offset)
        {
            return false;
        }

        // A leap second stands at the end of a day of UTC only.
        return second < 60 || ((((hour * 60) + minute - offset) % 1440) + 1440) % 1440 == 1439;
    }

    /// <summary><c>P3D</c>, <c>P1Y2M</c>, <c>PT4H30M</c>, <c>P2W</c>: units in order, none skipped between two, no fraction.</summary>
    public static bool IsDuration(string text)
    {
        if (text.Length < 3 || text[0] != 'P')
        {
            return false;
        }

        if (text[^1] == 'W')
        {
            return text.AsSpan(1, text.Length - 2).IndexOfAnyExceptInRange('0', '9') < 0;
        }

        var t = text.IndexOf('T', StringComparison.Ordinal);
        var date = t < 0 ? text[1..] : text[1..t];
        return (date.Length == 0 ? t >= 0 : AreUnits(date, "YMD")) && (t < 0 || AreUnits(text[(t + 1)..], "HMS"));
    }

    static bool AreUnits(string text, string units)
    {
        var next = -1;
        var at = 0;
        while (at < text.Length)
        {
            var digits = text.AsSpan(at).IndexOfAnyExceptInRange('0', '9');
            if (digits < 1)
            {
                return false;
            }

            var unit = units.IndexOf(text[at + digits], StringComparison.Ordinal);
            if (unit < 0 || (next >= 0 && unit != next))
            {
                return false;
            }

            (next, at) = (unit + 1, at + digits + 1);
        }

        return text.Length > 0;
    }

    /// <summary>The offset in minutes; null when it is malformed.</summary>
    static int? Offset(string text) =>
        text is "Z" or "z" ? 0
        : text.Length == 6
            && text[0] is '+' or '-'
            && text[3] == ':'
            && Number(text, 1, 2) is >= 0 and <= 23 and var hours
            && Number(text, 4, 2) is >= 0 and <= 59 and var minutes
            ? (text[0] == '-' ? -1 : 1) * ((hours * 60) + minutes)
        : null;

    /// <summary>The value of that many digits; -1 when one is none.</summary>
    static int Number(string text, int at, int count)
    {
        var value = 0;
        foreach (var c in text.AsSpan(at, count))
        {
            if (!char.IsAsciiDigit(c))
            {
                return -1;
            }

            value = (value * 10) + c - '0';
        }

        return value;
    }

    static int DaysIn(int year, int month) => month switch
    {
        2 => year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28,
        4 or 6 or 9 or 11 => 30,
        _ => 31,
    };
}
