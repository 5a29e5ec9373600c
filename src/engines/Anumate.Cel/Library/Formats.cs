using System.Globalization;
using System.Numerics;
using System.Text;

namespace Anumate.Cel;

/// <summary><c>"%s has %d".format([…])</c> of the strings extension: the clauses <c>s d f e b o x X</c>, and <c>%%</c>.</summary>
static class Formats
{
    const int MaxPrecision = 100;
    const int DefaultPrecision = 6;
    const int MaxDepth = 64;

    public static readonly Function Format = Standard.F("format", two: Run, signatures: "string.format(list(dyn)) -> string");

    static CelValue Run(ref Frame frame, CelValue pattern, CelValue arguments)
    {
        if (pattern.StringOrNull is not { } text || arguments.As<ListPayload>() is not { } list)
        {
            return Operators.NoOverload("format", pattern, arguments);
        }

        if (!frame.Charge(1 + (text.Length / 8)))
        {
            return Frame.Exhausted();
        }

        var (result, at, next) = (new StringBuilder(), 0, 0);
        while (text.IndexOf('%', at) is var percent and >= 0)
        {
            result.Append(text, at, percent - at);
            at = percent + 1;
            if (at < text.Length && text[at] == '%')
            {
                result.Append('%');
                at++;
                continue;
            }

            if (Clause(text, ref at) is not { } clause)
            {
                return Fault("a `%` is followed by one of `s d f e b o x X %`, with `.` and a number before `f` and `e`");
            }

            if (next >= list.Count)
            {
                return Fault($"there are more clauses than arguments ({list.Count})");
            }

            var made = Written(ref frame, clause.Letter, clause.Precision, list.Items[next++]);
            if (made.StringOrNull is not { } piece || !frame.Charge(1 + (piece.Length / 8)))
            {
                return made.IsError ? made : Frame.Exhausted();
            }

            result.Append(piece);
        }

        return CelValue.Of(result.Append(text, at, text.Length - at).ToString());
    }

    static CelValue Fault(string message) => CelValue.Fail(CelErrors.InvalidArgument, message);

    static (char Letter, int Precision)? Clause(string text, ref int at)
    {
        var precision = DefaultPrecision;
        var isPrecise = at < text.Length && text[at] == '.';
        if (isPrecise)
        {
            var start = ++at;
            while (at < text.Length && char.IsAsciiDigit(text[at]))
            {
                at++;
            }

            if (!int.TryParse(text.AsSpan(start, at - start), NumberStyles.None, null, out precision) || precision > MaxPrecision)
            {
                return null;
            }
        }

        return at < text.Length && (isPrecise ? "fe" : "sdfeboxX").Contains(text[at]) ? (text[at++], precision) : null;
    }

    static CelValue Written(ref Frame frame, char clause, int precision, CelValue value)
    {
        if (value.IsError)
        {
            return value;
        }

        if (clause == 's')
        {
            var text = new StringBuilder();
            var error = Write(ref frame, value, text, 0);
            return error.IsUnbound ? CelValue.Of(text.ToString()) : error;
        }

        if (clause is 'd' or 'f' or 'e' && value.IsDouble && !double.IsFinite(value.AsRawDouble))
        {
            return CelValue.Of(NotFinite(value.AsRawDouble));
        }

        if (clause is 'f' or 'e')
        {
            return !Equality.IsNumber(value.Kind) ? Unfit(clause, value)
                : !frame.Charge(20 + precision) ? Frame.Exhausted()
                : CelValue.Of(clause == 'f' ? Fixed(AsDouble(value), precision) : Scientific(AsDouble(value), precision));
        }

        return Whole(clause, value) is { } digits ? CelValue.Of(digits) : Unfit(clause, value);
    }

    static CelValue Unfit(char clause, CelValue value) => Fault($"`%{clause}` does not take {Operators.Kind(value)}");

    static double AsDouble(CelValue value) =>
        value.IsDouble ? value.AsRawDouble : value.IsInt ? value.Bits : value.AsUlong;

    static string NotFinite(double value) => double.IsNaN(value) ? "NaN" : value > 0 ? "Infinity" : "-Infinity";

    static string? Whole(char clause, CelValue value)
    {
        if (clause is 'x' or 'X' && (value.Kind is CelKind.String or CelKind.Bytes))
        {
            var bytes = value.StringOrNull is { } text ? Encoding.UTF8.GetBytes(text) : value.As<BytesPayload>()!.Value;
            return clause == 'x' ? Convert.ToHexStringLower(bytes) : Convert.ToHexString(bytes);
        }

        if (value.IsBool && clause == 'b')
        {
            return value.IsTrue ? "1" : "0";
        }

        if (!value.IsInt && !value.IsUint)
        {
            return null;
        }

        var isNegative = value.IsInt && value.Bits < 0;
        var magnitude = isNegative ? (ulong)-(Int128)value.Bits : value.AsUlong;
        return (isNegative ? "-" : "") + clause switch
        {
            'd' => magnitude.ToString(CultureInfo.InvariantCulture),
            'b' => magnitude.ToString("b", CultureInfo.InvariantCulture),
            'x' => magnitude.ToString("x", CultureInfo.InvariantCulture),
            'X' => magnitude.ToString("X", CultureInfo.InvariantCulture),
            _ => Octal(magnitude),
        };
    }

    static string Octal(ulong number)
    {
        var digits = "";
        do
        {
            digits = (char)('0' + (number & 7)) + digits;
            number >>= 3;
        }
        while (number != 0);

        return digits;
    }

    static string Fixed(double number, int precision)
    {
        var digits = Rounded(Math.Abs(number), precision).ToString(CultureInfo.InvariantCulture).PadLeft(precision + 1, '0');
        var whole = digits[..^precision];
        return (double.IsNegative(number) ? "-" : "") + (precision == 0 ? whole : $"{whole}.{digits[^precision..]}");
    }

    static string Scientific(double number, int precision)
    {
        var magnitude = Math.Abs(number);
        var exponent = magnitude == 0 ? 0 : (int)Math.Floor(Math.Log10(magnitude));
        var digits = Rounded(magnitude, precision - exponent).ToString(CultureInfo.InvariantCulture);

        // The logarithm may be one off, and rounding may add a digit: 9.99 becomes 10.0.
        if (magnitude != 0 && digits.Length != precision + 1)
        {
            exponent += digits.Length - precision - 1;
            digits = Rounded(magnitude, precision - exponent).ToString(CultureInfo.InvariantCulture);
        }

        digits = digits.PadRight(precision + 1, '0');
        var fraction = precision == 0 ? "" : $".{digits[1..(precision + 1)]}";
        return $"{(double.IsNegative(number) ? "-" : "")}{digits[0]}{fraction}e{(exponent < 0 ? "-" : "+")}{Math.Abs(exponent):00}";
    }

    /// <summary>number × 10^power, rounded to the nearest whole number, halves to even, exactly.</summary>
    static BigInteger Rounded(double number, int power)
    {
        var bits = BitConverter.DoubleToInt64Bits(number);
        var exponent = (int)((bits >> 52) & 0x7FF);
        var mantissa = (bits & 0xFFFFFFFFFFFFF) | (exponent == 0 ? 0 : 1L << 52);
        var shift = (exponent == 0 ? 1 : exponent) - 1075;
        var above = mantissa * BigInteger.Pow(10, Math.Max(0, power)) << Math.Max(0, shift);
        var below = BigInteger.Pow(10, Math.Max(0, -power)) << Math.Max(0, -shift);
        var whole = BigInteger.DivRem(above, below, out var rest);
        var twice = (rest * 2).CompareTo(below);
        return twice > 0 || (twice == 0 && !whole.IsEven) ? whole + 1 : whole;
    }

    /// <summary>Writes a value as <c>%s</c> does; an error when it has no text, otherwise unbound.</summary>
    static CelValue Write(ref Frame frame, CelValue value, StringBuilder text, int depth)
    {
        if (depth > MaxDepth)
        {
            return CelValue.Fail(CelErrors.TooDeep, $"the value is nested deeper than {MaxDepth}");
        }

        switch (value.Kind)
        {
            case CelKind.Error:
                return value;
            case CelKind.List:
                return WriteList(ref frame, value.As<ListPayload>()!, text, depth + 1);
            case CelKind.Map:
                return WriteMap(ref frame, value.As<MapPayload>()!, text, depth + 1);
            case CelKind.Null:
                text.Append("null");
                return default;
            case CelKind.Type:
                text.Append(value.ToString());
                return default;
            case CelKind.Double when !double.IsFinite(value.AsRawDouble):
                text.Append(NotFinite(value.AsRawDouble));
                return default;
            default:
                var made = Conversions.String(ref frame, value);
                if (made.StringOrNull is not { } piece || !frame.Charge(1 + (piece.Length / 8)))
                {
                    return made.IsError ? made : Frame.Exhausted();
                }

                text.Append(piece);
                return default;
        }
    }

    static CelValue WriteList(ref Frame frame, ListPayload list, StringBuilder text, int depth)
    {
        text.Append('[');
        var joint = "";
        foreach (var item in list.Items)
        {
            text.Append(joint);
            joint = ", ";
            var error = frame.Charge(1) ? Write(ref frame, item, text, depth) : Frame.Exhausted();
            if (!error.IsUnbound)
            {
                return error;
            }
        }

        text.Append(']');
        return default;
    }

    /// <summary>Entries stand in the order of their keys' texts, so that the result does not depend on how the map was made.</summary>
    static CelValue WriteMap(ref Frame frame, MapPayload map, StringBuilder text, int depth)
    {
        var entries = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var (key, value) in map)
        {
            var (name, content) = (new StringBuilder(), new StringBuilder());
            var error = frame.Charge(2) ? Write(ref frame, key, name, depth) : Frame.Exhausted();
            error = error.IsUnbound ? Write(ref frame, value, content, depth) : error;
            if (!error.IsUnbound)
            {
                return error;
            }

            // The keys 1 and "1" have one text; both are written.
            entries[entries.ContainsKey(name.ToString()) ? $"{name}\0{entries.Count}" : name.ToString()] = $"{name}: {content}";
        }

        text.Append('{').AppendJoin(", ", entries.Values).Append('}');
        return default;
    }
}
