using System.Globalization;
using System.Numerics;

namespace Anumate.Schemas.Documents;

/// <summary>
/// Numbers of documents. A number is accepted when it is the shortest decimal of its double: then no two accepted numbers share a
/// double, and canonical JSON (RFC 8785) cannot map two of them to the same bytes.
/// </summary>
static class Numbers
{
    /// <summary>Reads <c>[-+]digits[.digits][e[-+]digits]</c>; false when a double does not hold it exactly.</summary>
    public static bool TryExact(ReadOnlySpan<char> text, out double value)
    {
        Span<char> digits = stackalloc char[18];
        value = 0;
        if (!Normalise(text, digits, out var count, out var exponent, out var negative))
        {
            return false;
        }

        if (count == 0)
        {
            return true;
        }

        value = double.Parse($"{digits[..count]}E{exponent}", NumberStyles.AllowExponent, CultureInfo.InvariantCulture);
        if (value == 0 || double.IsInfinity(value))
        {
            return false;
        }

        Span<char> shortest = stackalloc char[18];
        Normalise(value.ToString("R", CultureInfo.InvariantCulture), shortest, out var shortestCount, out var shortestExponent, out _);
        value = negative ? -value : value;
        return exponent == shortestExponent && digits[..count].SequenceEqual(shortest[..shortestCount]);
    }

    /// <summary>The number in JSON syntax: an integer below 1e21 has neither point nor exponent, and there is no negative zero.</summary>
    public static string Format(double value) =>
        value == 0 ? "0"
        : double.IsInteger(value) && Math.Abs(value) < 1e21 ? Round(value).ToString(CultureInfo.InvariantCulture)
        : value.ToString("R", CultureInfo.InvariantCulture);

    /// <summary>The decimal digits of a big integer's text, for YAML's hexadecimal and octal numbers.</summary>
    public static string? FromRadix(ReadOnlySpan<char> digits, int bitsPerDigit)
    {
        if (digits.TrimStart('0').Length * bitsPerDigit > 1100)
        {
            return null;
        }

        var value = BigInteger.Zero;
        foreach (var c in digits)
        {
            value = (value << bitsPerDigit) + Convert.ToInt32(char.ToString(c), 16);
        }

        return value.ToString(CultureInfo.InvariantCulture);
    }

    // The double's own shortest digits, padded with zeros: what RFC 8785 prints.
    static BigInteger Round(double value) =>
        BigInteger.Parse(value.ToString("R", CultureInfo.InvariantCulture), NumberStyles.Float, CultureInfo.InvariantCulture);

    /// <summary>Significant digits without zeros at either end and a power of ten; false past 17 digits.</summary>
    static bool Normalise(ReadOnlySpan<char> text, Span<char> digits, out int count, out long exponent, out bool negative)
    {
        (count, exponent, negative) = (0, 0, text[0] == '-');
        var zeros = 0;
        var afterPoint = false;
        var i = text[0] is '-' or '+' ? 1 : 0;
        for (; i < text.Length && text[i] is not ('e' or 'E'); i++)
        {
            if (text[i] == '.')
            {
                afterPoint = true;
                continue;
            }

            exponent -= afterPoint ? 1 : 0;
            if (text[i] == '0')
            {
                zeros += count > 0 ? 1 : 0;
                continue;
            }

            if (count + zeros >= 17)
            {
                return false;
            }

            for (; zeros > 0; zeros--)
            {
                digits[count++] = '0';
            }

            digits[count++] = text[i];
        }

        exponent += zeros;
        if (i < text.Length)
        {
            // An exponent that does not fit a long is far outside every double.
            if (!long.TryParse(text[(i + 1)..], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var written))
            {
                return count == 0;
            }

            exponent += Math.Clamp(written, -1_000_000_000, 1_000_000_000);
        }

        exponent = count == 0 ? 0 : exponent;
        return true;
    }
}
