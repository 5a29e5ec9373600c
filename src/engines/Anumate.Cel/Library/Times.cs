using System.Collections.Concurrent;

namespace Anumate.Cel;

/// <summary>Reading parts of timestamps, in UTC or in a time zone, and of durations.</summary>
static class Times
{
    const int MaxZones = 1024;

    /// <summary>What looking up a zone costs, kept or not.</summary>
    const int ZoneCost = 20;

    static readonly ConcurrentDictionary<string, TimeZoneInfo?> Zones = new(StringComparer.Ordinal);

    public static readonly Function[] All =
    [
        Part("getFullYear", t => t.Year),
        Part("getMonth", t => t.Month - 1),
        Part("getDate", t => t.Day),
        Part("getDayOfMonth", t => t.Day - 1),
        Part("getDayOfWeek", t => (int)t.DayOfWeek),
        Part("getDayOfYear", t => t.DayOfYear - 1),
        Part("getHours", t => t.Hour, 3600 * Durations.Second),
        Part("getMinutes", t => t.Minute, 60 * Durations.Second),
        Part("getSeconds", t => t.Second, Durations.Second),
        Part("getMilliseconds", t => t.Millisecond, Durations.Second / 1000),
    ];

    /// <summary>For durations the whole is asked for, in the unit; milliseconds alone are the part beyond the second.</summary>
    static Function Part(string name, Func<DateTime, int> read, long unit = 0)
    {
        CelValue One(ref Frame frame, CelValue value) => value.Kind switch
        {
            CelKind.Timestamp => CelValue.Of((long)read(value.As<TimestampPayload>()!.Value.ToUtc())),
            CelKind.Duration when unit > 0 => CelValue.Of((unit < Durations.Second ? value.Bits % Durations.Second : value.Bits) / unit),
            _ => Operators.NoOverload(name, value),
        };

        CelValue Two(ref Frame frame, CelValue value, CelValue zone) =>
            value.As<TimestampPayload>() is { } time && zone.StringOrNull is { } id
                ? !frame.Charge(ZoneCost) ? Frame.Exhausted() : Shift(time.Value, id) is { } local ? CelValue.Of((long)read(local)) : NoZone()
                : Operators.NoOverload(name, value, zone);

        string[] signatures = [$"timestamp.{name}() -> int", $"timestamp.{name}(string) -> int"];
        return Standard.F(name, one: One, two: Two, signatures: unit > 0 ? [.. signatures, $"duration.{name}() -> int"] : signatures);
    }

    /// <summary>Zones come from the time zone database of the machine (tzdata); where it is missing, the error says so.</summary>
    static CelValue NoZone() => CelValue.Fail(
        CelErrors.InvalidArgument,
        Find(Probe) is null
            ? "this machine has no time zone database: install tzdata, or use an offset such as \"+02:00\""
            : "there is no such time zone: use an IANA name such as \"Europe/Berlin\" or an offset such as \"+02:00\"");

    /// <summary>A zone that every database has.</summary>
    const string Probe = "Europe/London";

    /// <summary>The wall clock in a zone; at the ends of time it stays within years 1 to 9999.</summary>
    static DateTime? Shift(CelTimestamp time, string zone)
    {
        var utc = time.ToUtc();
        if (zone is "UTC" or "Etc/UTC")
        {
            return utc;
        }

        if (Offset(zone) is { } fixedOffset)
        {
            return Clamp(utc, fixedOffset);
        }

        return Find(zone) is { } known ? Clamp(utc, known.GetUtcOffset(utc)) : null;
    }

    static DateTime Clamp(DateTime utc, TimeSpan offset)
    {
        var ticks = utc.Ticks + offset.Ticks;
        return new(Math.Clamp(ticks, DateTime.MinValue.Ticks, DateTime.MaxValue.Ticks), DateTimeKind.Unspecified);
    }

    /// <summary><c>+02:00</c>, <c>-02:30</c>, <c>02:00</c>.</summary>
    static TimeSpan? Offset(string zone)
    {
        var s = zone.AsSpan();
        var negative = s.StartsWith("-");
        if (negative || s.StartsWith("+"))
        {
            s = s[1..];
        }

        return s.Length == 5 && s[2] == ':' && int.TryParse(s[..2], System.Globalization.NumberStyles.None, null, out var hours)
            && int.TryParse(s[3..], System.Globalization.NumberStyles.None, null, out var minutes) && hours < 24 && minutes < 60
                ? new TimeSpan(negative ? -hours : hours, negative ? -minutes : minutes, 0)
                : null;
    }

    static TimeZoneInfo? Find(string id)
    {
        if (Zones.TryGetValue(id, out var known))
        {
            return known;
        }

        // The name becomes a path below the zone database, so it is looked at first.
        var plausible = id.Length is > 0 and <= 64 && char.IsAsciiLetterUpper(id[0]) && id != "Local"
            && id.AsSpan().IndexOfAnyExcept(NameCharacters) < 0 && !id.Contains("//");
        var zone = plausible && TimeZoneInfo.TryFindSystemTimeZoneById(id, out var found) ? found : null;
        if (Zones.Count < MaxZones)
        {
            Zones[id] = zone;
        }

        return zone;
    }

    static readonly System.Buffers.SearchValues<char> NameCharacters =
        System.Buffers.SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_+-/");
}
