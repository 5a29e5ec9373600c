namespace Anumate.Cel;

/// <summary>A point in time with nanoseconds, from 0001-01-01T00:00:00Z to 9999-12-31T23:59:59.999999999Z.</summary>
readonly record struct CelTimestamp(long Seconds, int Nanoseconds) : IComparable<CelTimestamp>
{
    const long MinSeconds = -62135596800;
    const long MaxSeconds = 253402300799;
    const int Billion = 1_000_000_000;

    public static CelTimestamp From(DateTimeOffset value)
    {
        var ticks = value.UtcTicks - DateTime.UnixEpoch.Ticks;
        var seconds = Math.DivRem(ticks, TimeSpan.TicksPerSecond, out var rest);
        return rest < 0 ? new(seconds - 1, (int)(rest + TimeSpan.TicksPerSecond) * 100) : new(seconds, (int)rest * 100);
    }

    public DateTime ToUtc() => DateTime.UnixEpoch.AddTicks((Seconds * TimeSpan.TicksPerSecond) + (Nanoseconds / 100));

    public DateTimeOffset ToDateTimeOffset() => new(ToUtc());

    public static bool InRange(long seconds) => seconds is >= MinSeconds and <= MaxSeconds;

    public bool TryAdd(long nanoseconds, out CelTimestamp sum)
    {
        var seconds = Math.DivRem(nanoseconds, Billion, out var rest) + Seconds;
        rest += Nanoseconds;
        if (rest < 0)
        {
            (seconds, rest) = (seconds - 1, rest + Billion);
        }
        else if (rest >= Billion)
        {
            (seconds, rest) = (seconds + 1, rest - Billion);
        }

        sum = new(seconds, (int)rest);
        return InRange(seconds);
    }

    /// <summary>The nanoseconds from another point to this one, if they fit.</summary>
    public bool TrySubtract(CelTimestamp other, out long nanoseconds)
    {
        var difference = ((Int128)(Seconds - other.Seconds) * Billion) + (Nanoseconds - other.Nanoseconds);
        nanoseconds = unchecked((long)difference);
        return difference >= long.MinValue && difference <= long.MaxValue;
    }

    public int CompareTo(CelTimestamp other)
    {
        var order = Seconds.CompareTo(other.Seconds);
        return order != 0 ? order : Nanoseconds.CompareTo(other.Nanoseconds);
    }

    /// <summary>RFC 3339 in UTC with as many decimals as needed.</summary>
    public override string ToString()
    {
        var text = new CelTimestamp(Seconds, 0).ToUtc().ToString("yyyy-MM-ddTHH:mm:ss");
        return Nanoseconds == 0 ? text + "Z" : text + "." + Nanoseconds.ToString("D9").TrimEnd('0') + "Z";
    }

    /// <summary>Reads RFC 3339, section 5.6: date, T, time, up to nine decimals, Z or an offset.</summary>
    public static bool TryParse(ReadOnlySpan<char> s, out CelTimestamp value)
    {
        value = default;
        if (s.Length < 20 || s[4] != '-' || s[7] != '-' || s[10] is not ('T' or 't') || s[13] != ':' || s[16] != ':'
            || !Digits(s[..4], out var year) || !Digits(s[5..7], out var month) || !Digits(s[8..10], out var day)
            || !Digits(s[11..13], out var hour) || !Digits(s[14..16], out var minute) || !Digits(s[17..19], out var second)
            || year == 0 || month is 0 or > 12 || day == 0 || day > DateTime.DaysInMonth(year, month)
            || hour > 23 || minute > 59 || second > 59)
        {
            return false;
        }

        var rest = s[19..];
        if (!Fraction(ref rest, out var nanoseconds) || !Offset(rest, out var offset))
        {
            return false;
        }

        var utc = new DateTime(year, month, day, hour, minute, second, DateTimeKind.Utc);
        var seconds = ((utc.Ticks - DateTime.UnixEpoch.Ticks) / TimeSpan.TicksPerSecond) - offset;
        value = new(seconds, nanoseconds);
        return InRange(seconds);
    }

    static bool Fraction(ref ReadOnlySpan<char> s, out int nanoseconds)
    {
        nanoseconds = 0;
        if (s[0] != '.')
        {
            return true;
        }

        var length = s[1..].IndexOfAnyExceptInRange('0', '9');
        if (length is < 1 or > 9)
        {
            return false;
        }

        Digits(s.Slice(1, length), out nanoseconds);
        for (var i = length; i < 9; i++)
        {
            nanoseconds *= 10;
        }

        s = s[(length + 1)..];
        return true;
    }

    static bool Offset(ReadOnlySpan<char> s, out int seconds)
    {
        seconds = 0;
        if (s is "Z" or "z")
        {
            return true;
        }

        if (s.Length != 6 || s[0] is not ('+' or '-') || s[3] != ':' || !Digits(s[1..3], out var hours) || !Digits(s[4..6], out var minutes)
            || hours > 23 || minutes > 59)
        {
            return false;
        }

        seconds = ((hours * 60) + minutes) * (s[0] == '-' ? -60 : 60);
        return true;
    }

    static bool Digits(ReadOnlySpan<char> s, out int value)
    {
        value = 0;
        foreach (var c in s)
        {
            if (!char.IsAsciiDigit(c))
            {
                return false;
            }

            value = (value * 10) + (c - '0');
        }

        return true;
    }
}
