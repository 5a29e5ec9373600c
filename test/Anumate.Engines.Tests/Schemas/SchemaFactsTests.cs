using System.Text.Json;
using Anumate.Schemas;
using Anumate.Schemas.Documents;
using Anumate.Schemas.Keywords;

namespace Anumate.Engines.Tests.Schemas;

public sealed class SchemaFactsTests
{
    static Schema Compile(string yaml)
    {
        var compilation = Schema.Compile(Document.ParseYaml(yaml).Root!);
        Assert.True(compilation.IsValid, string.Join('\n', compilation.Diagnostics));
        return compilation.Schema;
    }

    static string[] Paths(string yaml) => [.. SchemaFacts.Sensitive(Compile(yaml)).Select(s => $"{s.Pointer} {s.Sensitivity}").Order(StringComparer.Ordinal)];

    static string[] Values(string yaml, string json) =>
        [.. SchemaFacts.Sensitive(Compile(yaml), JsonDocument.Parse(json).RootElement).Select(s => $"{s.Pointer} {s.Sensitivity}")];

    const string Order = """
        properties:
          customer: { $ref: "#/$defs/person" }
          lines:
            items: { properties: { note: { x-sensitivity: pii }, price: { x-sensitivity: internal } } }
          pair: { prefixItems: [ true, { x-sensitivity: secret } ] }
          open: { x-sensitivity: public }
        patternProperties: { "^x_": { x-sensitivity: secret } }
        anyOf:
          - { properties: { iban: { x-sensitivity: pii } } }
          - { if: { required: [card] }, then: { properties: { card: { x-sensitivity: secret } } } }
        $defs:
          person: { properties: { "e/mail": { x-sensitivity: pii } } }
          unused: { x-sensitivity: secret }
        """;

    [Fact]
    public void Lists_guarded_paths_through_references_arrays_and_every_branch() =>
        Assert.Equal(
            ["/* Secret", "/card Secret", "/customer/e~1mail Pii", "/iban Pii", "/lines/*/note Pii", "/pair/1 Secret"],
            Paths(Order));

    [Fact]
    public void Finds_the_guarded_values_of_a_document() =>
        Assert.Equal(
            ["/customer/e~1mail Pii", "/lines/0/note Pii", "/lines/1/note Pii", "/pair/1 Secret"],
            Values(Order.Replace("patternProperties: { \"^x_\": { x-sensitivity: secret } }\n", "", StringComparison.Ordinal), """
                {"customer":{"e/mail":"a","name":"b"},"lines":[{"note":"x","price":1},{"note":"y"}],"pair":[1,2,3],"open":1}
                """));

    [Fact]
    public void A_guarded_object_guards_its_content_and_the_higher_mark_wins()
    {
        const string schema = """
            x-sensitivity: pii
            properties: { name: { x-sensitivity: pii }, token: { x-sensitivity: secret, allOf: [ { x-sensitivity: pii } ] } }
            """;
        Assert.Equal([" Pii", "/name Pii", "/token Secret"], Paths(schema));
        Assert.Equal([" Pii", "/token Secret"], Values(schema, """{"name":1,"token":2}"""));
    }

    [Fact]
    public void A_recursive_schema_guards_every_depth()
    {
        const string tree = """
            properties:
              note: { x-sensitivity: pii }
              children: { items: { $ref: "#" } }
            """;
        var sensitive = SchemaFacts.Sensitive(Compile(tree));
        Assert.Equal(["/children/*/** Pii", "/note Pii"], sensitive.Select(s => $"{s.Pointer} {s.Sensitivity}").Order(StringComparer.Ordinal));
        Assert.Contains(sensitive, s => s.Covers("/children/0/children/7/note"));
        Assert.DoesNotContain(sensitive, s => s.Covers("/children"));
        Assert.Equal(["/children/0 Pii", "/note Pii"], Values(tree, """{"note":1,"children":[{"note":2,"children":[]}]}"""));
    }

    [Fact]
    public void A_schema_with_too_many_guarded_paths_guards_everything()
    {
        var levels = string.Concat(Enumerable.Range(0, 20).Select(i => $"  d{i}: {{ properties: {{ a: {{ $ref: '#/$defs/d{i + 1}' }}, b: {{ $ref: '#/$defs/d{i + 1}' }} }} }}\n"));
        Assert.Equal(["/** Secret"], Paths($"$ref: '#/$defs/d0'\n$defs:\n{levels}  d20: {{ x-sensitivity: secret }}\n"));
    }

    [Fact]
    public void Without_marks_nothing_is_guarded() => Assert.Empty(Paths("properties: { a: { x-sensitivity: internal }, b: { items: { $ref: '#' } } }"));

    [Fact]
    public void The_view_shows_types_members_and_annotations_through_references()
    {
        var view = Compile("""
            title: Order
            $ref: "#/$defs/base"
            required: [id]
            properties: { id: { type: string, description: its name }, amount: { type: number } }
            additionalProperties: false
            $defs:
              base:
                type: [object, "null"]
                allOf: [ { required: [amount], properties: { amount: { type: [integer, string], maximum: 9 } } } ]
                properties: { tags: { type: array, prefixItems: [ { const: a } ], items: { enum: [1, 2.0] } } }
                patternProperties: { "^x_": { format: date, x-sensitivity: pii, default: "2026-01-01", examples: ["2026-01-02"] } }
            """).View;
        Assert.Equal(("Order", false, JsonTypes.Object | JsonTypes.Null), (view.Title, view.IsOpen, view.Types));
        Assert.Equal(["id", "amount", "tags"], view.Properties.OrderBy(p => p == "tags").ThenBy(p => p == "amount"));
        Assert.Equal(["amount", "id"], view.Required.Order());
        Assert.Equal("its name", view.Property("id")!.Description);
        Assert.Equal(JsonTypes.Integer, view.Property("amount")!.Types);
        Assert.Equal(JsonTypes.String, view.Property("tags")!.Item(0)!.Types);
        Assert.Equal([1.0, 2.0], view.Property("tags")!.Items!.Values!.Select(v => v.GetDouble()));
        var dated = view.Property("x_born")!;
        Assert.Equal(("date", Sensitivity.Pii, "2026-01-01", 1), (dated.Format, dated.Sensitivity, dated.Default!.Value.GetString(), dated.Examples.Count));
        Assert.True(view.Property("other")!.IsNever);
        Assert.Null(Compile("type: object").View.Property("other"));
        Assert.Equal(2, Compile("oneOf: [ { type: string }, { type: integer } ]").View.Alternatives.Count);
        Assert.True(Compile("{ type: string, enum: [1] }").View.IsNever);
    }
}
