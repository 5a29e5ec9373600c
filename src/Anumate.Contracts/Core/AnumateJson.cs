using System.Text.Json;
using System.Text.Json.Serialization;

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
    public static JsonSerializerOptions Make(params System.Text.Json.Serialization.Metadata.IJsonTypeInfoResolver[] resolvers)
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
            options.TypeInfoResolverChain.Add(resolver);
        }

        options.MakeReadOnly();
        return options;
    }
}
