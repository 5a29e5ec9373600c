namespace Anumate.PolicyEngine;

/// <summary>
/// Times of the week by the wall clock of a zone: <c>Mon-Fri 08:00-18:00</c>, several parted by <c>;</c>. Without days it is every day;
/// a time that ends before it begins goes on past midnight and belongs to the day on which it began. The end is not part of it.
/// </summary>
sealed class TimeWindow
{
    /// <summary>Minutes of a day and of a week.</summary>
    public const int Day = 24 * 60, Week = 7 * Day;

    static readonly string[] Days = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

    readonly bool[] minutes;
    readonly TimeZoneInfo zone;

    TimeWindow(bool[] minutes, TimeZoneInfo zone) => (this.minutes, this.zone) = (minutes, zone);

    /// <summary>Whether a minute of the week, from Monday 00:00, is part of it.</summary>
    public IReadOnlyList<bool> Minutes => minutes;

    public string Zone => zone.Id;

    /// <summary>Whether the moment lies in it.</summary>
    public bool Holds(DateTimeOffset at)
    {
        var local = TimeZoneInfo.ConvertTime(at, zone);
        var day = ((int)local.DayOfWeek + 6) % 7;
        return minutes[(day * Day) + (local.Hour * 60) + local.Minute];
    }

    /// <summary>The window, or null and what is wrong with its text.</summary>
    public static TimeWindow? Read(string text, TimeZoneInfo zone, out string? fault)
    {
        var minutes = new bool[Week];
        foreach (var part in text.Split(';', StringSplitOptions.TrimEntries))
        {
            fault = Part(part, minutes);
            if (fault is not null)
            {
                return null;
            }
        }

        fault = null;
        return new TimeWindow(minutes, zone);
    }

    /// <summary>A zone of the IANA database; null when there is none of this name.</summary>
    public static TimeZoneInfo? FindZone(string name) =>
        name is "UTC" ? TimeZoneInfo.Utc
        : name.Length is > 0 and <= 64 && name.Contains('/') && char.IsAsciiLetterUpper(name[0]) && !name.Contains("//")
            && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '/' or '_' or '-' or '+') && TimeZoneInfo.TryFindSystemTimeZoneById(name, out var zone)
            ? zone
            : null;

    static string? Part(string part, bool[] minutes)
    {
        var blank = part.LastIndexOf(' ');
        var times = part[(blank + 1)..].Split('-');
        if (times.Length != 2 || Time(times[0]) is not { } from || Time(times[1]) is not { } to || from == Day)
        {
            return $"`{part}` is not a time of the week such as `Mon-Fri 08:00-18:00`";
        }

        if (from == to)
        {
            return $"`{part}` is empty: it ends when it begins";
        }

        if (ReadDays(blank < 0 ? "" : part[..blank]) is not { } days)
        {
            return $"`{part[..blank]}` are not days such as `Mon-Fri` or `Sat,Sun`";
        }

        var length = to > from ? to - from : Day - from + to;
        foreach (var day in days)
        {
            for (var i = 0; i < length; i++)
            {
                minutes[((day * Day) + from + i) % Week] = true;
            }
        }

        return null;
    }

    static HashSet<int>? ReadDays(string text)
    {
        if (text == "")
        {
            return [.. Enumerable.Range(0, 7)];
        }

        var days = new HashSet<int>();
        foreach (var range in text.Split(','))
        {
            var ends = Array.ConvertAll(range.Trim().Split('-'), d => Array.IndexOf(Days, d));
            if (ends.Length > 2 || Array.Exists(ends, e => e < 0))
            {
                return null;
            }

            for (var day = ends[0]; ; day = (day + 1) % 7)
            {
                days.Add(day);
                if (day == ends[^1])
                {
                    break;
                }
            }
        }

        return days;
    }

    static int? Time(string text) =>
        text.Length == 5 && text[2] == ':' && text.Remove(2, 1).All(char.IsAsciiDigit) && int.Parse(text[..2]) is var hours && int.Parse(text[3..]) is var minutes
        && minutes < 60 && (hours < 24 || (hours == 24 && minutes == 0))
            ? (hours * 60) + minutes
            : null;
}
