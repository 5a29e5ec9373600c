using System.Buffers.Text;
using System.Globalization;

namespace Anumate.Proofs;

/// <summary>
/// Numbers of JSON as RFC 8785 writes them, and the rule for which literals are accepted at all: the decimal value of the literal
/// must equal the shortest decimal form of its double. So <c>1</c>, <c>1.0</c>, <c>1e2</c> and <c>0.1</c> pass; 9007199254740993
/// and 0.1000000000000000055511151231257827 do not, because canonical JSON would silently turn them into another number.
/// </summary>
static class JsonNumber
{
    /// <summary>Enough for any canonical number: sign, 17 digits, point, exponent, or 21 integer digits.</summary>
    public const int MaxCanonicalLength = 32;

    // A double has at most 17 significant decimal digits in its shortest form.
    const int MaxDigits = 17;

    /// <summary>Writes the canonical form of a JSON number literal; false when a double does not hold its value.</summary>
    public static bool TryWriteCanonical(ReadOnlySpan<byte> literal, Span<byte> destination, out int written)
    {
        if (IsPlainInteger(literal))
        {
            literal.CopyTo(destination);
            written = literal.Length;
            return true;
        }

        Span<byte> digits = stackalloc byte[MaxDigits];
        if (!TrySplit(literal, digits, out var number) || !HoldsExactly(number, digits))
        {
            written = 0;
            return false;
        }

        written = Format(number, digits, destination);
        return true;
    }

    /// <summary>Whether a double holds the value of the literal (the rule of this class).</summary>
    public static bool IsExact(ReadOnlySpan<byte> literal)
    {
        if (IsPlainInteger(literal))
        {
            return true;
        }

        Span<byte> digits = stackalloc byte[MaxDigits];
        return TrySplit(literal, digits, out var number) && HoldsExactly(number, digits);
    }

    /// <summary>Writes a finite double as ECMAScript's <c>Number::toString</c> does; the number of bytes is returned.</summary>
    public static int Write(double value, Span<byte> destination)
    {
        if (!double.IsFinite(value))
        {
            throw new ArgumentOutOfRangeException(nameof(value), "JSON has no infinity and no NaN");
        }

        Span<byte> digits = stackalloc byte[MaxDigits];
        return Format(Shortest(value, digits), digits, destination);
    }

    // Up to 15 digits are exact in a double and already canonical, but for `-0`.
    static bool IsPlainInteger(ReadOnlySpan<byte> literal)
    {
        var unsigned = literal is [(byte)'-', ..] ? literal[1..] : literal;
        return unsigned.Length is > 0 and <= 15
            && (unsigned[0] != (byte)'0' || unsigned.Length == literal.Length)
            && unsigned.IndexOfAnyExceptInRange((byte)'0', (byte)'9') < 0;
    }

    /// <summary>Value = 0.d1d2d3… × 10^Point, with Count digits, the first and the last of them not zero; zero has no digits.</summary>
    readonly record struct Parts(bool Negative, int Count, int Point);

    // Splits a literal that is valid by the grammar of JSON; false when it has more digits than a double can tell apart.
    static bool TrySplit(ReadOnlySpan<byte> literal, Span<byte> digits, out Parts parts)
    {
        parts = default;
        digits.Fill((byte)'0');
        var negative = literal[0] == (byte)'-';
        int seen = 0, count = 0, i = negative ? 1 : 0;
        long point = 0;
        var fraction = false;
        for (; i < literal.Length && literal[i] is not ((byte)'e' or (byte)'E'); i++)
        {
            var c = literal[i];
            if (c == (byte)'.')
            {
                fraction = true;
                continue;
            }

            if (seen > 0 || c != (byte)'0')
            {
                if (c != (byte)'0')
                {
                    if (seen >= MaxDigits)
                    {
                        return false;
                    }

                    digits[seen] = c;
                    count = seen + 1;
                }

                seen++;
                point += fraction ? 0 : 1;
            }
            else if (fraction)
            {
                point--;
            }
        }

        if (count == 0)
        {
            return true;
        }

        point += i < literal.Length ? Exponent(literal[(i + 1)..]) : 0;
        if (point is < -400 or > 400)
        {
            return false;
        }

        parts = new Parts(negative, count, (int)point);
        return true;
    }

    static long Exponent(ReadOnlySpan<byte> text)
    {
        var negative = text[0] == (byte)'-';
        long value = 0;
        foreach (var c in text[(text[0] is (byte)'-' or (byte)'+' ? 1 : 0)..])
        {
            value = Math.Min((value * 10) + (c - '0'), int.MaxValue);
        }

        return negative ? -value : value;
    }

    static bool HoldsExactly(Parts number, ReadOnlySpan<byte> digits)
    {
        if (number.Count == 0)
        {
            return true;
        }

        Span<byte> text = stackalloc byte[MaxDigits + 8];
        digits[..number.Count].CopyTo(text);
        text[number.Count] = (byte)'E';
        Utf8Formatter.TryFormat(number.Point - number.Count, text[(number.Count + 1)..], out var length);
        var value = double.Parse(text[..(number.Count + 1 + length)], NumberStyles.AllowExponent, CultureInfo.InvariantCulture);
        if (value == 0 || !double.IsFinite(value))
        {
            return false;
        }

        Span<byte> shortest = stackalloc byte[MaxDigits];
        var back = Shortest(value, shortest);
        return back.Point == number.Point && shortest[..back.Count].SequenceEqual(digits[..number.Count]);
    }

    static Parts Shortest(double value, Span<byte> digits)
    {
        if (value == 0)
        {
            return default;
        }

        // .NET's "R" gives the shortest digits that read back to the same double, which is what ECMAScript asks for.
        Span<byte> text = stackalloc byte[MaxCanonicalLength];
        value.TryFormat(text, out var length, "R", CultureInfo.InvariantCulture);
        return TrySplit(text[..length], digits, out var parts)
            ? parts
            : throw new InvalidOperationException("a double has more than 17 digits");
    }

    // ECMA-262, Number::toString: k digits, decimal point after the n-th.
    static int Format(Parts number, ReadOnlySpan<byte> digits, Span<byte> to)
    {
        int k = number.Count, n = number.Point, at = 0;
        if (k == 0)
        {
            to[0] = (byte)'0';
            return 1;
        }

        if (number.Negative)
        {
            to[at++] = (byte)'-';
        }

        if (n is > 0 and <= 21)
        {
            var whole = Math.Min(k, n);
            digits[..whole].CopyTo(to[at..]);
            to.Slice(at + whole, n - whole).Fill((byte)'0');
            at += n;
            return k <= n ? at : Fraction(digits[n..k], to, at);
        }

        if (n is > -6 and <= 0)
        {
            to[at++] = (byte)'0';
            to[at++] = (byte)'.';
            to.Slice(at, -n).Fill((byte)'0');
            digits[..k].CopyTo(to[(at - n)..]);
            return at - n + k;
        }

        to[at++] = digits[0];
        at = k > 1 ? Fraction(digits[1..k], to, at) : at;
        to[at++] = (byte)'e';
        to[at++] = n > 0 ? (byte)'+' : (byte)'-';
        Utf8Formatter.TryFormat(Math.Abs(n - 1), to[at..], out var written);
        return at + written;
    }

    static int Fraction(ReadOnlySpan<byte> digits, Span<byte> to, int at)
    {
        to[at++] = (byte)'.';
        digits.CopyTo(to[at..]);
        return at + digits.Length;
    }
}
