using System.Text.Json;

namespace Anumate.Cel;

/// <summary>Maps JSON Schemas (2020-12) to CEL types.</summary>
sealed class SchemaTypes(JsonElement root)
{
    const int MaxDepth = AnumateJson.MaxDepth;

    /// <summary>What each reference stands for; while it is being read it is dyn, so that a recursive schema ends.</summary>
    readonly Dictionary<string, CelType> references = new(StringComparer.Ordinal);

    public static CelType Read(JsonElement schema) => new SchemaTypes(schema).Read(schema, 0);

    CelType Read(JsonElement schema, int depth)
    {
        if (depth > MaxDepth || schema.ValueKind is not JsonValueKind.Object)
        {
            return CelType.Dyn;
        }

        if (schema.TryGetProperty("$ref", out var reference))
        {
            return Follow(reference, depth);
        }

        if (!schema.TryGetProperty("type", out var type))
        {
            return Untyped(schema, depth);
        }

        return type.ValueKind switch
        {
            JsonValueKind.String => Named(type.GetString()!, schema, depth),
            JsonValueKind.Array => Union(type, schema, depth),
            _ => CelType.Dyn,
        };
    }

    CelType Named(string name, JsonElement schema, int depth) => name switch
    {
        "string" => CelType.String,
        "integer" => CelType.Int,
        "number" => CelType.Double,
        "boolean" => CelType.Bool,
        "null" => CelType.Null,
        "array" => CelType.List(schema.TryGetProperty("items", out var items) && !schema.TryGetProperty("prefixItems", out _)
            ? Read(items, depth + 1)
            : CelType.Dyn),
        "object" => Object(schema, depth),
        _ => CelType.Dyn,
    };

    /// <summary>Of several types CEL can say «T or null» only.</summary>
    CelType Union(JsonElement types, JsonElement schema, int depth)
    {
        var names = types.EnumerateArray().Select(t => t.ValueKind is JsonValueKind.String ? t.GetString()! : "").Distinct().ToList();
        var nullable = names.Remove("null");
        if (names.Count == 2 && names.Contains("integer") && names.Contains("number"))
        {
            names.Remove("integer");
        }

        return names.Count switch
        {
            0 => CelType.Null,
            1 when nullable => CelType.Nullable(Named(names[0], schema, depth)),
            1 => Named(names[0], schema, depth),
            _ => CelType.Dyn,
        };
    }

    /// <summary>Without <c>type</c>, the values named by <c>const</c> or <c>enum</c> may still tell it.</summary>
    CelType Untyped(JsonElement schema, int depth)
    {
        if (schema.TryGetProperty("const", out var constant))
        {
            return OfValue(constant);
        }

        if (schema.TryGetProperty("enum", out var values) && values.ValueKind is JsonValueKind.Array && values.GetArrayLength() > 0)
        {
            var types = values.EnumerateArray().Select(OfValue).Distinct().ToList();
            return types.Count switch
            {
                1 => types[0],
                2 when types.Remove(CelType.Null) => CelType.Nullable(types[0]),
                _ => CelType.Dyn,
            };
        }

        return schema.TryGetProperty("properties", out _) ? Object(schema, depth) : CelType.Dyn;
    }

    static CelType OfValue(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => CelType.String,
        JsonValueKind.True or JsonValueKind.False => CelType.Bool,
        JsonValueKind.Null => CelType.Null,
        JsonValueKind.Number => CelType.Double,
        _ => CelType.Dyn,
    };

    CelType Object(JsonElement schema, int depth)
    {
        var required = new HashSet<string>(StringComparer.Ordinal);
        if (schema.TryGetProperty("required", out var names) && names.ValueKind is JsonValueKind.Array)
        {
            required.UnionWith(names.EnumerateArray().Where(n => n.ValueKind is JsonValueKind.String).Select(n => n.GetString()!));
        }

        var fields = new Dictionary<string, CelField>(StringComparer.Ordinal);
        if (schema.TryGetProperty("properties", out var properties) && properties.ValueKind is JsonValueKind.Object)
        {
            foreach (var property in properties.EnumerateObject())
            {
                fields[property.Name] = new(Read(property.Value, depth + 1), required.Contains(property.Name));
            }
        }

        var rest = Rest(schema, depth);
        var named = schema.TryGetProperty("properties", out _);
        if (!named && required.Count > 0)
        {
            foreach (var name in required)
            {
                fields[name] = new(CelType.Dyn, true);
            }
        }

        return fields.Count == 0 && !(named && rest is null && Closed(schema))
            ? CelType.Map(CelType.String, rest ?? CelType.Dyn)
            : CelType.Object(fields, named ? rest : rest ?? CelType.Dyn);
    }

    static bool Closed(JsonElement schema) =>
        schema.TryGetProperty("additionalProperties", out var rest) && rest.ValueKind is JsonValueKind.False;

    CelType? Rest(JsonElement schema, int depth)
    {
        if (schema.TryGetProperty("patternProperties", out _))
        {
            return CelType.Dyn;
        }

        return schema.TryGetProperty("additionalProperties", out var rest)
            ? rest.ValueKind switch
            {
                JsonValueKind.True => CelType.Dyn,
                JsonValueKind.Object => Read(rest, depth + 1),
                _ => null,
            }
            : null;
    }

    /// <summary>Local references only (<c>#/$defs/x</c>); others are dyn.</summary>
    CelType Follow(JsonElement reference, int depth)
    {
        if (reference.ValueKind is not JsonValueKind.String || reference.GetString() is not { } text)
        {
            return CelType.Dyn;
        }

        if (references.TryGetValue(text, out var known))
        {
            return known;
        }

        references[text] = CelType.Dyn;
        return references[text] = Resolve(text, out var target) ? Read(target, depth + 1) : CelType.Dyn;
    }

    bool Resolve(string reference, out JsonElement target)
    {
        target = root;
        if (!reference.StartsWith("#/", StringComparison.Ordinal))
        {
            return false;
        }

        foreach (var part in reference[2..].Split('/'))
        {
            var name = part.Replace("~1", "/").Replace("~0", "~");
            if (target.ValueKind is not JsonValueKind.Object || !target.TryGetProperty(name, out target))
            {
                return false;
            }
        }

        return true;
    }
}
