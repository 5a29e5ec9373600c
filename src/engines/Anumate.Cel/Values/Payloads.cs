using System.Collections;

namespace Anumate.Cel;

/// <summary>What stands behind a value that is neither unbound nor a string.</summary>
abstract class Payload(CelKind kind)
{
    public readonly CelKind Kind = kind;
}

/// <summary>The heads of values whose content fits into 64 bits.</summary>
sealed class Scalar(CelKind kind) : Payload(kind)
{
    public static readonly Scalar Null = new(CelKind.Null);
    public static readonly Scalar Bool = new(CelKind.Bool);
    public static readonly Scalar Int = new(CelKind.Int);
    public static readonly Scalar Uint = new(CelKind.Uint);
    public static readonly Scalar Double = new(CelKind.Double);
    /// <summary>A duration in nanoseconds (±292 years, as in the reference implementation).</summary>
    public static readonly Scalar Duration = new(CelKind.Duration);
}

sealed class BytesPayload(byte[] value) : Payload(CelKind.Bytes)
{
    public readonly byte[] Value = value;
}

sealed class TimestampPayload(CelTimestamp value) : Payload(CelKind.Timestamp)
{
    public readonly CelTimestamp Value = value;
}

sealed class MoneyPayload(CelMoney value) : Payload(CelKind.Money)
{
    public readonly CelMoney Value = value;
}

sealed class IpPayload(IpAddress value) : Payload(CelKind.Ip)
{
    public readonly IpAddress Value = value;
}

sealed class CidrPayload(IpNetwork value) : Payload(CelKind.Cidr)
{
    public readonly IpNetwork Value = value;
}

sealed class TypePayload(CelType value) : Payload(CelKind.Type)
{
    public readonly CelType Value = value;
}

sealed class ErrorPayload(CelError error) : Payload(CelKind.Error)
{
    public readonly CelError Error = error;
}

/// <summary>A value or none; the value inside is never an error.</summary>
sealed class OptionalPayload : Payload
{
    public static readonly OptionalPayload None = new(default);

    OptionalPayload(CelValue value) : base(CelKind.Optional) => Value = value;

    public CelValue Value { get; }

    public bool HasValue => !Value.IsUnbound;

    public static CelValue Of(CelValue value) => new(new OptionalPayload(value));
}

abstract class ListPayload() : Payload(CelKind.List), IReadOnlyList<CelValue>
{
    public abstract int Count { get; }

    /// <summary>All elements; the array must not be changed.</summary>
    public abstract CelValue[] Items { get; }

    /// <summary>All elements, to look at at once.</summary>
    public virtual ReadOnlySpan<CelValue> Span => Items;

    public CelValue this[int index] => Items[index];

    public IEnumerator<CelValue> GetEnumerator() => ((IEnumerable<CelValue>)Items).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}

sealed class ArrayPayload(CelValue[] items) : ListPayload
{
    public static readonly ArrayPayload Empty = new([]);

    public override int Count => items.Length;

    public override CelValue[] Items => items;
}

abstract class MapPayload() : Payload(CelKind.Map), IEnumerable<KeyValuePair<CelValue, CelValue>>
{
    public abstract int Count { get; }

    public abstract bool TryGet(string key, out CelValue value);

    /// <summary>The entry with an equal key; keys of other kinds than bool, int, uint, double and string are never found.</summary>
    public abstract bool TryGet(CelValue key, out CelValue value);

    /// <summary>The keys in a stable order.</summary>
    public abstract CelValue[] Keys { get; }

    public IEnumerator<KeyValuePair<CelValue, CelValue>> GetEnumerator()
    {
        foreach (var key in Keys)
        {
            TryGet(key, out var value);
            yield return new(key, value);
        }
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}

/// <summary>A map with string keys.</summary>
sealed class FieldsPayload(IReadOnlyDictionary<string, CelValue> fields) : MapPayload
{
    CelValue[]? keys;

    public override int Count => fields.Count;

    public override bool TryGet(string key, out CelValue value) => fields.TryGetValue(key, out value);

    public override bool TryGet(CelValue key, out CelValue value)
    {
        value = default;
        return key.StringOrNull is { } name && fields.TryGetValue(name, out value);
    }

    public override CelValue[] Keys => keys ??= [.. fields.Keys.Select(CelValue.Of)];
}

/// <summary>A map with keys of any kind, in the order in which they were written.</summary>
sealed class EntriesPayload(CelValue[] keys, Dictionary<CelValue, CelValue> entries) : MapPayload
{
    public override int Count => keys.Length;

    public override bool TryGet(string key, out CelValue value) => entries.TryGetValue(CelValue.Of(key), out value);

    public override bool TryGet(CelValue key, out CelValue value)
    {
        value = default;
        return key.Kind is CelKind.Bool or CelKind.Int or CelKind.Uint or CelKind.Double or CelKind.String
            && entries.TryGetValue(key, out value);
    }

    public override CelValue[] Keys => keys;
}
