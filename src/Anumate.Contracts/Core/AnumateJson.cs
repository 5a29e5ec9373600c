using System.Collections.Frozen;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace Anumate;

/// <summary>
/// How contracts look as JSON: snake_case, strict on the way in (no duplicate keys, no unknown members, no missing required
/// members, no nulls where none belong), nothing written for an absent value.
/// </summary>
public static class AnumateJson
{
    /// <summary>The deepest nesting accepted in any JSON document.</summary>
    public const int MaxDepth = 64;

    /// <summary>The options for every contract; the type information is generated (<see cref="ContractJson"/>).</summary>
    public static JsonSerializerOptions Options { get; } = Make(ContractJson.Default);

    /// <summary>The same rules for another set of types.</summary>
    public static JsonSerializerOptions Make(params IJsonTypeInfoResolver[] resolvers)
    {
        var options = new JsonSerializerOptions(JsonSerializerDefaults.Strict)
        {
            PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
            DictionaryKeyPolicy = null,
            DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
            Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
            MaxDepth = MaxDepth,
        };
        foreach (var resolver in resolvers)
        {
            options.TypeInfoResolverChain.Add(resolver.WithAddedModifier(Adjust));
        }

        options.MakeReadOnly();
        return options;
    }

    // An absent value is not written, so a member that may be null is not demanded either; and a member that is never written
    // (JsonIgnore) is unknown when it is read, not passed over.
    static void Adjust(JsonTypeInfo type)
    {
        for (var i = type.Properties.Count - 1; i >= 0; i--)
        {
            var property = type.Properties[i];
            if (property.Get is null && property.Set is null && property.AssociatedParameter is null)
            {
                type.Properties.RemoveAt(i);
            }
            else if (property.IsRequired && (property.IsSetNullable || Nullable.GetUnderlyingType(property.PropertyType) is not null))
            {
                property.IsRequired = false;
            }
        }
    }
}

/// <summary>A set of words as a sorted list.</summary>
public sealed class WordSetConverter : JsonConverter<FrozenSet<string>>
{
    /// <inheritdoc/>
    public override FrozenSet<string> Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        JsonSerializer.Deserialize(ref reader, (JsonTypeInfo<IReadOnlyList<string>>)options.GetTypeInfo(typeof(IReadOnlyList<string>)))?.ToFrozenSet()
            ?? throw new JsonException("expected a list of words");

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, FrozenSet<string> value, JsonSerializerOptions options)
    {
        writer.WriteStartArray();
        foreach (var word in value.Order(StringComparer.Ordinal))
        {
            writer.WriteStringValue(word);
        }

        writer.WriteEndArray();
    }
}

/// <summary>Reads and writes an enumeration by its words, and by nothing else: a number is refused.</summary>
public sealed class WordConverter<T>() : JsonStringEnumConverter<T>(namingPolicy: null, allowIntegerValues: false)
    where T : struct, Enum;
