using System.Collections.Frozen;

namespace Anumate.Schemas.Compilation;

/// <summary>The vocabularies of 2020-12; a custom metaschema may switch some off.</summary>
[Flags]
enum Vocabularies
{
    Core = 1,
    Applicator = 2,
    Unevaluated = 4,
    Validation = 8,
    Metadata = 16,
    FormatAnnotation = 32,
    FormatAssertion = 64,
    Content = 128,

    /// <summary>What the 2020-12 metaschema declares, and our own x- keywords.</summary>
    Default = Core | Applicator | Unevaluated | Validation | Metadata | FormatAnnotation | Content,
}

/// <summary>Where a keyword's value holds subschemas.</summary>
enum Subschemas
{
    None,
    One,
    List,
    Map,
}

/// <summary>The keywords we know, and the ones people mean.</summary>
static class KeywordTable
{
    public readonly record struct Entry(Vocabularies Vocabulary, Subschemas Subschemas = Subschemas.None);

    public static readonly FrozenDictionary<string, Entry> Known = new Dictionary<string, Entry>
    {
        ["$schema"] = new(Vocabularies.Core),
        ["$vocabulary"] = new(Vocabularies.Core),
        ["$id"] = new(Vocabularies.Core),
        ["$anchor"] = new(Vocabularies.Core),
        ["$dynamicAnchor"] = new(Vocabularies.Core),
        ["$ref"] = new(Vocabularies.Core),
        ["$dynamicRef"] = new(Vocabularies.Core),
        ["$defs"] = new(Vocabularies.Core, Subschemas.Map),
        ["$comment"] = new(Vocabularies.Core),
        ["prefixItems"] = new(Vocabularies.Applicator, Subschemas.List),
        ["items"] = new(Vocabularies.Applicator, Subschemas.One),
        ["contains"] = new(Vocabularies.Applicator, Subschemas.One),
        ["properties"] = new(Vocabularies.Applicator, Subschemas.Map),
        ["patternProperties"] = new(Vocabularies.Applicator, Subschemas.Map),
        ["additionalProperties"] = new(Vocabularies.Applicator, Subschemas.One),
        ["propertyNames"] = new(Vocabularies.Applicator, Subschemas.One),
        ["dependentSchemas"] = new(Vocabularies.Applicator, Subschemas.Map),
        ["allOf"] = new(Vocabularies.Applicator, Subschemas.List),
        ["anyOf"] = new(Vocabularies.Applicator, Subschemas.List),
        ["oneOf"] = new(Vocabularies.Applicator, Subschemas.List),
        ["not"] = new(Vocabularies.Applicator, Subschemas.One),
        ["if"] = new(Vocabularies.Applicator, Subschemas.One),
        ["then"] = new(Vocabularies.Applicator, Subschemas.One),
        ["else"] = new(Vocabularies.Applicator, Subschemas.One),
        ["unevaluatedItems"] = new(Vocabularies.Unevaluated, Subschemas.One),
        ["unevaluatedProperties"] = new(Vocabularies.Unevaluated, Subschemas.One),
        ["type"] = new(Vocabularies.Validation),
        ["enum"] = new(Vocabularies.Validation),
        ["const"] = new(Vocabularies.Validation),
        ["multipleOf"] = new(Vocabularies.Validation),
        ["minimum"] = new(Vocabularies.Validation),
        ["maximum"] = new(Vocabularies.Validation),
        ["exclusiveMinimum"] = new(Vocabularies.Validation),
        ["exclusiveMaximum"] = new(Vocabularies.Validation),
        ["minLength"] = new(Vocabularies.Validation),
        ["maxLength"] = new(Vocabularies.Validation),
        ["pattern"] = new(Vocabularies.Validation),
        ["minItems"] = new(Vocabularies.Validation),
        ["maxItems"] = new(Vocabularies.Validation),
        ["uniqueItems"] = new(Vocabularies.Validation),
        ["minContains"] = new(Vocabularies.Validation),
        ["maxContains"] = new(Vocabularies.Validation),
        ["minProperties"] = new(Vocabularies.Validation),
        ["maxProperties"] = new(Vocabularies.Validation),
        ["required"] = new(Vocabularies.Validation),
        ["dependentRequired"] = new(Vocabularies.Validation),
        ["title"] = new(Vocabularies.Metadata),
        ["description"] = new(Vocabularies.Metadata),
        ["default"] = new(Vocabularies.Metadata),
        ["examples"] = new(Vocabularies.Metadata),
        ["deprecated"] = new(Vocabularies.Metadata),
        ["readOnly"] = new(Vocabularies.Metadata),
        ["writeOnly"] = new(Vocabularies.Metadata),
        ["format"] = new(Vocabularies.FormatAnnotation | Vocabularies.FormatAssertion),
        ["contentEncoding"] = new(Vocabularies.Content),
        ["contentMediaType"] = new(Vocabularies.Content),
        ["contentSchema"] = new(Vocabularies.Content, Subschemas.One),
        ["x-sensitivity"] = new(Vocabularies.Core),
        ["x-examples"] = new(Vocabularies.Core),
    }.ToFrozenDictionary();

    /// <summary>Keywords of other drafts and dialects, with what 2020-12 says instead.</summary>
    public static readonly FrozenDictionary<string, string> Instead = new Dictionary<string, string>
    {
        ["definitions"] = "write `$defs`",
        ["id"] = "write `$id`",
        ["additionalItems"] = "write `items` beside `prefixItems`",
        ["dependencies"] = "write `dependentRequired` or `dependentSchemas`",
        ["nullable"] = "write `type: [\"string\", \"null\"]` with the type you mean",
        ["$recursiveRef"] = "write `$dynamicRef`",
        ["$recursiveAnchor"] = "write `$dynamicAnchor`",
        ["example"] = "write `examples` with a list",
        ["optional"] = "leave the name out of `required` of the object around it",
    }.ToFrozenDictionary();

    static readonly FrozenDictionary<string, Vocabularies> ByUri = new Dictionary<string, Vocabularies>
    {
        ["core"] = Vocabularies.Core,
        ["applicator"] = Vocabularies.Applicator,
        ["unevaluated"] = Vocabularies.Unevaluated,
        ["validation"] = Vocabularies.Validation,
        ["meta-data"] = Vocabularies.Metadata,
        ["format-annotation"] = Vocabularies.FormatAnnotation,
        ["format-assertion"] = Vocabularies.FormatAssertion,
        ["content"] = Vocabularies.Content,
    }.ToFrozenDictionary(e => $"https://json-schema.org/draft/2020-12/vocab/{e.Key}", e => e.Value);

    /// <summary>The vocabulary with this URI; null for one we do not know.</summary>
    public static Vocabularies? Vocabulary(string uri) => ByUri.TryGetValue(uri, out var vocabulary) ? vocabulary : null;

    /// <summary>The subschemas of a schema object, by keyword, through every vocabulary.</summary>
    public static IEnumerable<Documents.DocumentNode> SubschemasOf(Documents.ObjectNode schema)
    {
        foreach (var member in schema.Members)
        {
            var shape = Known.TryGetValue(member.Key, out var entry) ? entry.Subschemas : Subschemas.None;
            switch (shape, member.Value)
            {
                case (Subschemas.One, var one):
                    yield return one;
                    break;
                case (Subschemas.List, Documents.ArrayNode list):
                    foreach (var item in list.Items)
                    {
                        yield return item;
                    }

                    break;
                case (Subschemas.Map, Documents.ObjectNode map):
                    foreach (var entryOf in map.Members)
                    {
                        yield return entryOf.Value;
                    }

                    break;
            }
        }
    }
}
