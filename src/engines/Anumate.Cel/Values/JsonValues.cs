using System.Globalization;
using System.Text.Json;

namespace Anumate.Cel;

/// <summary>Between JSON and CEL values.</summary>
static class JsonValues
{
    const long MaxExact = (1L << 53) - 1;

    public static CelValue Read(JsonElement json, CelType type)
    {
        var value = type.Kind is CelKind.Dyn ? Untyped(json) : Typed(json, type);
        return value.IsUnbound && json.ValueKind is not JsonValueKind.Undefined ? Mismatch(json, type) : value;
    }

    /// <summary>The type of a field of a value of the type.</summary>
    public static CelType TypeOf(CelType type, string name) => type.Kind switch
    {
        CelKind.Object => type.Fields.TryGetValue(name, out var field) ? field.Type : type.Rest ?? CelType.Dyn,
        CelKind.Map => type.Element,
        _ => CelType.Dyn,
    };

    static CelValue Untyped(JsonElement json) => json.ValueKind switch
    {
        JsonValueKind.Object => new(new JsonMap(json, CelType.Dyn)),
        JsonValueKind.Array => new(new JsonList(json, CelType.Dyn)),
        JsonValueKind.String => Text(json) is { } text ? CelValue.Of(text) : default,
        JsonValueKind.Number => Number(json),
        JsonValueKind.True => CelValue.True,
        JsonValueKind.False => CelValue.False,
        JsonValueKind.Null => CelValue.Null,
        _ => default,
    };

    static CelValue Typed(JsonElement json, CelType type) => (type.Kind, json.ValueKind) switch
    {
        (CelKind.Object or CelKind.Map, JsonValueKind.Object) => new(new JsonMap(json, type)),
        (CelKind.List, JsonValueKind.Array) => new(new JsonList(json, type.Element)),
        (CelKind.String or CelKind.Bool or CelKind.Null, _) => Plain(json, type.Kind),
        (CelKind.Double, JsonValueKind.Number) => Number(json),
        (CelKind.Int or CelKind.Uint, JsonValueKind.Number) => Integer(json, type.Kind),
        (CelKind.Nullable, JsonValueKind.Null) => CelValue.Null,
        (CelKind.Nullable, _) => Typed(json, type.Element),
        (CelKind.Money, JsonValueKind.Object) => Money(json),
        (CelKind.Timestamp or CelKind.Duration or CelKind.Bytes, JsonValueKind.String) => FromText(json, type.Kind),
        _ => default,
    };

    static CelValue Plain(JsonElement json, CelKind kind)
    {
        var value = json.ValueKind is JsonValueKind.Object or JsonValueKind.Array ? default : Untyped(json);
        return value.Kind == kind ? value : default;
    }

    static CelValue FromText(JsonElement json, CelKind kind) => (kind, Text(json)) switch
    {
        (CelKind.Timestamp, { } text) => CelTimestamp.TryParse(text, out var time) ? CelValue.Of(time) : default,
        (CelKind.Duration, { } text) => Durations.TryParse(text, out var nanoseconds) ? CelValue.OfNanoseconds(nanoseconds) : default,
        (CelKind.Bytes, _) => json.TryGetBytesFromBase64(out var bytes) ? CelValue.Of(bytes) : default,
        _ => default,
    };

    static CelValue Money(JsonElement json) =>
        json.TryGetProperty("amount", out var amount) && amount.ValueKind is JsonValueKind.String
        && json.TryGetProperty("currency", out var currency) && currency.ValueKind is JsonValueKind.String
        && CelMoney.TryParse(Text(amount), Text(currency), out var money)
            ? CelValue.Of(money)
            : default;

    static CelValue Number(JsonElement json) =>
        json.TryGetDouble(out var number) && double.IsFinite(number) ? CelValue.Of(number) : default;

    static CelValue Integer(JsonElement json, CelKind kind)
    {
        if (kind is CelKind.Int && json.TryGetInt64(out var whole))
        {
            return CelValue.Of(whole);
        }

        if (kind is CelKind.Uint && json.TryGetUInt64(out var natural))
        {
            return CelValue.Of(natural);
        }

        // 5.0 and 5e0 are the integer 5.
        if (!json.TryGetDouble(out var number) || Math.Abs(number) > MaxExact || number != Math.Truncate(number))
        {
            return default;
        }

        return kind is CelKind.Int ? CelValue.Of((long)number) : number >= 0 ? CelValue.Of((ulong)number) : default;
    }

    /// <summary>The text, or null where escapes make a lone surrogate, which is no text.</summary>
    static string? Text(JsonElement json)
    {
        try
        {
            return json.GetString();
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }

    static CelValue Mismatch(JsonElement json, CelType type) =>
        CelValue.Fail(CelErrors.TypeMismatch, $"expected {type}, found {(json.ValueKind is JsonValueKind.True or JsonValueKind.False
            ? "bool"
            : json.ValueKind.ToString().ToLowerInvariant())} in the data");

    public static CelError? Write(CelValue value, Utf8JsonWriter writer, int depth)
    {
        switch (value.Kind)
        {
            case CelKind.Null:
                writer.WriteNullValue();
                return null;
            case CelKind.Bool:
                writer.WriteBooleanValue(value.AsBool);
                return null;
            case CelKind.Int when Math.Abs((double)value.Bits) <= MaxExact:
                writer.WriteNumberValue(value.Bits);
                return null;
            case CelKind.Uint when value.AsUlong <= MaxExact:
                writer.WriteNumberValue(value.AsUlong);
                return null;
            case CelKind.Double when double.IsFinite(value.AsRawDouble):
                writer.WriteNumberValue(value.AsRawDouble);
                return null;
            case CelKind.String:
                return WriteText(value.StringOrNull!, writer);
            case CelKind.Bytes:
                writer.WriteBase64StringValue(value.As<BytesPayload>()!.Value);
                return null;
            case CelKind.Timestamp:
                writer.WriteStringValue(value.As<TimestampPayload>()!.Value.ToString());
                return null;
            case CelKind.Duration:
                writer.WriteStringValue(Durations.Print(value.Bits));
                return null;
            case CelKind.Money:
                WriteMoney(value.As<MoneyPayload>()!.Value, writer);
                return null;
            case CelKind.Ip:
                writer.WriteStringValue(value.As<IpPayload>()!.Value.ToString());
                return null;
            case CelKind.Cidr:
                writer.WriteStringValue(value.As<CidrPayload>()!.Value.ToString());
                return null;
            case CelKind.List or CelKind.Map when depth >= AnumateJson.MaxDepth:
                return new(CelErrors.TooDeep, $"the value is nested deeper than {AnumateJson.MaxDepth}");
            case CelKind.List:
                return WriteList(value.As<ListPayload>()!, writer, depth + 1);
            case CelKind.Map:
                return WriteMap(value.As<MapPayload>()!, writer, depth + 1);
            case CelKind.Error:
                return value.Error;
            default:
                return new(CelErrors.NotJson, $"the {Operators.Kind(value)} has no exact JSON form");
        }
    }

    static CelError? WriteText(string text, Utf8JsonWriter writer)
    {
        if (!Texts.IsWellFormed(text))
        {
            return new(CelErrors.NotJson, "a text with half a surrogate pair has no JSON form");
        }

        writer.WriteStringValue(text);
        return null;
    }

    static void WriteMoney(CelMoney money, Utf8JsonWriter writer)
    {
        writer.WriteStartObject();
        writer.WriteString("amount"u8, money.Amount.ToString(CultureInfo.InvariantCulture));
        writer.WriteString("currency"u8, money.Currency);
        writer.WriteEndObject();
    }

    static CelError? WriteList(ListPayload list, Utf8JsonWriter writer, int depth)
    {
        writer.WriteStartArray();
        foreach (var item in list.Items)
        {
            if (Write(item, writer, depth) is { } error)
            {
                return error;
            }
        }

        writer.WriteEndArray();
        return null;
    }

    static CelError? WriteMap(MapPayload map, Utf8JsonWriter writer, int depth)
    {
        writer.WriteStartObject();
        foreach (var key in map.Keys)
        {
            if (key.StringOrNull is not { } name || !Texts.IsWellFormed(name))
            {
                return new(CelErrors.NotJson, $"a map with a key of kind {Operators.Kind(key)} has no JSON form");
            }

            writer.WritePropertyName(name);
            map.TryGet(name, out var value);
            if (Write(value, writer, depth) is { } error)
            {
                return error;
            }
        }

        writer.WriteEndObject();
        return null;
    }
}

/// <summary>A JSON array, turned into values when first looked into.</summary>
sealed class JsonList(JsonElement json, CelType element) : ListPayload
{
    CelValue[]? items;

    public override int Count => json.GetArrayLength();

    public override CelValue[] Items => items ??= Read();

    CelValue[] Read()
    {
        var read = new CelValue[json.GetArrayLength()];
        var i = 0;
        foreach (var item in json.EnumerateArray())
        {
            read[i++] = JsonValues.Read(item, element);
        }

        return read;
    }
}

/// <summary>
/// A JSON object. Fields are read when asked for, and kept: decisions ask for the same few again and again. Larger objects get an
/// index instead. Entries are published by one reference write, so readers on several threads are safe.
/// </summary>
sealed class JsonMap(JsonElement json, CelType type) : MapPayload
{
    const int Small = 16;
    Entry? first;
    Dictionary<string, CelValue>? index;
    CelValue[]? keys;

    sealed record Entry(string Name, CelValue Value, Entry? Next);

    public override int Count => Keys.Length;

    bool Large => index is not null || json.GetPropertyCount() > Small;

    Dictionary<string, CelValue> Index => index ??= ReadAll();

    public override bool TryGet(string key, out CelValue value)
    {
        for (var entry = first; entry is not null; entry = entry.Next)
        {
            if (string.Equals(entry.Name, key))
            {
                value = entry.Value;
                return true;
            }
        }

        if (Large)
        {
            return Index.TryGetValue(key, out value);
        }

        if (!Find(key, out var found))
        {
            value = default;
            return index is not null && index.TryGetValue(key, out value);
        }

        value = JsonValues.Read(found, JsonValues.TypeOf(type, key));
        first = new(key, value, first);
        return true;
    }

    public override bool TryGet(CelValue key, out CelValue value)
    {
        value = default;
        return key.StringOrNull is { } name && TryGet(name, out value);
    }

    public override CelValue[] Keys => keys ??= ReadKeys();

    bool Find(string key, out JsonElement found)
    {
        try
        {
            return json.TryGetProperty(key, out found);
        }
        catch (InvalidOperationException)
        {
            // A name with half a surrogate pair cannot be compared; the index leaves it out.
            found = default;
            index = ReadAll();
            return false;
        }
    }

    Dictionary<string, CelValue> ReadAll()
    {
        var all = new Dictionary<string, CelValue>(StringComparer.Ordinal);
        foreach (var property in json.EnumerateObject())
        {
            if (NameOf(property) is { } name)
            {
                all[name] = JsonValues.Read(property.Value, JsonValues.TypeOf(type, name));
            }
        }

        return all;
    }

    CelValue[] ReadKeys()
    {
        if (Large)
        {
            return [.. Index.Keys.Select(CelValue.Of)];
        }

        var read = new List<CelValue>();
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var property in json.EnumerateObject())
        {
            if (NameOf(property) is { } name && seen.Add(name))
            {
                read.Add(CelValue.Of(name));
            }
        }

        return [.. read];
    }

    static string? NameOf(JsonProperty property)
    {
        try
        {
            return property.Name;
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }
}
