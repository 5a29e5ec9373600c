using System.Diagnostics.CodeAnalysis;
using System.Text.Json;

namespace Anumate.Cel;

/// <summary>
/// A CEL value: 16 bytes, immutable. Null, bool, int, uint, double and duration need no further object. Lists and maps made from
/// JSON read the document lazily, so the document must outlive them. The default value is «unbound» and reads as an error.
/// </summary>
public readonly struct CelValue : IEquatable<CelValue>
{
    // What kind it is, or the object that knows: a Payload, or a string.
    readonly object? head;
    readonly long bits;

    internal CelValue(object? head, long bits = 0)
    {
        this.head = head;
        this.bits = bits;
    }

    public static CelValue Null => new(Scalar.Null);

    public static CelValue True => new(Scalar.Bool, 1);

    public static CelValue False => new(Scalar.Bool, 0);

    public static CelValue Of(bool value) => new(Scalar.Bool, value ? 1 : 0);

    public static CelValue Of(long value) => new(Scalar.Int, value);

    public static CelValue Of(ulong value) => new(Scalar.Uint, (long)value);

    public static CelValue Of(double value) => new(Scalar.Double, BitConverter.DoubleToInt64Bits(value));

    public static CelValue Of(string value) => new(value);

    /// <summary>Bytes; the array must not be changed afterwards.</summary>
    public static CelValue Of(byte[] value) => new(new BytesPayload(value));

    public static CelValue Of(DateTimeOffset value) => Of(CelTimestamp.From(value));

    public static CelValue Of(TimeSpan value) =>
        value.Ticks is > long.MaxValue / 100 or < long.MinValue / 100
            ? Fail(CelErrors.Overflow, "the duration is out of range")
            : OfNanoseconds(value.Ticks * 100);

    public static CelValue Of(CelMoney value) => new(new MoneyPayload(value));

    public static CelValue Of(CelType value) => new(new TypePayload(value));

    public static CelValue Of(CelError error) => new(new ErrorPayload(error));

    public static CelValue List(IReadOnlyList<CelValue> items) => new(new ArrayPayload([.. items]));

    /// <summary>A map with string keys; the dictionary must not be changed afterwards.</summary>
    public static CelValue Map(IReadOnlyDictionary<string, CelValue> fields) => new(new FieldsPayload(fields));

    /// <summary>
    /// JSON as a value of the given type; without one (or of type dyn) as CEL maps JSON: every number is a double. Where the type
    /// says int, <c>5</c> and <c>5.0</c> are the int 5. Timestamps are RFC 3339 texts, durations texts such as <c>1.5s</c>, bytes
    /// base64, money <c>{amount, currency}</c>. What does not fit its type reads as the error <c>type-mismatch</c>.
    /// </summary>
    public static CelValue FromJson(JsonElement json, CelType? type = null) => JsonValues.Read(json, type ?? CelType.Dyn);

    /// <summary>
    /// The JSON value that the reader stands at, read as <see cref="FromJson"/> does but at once and without a document behind it;
    /// afterwards the reader stands at its end. Throws what the reader throws where the text is no JSON.
    /// </summary>
    public static CelValue FromUtf8(ref Utf8JsonReader reader, CelType? type = null) => Utf8Values.Read(ref reader, type ?? CelType.Dyn);

    internal static CelValue OfNanoseconds(long value) => new(Scalar.Duration, value);

    internal static CelValue Of(CelTimestamp value) => new(new TimestampPayload(value));

    internal static CelValue Fail(string code, string message) => new(new ErrorPayload(new(code, message)));

    /// <summary>The kind of the value; <see cref="CelKind.Error"/> when unbound.</summary>
    public CelKind Kind => head switch
    {
        string => CelKind.String,
        null => CelKind.Error,
        _ => System.Runtime.CompilerServices.Unsafe.As<Payload>(head).Kind,
    };

    public bool IsNull => ReferenceEquals(head, Scalar.Null);

    public bool IsTrue => ReferenceEquals(head, Scalar.Bool) && bits != 0;

    internal bool IsFalse => ReferenceEquals(head, Scalar.Bool) && bits == 0;

    internal bool IsBool => ReferenceEquals(head, Scalar.Bool);

    internal bool IsInt => ReferenceEquals(head, Scalar.Int);

    internal bool IsUint => ReferenceEquals(head, Scalar.Uint);

    internal bool IsDouble => ReferenceEquals(head, Scalar.Double);

    internal bool IsDuration => ReferenceEquals(head, Scalar.Duration);

    internal bool IsUnbound => head is null;

    public bool IsError => head is null or ErrorPayload;

    /// <summary>The error that stands in the place of a value; null for a value.</summary>
    public CelError? Error => head switch
    {
        ErrorPayload e => e.Error,
        null => new(CelErrors.Unbound, "the variable has no value"),
        _ => null,
    };

    internal long Bits => bits;

    internal ulong AsUlong => (ulong)bits;

    internal double AsRawDouble => BitConverter.Int64BitsToDouble(bits);

    internal string? StringOrNull => head as string;

    internal T? As<T>() where T : Payload => head as T;

    public bool AsBool => IsBool ? bits != 0 : throw Mismatch(CelKind.Bool);

    public long AsInt => IsInt ? bits : throw Mismatch(CelKind.Int);

    public ulong AsUint => IsUint ? (ulong)bits : throw Mismatch(CelKind.Uint);

    public double AsDouble => IsDouble ? AsRawDouble : throw Mismatch(CelKind.Double);

    public string AsString => head as string ?? throw Mismatch(CelKind.String);

    public ReadOnlyMemory<byte> AsBytes => head is BytesPayload b ? b.Value : throw Mismatch(CelKind.Bytes);

    /// <summary>The timestamp, cut to 100 ns.</summary>
    public DateTimeOffset AsTimestamp => head is TimestampPayload t ? t.Value.ToDateTimeOffset() : throw Mismatch(CelKind.Timestamp);

    /// <summary>The duration, cut to 100 ns.</summary>
    public TimeSpan AsDuration => IsDuration ? new TimeSpan(bits / 100) : throw Mismatch(CelKind.Duration);

    public CelMoney AsMoney => head is MoneyPayload m ? m.Value : throw Mismatch(CelKind.Money);

    /// <summary>The elements of a list.</summary>
    public IReadOnlyList<CelValue> AsList => head as ListPayload ?? throw Mismatch(CelKind.List);

    /// <summary>The entries of a map, in a stable order.</summary>
    public IEnumerable<KeyValuePair<CelValue, CelValue>> AsMap => head as MapPayload ?? throw Mismatch(CelKind.Map);

    /// <summary>The value of a map's field with a string key; false when it is absent or this is no map.</summary>
    public bool TryGetField(string name, out CelValue value)
    {
        value = default;
        return head is MapPayload map && map.TryGet(name, out value);
    }

    /// <summary>Whether a map has none but the given fields; true where none are given.</summary>
    public bool HasOnly(IReadOnlyDictionary<string, CelField> fields)
    {
        if (fields.Count > 0 && head is SmallPayload small)
        {
            return small.HasOnly(fields);
        }

        foreach (var key in fields.Count > 0 && head is MapPayload map ? map.Keys : [])
        {
            if (key.StringOrNull is not { } name || !fields.ContainsKey(name))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>CEL equality, made total: numbers by value across types (NaN equals nothing), money of two currencies is unequal.</summary>
    public bool Equals(CelValue other) => Equality.Same(this, other);

    public override bool Equals([NotNullWhen(true)] object? obj) => obj is CelValue other && Equals(other);

    public override int GetHashCode() => Equality.Hash(this);

    public static bool operator ==(CelValue left, CelValue right) => left.Equals(right);

    public static bool operator !=(CelValue left, CelValue right) => !left.Equals(right);

    /// <summary>
    /// Writes the value as JSON, or says why it has none: NaN, infinities, integers that a double cannot hold exactly (beyond
    /// ±2^53−1), maps with keys that are not strings, types. After an error the writer's content is incomplete and must be discarded.
    /// </summary>
    public CelError? WriteJson(Utf8JsonWriter writer) => JsonValues.Write(this, writer, 0);

    /// <summary>The value as a CEL literal, cut where it is long; for people.</summary>
    public override string ToString() => ValueText.Print(this);

    InvalidOperationException Mismatch(CelKind wanted) => new($"the value is {Kind}, not {wanted}");
}

/// <summary>An amount of one currency (ISO 4217 code). Amounts of two currencies do not compare and do not add.</summary>
public readonly record struct CelMoney(decimal Amount, string Currency)
{
    /// <summary>Reads <c>5000 EUR</c> or <c>-12.50 USD</c>.</summary>
    public static bool TryParse(string text, out CelMoney money)
    {
        var space = text.IndexOf(' ');
        money = default;
        return space > 0 && TryParse(text.AsSpan(0, space), text.AsSpan(space + 1), out money);
    }

    /// <summary>
    /// Reads a plain decimal number (at most 18 digits before the point and 9 after it, so that sums stay exact) and a code of
    /// three capital letters.
    /// </summary>
    public static bool TryParse(ReadOnlySpan<char> amount, ReadOnlySpan<char> currency, out CelMoney money)
    {
        money = default;
        var digits = amount.StartsWith("-") ? amount[1..] : amount;
        var point = digits.IndexOf('.');
        var whole = point < 0 ? digits : digits[..point];
        var fraction = point < 0 ? "0" : digits[(point + 1)..];
        if (whole.Length is < 1 or > 18 || whole.IndexOfAnyExceptInRange('0', '9') >= 0
            || fraction.Length is < 1 or > 9 || fraction.IndexOfAnyExceptInRange('0', '9') >= 0
            || currency.Length != 3 || currency.IndexOfAnyExceptInRange('A', 'Z') >= 0)
        {
            return false;
        }

        money = new(decimal.Parse(amount), currency.ToString());
        return true;
    }

    /// <summary>Equal by value: <c>12.50 EUR</c> is <c>12.5 EUR</c>.</summary>
    public bool Equals(CelMoney other) => Amount == other.Amount && Currency == other.Currency;

    public override int GetHashCode() => HashCode.Combine(Amount, Currency);

    /// <summary><c>12.50 EUR</c>.</summary>
    public override string ToString() => $"{Amount} {Currency}";
}
