using System.Text.Json;

namespace Anumate.Cel;

/// <summary>
/// Reads JSON text straight into values, without a document: for data that is read once, such as the facts of one decision. The
/// outcome equals that of <see cref="JsonValues"/>; types that are rare in such data take its way.
/// </summary>
static class Utf8Values
{
    const int FirstSize = 8;

    /// <summary>The value the reader stands at; afterwards it stands at the value's end.</summary>
    public static CelValue Read(ref Utf8JsonReader reader, CelType type)
    {
        switch (type.Kind, reader.TokenType)
        {
            case (CelKind.Dyn or CelKind.Map or CelKind.Object, JsonTokenType.StartObject):
                return ReadMap(ref reader, type);
            case (CelKind.Dyn or CelKind.List, JsonTokenType.StartArray):
                return ReadList(ref reader, type.Element);
            case (CelKind.Dyn or CelKind.String, JsonTokenType.String) when !reader.ValueIsEscaped:
                return CelValue.Of(reader.GetString()!);
            case (CelKind.Dyn or CelKind.Double, JsonTokenType.Number) when reader.TryGetDouble(out var number) && double.IsFinite(number):
                return CelValue.Of(number);
            case (CelKind.Dyn or CelKind.Bool, JsonTokenType.True or JsonTokenType.False):
                return CelValue.Of(reader.TokenType is JsonTokenType.True);
            default:
                return JsonValues.Read(JsonElement.ParseValue(ref reader), type);
        }
    }

    static CelValue ReadList(ref Utf8JsonReader reader, CelType element)
    {
        var (items, count) = (Array.Empty<CelValue>(), 0);
        while (reader.Read() && reader.TokenType is not JsonTokenType.EndArray)
        {
            Grow(ref items, count);
            items[count++] = Read(ref reader, element);
        }

        Array.Resize(ref items, count);
        return new(count == 0 ? ArrayPayload.Empty : new ArrayPayload(items));
    }

    static CelValue ReadMap(ref Utf8JsonReader reader, CelType type)
    {
        var (names, values, count) = (Array.Empty<string>(), Array.Empty<CelValue>(), 0);
        while (reader.Read() && reader.TokenType is not JsonTokenType.EndObject)
        {
            var name = NameOf(ref reader, type);
            reader.Read();
            var value = Read(ref reader, JsonValues.TypeOf(type, name ?? ""));
            if (name is null)
            {
                continue;
            }

            // A name given twice has its last value.
            var at = Array.IndexOf(names, name, 0, count);
            if (at < 0)
            {
                Grow(ref names, count);
                Grow(ref values, count);
                at = count++;
            }

            (names[at], values[at]) = (name, value);
            if (count > SmallPayload.MaxCount)
            {
                return ReadLarge(ref reader, type, names, values, count);
            }
        }

        return new(new SmallPayload(names, values, count));
    }

    static CelValue ReadLarge(ref Utf8JsonReader reader, CelType type, string[] names, CelValue[] values, int count)
    {
        var fields = new Dictionary<string, CelValue>(count * 2, StringComparer.Ordinal);
        for (var i = 0; i < count; i++)
        {
            fields[names[i]] = values[i];
        }

        while (reader.Read() && reader.TokenType is not JsonTokenType.EndObject)
        {
            var name = NameOf(ref reader, type);
            reader.Read();
            var value = Read(ref reader, JsonValues.TypeOf(type, name ?? ""));
            if (name is not null)
            {
                fields[name] = value;
            }
        }

        return new(new FieldsPayload(fields));
    }

    /// <summary>A name, without making a string where the type knows it; null where escapes make half a surrogate pair.</summary>
    static string? NameOf(ref Utf8JsonReader reader, CelType type)
    {
        if (!reader.ValueIsEscaped)
        {
            foreach (var (known, utf8) in type.Utf8Names)
            {
                if (reader.ValueSpan.SequenceEqual(utf8))
                {
                    return known;
                }
            }

            return reader.GetString();
        }

        try
        {
            return reader.GetString();
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }

    static void Grow<T>(ref T[] array, int count)
    {
        if (count == array.Length)
        {
            Array.Resize(ref array, Math.Max(FirstSize, count * 2));
        }
    }
}

/// <summary>A map with few string keys, in the order in which they were written.</summary>
sealed class SmallPayload(string[] names, CelValue[] values, int count) : MapPayload
{
    public const int MaxCount = 16;
    CelValue[]? keys;

    public override int Count => count;

    public override bool TryGet(string key, out CelValue value)
    {
        for (var i = 0; i < count; i++)
        {
            if (string.Equals(names[i], key))
            {
                value = values[i];
                return true;
            }
        }

        value = default;
        return false;
    }

    public override bool TryGet(CelValue key, out CelValue value)
    {
        value = default;
        return key.StringOrNull is { } name && TryGet(name, out value);
    }

    public bool HasOnly(IReadOnlyDictionary<string, CelField> fields)
    {
        for (var i = 0; i < count; i++)
        {
            if (!fields.ContainsKey(names[i]))
            {
                return false;
            }
        }

        return true;
    }

    public override CelValue[] Keys => keys ??= [.. names.Take(count).Select(CelValue.Of)];
}
