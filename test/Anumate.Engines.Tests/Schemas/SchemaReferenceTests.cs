using System.Text.Json;
using Anumate.Schemas;
using Anumate.Schemas.Documents;

namespace Anumate.Engines.Tests.Schemas;

public sealed class SchemaReferenceTests
{
    static readonly SchemaOptions Registered = SchemaOptions.Standard with
    {
        Documents = new Dictionary<string, DocumentNode>
        {
            ["https://example.org/tree"] = Yaml("""
                $id: https://example.org/tree
                $dynamicAnchor: node
                type: object
                properties: { data: true, children: { type: array, items: { $dynamicRef: "#node" } } }
                """),
            ["https://example.org/names"] = Yaml("""
                $id: https://example.org/elsewhere/names
                $defs: { short: { $anchor: short, type: string, maxLength: 3 }, other: { $ref: other } }
                """),
            ["https://example.org/elsewhere/other"] = Yaml("{ type: integer }"),
            ["https://example.org/dialect/structure-only"] = Yaml("""
                $id: https://example.org/dialect/structure-only
                $vocabulary:
                  https://json-schema.org/draft/2020-12/vocab/core: true
                  https://json-schema.org/draft/2020-12/vocab/applicator: true
                  https://example.org/vocab/unknown: false
                """),
            ["https://example.org/dialect/demanding"] = Yaml("""
                $vocabulary: { "https://example.org/vocab/unknown": true }
                """),
            ["https://example.org/dialect/formats"] = Yaml("""
                $vocabulary: { "https://json-schema.org/draft/2020-12/vocab/format-assertion": true }
                """),
        },
    };

    static DocumentNode Yaml(string text) => Document.ParseYaml(text).Root ?? throw new InvalidOperationException("not YAML");

    static Schema Compile(string yaml)
    {
        var compilation = Schema.Compile(Yaml(yaml), Registered);
        Assert.True(compilation.IsValid, string.Join('\n', compilation.Diagnostics));
        return compilation.Schema;
    }

    static Diagnostic Refused(string yaml, SchemaOptions? options = null)
    {
        var compilation = Schema.Compile(Yaml(yaml), options ?? Registered);
        Assert.False(compilation.IsValid);
        return compilation.Diagnostics[0];
    }

    static bool Accepts(Schema schema, string json)
    {
        var value = JsonDocument.Parse(json).RootElement;
        Assert.Equal(schema.IsValid(value), schema.Validate(value).Count == 0);
        return schema.IsValid(value);
    }

    [Fact]
    public void A_registered_document_is_found_by_its_uri_its_own_id_and_its_anchors()
    {
        var schema = Compile("""
            properties:
              a: { $ref: "https://example.org/names#/$defs/short" }
              b: { $ref: "https://example.org/names#short" }
              c: { $ref: "https://example.org/names#/$defs/other" }
            """);
        Assert.True(Accepts(schema, """{"a":"abc","b":"abc","c":1}"""));
        Assert.False(Accepts(schema, """{"a":"abcd"}"""));
        Assert.False(Accepts(schema, """{"b":"abcd"}"""));
        Assert.False(Accepts(schema, """{"c":"x"}"""));
    }

    [Fact]
    public void A_dynamic_reference_in_a_registered_document_comes_back_to_the_schema_that_extends_it()
    {
        var strict = Compile("""
            $id: https://example.org/strict-tree
            $dynamicAnchor: node
            $ref: tree
            unevaluatedProperties: false
            """);
        Assert.True(Accepts(strict, """{"children":[{"data":1,"children":[]}]}"""));
        Assert.False(Accepts(strict, """{"children":[{"daat":1}]}"""));
        Assert.True(Accepts(Compile("$ref: https://example.org/tree"), """{"children":[{"daat":1}]}"""));
    }

    [Fact]
    public void A_dialect_without_the_validation_vocabulary_leaves_its_keywords_without_effect()
    {
        var schema = Compile("""
            $schema: https://example.org/dialect/structure-only
            properties: { bad: false, number: { minimum: 10 } }
            """);
        Assert.True(Accepts(schema, """{"number":1}"""));
        Assert.False(Accepts(schema, """{"bad":1}"""));
    }

    [Fact]
    public void A_dialect_with_the_format_assertion_vocabulary_asserts_formats()
    {
        Assert.False(Accepts(Compile("{ $schema: https://example.org/dialect/formats, format: ipv4 }"), "\"x\""));
        Assert.True(Accepts(Compile("{ format: ipv4 }"), "\"x\""));
    }

    [Theory]
    [InlineData("$schema: https://example.org/dialect/demanding", "schema.dialect")]
    [InlineData("$schema: http://json-schema.org/draft-07/schema#", "schema.dialect")]
    [InlineData("$ref: https://example.org/nowhere", "schema.ref")]
    [InlineData("$ref: '#/$defs/a'", "schema.ref")]
    [InlineData("$ref: '#nowhere'", "schema.ref")]
    [InlineData("{ $ref: '#/title', title: x }", "schema.shape")]
    [InlineData("{ $defs: { a: { $anchor: x }, b: { $anchor: x } } }", "schema.anchor")]
    [InlineData("{ $anchor: '1x' }", "schema.anchor")]
    [InlineData("{ $defs: { a: { $id: x }, b: { $id: x } } }", "schema.id")]
    [InlineData("{ $id: 'x#y' }", "schema.id")]
    [InlineData("$ref: '#'", "schema.endless")]
    [InlineData("{ $ref: '#/$defs/a', $defs: { a: { $ref: '#/$defs/b' }, b: { allOf: [ { $ref: '#/$defs/a' } ] } } }", "schema.endless")]
    [InlineData("{ not: { if: { $ref: '#' } } }", "schema.endless")]
    public void Refuses_a_reference_that_cannot_work(string yaml, string code) => Assert.Equal(code, Refused(yaml).Code);

    [Fact]
    public void Says_where_a_broken_reference_stands_and_what_was_meant()
    {
        var found = Refused("properties:\n  a:\n    $ref: \"#/$defs/mony\"\n$defs:\n  money: { type: object }\n");
        Assert.Equal("3:11: error schema.ref: `#/$defs/mony` leads to nothing (did you mean `#/$defs/money`?)", found.ToString());
        Assert.Equal("/properties/a/$ref", found.Path);
    }

    [Fact]
    public void A_chain_of_thousands_of_references_is_a_finding_and_not_a_crash()
    {
        var length = Runs.UpTo(10_000, 3_000);
        var chain = string.Concat(Enumerable.Range(0, length).Select(i => $"  d{i}: {{ $ref: '#/$defs/d{i + 1}' }}\n"));
        Assert.Equal("schema.too-deep", Refused($"$ref: '#/$defs/d0'\n$defs:\n{chain}  d{length}: true\n").Code);
    }

    [Fact]
    public void A_dynamic_reference_that_leads_to_itself_ends_as_an_error()
    {
        var schema = Compile("""
            $id: https://example.org/loop
            $dynamicAnchor: node
            anyOf: [ { $dynamicRef: "#node" } ]
            """);
        Assert.False(schema.IsValid(JsonDocument.Parse("1").RootElement));
        Assert.Contains("applies itself", Assert.Single(schema.Validate(JsonDocument.Parse("1").RootElement)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_schema_that_multiplies_its_references_ends_as_an_error()
    {
        var bomb = string.Concat(Enumerable.Range(0, 30).Select(i =>
            $"  d{i}: {{ anyOf: [ {{ $ref: '#/$defs/d{i + 1}' }}, {{ $ref: '#/$defs/d{i + 1}' }} ] }}\n"));
        var schema = Compile($"not: {{ $ref: '#/$defs/d0' }}\n$defs:\n{bomb}  d30: false\n");
        var error = Assert.Single(schema.Validate(JsonDocument.Parse("1").RootElement));
        Assert.Contains("takes more than", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_metaschema_is_known_and_judges_schemas()
    {
        var meta = Compile("$ref: https://json-schema.org/draft/2020-12/schema");
        Assert.True(Accepts(meta, """{"type":"object","properties":{"a":{"minimum":1}}}"""));
        Assert.False(Accepts(meta, """{"properties":{"a":{"minimum":"1"}}}"""));
        Assert.False(Accepts(meta, """{"$defs":{"a":{"allOf":[]}}}"""));
    }
}
