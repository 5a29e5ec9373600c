using System.Text.Json;
using Anumate.Cel;

namespace Anumate.Engines.Tests.Cel;

public sealed class CelCheckTests
{
    static readonly CelType Inputs = Schema("""
        {
          "type": "object",
          "required": ["order_id", "amount", "items"],
          "properties": {
            "order_id": { "type": "string" },
            "amount": { "type": "number" },
            "count": { "type": "integer" },
            "email": { "type": "string" },
            "price": { "type": "object", "required": ["amount", "currency"], "properties": { "amount": { "type": "string" }, "currency": { "type": "string" } } },
            "items": { "type": "array", "items": { "type": "object", "properties": { "sku": { "type": "string" } } } },
            "note": { "type": ["string", "null"] },
            "labels": { "type": "object", "additionalProperties": { "type": "string" } }
          }
        }
        """);

    static readonly CelEnvironment Environment = new(new("inputs", Inputs), new("anything", CelType.Dyn), new("n", CelType.Int));

    static CelType Schema(string json) => CelType.FromSchema(JsonDocument.Parse(json).RootElement);

    static Diagnostic Single(string source, Position start = default) => Assert.Single(Environment.Compile(source, start).Diagnostics);

    [Theory]
    [InlineData("inputs.amount > 500", "bool")]
    [InlineData("inputs.amount == 500", "bool")]
    [InlineData("inputs.order_id + \"x\"", "string")]
    [InlineData("inputs.items.map(i, i)", "list({sku?: string})")]
    [InlineData("inputs.amount * 2.0", "double")]
    [InlineData("size(inputs.items) + n", "int")]
    [InlineData("inputs.labels", null)]
    [InlineData("anything.a.b[0]", "dyn")]
    [InlineData("[1, 'a']", "list(dyn)")]
    [InlineData("type(n)", "type(int)")]
    [InlineData("{'a': n}", "map(string, int)")]
    [InlineData("[1, 2, 3].filter(x, x > 1)", "list(int)")]
    [InlineData("true ? n : 1", "int")]
    [InlineData("money('5 EUR') - money('1 EUR')", "money")]
    [InlineData("timestamp('2026-01-01T00:00:00Z') - timestamp('2025-01-01T00:00:00Z')", "duration")]
    public void Types_expressions(string source, string? type) =>
        Assert.Equal(type, Environment.Compile(source).Expression?.ResultType.ToString());

    [Theory]
    [InlineData("input.amount", "cel.unknown-variable", 1, "did you mean `inputs`?")]
    [InlineData("inputs.ammount > 1.0", "cel.unknown-field", 8, "did you mean `amount`?")]
    [InlineData("inputs['ammount'] > 1.0", "cel.unknown-field", 8, "did you mean `amount`?")]
    [InlineData("sise(inputs.items)", "cel.unknown-function", 1, "did you mean `size`?")]
    [InlineData("inputs.order_id.startWith('x')", "cel.unknown-function", 17, "did you mean `startsWith`?")]
    [InlineData("inputs.order_id > 5", "cel.no-overload", 17, null)]
    [InlineData("inputs.amount + 1", "cel.no-overload", 15, "numbers are not converted by themselves: use double(…) on one side")]
    [InlineData("inputs.order_id == 5", "cel.no-overload", 17, null)]
    [InlineData("n && true", "cel.type", 1, null)]
    [InlineData("true ? 1 : 'a'", "cel.type", 6, "wrap one of them in dyn(…)")]
    [InlineData("inputs.email == ''", "cel.optional-field", 8, "guard it: `has(inputs.email) && …` or `has(inputs.email) ? … : …`")]
    [InlineData("n.foo", "cel.no-fields", 2, null)]
    [InlineData("has(n)", "cel.macro", 1, null)]
    [InlineData("n.all(x, true)", "cel.macro", 3, null)]
    [InlineData("[1].all(1, true)", "cel.macro", 9, null)]
    [InlineData("[1].all(x, x)", "cel.type", 12, null)]
    [InlineData("[1].all(x, x, true)", "cel.macro", 12, null)]
    [InlineData("[1].transformList(x, 1, 2)", "cel.macro", 22, null)]
    [InlineData("cel.bind(1, 2, 3)", "cel.macro", 10, null)]
    [InlineData("base64.encod(b'')", "cel.unknown-function", 8, "did you mean `base64.encode`?")]
    [InlineData("{1.5: 2}", "cel.type", 2, null)]
    [InlineData("inputs.order_id.matches('(a')", "cel.pattern", 25, null)]
    [InlineData("inputs.order_id.matches('(?=a)')", "cel.pattern", 25, null)]
    [InlineData("size(1, 2)", "cel.no-overload", 1, null)]
    [InlineData("Foo{a: 1}", "cel.unsupported", 4, null)]
    [InlineData("Anything{a: 1}", "cel.unsupported", 9, null)]
    [InlineData("for + 1", "cel.reserved", 1, null)]
    [InlineData("a = 1", "cel.syntax", 3, "write `==` to compare")]
    [InlineData("'abc", "cel.syntax", 1, "close it with '")]
    [InlineData("'\\q'", "cel.escape", 2, null)]
    [InlineData("9223372036854775808", "cel.number", 1, null)]
    [InlineData("1e999", "cel.number", 1, null)]
    [InlineData("12abc", "cel.number", 1, null)]
    [InlineData("n +", "cel.syntax", 4, null)]
    [InlineData("(n + 1", "cel.syntax", 7, "the bracket opened at 1:1 is not closed")]
    [InlineData("іnputs", "cel.syntax", 1, "names consist of ASCII letters, digits and `_`")]
    [InlineData("", "cel.syntax", 1, null)]
    public void Says_what_is_wrong_and_where(string source, string code, int column, string? suggestion)
    {
        var found = Environment.Compile(source).Diagnostics[0];
        Assert.Equal((code, 1, column), (found.Code, found.Line, found.Column));
        if (suggestion is not null)
        {
            Assert.Equal(suggestion, found.Suggestion);
        }
    }

    [Fact]
    public void Reports_every_mistake_of_an_expression_at_once()
    {
        var found = Environment.Compile("inputs.ammount > 1.0 && input.x &&\n  (sise(n) || ) && 'a' + 1 == 2").Diagnostics;
        Assert.Equal(
            ["2:15 cel.syntax", "1:8 cel.unknown-field", "1:25 cel.unknown-variable", "2:4 cel.unknown-function", "2:24 cel.no-overload"],
            found.Select(d => $"{d.Line}:{d.Column} {d.Code}"));
        found = Environment.Compile("[1 2, [3 4, foo], {'a' 5, 6}, n.]").Diagnostics;
        Assert.Equal(
            ["1:4 cel.syntax", "1:10 cel.syntax", "1:24 cel.syntax", "1:28 cel.syntax", "1:33 cel.syntax", "1:13 cel.unknown-variable"],
            found.Select(d => $"{d.Line}:{d.Column} {d.Code}"));
    }

    [Fact]
    public void Places_findings_in_the_document_around_the_expression()
    {
        Assert.Equal((12, 30), Place("inputs.amount > nn", new(12, 14)));
        Assert.Equal((13, 3), Place("inputs.amount >\n  nn", new(12, 14)));
        static (int, int) Place(string source, Position start)
        {
            var found = Single(source, start);
            return (found.Line, found.Column);
        }
    }

    [Theory]
    [InlineData("has(inputs.email) && inputs.email != ''", true)]
    [InlineData("has(inputs.email) ? inputs.email : 'none'", true)]
    [InlineData("!has(inputs.email) || inputs.email != ''", true)]
    [InlineData("!has(inputs.email) ? 'none' : inputs.email", true)]
    [InlineData("'email' in inputs && inputs.email != ''", true)]
    [InlineData("n > 1 && has(inputs.email) && (n > 2 || inputs.email != '')", true)]
    [InlineData("has(inputs.price) && money(inputs.price) > money('5 EUR')", true)]
    [InlineData("inputs.items.all(i, has(i.sku) && i.sku != '')", true)]
    [InlineData("inputs.items.map(i, has(i.sku), i.sku)", true)]
    [InlineData("has(inputs.items[0].sku) && inputs.items[0].sku != ''", true)]
    [InlineData("(has(inputs.email) || has(inputs.count)) && inputs.email != ''", false)]
    [InlineData("has(inputs.count) && inputs.email != ''", false)]
    [InlineData("(has(inputs.email) && n > 1) || inputs.email != ''", false)]
    [InlineData("has(inputs.email) ? 'x' : inputs.email", false)]
    [InlineData("has(inputs.items[0].sku) && inputs.items[1].sku != ''", false)]
    [InlineData("inputs.items.exists(i, has(i.sku)) && inputs.items.all(i, i.sku != '')", false)]
    [InlineData("(has(inputs.email) && n > 1) && inputs.email != '' ", true)]
    public void Reads_an_optional_field_only_where_it_is_known_to_be_there(string source, bool compiles)
    {
        var found = Environment.Compile(source).Diagnostics;
        Assert.Equal(compiles ? [] : ["cel.optional-field"], found.Select(d => d.Code).Distinct());
    }

    [Fact]
    public void Assumes_what_a_condition_evaluated_before_has_shown()
    {
        var when = Environment.Compile("n > 1 && has(inputs.email)").Expression!;
        Assert.Empty(Environment.Assuming(when).Compile("inputs.email").Diagnostics);
        Assert.Empty(Environment.Assuming(when).With("x", CelType.Int).Compile("inputs.email").Diagnostics);
        Assert.NotEmpty(Environment.Compile("inputs.email").Diagnostics);
    }

    [Fact]
    public void Demands_the_expected_type_of_the_result()
    {
        Assert.NotNull(Environment.Compile("anything", expected: CelType.Bool).Expression);
        var found = Assert.Single(Environment.Compile("n + 1", expected: CelType.Bool).Diagnostics);
        Assert.Equal(("cel.type", "the result must be bool, not int"), (found.Code, found.Message));
    }

    [Theory]
    [InlineData("inputs.amount > 500", "inputs.amount")]
    [InlineData("inputs.items[0].sku", null)]
    [InlineData("anything.a.b.c == anything.a['d-e'] || inputs.order_id == ''", "anything.a.b.c anything.a[\"d-e\"] inputs.order_id")]
    [InlineData("has(inputs.email) && inputs.email == ''", "inputs.email")]
    [InlineData("anything[inputs.order_id].x", "anything inputs.order_id")]
    [InlineData("inputs.items.exists(i, has(i.sku) && i.sku == inputs.order_id)", "inputs.items inputs.order_id")]
    [InlineData("[n, n + 1]", "n")]
    [InlineData("1 + 2", "")]
    public void Tells_which_paths_are_read(string source, string? paths) =>
        Assert.Equal(paths, Environment.Compile(source).Expression is { } e ? string.Join(' ', e.References) : null);

    [Fact]
    public void Warns_of_what_always_fails()
    {
        var compiled = Environment.Compile("n > 1 && timestamp('yesterday') > timestamp('2026-01-01T00:00:00Z')");
        Assert.NotNull(compiled.Expression);
        Assert.Equal((Severity.Warning, "cel.always-fails"), (compiled.Diagnostics[0].Severity, compiled.Diagnostics[0].Code));
    }

    [Theory]
    [InlineData("""{"type":"string","enum":["a"]}""", "string")]
    [InlineData("""{"enum":["a","b"]}""", "string")]
    [InlineData("""{"enum":["a",null]}""", "string?")]
    [InlineData("""{"enum":["a",1]}""", "dyn")]
    [InlineData("""{"const":true}""", "bool")]
    [InlineData("""{"type":["integer","null"]}""", "int?")]
    [InlineData("""{"type":["integer","number"]}""", "double")]
    [InlineData("""{"type":["string","number"]}""", "dyn")]
    [InlineData("""{"type":"array"}""", "list(dyn)")]
    [InlineData("""{"type":"array","items":{"type":"integer"}}""", "list(int)")]
    [InlineData("""{"type":"object"}""", "map(string, dyn)")]
    [InlineData("""{"type":"object","additionalProperties":{"type":"number"}}""", "map(string, double)")]
    [InlineData("""{"type":"object","properties":{"a":{}}}""", "{a?: dyn}")]
    [InlineData("""{"type":"object","properties":{"a":{}},"additionalProperties":true}""", "{a?: dyn, …}")]
    [InlineData("""{"type":"object","properties":{},"additionalProperties":false}""", "{}")]
    [InlineData("""{"type":"object","required":["a"]}""", "{a: dyn, …}")]
    [InlineData("""{"$ref":"#/$defs/m","$defs":{"m":{"type":"boolean"}}}""", "bool")]
    [InlineData("""{"$ref":"#/$defs/m","$defs":{"m":{"type":"array","items":{"$ref":"#/$defs/m"}}}}""", "list(dyn)")]
    [InlineData("""{"$ref":"https://elsewhere"}""", "dyn")]
    [InlineData("true", "dyn")]
    public void Reads_types_from_schemas(string schema, string type) => Assert.Equal(type, Schema(schema).ToString());

    [Fact]
    public void Ends_on_schemas_that_refer_to_each_other_many_times()
    {
        var parts = Enumerable.Range(0, 60).Select(i =>
            $"\"d{i}\": {{\"type\":\"object\",\"properties\":{{\"x\":{{\"$ref\":\"#/$defs/d{i + 1}\"}},\"y\":{{\"$ref\":\"#/$defs/d{i + 1}\"}}}}}}");
        var type = Schema($"{{\"$ref\":\"#/$defs/d0\",\"$defs\":{{{string.Join(',', parts)},\"d60\":{{\"type\":\"string\"}}}}}}");
        Assert.Equal(CelKind.Object, type.Kind);
        Assert.Equal(CelKind.Object, type.Fields["x"].Type.Fields["y"].Type.Kind);
    }
}
