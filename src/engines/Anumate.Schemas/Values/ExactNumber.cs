using System.Globalization;
using System.Numerics;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;

namespace Anumate.Schemas.Values;

/// <summary>A decimal number compared without rounding: mantissa × 10^exponent, the mantissa without trailing zeros.</summary>
readonly struct ExactNumber : IComparable<ExactNumber>
{
    const int MaxText = 1000;
    const int MaxExponent = 100_000;

    readonly BigInteger mantissa;
    readonly int exponent;
    readonly int digits;

    ExactNumber(BigInteger mantissa, int exponent, int digits) => (this.mantissa, this.exponent, this.digits) = (mantissa, exponent, digits);

    public bool IsInteger => exponent >= 0;

    public bool IsPositive => mantissa.Sign > 0;

    /// <summary>Reads a JSON number; false for one of over 1,000 characters or an exponent beyond ±100,000.</summary>
    public static bool TryParse(JsonElement element, out ExactNumber number)
    {
        var raw = JsonMarshal.GetRawUtf8Value(element);
        number = default;
        return raw.Length <= MaxText && TryParse(Encoding.ASCII.GetString(raw), out number);
    }

    public static bool TryParse(string text, out ExactNumber number)
    {
        number = default;
        if (text.Length > MaxText)
        {
            return false;
        }

        var e = text.AsSpan().IndexOfAny('e', 'E');
        var decimals = e < 0 ? text : text[..e];
        var exponent = 0;
        if (e >= 0 && (!int.TryParse(text.AsSpan(e + 1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out exponent)
            || Math.Abs((long)exponent) > MaxExponent))
        {
            return decimals.AsSpan().IndexOfAnyInRange('1', '9') < 0;
        }

        var point = decimals.IndexOf('.', StringComparison.Ordinal);
        var whole = point < 0 ? decimals : decimals.Remove(point, 1);
        exponent -= point < 0 ? 0 : decimals.Length - point - 1;
        var trimmed = whole.TrimEnd('0');
        if (trimmed.AsSpan().TrimStart("-0").IsEmpty)
        {
            return true;
        }

        var mantissa = BigInteger.Parse(trimmed, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
        number = new ExactNumber(mantissa, exponent + whole.Length - trimmed.Length, trimmed.AsSpan().TrimStart("-0").Length);
        return true;
    }

    public int CompareTo(ExactNumber other)
    {
        var sign = mantissa.Sign.CompareTo(other.mantissa.Sign);
        if (sign != 0 || mantissa.IsZero)
        {
            return sign;
        }

        var size = (digits + exponent).CompareTo(other.digits + other.exponent);
        if (size != 0)
        {
            return mantissa.Sign > 0 ? size : -size;
        }

        // Of the same magnitude, so the exponents differ by at most the number of digits.
        var common = Math.Min(exponent, other.exponent);
        return Scaled(common).CompareTo(other.Scaled(common));
    }

    public bool IsMultipleOf(ExactNumber divisor)
    {
        if (mantissa.IsZero)
        {
            return true;
        }

        // A mantissa has no trailing zero, so nothing divides it by the missing power of ten.
        return exponent >= divisor.exponent
            && (BigInteger.ModPow(10, exponent - divisor.exponent, divisor.mantissa) * mantissa % divisor.mantissa).IsZero;
    }

    /// <summary>The same text for the same number.</summary>
    public override string ToString() => $"{mantissa}e{exponent}";

    BigInteger Scaled(int to) => mantissa * BigInteger.Pow(10, exponent - to);
}
