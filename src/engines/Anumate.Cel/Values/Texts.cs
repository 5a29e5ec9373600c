using System.Globalization;
using System.Text;

namespace Anumate.Cel;

/// <summary>Strings as sequences of code points, and numbers as text.</summary>
static class Texts
{
    static readonly System.Buffers.SearchValues<char> Surrogates =
        System.Buffers.SearchValues.Create([.. Enumerable.Range(0xD800, 0x800).Select(c => (char)c)]);

    /// <summary>The number of code points; half a surrogate pair counts as one.</summary>
    public static int Size(string text)
    {
        if (text.AsSpan().IndexOfAny(Surrogates) < 0)
        {
            return text.Length;
        }

        var count = 0;
        foreach (var _ in text.EnumerateRunes())
        {
            count++;
        }

        return count;
    }

    /// <summary>Where a code point begins in the UTF-16 text; its length for the position after the last one, −1 beyond.</summary>
    public static int Offset(string text, long position)
    {
        if (position < 0 || position > text.Length)
        {
            return -1;
        }

        if (text.AsSpan().IndexOfAny(Surrogates) < 0)
        {
            return (int)position;
        }

        var at = 0;
        for (; position > 0 && at < text.Length; position--)
        {
            at += char.IsSurrogatePair(text, at) ? 2 : 1;
        }

        return position == 0 ? at : -1;
    }

    public static bool IsWellFormed(string text)
    {
        var at = text.AsSpan().IndexOfAny(Surrogates);
        for (var rest = at < 0 ? [] : text.AsSpan(at); rest.Length > 0;)
        {
            if (Rune.DecodeFromUtf16(rest, out _, out var consumed) is not System.Buffers.OperationStatus.Done)
            {
                return false;
            }

            rest = rest[consumed..];
        }

        return true;
    }

    /// <summary>A number as canonical JSON (RFC 8785) writes it, so that text and JSON agree: <c>1000000</c>, <c>1e+21</c>.</summary>
    public static string Print(double number)
    {
        if (double.IsNaN(number))
        {
            return "NaN";
        }

        if (double.IsInfinity(number))
        {
            return number > 0 ? "+Inf" : "-Inf";
        }

        if (number == 0)
        {
            return "0";
        }

        var (digits, exponent) = Shortest(Math.Abs(number));
        var sign = number < 0 ? "-" : "";
        if (exponent is >= 0 and < 21)
        {
            return sign + (digits.Length <= exponent + 1
                ? digits.PadRight(exponent + 1, '0')
                : digits[..(exponent + 1)] + "." + digits[(exponent + 1)..]);
        }

        if (exponent is < 0 and >= -6)
        {
            return sign + "0." + new string('0', -exponent - 1) + digits;
        }

        return sign + digits[0] + (digits.Length > 1 ? "." + digits[1..] : "") + "e" + (exponent < 0 ? "-" : "+") + Math.Abs(exponent);
    }

    /// <summary>The fewest digits that read back as the number, and the power of ten of the first.</summary>
    static (string Digits, int Exponent) Shortest(double number)
    {
        var text = number.ToString("R", CultureInfo.InvariantCulture);
        var e = text.IndexOf('E');
        var mantissa = e < 0 ? text : text[..e];
        var point = mantissa.IndexOf('.') is var at and >= 0 ? at : mantissa.Length;
        var all = mantissa.Replace(".", "");
        var digits = all.TrimStart('0');
        var power = e < 0 ? 0 : int.Parse(text.AsSpan(e + 1), NumberStyles.AllowLeadingSign);
        return (digits.TrimEnd('0'), power + point - 1 - (all.Length - digits.Length));
    }
}

/// <summary>Values as CEL literals.</summary>
static class ValueText
{
    const int MaxItems = 8;
    const int MaxLength = 200;
    static readonly System.Buffers.SearchValues<char> Whole = System.Buffers.SearchValues.Create("-0123456789");

    /// <summary>The literal that reads back as the value: null, a bool, a number, a string or bytes.</summary>
    public static string Literal(CelValue value) => value.Kind switch
    {
        CelKind.String => Quote(value.StringOrNull!),
        CelKind.Bytes => Quote(value.As<BytesPayload>()!.Value),
        _ => Print(value),
    };

    /// <summary>The value for people, with what is long or deep left out.</summary>
    public static string Print(CelValue value, int depth = 0) => value.Kind switch
    {
        CelKind.Null => "null",
        CelKind.Bool => value.IsTrue ? "true" : "false",
        CelKind.Int => value.Bits.ToString(CultureInfo.InvariantCulture),
        CelKind.Uint => value.AsUlong.ToString(CultureInfo.InvariantCulture) + "u",
        CelKind.Double => Double(value.AsRawDouble),
        CelKind.String => value.StringOrNull is { Length: > MaxLength } s ? Quote(s[..MaxLength]) + "…" : Quote(value.StringOrNull!),
        CelKind.Bytes => value.As<BytesPayload>()!.Value is { Length: > MaxLength } b ? Quote(b[..MaxLength]) + "…" : Literal(value),
        CelKind.Timestamp => $"timestamp(\"{value.As<TimestampPayload>()!.Value}\")",
        CelKind.Duration => $"duration(\"{Durations.Print(value.Bits)}\")",
        CelKind.Money => $"money(\"{value.As<MoneyPayload>()!.Value}\")",
        CelKind.Ip => $"ip(\"{value.As<IpPayload>()!.Value}\")",
        CelKind.Cidr => $"cidr(\"{value.As<CidrPayload>()!.Value}\")",
        CelKind.Type => value.As<TypePayload>()!.Value.RuntimeName,
        CelKind.Optional when depth > 2 => "optional(…)",
        CelKind.Optional => value.As<OptionalPayload>() is { HasValue: true } o ? $"optional.of({Print(o.Value, depth + 1)})" : "optional.none()",
        CelKind.List or CelKind.Map when depth > 2 => value.Kind is CelKind.List ? "[…]" : "{…}",
        CelKind.List => "[" + Join(value.As<ListPayload>()!.Items, v => Print(v, depth + 1)) + "]",
        CelKind.Map => "{" + Join([.. value.As<MapPayload>()!.Take(MaxItems + 1)], e => Print(e, depth + 1)) + "}",
        _ => $"error({value.Error})",
    };

    static string Print(KeyValuePair<CelValue, CelValue> entry, int depth) => $"{Print(entry.Key, depth)}: {Print(entry.Value, depth)}";

    static string Join<T>(T[] items, Func<T, string> print) =>
        string.Join(", ", items.Take(MaxItems).Select(print)) + (items.Length > MaxItems ? ", …" : "");

    /// <summary>A double literal always has a point or an exponent, so that it reads back as a double.</summary>
    static string Double(double number)
    {
        if (number == 0 && double.IsNegative(number))
        {
            return "-0.0";
        }

        var text = Texts.Print(number);
        return text.AsSpan().IndexOfAnyExcept(Whole) < 0 ? text + ".0" : text;
    }

    public static string Quote(string text)
    {
        var quoted = new StringBuilder("\"");
        foreach (var c in text)
        {
            _ = c switch
            {
                '"' => quoted.Append("\\\""),
                '\\' => quoted.Append("\\\\"),
                '\n' => quoted.Append("\\n"),
                '\r' => quoted.Append("\\r"),
                '\t' => quoted.Append("\\t"),
                < ' ' or '\x7f' or '\u2028' or '\u2029' or '\ufeff' => quoted.Append($"\\u{(int)c:x4}"),
                _ => quoted.Append(c),
            };
        }

        return quoted.Append('"').ToString();
    }

    static string Quote(byte[] bytes)
    {
        var quoted = new StringBuilder("b\"");
        foreach (var b in bytes)
        {
            _ = b is >= 0x20 and < 0x7f and not (byte)'"' and not (byte)'\\' ? quoted.Append((char)b) : quoted.Append($"\\x{b:x2}");
        }

        return quoted.Append('"').ToString();
    }
}
