using System.Text.Json;
using Anumate.Cel;

namespace Anumate.Engines.Tests.Cel;

public sealed class CelOptionalTests
{
    static readonly CelEnvironment Environment = new(new CelVariable("x", CelType.FromSchema(JsonDocument.Parse("""
        {"type":"object","required":["id"],"properties":{"id":{"type":"string"},"y":{"type":"integer"},"inner":{"type":"object","properties":{"z":{"type":"integer"}}}}}
        """).RootElement)));

    static CelResult Run(string source, string json = """{"id":"a"}""") =>
        Environment.Compile(source).Expression!.Evaluate(Environment.Bind().Set("x", JsonDocument.Parse(json).RootElement));

    [Theory]
    [InlineData("x.?y.orValue(0) > 1")]
    [InlineData("x[?\"y\"].orValue(0) > 1")]
    [InlineData("x.?y.hasValue() && x.y > 1")]
    [InlineData("x.?y.hasValue() ? x.y > 1 : false")]
    [InlineData("!x.?y.hasValue() || x.y > 1")]
    [InlineData("has(x.y) && x.y > 1")]
    [InlineData("x.?inner.z.orValue(7) > 1")]
    [InlineData("x.?y.optMap(v, v + 1).orValue(0) == 3")]
    [InlineData("x.?y.or(x.?inner.?z).value() == 2")]
    public void An_optional_read_needs_no_guard(string source) => Assert.Empty(Environment.Compile(source, expected: CelType.Bool).Diagnostics);

    [Theory]
    [InlineData("x.?y > 1", "cel.no-overload")]
    [InlineData("x.?yy.hasValue()", "cel.unknown-field")]
    [InlineData("x.?y.orValue(\"none\") == 1", "cel.type")]
    [InlineData("x.?y.hasValue() || x.y > 1", "cel.optional-field")]
    [InlineData("x.id.orValue(\"a\") == \"a\"", "cel.type")]
    [InlineData("[?x.id] == []", "cel.type")]
    [InlineData("x.?inner.zz.hasValue()", "cel.unknown-field")]
    public void What_does_not_fit_is_found_before_it_runs(string source, string code) => Assert.Equal(code, Assert.Single(Environment.Compile(source).Diagnostics).Code);

    [Theory]
    [InlineData("x.?y.orValue(5) == 5", """{"id":"a"}""")]
    [InlineData("x.?y.orValue(5) == 2", """{"id":"a","y":2}""")]
    [InlineData("x.?inner.z.orValue(5) == 5", """{"id":"a","inner":{}}""")]
    [InlineData("[x.id, ?x.?id, ?optional.none()] == ['a', 'a']", """{"id":"a"}""")]
    [InlineData("{'a': 1, ?'b': x.?y} == {'a': 1}", """{"id":"a"}""")]
    [InlineData("{'a': 1, ?'b': x.?y} == {'a': 1, 'b': 2}", """{"id":"a","y":2}""")]
    [InlineData("x.?y.optFlatMap(v, v > 1 ? optional.of(v) : optional.none()).hasValue()", """{"id":"a","y":2}""")]
    public void Absent_fields_are_none(string source, string json) => Assert.True(Run(source, json).IsTrue);

    [Fact]
    public void The_alternative_is_evaluated_only_where_there_is_no_value() =>
        Assert.True(Run("optional.of(1).orValue(1 / (size(x.id) - 1)) == 1").IsTrue);

    [Fact]
    public void Data_of_the_wrong_type_is_an_error_and_not_none() =>
        Assert.Equal(CelErrors.TypeMismatch, Run("x.?y.hasValue()", """{"id":"a","y":"two"}""").Error!.Code);

    [Fact]
    public void An_optional_has_no_json() => Assert.NotNull(Run("x.?y").Value.WriteJson(new Utf8JsonWriter(Stream.Null)));

    [Theory]
    [InlineData("x.?y.orValue(1)")]
    [InlineData("x[?\"y\"]")]
    [InlineData("[?x.?y, 1]")]
    [InlineData("{?\"a\": x.?y, \"b\": 1}")]
    public void Is_printed_as_written(string source) => Assert.Equal(source, Environment.CompileUnchecked(source).Expression!.ToString());
}
