using System.Globalization;

namespace Anumate.Cel;

/// <summary>Durations as text: <c>1h30m</c>, <c>-1.5s</c>, <c>20ms</c> (the grammar of Go's time.ParseDuration).</summary>
static class Durations
{
    static readonly System.Buffers.SearchValues<char> Numeric = System.Buffers.SearchValues.Create("0123456789.");

    public const long Second = 1_000_000_000;

    public static bool TryParse(string text, out long nanoseconds)
    {
        nanoseconds = 0;
        var s = text.AsSpan();
        var negative = s.StartsWith("-");
        if (negative || s.StartsWith("+"))
        {
            s = s[1..];
        }

        if (s is "0")
        {
            return true;
        }

        if (s.Length is 0 or > 256)
        {
            return false;
        }

        Int128 total = 0;
        while (s.Length > 0)
        {
            if (!Part(ref s, out var part))
            {
                return false;
            }

            total += part;
        }

        total = negative ? -total : total;
        nanoseconds = unchecked((long)total);
        return total >= long.MinValue && total <= long.MaxValue;
    }

    /// <summary>A number with its unit, as nanoseconds; decimals beyond them are cut.</summary>
    static bool Part(ref ReadOnlySpan<char> s, out Int128 nanoseconds)
    {
        nanoseconds = 0;
        var number = Length(s);
        var whole = s[..number];
        s = s[number..];
        var fraction = ReadOnlySpan<char>.Empty;
        if (s.StartsWith("."))
        {
            s = s[1..];
            var decimals = Length(s);
            fraction = s[..decimals];
            s = s[decimals..];
        }

        if (whole.Length + fraction.Length == 0 || whole.Length > 20 || Unit(ref s) is not { } unit)
        {
            return false;
        }

        nanoseconds = whole.Length == 0 ? 0 : Int128.Parse(whole) * unit;
        if (fraction.Length > 0)
        {
            fraction = fraction[..Math.Min(fraction.Length, 18)];
            nanoseconds += Int128.Parse(fraction) * unit / (Int128)Math.Pow(10, fraction.Length);
        }

        return true;
    }

    static int Length(ReadOnlySpan<char> s)
    {
        var length = s.IndexOfAnyExceptInRange('0', '9');
        return length < 0 ? s.Length : length;
    }

    static long? Unit(ref ReadOnlySpan<char> s)
    {
        var length = s.IndexOfAny(Numeric);
        var unit = length < 0 ? s : s[..length];
        s = s[unit.Length..];
        return unit switch
        {
            "ns" => 1,
            "us" or "µs" or "μs" => 1_000,
            "ms" => 1_000_000,
            "s" => Second,
            "m" => 60 * Second,
            "h" => 3600 * Second,
            _ => null,
        };
    }

    /// <summary>Seconds with as many decimals as needed: <c>1.5s</c>.</summary>
    public static string Print(long nanoseconds)
    {
        var seconds = Math.DivRem(nanoseconds, Second, out var rest);
        if (rest == 0)
        {
            return seconds.ToString(CultureInfo.InvariantCulture) + "s";
        }

        var sign = nanoseconds < 0 ? "-" : "";
        return $"{sign}{Math.Abs(seconds)}.{Math.Abs(rest).ToString("D9").TrimEnd('0')}s";
    }
}
