using Anumate.Schemas;
using Anumate.Schemas.Documents;
using CsCheck;

namespace Anumate.Engines.Tests.Schemas;

public sealed class SchemaExamplesTests
{
    static Schema Compile(string yaml)
    {
        var document = Document.ParseYaml(yaml);
        Assert.True(document.IsValid, string.Join('\n', document.Diagnostics));
        var compilation = Schema.Compile(document.Root);
        Assert.True(compilation.IsValid, string.Join('\n', compilation.Diagnostics));
        return compilation.Schema;
    }

    static string Generate(string yaml, ulong seed = 1)
    {
        var schema = Compile(yaml);
        var value = SchemaExamples.Generate(schema, seed);
        Assert.True(value is not null, $"nothing was found for {yaml}");
        Assert.Empty(schema.Validate(value.Value));
        return value.Value.GetRawText();
    }

    [Theory]
    [InlineData("{ type: string, x-examples: [a], examples: [b], default: c, enum: [a, b, c, d] }", "\"a\"")]
    [InlineData("{ type: string, examples: [b], default: c, enum: [b, c, d] }", "\"b\"")]
    [InlineData("{ type: string, default: c, enum: [c, d] }", "\"c\"")]
    [InlineData("{ const: { a: [1] } }", """{"a":[1]}""")]
    [InlineData("{ enum: [1, 2, 3], minimum: 3 }", "3")]
    [InlineData("{ properties: { a: { $ref: '#/$defs/a' } }, required: [a], $defs: { a: { x-examples: [{ b: 1 }] } } }", """{"a":{"b":1}}""")]
    [InlineData("{ allOf: [ { examples: [1, 5] }, { minimum: 4 } ] }", "5")]
    [InlineData("type: \"null\"", "null")]
    [InlineData("{ type: integer, minimum: 7, maximum: 7 }", "7")]
    [InlineData("{ type: number, exclusiveMinimum: 1, exclusiveMaximum: 1.001 }", "1.0005")]
    public void Prefers_what_the_schema_names(string yaml, string expected) => Assert.Equal(expected, Generate(yaml));

    [Theory]
    [InlineData("{ type: object, required: [id, amount, email], properties: { id: { type: string }, amount: { type: number, exclusiveMinimum: 0 }, email: { type: string, format: email } }, additionalProperties: false }")]
    [InlineData("{ type: array, minItems: 3, maxItems: 5, uniqueItems: true, items: { type: integer, minimum: 1, maximum: 5 } }")]
    [InlineData("{ type: array, contains: { const: x }, minContains: 2, items: { type: string } }")]
    [InlineData("{ type: array, prefixItems: [ { type: string }, { type: boolean } ], items: false, minItems: 2 }")]
    [InlineData("{ type: string, pattern: '^[A-Z]{2}-[0-9]{4,6}(?:-x|-y)?$' }")]
    [InlineData("{ type: string, pattern: '^\\p{Lu}\\w*$', minLength: 12, maxLength: 14 }")]
    [InlineData("{ type: string, pattern: 'b', minLength: 30 }")]
    [InlineData("{ type: string, minLength: 100, maxLength: 101 }")]
    [InlineData("{ type: string, maxLength: 2 }")]
    [InlineData("{ type: integer, multipleOf: 7, minimum: 100, exclusiveMaximum: 106 }")]
    [InlineData("{ type: number, multipleOf: 0.25, minimum: 0.3, maximum: 0.5 }")]
    [InlineData("{ type: integer, multipleOf: 1.5, minimum: 1 }")]
    [InlineData("{ type: number, maximum: -3 }")]
    [InlineData("{ type: number, exclusiveMaximum: 0.5, minimum: 0.1 }")]
    [InlineData("{ oneOf: [ { type: object, required: [a], properties: { a: { const: 1 } } }, { type: object, required: [b], properties: { b: { const: 2 } } } ] }")]
    [InlineData("{ type: object, properties: { kind: { enum: [a, b] } }, required: [kind], if: { properties: { kind: { const: a } } }, then: { required: [x] }, else: { required: [y] } }")]
    [InlineData("{ type: object, minProperties: 3, additionalProperties: { type: integer } }")]
    [InlineData("{ type: object, minProperties: 2, patternProperties: { '^x_[a-z]+$': { type: integer } }, additionalProperties: false }")]
    [InlineData("{ type: object, maxProperties: 1, properties: { a: true, b: true, c: true } }")]
    [InlineData("{ type: object, minProperties: 2, propertyNames: { pattern: '^[a-z]{3}$' } }")]
    [InlineData("{ type: object, required: [a], properties: { a: true, b: { type: string } }, dependentRequired: { a: [b] } }")]
    [InlineData("{ type: object, required: [a], unevaluatedProperties: false, allOf: [ { properties: { a: { type: integer } } } ] }")]
    [InlineData("{ type: object, properties: { children: { type: array, items: { $ref: '#' } }, name: { type: string } }, required: [children, name] }")]
    [InlineData("{ type: [string, 'null'], not: { const: 'amber' } }")]
    [InlineData("{ not: { type: string } }")]
    [InlineData("{ type: array, items: { type: object, properties: { price: { type: object, required: [amount, currency], properties: { amount: { type: string, pattern: '^-?[0-9]+([.][0-9]+)?$' }, currency: { type: string, pattern: '^[A-Z]{3}$' } } } }, required: [price] } }")]
    [InlineData("true")]
    public void Finds_a_valid_value_for_every_seed(string yaml)
    {
        for (ulong seed = 0; seed < 20; seed++)
        {
            Generate(yaml, seed);
        }
    }

    [Theory]
    [InlineData("email")]
    [InlineData("uri")]
    [InlineData("uri-reference")]
    [InlineData("date")]
    [InlineData("date-time")]
    [InlineData("time")]
    [InlineData("duration")]
    [InlineData("uuid")]
    [InlineData("ipv4")]
    [InlineData("ipv6")]
    [InlineData("hostname")]
    [InlineData("json-pointer")]
    [InlineData("relative-json-pointer")]
    [InlineData("regex")]
    public void Finds_a_value_of_every_format(string format)
    {
        for (ulong seed = 0; seed < 20; seed++)
        {
            Generate($"{{ type: string, format: {format} }}", seed);
        }
    }

    [Fact]
    public void The_same_seed_gives_the_same_value_and_other_seeds_give_others()
    {
        const string schema = "{ type: object, required: [a, b], properties: { a: { type: string }, b: { type: integer } } }";
        Assert.Equal("""{"a":"fjord","b":64}""", Generate(schema, 42));
        Assert.True(Enumerable.Range(0, 20).Select(s => Generate(schema, (ulong)s)).Distinct().Count() > 10);
    }

    [Theory]
    [InlineData("false")]
    [InlineData("{ type: string, enum: [1] }")]
    [InlineData("{ type: integer, minimum: 2, maximum: 1 }")]
    [InlineData("{ required: [a], properties: { a: false } }")]
    [InlineData("{ type: array, minItems: 1000000 }")]
    [InlineData("{ type: object, required: [next], properties: { next: { $ref: '#' } } }")]
    public void A_schema_without_a_reachable_value_gives_none(string yaml) => Assert.Null(SchemaExamples.Generate(Compile(yaml), 1));

    /// <summary>Schemas as authors write them, all of which have values.</summary>
    static Gen<string> Satisfiable(int depth)
    {
        var scalar = Gen.OneOf(
            Gen.Select(Gen.Int[-1000, 1000], Gen.Int[0, 50], (low, span) => $"{{ type: integer, minimum: {low}, maximum: {low + span} }}"),
            Gen.Select(Gen.Int[-1000, 1000], Gen.Int[1, 50], (low, span) => $"{{ type: number, exclusiveMinimum: {low}, maximum: {low + span} }}"),
            Gen.Select(Gen.Int[1, 40], Gen.Int[2, 60], (step, count) => $"{{ type: integer, multipleOf: {step}, minimum: 0, maximum: {step * count} }}"),
            Gen.Select(Gen.Int[0, 20], Gen.Int[0, 20], (least, span) => $"{{ type: string, minLength: {least}, maxLength: {least + span} }}"),
            Gen.Select(Gen.Int[1, 9], Gen.Int[0, 9], (least, span) => $"{{ type: string, pattern: '^[a-f0-9]{{{least},{least + span}}}$' }}"),
            Gen.OneOf("email", "uri", "date", "date-time", "uuid", "ipv4", "hostname", "duration").Select(f => $"{{ type: string, format: {f} }}"),
            Gen.Const("{ type: boolean }"),
            Gen.Const("{ enum: [red, 2, null] }"));
        if (depth == 0)
        {
            return scalar;
        }

        var inner = Satisfiable(depth - 1);
        return Gen.OneOf(
            scalar,
            Gen.Select(inner, Gen.Int[0, 3], Gen.Int[0, 3], (item, least, span) => $"{{ type: array, minItems: {least}, maxItems: {least + span}, items: {item} }}"),
            Gen.Select(inner, inner, Gen.Bool, (a, b, closed) =>
                $"{{ type: object, required: [a], properties: {{ a: {a}, b: {b} }}, additionalProperties: {(closed ? "false" : "true")} }}"),
            Gen.Select(inner, inner, (a, b) => $"{{ anyOf: [ {a}, {b} ] }}"),
            Gen.Select(inner, a => $"{{ $ref: '#/$defs/x', $defs: {{ x: true }}, allOf: [ {a} ] }}").Select(s => s.Replace("$ref: '#/$defs/x', ", "", StringComparison.Ordinal)));
    }

    [Fact]
    public void Whatever_an_author_writes_has_examples_that_validate()
    {
        Gen.Select(Satisfiable(3), Gen.ULong).Sample((yaml, seed) => { Generate(yaml, seed); }, iter: Runs.Of(100));
    }
}
