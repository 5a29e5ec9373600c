using System.Text.Json;
using Anumate.Schemas;
using Anumate.Schemas.Documents;

namespace Anumate.Engines.Tests.Schemas;

public sealed class SchemaTests
{
    const string RefundInputs = """
        type: object
        required: [order_id, amount]
        additionalProperties: false
        properties:
          order_id: { type: string, minLength: 1 }
          amount: { type: number, exclusiveMinimum: 0 }
          email: { type: string, format: email, x-sensitivity: pii }
          notify: { type: boolean }
          method: { enum: [card, bank, cash] }
          items:
            type: array
            maxItems: 2
            uniqueItems: true
            items: { type: object, properties: { sku: { type: string, pattern: "^[A-Z]{3}-[0-9]+$" } } }
        """;

    static DocumentNode Yaml(string text)
    {
        var document = Document.ParseYaml(text);
        Assert.True(document.IsValid, string.Join('\n', document.Diagnostics));
        return document.Root;
    }

    static Schema Compile(string yaml, SchemaOptions? options = null)
    {
        var compilation = Schema.Compile(Yaml(yaml), options);
        Assert.True(compilation.IsValid, string.Join('\n', compilation.Diagnostics));
        return compilation.Schema;
    }

    static string[] Messages(string schema, string value) =>
        [.. Compile(schema).Validate(JsonDocument.Parse(value).RootElement).Select(e => e.Message)];

    [Fact]
    public void Reports_everything_that_is_wrong_with_line_and_column()
    {
        var value = Yaml("""
            order_id: ""
            amount: -5
            emial: x
            notify: yes
            method: csah
            items:
              - sku: ABC-1
              - sku: abc
              - sku: ABC-1
            """);
        var found = Compile(RefundInputs).Validate(value).Select(d => d.ToString());
        Assert.Equal(
            [
                "1:11: error schema.minLength: `order_id` must have at least 1 character, it has 0",
                "2:9: error schema.exclusiveMinimum: `amount` must be greater than 0, it was -5",
                "3:1: error schema.additionalProperties: `emial` is not known here (did you mean `email`?)",
                "4:9: error schema.type: `notify` must be a boolean, it was a string (write true)",
                "5:9: error schema.enum: `method` must be one of `card`, `bank`, `cash`, it was `csah` (did you mean `cash`?)",
                "7:3: error schema.maxItems: `items` must have at most 2 items, it has 3",
                "7:3: error schema.uniqueItems: `items` must have no two equal items, items 0 and 2 are equal",
                "8:10: error schema.pattern: `items[1].sku` must match the pattern `^[A-Z]{3}-[0-9]+$`, it was `abc`",
            ],
            found);
    }

    [Fact]
    public void Reports_paths_in_the_value_and_in_the_schema()
    {
        var errors = Compile(RefundInputs).Validate(JsonDocument.Parse("""{"amount":0,"items":[{"sku":1}]}""").RootElement);
        Assert.Equal(
            [
                ("", "#/required", "required", "`order_id` is required"),
                ("/amount", "#/properties/amount/exclusiveMinimum", "exclusiveMinimum", "`amount` must be greater than 0, it was 0"),
                ("/items/0/sku", "#/properties/items/items/properties/sku/type", "type", "`items[0].sku` must be a string, it was a number"),
            ],
            errors.Select(e => (e.InstancePath, e.SchemaPath, e.Keyword, e.Message)));
    }

    [Fact]
    public void Schema_paths_start_at_the_schema_although_it_stands_inside_a_document()
    {
        var capsule = Yaml("spec:\n  inputs:\n    properties:\n      a: { $ref: \"#/$defs/n\" }\n    $defs: { n: { minimum: 1 } }\n");
        var schema = Schema.Compile(capsule.Find("/spec/inputs")!).Schema!;
        Assert.Equal("#/$defs/n/minimum", schema.Validate(JsonDocument.Parse("""{"a":0}""").RootElement)[0].SchemaPath);
    }

    [Fact]
    public void Places_findings_of_a_value_that_stands_inside_a_document()
    {
        var document = Yaml("steps:\n  - with: { amount: 0, order_id: x }\n");
        var found = Assert.Single(Compile(RefundInputs).Validate(document.Find("/steps/0/with")!));
        Assert.Equal(("/steps/0/with/amount", 2, 21), (found.Path, found.Line, found.Column));
    }

    [Fact]
    public void Never_repeats_a_guarded_value()
    {
        const string schema = """
            properties:
              card: { x-sensitivity: secret, type: object, properties: { number: { type: string, pattern: "^[0-9]+$" } } }
              email: { $ref: "#/$defs/email" }
              open: { const: 1 }
            allOf: [ { properties: { email: { maxLength: 3, enum: [a] } } } ]
            $defs: { email: { x-sensitivity: pii, format: email } }
            """;
        var errors = Messages(schema, """{"card":{"number":"4111-1111"},"email":"ann at home","open":2}""");
        Assert.Equal(5, errors.Length);
        Assert.DoesNotContain(errors, e => e.Contains("4111", StringComparison.Ordinal) || e.Contains("ann", StringComparison.Ordinal));
        Assert.Contains("`open` must be 1, it was 2", errors);
    }

    [Theory]
    [InlineData("1", "1.0", true)]
    [InlineData("1", "10e-1", true)]
    [InlineData("0", "-0.0", true)]
    [InlineData("1", "\"1\"", false)]
    [InlineData("1", "true", false)]
    [InlineData("[1, {a: 2.0}]", "[1.00,{\"a\":2}]", true)]
    public void Equal_numbers_are_one_number_however_they_are_written(string constant, string value, bool equal) =>
        Assert.Equal(equal, Compile($"const: {constant}").IsValid(JsonDocument.Parse(value).RootElement));

    [Theory]
    [InlineData("multipleOf: 0.01", "12.34", true)]
    [InlineData("multipleOf: 0.01", "12.345", false)]
    [InlineData("multipleOf: 0.1", "0.3", true)]
    [InlineData("multipleOf: 0.0001", "1e300", true)]
    [InlineData("multipleOf: 7", "1e300", false)]
    [InlineData("maximum: 9007199254740991", "9007199254740991.5", false)]
    [InlineData("maximum: 0.3", "0.30000000000000001", false)]
    [InlineData("minimum: 1e-400", "0", false, true)]
    [InlineData("type: integer", "1e300", true)]
    [InlineData("type: integer", "1e-300", false)]
    [InlineData("type: integer", "1.50", false)]
    [InlineData("type: integer", "15.00e1", true)]
    [InlineData("type: integer", "0e99999999999", true)]
    [InlineData("minimum: 0", "1e99999999999", false)]
    public void Numbers_are_compared_without_rounding(string schema, string value, bool valid, bool schemaRefused = false)
    {
        if (schemaRefused)
        {
            Assert.False(Document.ParseYaml(schema).IsValid);
            return;
        }

        Assert.Equal(valid, Compile(schema).IsValid(JsonDocument.Parse(value).RootElement));
    }

    [Fact]
    public void Says_which_form_was_probably_meant_when_all_others_are_ruled_out()
    {
        const string schema = """
            oneOf:
              - { type: string }
              - { type: object, required: [wait], properties: { wait: { type: object, properties: { seconds: { type: integer } } } } }
            """;
        Assert.Equal(["`wait.seconds` must be an integer, it was a string"], Messages(schema, """{"wait":{"seconds":"3"}}"""));
        const string tagged = """
            anyOf:
              - { properties: { kind: { const: a }, x: { type: integer } } }
              - { properties: { kind: { const: b }, x: { type: string } } }
            """;
        Assert.Equal(["`x` must be a string, it was a number"], Messages(tagged, """{"kind":"b","x":1}"""));
        Assert.Equal(
            ["`x` matches none of 2 forms: `x` must be a string, it was null; or `x` must be an integer, it was null"],
            Messages("properties: { x: { anyOf: [ { type: string }, { type: integer } ] } }", """{"x":null}"""));
        Assert.Equal(["the value must match exactly one of 2 forms, it matches more"], Messages("oneOf: [ true, true ]", "1"));
    }

    [Fact]
    public void Says_what_depends_on_what()
    {
        const string schema = """
            dependentRequired: { card: [cvc] }
            propertyNames: { pattern: "^[a-z]+$" }
            not: { required: [bank] }
            if: { required: [x] }
            then: { required: [y] }
            unevaluatedProperties: false
            properties: { card: true, cvc: true, bank: true }
            """;
        var errors = Messages(schema, """{"card":1,"bank":2,"x":1,"Z":0}""");
        Assert.Equal(
            [
                "`cvc` is required because `card` is given",
                "the key `Z` is not allowed here: it must match the pattern `^[a-z]+$`, it was `Z`",
                "the value has a form that is not allowed, it was an object",
                "`y` is required",
                "`x` is not known here",
                "`Z` is not known here",
            ],
            errors);
    }

    [Theory]
    [InlineData("minimun: 1", "schema.unknown-keyword", "did you mean `minimum`?")]
    [InlineData("definitions: {}", "schema.unknown-keyword", "write `$defs`")]
    [InlineData("nullable: true", "schema.unknown-keyword", "write `type: [\"string\", \"null\"]` with the type you mean")]
    [InlineData("x-other: 1", "schema.unknown-keyword", "remove it")]
    [InlineData("contentEncoding: base64", "schema.no-effect", "remove it")]
    [InlineData("then: true", "schema.no-effect", "add `if`, or remove `then`")]
    [InlineData("minContains: 1", "schema.no-effect", "add `contains`, or remove `minContains`")]
    [InlineData("format: emial", "schema.format", "did you mean `email`?")]
    [InlineData("enum: []", "schema.shape", "see JSON Schema 2020-12")]
    public void Strict_schemas_hold_nothing_that_is_not_enforced(string yaml, string code, string suggestion)
    {
        var found = Assert.Single(Schema.Compile(Yaml(yaml)).Diagnostics);
        Assert.Equal((code, suggestion, Severity.Error, 1), (found.Code, found.Suggestion, found.Severity, found.Line));
        Assert.True(Schema.Compile(Yaml(yaml), SchemaOptions.Standard).IsValid);
    }

    [Theory]
    [InlineData("type: int", "schema.type", "did you mean `integer`?")]
    [InlineData("type: strnig", "schema.type", "did you mean `string`?")]
    [InlineData("type: null", "schema.type", "write \"null\" in quotes")]
    [InlineData("type: [string, string]", "schema.type", "remove one of the two")]
    [InlineData("type: []", "schema.shape", "see JSON Schema 2020-12")]
    [InlineData("minimum: \"1\"", "schema.shape", "see JSON Schema 2020-12")]
    [InlineData("exclusiveMinimum: true", "schema.shape", "write the bound itself, as in `exclusiveMinimum: 0`")]
    [InlineData("multipleOf: 0", "schema.shape", "see JSON Schema 2020-12")]
    [InlineData("minLength: -1", "schema.shape", "see JSON Schema 2020-12")]
    [InlineData("minItems: 1.5", "schema.shape", "see JSON Schema 2020-12")]
    [InlineData("required: a", "schema.shape", "see JSON Schema 2020-12")]
    [InlineData("required: [a, a]", "schema.shape", "remove one of the two")]
    [InlineData("properties: { a: { required: true } }", "schema.shape", "list the name under `required` of the object around it")]
    [InlineData("items: [true]", "schema.shape", "write `prefixItems` for a list of schemas")]
    [InlineData("allOf: []", "schema.shape", "see JSON Schema 2020-12")]
    [InlineData("properties: { a: string }", "schema.shape", "write `{ type: string }`")]
    [InlineData("x-sensitivity: Secret", "schema.sensitivity", "did you mean `secret`?")]
    [InlineData("x-sensitivity: high", "schema.sensitivity", "write public, internal, pii or secret")]
    [InlineData("examples: 1", "schema.shape", "write a list of example values")]
    [InlineData("pattern: '(a'", "schema.pattern", "write it as an ECMA-262 expression without back references and look-around")]
    public void A_keyword_of_the_wrong_shape_is_refused_in_every_mode(string yaml, string code, string suggestion)
    {
        foreach (var options in new[] { SchemaOptions.Strict, SchemaOptions.Standard })
        {
            var found = Schema.Compile(Yaml(yaml), options).Diagnostics[0];
            Assert.Equal((code, suggestion), (found.Code, found.Suggestion));
        }
    }

    [Fact]
    public void Warns_of_examples_and_defaults_that_their_own_schema_refuses()
    {
        var compilation = Schema.Compile(Yaml("type: integer\ndefault: x\nexamples: [1, 1.5]\nx-examples: [2]\n"));
        Assert.True(compilation.IsValid);
        Assert.Equal(
            [
                "2:10: warning schema.example: the default does not satisfy its own schema: the value must be an integer, it was a string (correct one of the two)",
                "3:15: warning schema.example: the example does not satisfy its own schema: the value must be an integer, it was a number with a fraction (correct one of the two)",
            ],
            compilation.Diagnostics.Select(d => d.ToString()));
    }

    [Fact]
    public void Hints_at_what_yaml_made_of_an_unquoted_value()
    {
        var schema = Compile("properties: { version: { type: string }, on: { type: boolean }, owner: { type: string } }");
        Assert.Equal(
            ["put the value in quotes", "write false", "give it a value, or remove the key"],
            schema.Validate(Yaml("version: 1.4\non: no\nowner:\n")).Select(d => d.Suggestion));
    }

    [Fact]
    public void A_value_with_half_a_surrogate_pair_is_an_error_and_not_an_exception()
    {
        var value = JsonDocument.Parse("\"\\ud800\"").RootElement;
        var error = Assert.Single(Compile("minLength: 1").Validate(value));
        Assert.Equal("the value holds text that is not valid unicode", error.Message);
    }

    [Fact]
    public void Recursive_schemas_follow_a_deep_value_to_its_end()
    {
        var schema = Compile("{ type: [array, integer], items: { $ref: '#' } }");
        Assert.True(schema.IsValid(JsonDocument.Parse($"{new string('[', 63)}1{new string(']', 63)}").RootElement));
        Assert.False(schema.IsValid(JsonDocument.Parse($"{new string('[', 63)}1.5{new string(']', 63)}").RootElement));
        var deep = JsonDocument.Parse($"{new string('[', 5000)}1{new string(']', 5000)}", new() { MaxDepth = 6000 }).RootElement;
        Assert.Contains("levels deep", Assert.Single(schema.Validate(deep)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Reports_at_most_a_thousand_errors()
    {
        var many = JsonDocument.Parse($"[{string.Join(',', Enumerable.Repeat("1", 5000))}]").RootElement;
        Assert.Equal(1000, Compile("items: { type: string }").Validate(many).Count);
    }
}
