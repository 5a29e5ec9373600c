using System.Collections.Frozen;
using Anumate.Schemas.Documents;
using Anumate.Schemas.Keywords;
using Anumate.Schemas.Patterns;
using Anumate.Schemas.Values;

namespace Anumate.Schemas.Compilation;

/// <summary>Reads the keywords of one schema object. A keyword of the wrong shape is a finding, never ignored.</summary>
sealed partial class KeywordReader
{
    readonly SchemaNode node;
    readonly ObjectNode source;
    readonly SchemaCompiler compiler;
    readonly List<Keyword> keywords = [];

    KeywordReader(SchemaNode node, ObjectNode source, SchemaCompiler compiler) =>
        (this.node, this.source, this.compiler) = (node, source, compiler);

    bool Strict => compiler.Options.RefuseUnknown;

    public static void Fill(SchemaNode node, SchemaCompiler compiler)
    {
        switch (node.Source)
        {
            case BooleanNode boolean:
                node.Always = boolean.Value;
                break;
            case ObjectNode source:
                new KeywordReader(node, source, compiler).Read();
                break;
            default:
                compiler.Report(node.Source.Error(
                    "schema.shape", $"a schema must be an object or a boolean, it was {node.Source.Described}",
                    node.Source switch
                    {
                        StringNode text => $"write `{{ type: {text.Value} }}`",
                        ArrayNode { Member.Key: "items" } => "write `prefixItems` for a list of schemas",
                        _ => "write an object",
                    }));
                break;
        }
    }

    void Read()
    {
        CheckKnown();
        Annotations();
        Core();
        Types();
        Numbers();
        Strings();
        Arrays();
        Objects();
        Applicators();
        Unevaluated();
        node.Keywords = [.. keywords];
    }

    void CheckKnown()
    {
        if (!Strict)
        {
            return;
        }

        foreach (var member in source.Members)
        {
            if (!KeywordTable.Known.ContainsKey(member.Key))
            {
                compiler.Report(member.Error(
                    "schema.unknown-keyword", $"`{member.Key}` is not a keyword of JSON Schema 2020-12",
                    KeywordTable.Instead.GetValueOrDefault(member.Key) ?? DidYouMean.Suggest(member.Key, KeywordTable.Known.Keys) ?? "remove it"));
            }
            else if (member.Key is "contentEncoding" or "contentMediaType" or "contentSchema" or "$vocabulary")
            {
                compiler.Report(member.Error("schema.no-effect", $"`{member.Key}` is not checked here", "remove it"));
            }
        }

        NoEffect("then", "if");
        NoEffect("else", "if");
        NoEffect("minContains", "contains");
        NoEffect("maxContains", "contains");
    }

    void NoEffect(string keyword, string without)
    {
        if (source.Get(keyword) is { } member && source[without] is null)
        {
            compiler.Report(member.Error("schema.no-effect", $"`{keyword}` means nothing without `{without}`", $"add `{without}`, or remove `{keyword}`"));
        }
    }

    void Annotations()
    {
        node.Title = Text("title");
        node.Description = Text("description");
        Text("$comment");
        Boolean("deprecated");
        Boolean("readOnly");
        Boolean("writeOnly");
        node.Default = Take("default")?.Value.ToJsonElement();
        node.OwnExamples = [.. Items("x-examples").Select(e => e.ToJsonElement())];
        node.Examples = [.. Items("examples").Select(e => e.ToJsonElement())];
        if (Text("x-sensitivity") is not { } word)
        {
            return;
        }

        node.Sensitivity = word switch
        {
            "public" => Sensitivity.Public,
            "internal" => Sensitivity.Internal,
            "pii" => Sensitivity.Pii,
            "secret" => Sensitivity.Secret,
            _ => null,
        };
        if (node.Sensitivity is null)
        {
            compiler.Report(source["x-sensitivity"]!.Error(
                "schema.sensitivity", $"`{word}` is not a sensitivity", DidYouMean.Suggest(word, SensitivityWords) ?? "write public, internal, pii or secret"));
        }
    }

    static readonly string[] SensitivityWords = ["public", "internal", "pii", "secret"];

    void Core()
    {
        foreach (var keyword in new[] { "$schema", "$id", "$anchor", "$dynamicAnchor" })
        {
            Text(keyword);
        }

        if (Take("$defs") is { } defs)
        {
            Map(defs);
        }

        if (Text("$ref") is { } reference && compiler.Resources.Resolve(reference, node, source["$ref"]!) is { } target)
        {
            keywords.Add(new RefKeyword(At("$ref"), compiler.Node(target.Node)));
        }

        if (Text("$dynamicRef") is { } dynamic && compiler.Resources.Resolve(dynamic, node, source["$dynamicRef"]!) is { } initial)
        {
            keywords.Add(DynamicRef(dynamic, initial.Node, initial.Resource));
        }
    }

    /// <summary>Without a dynamic anchor at its first target a <c>$dynamicRef</c> is a <c>$ref</c>.</summary>
    Keyword DynamicRef(string reference, DocumentNode target, Resource resource)
    {
        var (_, fragment) = UriText.Split(reference);
        if (fragment is null || !resource.DynamicAnchors.TryGetValue(fragment, out var anchored) || !ReferenceEquals(anchored, target))
        {
            return new RefKeyword(At("$dynamicRef"), compiler.Node(target));
        }

        compiler.Dynamic = true;
        return new DynamicRefKeyword(At("$dynamicRef"), fragment, compiler.Node(target), compiler.Resources.All);
    }

    void Types()
    {
        if (Take("type") is { } type)
        {
            var names = type.Value is ArrayNode list ? list.Items : [type.Value];
            var types = JsonTypes.None;
            foreach (var name in names)
            {
                types |= TypeOf(name, types);
            }

            if (names.Count == 0)
            {
                Wrong(type, "must name at least one type");
            }

            keywords.Add(new TypeKeyword(At("type"), types));
        }

        if (Take("enum") is { } values)
        {
            if (values.Value is ArrayNode { Items: var items } && (items.Count > 0 || !Strict))
            {
                keywords.Add(new EnumKeyword("enum", At("enum"), [.. items.Select(i => i.ToJsonElement())]));
            }
            else
            {
                Wrong(values, "must be a list of at least one value");
            }
        }

        if (Take("const") is { } constant)
        {
            keywords.Add(new EnumKeyword("const", At("const"), [constant.Value.ToJsonElement()]));
        }
    }

    JsonTypes TypeOf(DocumentNode name, JsonTypes before)
    {
        var word = (name as StringNode)?.Value ?? (name is NullNode ? "null" : null);
        var type = word switch
        {
            "null" when name is StringNode => JsonTypes.Null,
            "boolean" => JsonTypes.Boolean,
            "object" => JsonTypes.Object,
            "array" => JsonTypes.Array,
            "number" => JsonTypes.Number,
            "string" => JsonTypes.String,
            "integer" => JsonTypes.Integer,
            _ => JsonTypes.None,
        };
        if (type == JsonTypes.None)
        {
            compiler.Report(name.Error(
                "schema.type", $"{(word is null ? name.Described : $"`{word}`")} is not a type of JSON Schema",
                name is NullNode ? "write \"null\" in quotes"
                : word is "int" or "long" ? "did you mean `integer`?"
                : word is "float" or "double" or "decimal" ? "did you mean `number`?"
                : word is "bool" ? "did you mean `boolean`?"
                : word is "list" ? "did you mean `array`?"
                : word is "map" or "dict" ? "did you mean `object`?"
                : DidYouMean.Suggest(word ?? "", TypeWords) ?? $"write one of {string.Join(", ", TypeWords)}"));
        }
        else if ((before & type) != 0)
        {
            compiler.Report(name.Error("schema.type", $"the type `{word}` stands twice", "remove one of the two"));
        }

        return type;
    }

    static readonly string[] TypeWords = ["null", "boolean", "object", "array", "number", "string", "integer"];

    void Numbers()
    {
        foreach (var name in new[] { "minimum", "exclusiveMinimum", "maximum", "exclusiveMaximum" })
        {
            if (Number(name) is var (bound, written))
            {
                keywords.Add(new BoundKeyword(name, At(name), bound, written.ToJsonElement()));
            }
        }

        if (Number("multipleOf") is var (divisor, number))
        {
            if (divisor.IsPositive)
            {
                keywords.Add(new MultipleOfKeyword(At("multipleOf"), divisor, number.ToJsonElement()));
            }
            else
            {
                Wrong(source.Get("multipleOf")!, "must be greater than 0");
            }
        }
    }

    void Strings()
    {
        foreach (var name in new[] { "minLength", "maxLength" })
        {
            if (Count(name) is { } limit)
            {
                keywords.Add(new LengthKeyword(name, At(name), limit));
            }
        }

        if (Text("pattern") is { } text && compiler.Pattern(text, source["pattern"]!, source["pattern"]!.Position) is { } pattern)
        {
            keywords.Add(new PatternKeyword(At("pattern"), pattern));
        }

        if (Text("format") is not { } name2)
        {
            return;
        }

        node.Format = name2;
        var format = Format.All.GetValueOrDefault(name2);
        if (format is null && Strict)
        {
            compiler.Report(source["format"]!.Error(
                "schema.format", $"the format `{name2}` is not known",
                DidYouMean.Suggest(name2, Format.All.Keys) ?? $"known are {string.Join(", ", Format.All.Keys.Order())}"));
        }

        if (format is not null && (compiler.Options.AssertFormats || (node.Resource.Vocabularies & Vocabularies.FormatAssertion) != 0))
        {
            keywords.Add(new FormatKeyword(At("format"), format));
        }
    }

    void Arrays()
    {
        Counts("minItems", "maxItems");
        if (Boolean("uniqueItems") == true)
        {
            keywords.Add(new UniqueItemsKeyword(At("uniqueItems")));
        }

        var prefix = Take("prefixItems") is { } list ? List(list) : [];
        var rest = One("items");
        if (prefix.Count > 0 || rest is not null)
        {
            keywords.Add(new ItemsKeyword(At("items"), prefix, rest));
        }

        var (min, max) = (Count("minContains"), Count("maxContains"));
        if (One("contains") is { } contains)
        {
            keywords.Add(new ContainsKeyword(At("contains"), contains, min ?? 1, max));
        }
    }

    void Objects()
    {
        Counts("minProperties", "maxProperties");
        if (Take("required") is { } required)
        {
            keywords.Add(new RequiredKeyword(At("required"), Names(required)));
        }

        if (Take("dependentRequired") is { } dependent)
        {
            keywords.Add(new DependentRequiredKeyword(
                At("dependentRequired"), [.. MapMembers(dependent).Select(m => (m.Key, (IReadOnlyList<string>)Names(m)))]));
        }

        Members();
        if (One("propertyNames") is { } names)
        {
            keywords.Add(new PropertyNamesKeyword(At("propertyNames"), names));
        }
    }

    void Members()
    {
        var properties = Take("properties") is { } declared ? Map(declared) : [];
        var patterns = new List<(Pattern Pattern, SchemaNode Schema)>();
        foreach (var member in Take("patternProperties") is { } byPattern ? MapMembers(byPattern) : [])
        {
            if (compiler.Pattern(member.Key, member.Value, member.KeyPosition) is { } pattern)
            {
                patterns.Add((pattern, compiler.Node(member.Value)));
            }
        }

        var additional = One("additionalProperties");
        if (properties.Count + patterns.Count > 0 || additional is not null)
        {
            keywords.Add(new MembersKeyword(
                At("additionalProperties"),
                properties.ToFrozenDictionary(p => p.Name, p => p.Schema, StringComparer.Ordinal),
                [.. properties.Select(p => p.Name)],
                patterns,
                additional));
        }
    }

    void Applicators()
    {
        if (Take("allOf") is { } all)
        {
            keywords.Add(new AllOfKeyword(At("allOf"), Several(all)));
        }

        foreach (var name in new[] { "anyOf", "oneOf" })
        {
            if (Take(name) is { } alternatives)
            {
                keywords.Add(new AlternativesKeyword(name, At(name), Several(alternatives)));
            }
        }

        if (One("not") is { } not)
        {
            keywords.Add(new NotKeyword(At("not"), not));
        }

        var (condition, then, otherwise) = (One("if"), One("then"), One("else"));
        if (condition is not null)
        {
            keywords.Add(new IfKeyword(At("if"), condition, then, otherwise));
        }

        if (Take("dependentSchemas") is { } dependent)
        {
            keywords.Add(new DependentSchemasKeyword(At("dependentSchemas"), Map(dependent)));
        }
    }

    void Unevaluated()
    {
        if (One("unevaluatedItems") is { } items)
        {
            keywords.Add(new UnevaluatedItemsKeyword(At("unevaluatedItems"), items));
            node.Tracks = true;
        }

        if (One("unevaluatedProperties") is { } properties)
        {
            keywords.Add(new UnevaluatedPropertiesKeyword(At("unevaluatedProperties"), properties));
            node.Tracks = true;
        }
    }
}
