using System.Text.Json;
using Anumate.Cel;

namespace Anumate.Engines.Tests.Cel;

public sealed class CelJsonTests
{
    static JsonElement Json(string json) => JsonDocument.Parse(json, new() { MaxDepth = 20_000 }).RootElement;

    static CelType Schema(string json) => CelType.FromSchema(Json(json));

    [Theory]
    [InlineData("5", "int", "5")]
    [InlineData("5.0", "int", "5")]
    [InlineData("5e2", "int", "500")]
    [InlineData("-0.0", "int", "0")]
    [InlineData("9223372036854775807", "int", "9223372036854775807")]
    [InlineData("5", "double", "5.0")]
    [InlineData("5", "dyn", "5.0")]
    [InlineData("5", "uint", "5u")]
    [InlineData("\"a\"", "string", "\"a\"")]
    [InlineData("\"2026-01-01T00:00:00Z\"", "timestamp", "timestamp(\"2026-01-01T00:00:00Z\")")]
    [InlineData("\"1.5s\"", "duration", "duration(\"1.5s\")")]
    [InlineData("\"YWJj\"", "bytes", "b\"abc\"")]
    [InlineData("{\"amount\":\"12.50\",\"currency\":\"EUR\"}", "money", "money(\"12.50 EUR\")")]
    [InlineData("null", "dyn", "null")]
    [InlineData("5.5", "int", null)]
    [InlineData("1e300", "int", null)]
    [InlineData("-5", "uint", null)]
    [InlineData("\"5\"", "int", null)]
    [InlineData("5", "string", null)]
    [InlineData("1e999", "double", null)]
    [InlineData("1e999", "dyn", null)]
    [InlineData("null", "string", null)]
    [InlineData("\"\\ud800\"", "string", null)]
    [InlineData("\"\\ud800\"", "dyn", null)]
    [InlineData("\"yesterday\"", "timestamp", null)]
    [InlineData("\"?\"", "bytes", null)]
    [InlineData("{\"amount\":12.50,\"currency\":\"EUR\"}", "money", null)]
    [InlineData("[]", "string", null)]
    public void Reads_JSON_as_the_declared_type(string json, string type, string? value)
    {
        var declared = type switch
        {
            "int" => CelType.Int,
            "uint" => CelType.Uint,
            "double" => CelType.Double,
            "string" => CelType.String,
            "timestamp" => CelType.Timestamp,
            "duration" => CelType.Duration,
            "bytes" => CelType.Bytes,
            "money" => CelType.Money,
            _ => CelType.Dyn,
        };
        var read = CelValue.FromJson(Json(json), declared);
        var reader = new Utf8JsonReader(System.Text.Encoding.UTF8.GetBytes(json));
        reader.Read();
        Assert.Equal(read.ToString(), CelValue.FromUtf8(ref reader, declared).ToString());
        Assert.Equal(value, read.IsError ? null : read.ToString());
        if (read.IsError)
        {
            Assert.Equal(CelErrors.TypeMismatch, read.Error!.Code);
        }
    }

    [Fact]
    public void Types_reach_down_into_objects_and_lists()
    {
        var type = Schema("""
            {"type":"object","required":["n","list","open","maybe"],"properties":{
              "n":{"type":"integer"},
              "list":{"type":"array","items":{"type":"object","required":["q"],"properties":{"q":{"type":"integer"}}}},
              "open":{"type":"object","additionalProperties":{"type":"integer"}},
              "maybe":{"type":["integer","null"]}}}
            """);
        var environment = new CelEnvironment(new CelVariable("x", type));
        var bindings = environment.Bind().Set("x", Json("""{"n":1,"list":[{"q":2},{"q":"no"}],"open":{"a":3,"b":4.5},"maybe":null}"""));
        CelResult Evaluate(string source) => environment.Compile(source).Expression!.Evaluate(bindings);
        Assert.Equal(CelKind.Int, Evaluate("x.n").Value.Kind);
        Assert.Equal(CelKind.Int, Evaluate("x.list[0].q").Value.Kind);
        Assert.Equal(CelKind.Int, Evaluate("x.open.a").Value.Kind);
        Assert.True(Evaluate("x.maybe == null").IsTrue);
        Assert.Equal(CelErrors.TypeMismatch, Evaluate("x.list[1].q").Error?.Code);
        Assert.Equal((CelErrors.TypeMismatch, 7), (Evaluate("x.open.b").Error?.Code, Evaluate("x.open.b").Error?.Position.Column));
        Assert.Equal(CelErrors.NoSuchOverload, Evaluate("x.maybe + 1").Error?.Code);
        Assert.True(Evaluate("x.list.exists(i, i.q == 2)").IsTrue);
    }

    [Fact]
    public void Large_objects_are_found_and_kept_in_order()
    {
        var json = "{" + string.Join(',', Enumerable.Range(0, 500).Select(i => $"\"k{i}\":{i}")) + "}";
        var environment = new CelEnvironment(new CelVariable("x", CelType.Map(CelType.String, CelType.Int)));
        var bindings = environment.Bind().Set("x", Json(json));
        Assert.True(environment.Compile("x.k499 == 499 && x.size() == 500 && x.all(k, x[k] >= 0)").Expression!.Evaluate(bindings).IsTrue);
        Assert.Equal(Enumerable.Range(0, 500).Select(i => $"k{i}"), CelValue.FromJson(Json(json)).AsMap.Select(e => e.Key.AsString));
    }

    [Fact]
    public void Names_that_are_no_text_and_names_given_twice_do_no_harm()
    {
        var value = CelValue.FromJson(Json("""{"\ud800":1,"a":2,"a":3}"""));
        Assert.True(value.TryGetField("a", out var a) && a == CelValue.Of(3.0));
        Assert.False(value.TryGetField("b", out _));
        Assert.Single(value.AsMap);
        Assert.Equal(value, CelValue.FromJson(Json("""{"a":3}""")));
    }

    [Fact]
    public void Keys_such_as_proto_are_ordinary_keys()
    {
        var environment = new CelEnvironment(new CelVariable("x", CelType.Dyn));
        var bindings = environment.Bind().Set("x", Json("""{"__proto__":{"admin":true},"constructor":1}"""));
        Assert.True(environment.Compile("!has(x.admin) && has(x.__proto__.admin) && x.constructor == 1").Expression!.Evaluate(bindings).IsTrue);
    }

    [Fact]
    public void Deep_data_neither_overflow_the_stack_nor_are_written()
    {
        var deep = Json(new string('[', 2_000) + new string(']', 2_000));
        var environment = new CelEnvironment(new("x", CelType.Dyn), new("y", CelType.Dyn));
        var bindings = environment.Bind().Set("x", deep).Set("y", deep.Clone());
        Assert.False(environment.Compile("x == y").Expression!.Evaluate(bindings).IsError);
        using var writer = new Utf8JsonWriter(new MemoryStream());
        Assert.Equal(CelErrors.TooDeep, CelValue.FromJson(deep).WriteJson(writer)?.Code);
        Assert.StartsWith("[[[", CelValue.FromJson(deep).ToString());
    }
}
