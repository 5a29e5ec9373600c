using System.Globalization;
using System.Text;

namespace Anumate.Cel;

/// <summary>Conversions between types. What cannot be represented is an error, never rounded to something else silently.</summary>
static class Conversions
{
    static readonly UTF8Encoding StrictUtf8 = new(false, true);

    public static readonly Function[] All =
    [
        Standard.F("type", one: Type, signatures: "type(A) -> type(A)"),
        Standard.F("dyn", one: Dyn, signatures: "dyn(A) -> dyn"),
        Standard.F("bool", one: Bool, signatures: ["bool(bool) -> bool", "bool(string) -> bool"]),
        Standard.F("int", one: Int, signatures:
            ["int(int) -> int", "int(uint) -> int", "int(double) -> int", "int(string) -> int", "int(timestamp) -> int"]),
        Standard.F("uint", one: Uint, signatures:
            ["uint(uint) -> uint", "uint(int) -> uint", "uint(double) -> uint", "uint(string) -> uint"]),
        Standard.F("double", one: Double, signatures:
            ["double(double) -> double", "double(int) -> double", "double(uint) -> double", "double(string) -> double"]),
        Standard.F("string", one: String, signatures:
        [
            "string(string) -> string", "string(bool) -> string", "string(int) -> string", "string(uint) -> string",
            "string(double) -> string", "string(bytes) -> string", "string(timestamp) -> string", "string(duration) -> string",
            "string(money) -> string", "string(IP) -> string", "string(CIDR) -> string",
        ]),
        Standard.F("bytes", one: Bytes, signatures: ["bytes(bytes) -> bytes", "bytes(string) -> bytes"]),
        Standard.F("money", one: Moneys.From, signatures:
            ["money(money) -> money", "money(string) -> money", "money(map(string, dyn)) -> money"]),
        Standard.F("timestamp", one: Timestamp, signatures:
            ["timestamp(timestamp) -> timestamp", "timestamp(string) -> timestamp", "timestamp(int) -> timestamp"]),
        Standard.F("duration", one: Duration, signatures: ["duration(duration) -> duration", "duration(string) -> duration"]),
    ];

    static CelValue Type(ref Frame frame, CelValue value) => CelValue.Of(value.Kind switch
    {
        CelKind.Null => CelType.Null,
        CelKind.Bool => CelType.Bool,
        CelKind.Int => CelType.Int,
        CelKind.Uint => CelType.Uint,
        CelKind.Double => CelType.Double,
        CelKind.String => CelType.String,
        CelKind.Bytes => CelType.Bytes,
        CelKind.Timestamp => CelType.Timestamp,
        CelKind.Duration => CelType.Duration,
        CelKind.Money => CelType.Money,
        CelKind.Ip => CelType.Ip,
        CelKind.Cidr => CelType.Cidr,
        CelKind.List => Standard.Types["list"],
        CelKind.Map => Standard.Types["map"],
        CelKind.Optional => Standard.Types["optional_type"],
        _ => CelType.Type,
    });

    static CelValue Dyn(ref Frame frame, CelValue value) => value;

    static CelValue Bool(ref Frame frame, CelValue value) => value.Kind switch
    {
        CelKind.Bool => value,
        CelKind.String => value.StringOrNull switch
        {
            "1" or "t" or "true" or "TRUE" or "True" => CelValue.True,
            "0" or "f" or "false" or "FALSE" or "False" => CelValue.False,
            _ => Malformed(value, "bool"),
        },
        _ => Operators.NoOverload("bool", value),
    };

    static CelValue Int(ref Frame frame, CelValue value) => value.Kind switch
    {
        CelKind.Int => value,
        CelKind.Uint => value.Bits >= 0 ? CelValue.Of(value.Bits) : Operators.Overflow("the int"),
        // Doubles at the very ends are refused, as ±2^63 is not exact there.
        CelKind.Double => value.AsRawDouble is > long.MinValue and < long.MaxValue
            ? CelValue.Of((long)value.AsRawDouble)
            : Operators.Overflow("the int"),
        CelKind.String => long.TryParse(value.StringOrNull, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number)
            ? CelValue.Of(number)
            : Malformed(value, "int"),
        CelKind.Timestamp => CelValue.Of(value.As<TimestampPayload>()!.Value.Seconds),
        _ => Operators.NoOverload("int", value),
    };

    static CelValue Uint(ref Frame frame, CelValue value) => value.Kind switch
    {
        CelKind.Uint => value,
        CelKind.Int => value.Bits >= 0 ? CelValue.Of((ulong)value.Bits) : Operators.Overflow("the uint"),
        CelKind.Double => value.AsRawDouble is >= 0 and < ulong.MaxValue
            ? CelValue.Of((ulong)value.AsRawDouble)
            : Operators.Overflow("the uint"),
        CelKind.String => ulong.TryParse(value.StringOrNull, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? CelValue.Of(number)
            : Malformed(value, "uint"),
        _ => Operators.NoOverload("uint", value),
    };

    static CelValue Double(ref Frame frame, CelValue value) => value.Kind switch
    {
        CelKind.Double => value,
        CelKind.Int => CelValue.Of((double)value.Bits),
        CelKind.Uint => CelValue.Of((double)value.AsUlong),
        CelKind.String => ParseDouble(value),
        _ => Operators.NoOverload("double", value),
    };

    static CelValue ParseDouble(CelValue value)
    {
        var text = value.StringOrNull!;
        if (text is "NaN" or "Infinity" or "+Infinity" or "-Infinity" or "Inf" or "+Inf" or "-Inf")
        {
            return CelValue.Of(text is "NaN" ? double.NaN : text[0] == '-' ? double.NegativeInfinity : double.PositiveInfinity);
        }

        const NumberStyles style = NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent;
        return double.TryParse(text, style, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number)
            ? CelValue.Of(number)
            : Malformed(value, "double");
    }

    public static CelValue String(ref Frame frame, CelValue value) => value.Kind switch
    {
        CelKind.String => value,
        CelKind.Bool => CelValue.Of(value.IsTrue ? "true" : "false"),
        CelKind.Int => CelValue.Of(value.Bits.ToString(CultureInfo.InvariantCulture)),
        CelKind.Uint => CelValue.Of(value.AsUlong.ToString(CultureInfo.InvariantCulture)),
        CelKind.Double => CelValue.Of(Texts.Print(value.AsRawDouble)),
        CelKind.Bytes => Decode(ref frame, value.As<BytesPayload>()!.Value),
        CelKind.Timestamp => CelValue.Of(value.As<TimestampPayload>()!.Value.ToString()),
        CelKind.Duration => CelValue.Of(Durations.Print(value.Bits)),
        CelKind.Money => CelValue.Of(value.AsMoney.ToString()),
        CelKind.Ip => CelValue.Of(value.As<IpPayload>()!.Value.ToString()),
        CelKind.Cidr => CelValue.Of(value.As<CidrPayload>()!.Value.ToString()),
        _ => Operators.NoOverload("string", value),
    };

    static CelValue Decode(ref Frame frame, byte[] bytes)
    {
        if (!frame.Charge(bytes.Length / 8))
        {
            return Frame.Exhausted();
        }

        return System.Text.Unicode.Utf8.IsValid(bytes)
            ? CelValue.Of(StrictUtf8.GetString(bytes))
            : CelValue.Fail(CelErrors.InvalidArgument, "the bytes are not UTF-8");
    }

    static CelValue Bytes(ref Frame frame, CelValue value)
    {
        switch (value.Kind)
        {
            case CelKind.Bytes:
                return value;
            case CelKind.String when !frame.Charge(value.StringOrNull!.Length / 8):
                return Frame.Exhausted();
            case CelKind.String:
                return Texts.IsWellFormed(value.StringOrNull!)
                    ? CelValue.Of(StrictUtf8.GetBytes(value.StringOrNull!))
                    : Malformed(value, "bytes");
            default:
                return Operators.NoOverload("bytes", value);
        }
    }

    static CelValue Timestamp(ref Frame frame, CelValue value) => value.Kind switch
    {
        CelKind.Timestamp => value,
        CelKind.String => CelTimestamp.TryParse(value.StringOrNull, out var time)
            ? CelValue.Of(time)
            : Malformed(value, "timestamp (RFC 3339)"),
        CelKind.Int => CelTimestamp.InRange(value.Bits)
            ? CelValue.Of(new CelTimestamp(value.Bits, 0))
            : Operators.Overflow("the timestamp"),
        _ => Operators.NoOverload("timestamp", value),
    };

    static CelValue Duration(ref Frame frame, CelValue value) => value.Kind switch
    {
        CelKind.Duration => value,
        CelKind.String => Durations.TryParse(value.StringOrNull!, out var nanoseconds)
            ? CelValue.OfNanoseconds(nanoseconds)
            : Malformed(value, "duration (such as 1h30m or 1.5s)"),
        _ => Operators.NoOverload("duration", value),
    };

    static CelValue Malformed(CelValue value, string type) =>
        CelValue.Fail(CelErrors.InvalidArgument, $"the {Operators.Kind(value)} is no {type}");
}
