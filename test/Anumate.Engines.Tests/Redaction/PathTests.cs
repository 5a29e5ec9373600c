using Anumate.Redaction;

namespace Anumate.Engines.Tests.Redaction;

public sealed class PathTests
{
    const string Data = """{"call":{"args":{"card":"4111","items":[{"card":"a","n":1},{"card":"b"}],"odd name":"x"}},"result":{"deep":{"card":["c",{"card":"d"}]}}}""";

    [Theory]
    [InlineData("call.args.card", """{"call":{"args":{"items":[{"card":"a","n":1},{"card":"b"}],"odd name":"x"}},"result":{"deep":{"card":["c",{"card":"d"}]}}}""")]
    [InlineData("call.args.items[*].card", """{"call":{"args":{"card":"4111","items":[{"n":1},{}],"odd name":"x"}},"result":{"deep":{"card":["c",{"card":"d"}]}}}""")]
    [InlineData("call.args.items.*.card", """{"call":{"args":{"card":"4111","items":[{"n":1},{}],"odd name":"x"}},"result":{"deep":{"card":["c",{"card":"d"}]}}}""")]
    [InlineData("call.args.items[1]", """{"call":{"args":{"card":"4111","items":[{"card":"a","n":1},null],"odd name":"x"}},"result":{"deep":{"card":["c",{"card":"d"}]}}}""")]
    [InlineData("call.args[\"odd name\"]", """{"call":{"args":{"card":"4111","items":[{"card":"a","n":1},{"card":"b"}]}},"result":{"deep":{"card":["c",{"card":"d"}]}}}""")]
    [InlineData("call.**", """{"result":{"deep":{"card":["c",{"card":"d"}]}}}""")]
    [InlineData("**.card", """{"call":{"args":{"items":[{"n":1},{}],"odd name":"x"}},"result":{"deep":{}}}""")]
    [InlineData("result.**.card[*].card", """{"call":{"args":{"card":"4111","items":[{"card":"a","n":1},{"card":"b"}],"odd name":"x"}},"result":{"deep":{"card":["c",{}]}}}""")]
    [InlineData("result.*", """{"call":{"args":{"card":"4111","items":[{"card":"a","n":1},{"card":"b"}],"odd name":"x"}},"result":{}}""")]
    [InlineData("call.args.card.deeper", Data)]
    [InlineData("call.args.items[*][*]", Data)]
    [InlineData("**", "null")]
    public void Reaches_what_the_path_says(string path, string expected) => Assert.Equal(expected, Redact.Json(Data, Redact.Demand(path, RedactionOperator.Drop)));

    [Fact]
    public void An_operator_for_an_object_is_for_every_value_in_it() =>
        Assert.Equal("""{"a":{"b":"****","c":["**","****",null,{"d":"****"}]}}""", Redact.Json("""{"a":{"b":"text","c":[12,true,null,{"d":"text"}]}}""", Redact.Demand("a", RedactionOperator.Mask)));

    [Fact]
    public void A_document_stands_where_its_root_says()
    {
        var redactor = Redact.With(Redact.Demand("call.args.card", RedactionOperator.Drop), Redact.Demand("result.rows[0].id", RedactionOperator.Drop));
        Assert.Equal("""{"x":1}""", System.Text.Encoding.UTF8.GetString(redactor.Redact("""{"card":"4111","x":1}"""u8, "call.args", Redact.Keys).Utf8.Span));
        Assert.Equal("""{}""", System.Text.Encoding.UTF8.GetString(redactor.Redact("""{"id":"4111"}"""u8, "result.rows[0]", Redact.Keys).Utf8.Span));
        Assert.Equal("""{"id":"4111"}""", System.Text.Encoding.UTF8.GetString(redactor.Redact("""{"id":"4111"}"""u8, "result.rows[1]", Redact.Keys).Utf8.Span));
        Assert.Throws<ArgumentException>(() => redactor.Redact("{}"u8, "result.*", Redact.Keys));
    }

    [Fact]
    public void Names_are_compared_as_they_are_meant() => Assert.Equal("""{"x":{}}""", Redact.Json("""{"x":{"c\u0061rd":1,"card":2}}""", Redact.Demand("x.card", RedactionOperator.Drop)));

    [Theory]
    [InlineData("")]
    [InlineData(".")]
    [InlineData("a.")]
    [InlineData("a..b")]
    [InlineData("[0]")]
    [InlineData("a[")]
    [InlineData("a[x]")]
    [InlineData("a[]")]
    [InlineData("a[-1]")]
    [InlineData("a[\"b\"")]
    [InlineData("a[\"b]")]
    [InlineData("a[\"b\\")]
    [InlineData("a b")]
    [InlineData("a.***")]
    [InlineData("a.b*")]
    [InlineData("a[12345678901]")]
    public void Refuses_what_is_no_path(string path)
    {
        Assert.Null(RedactionPath.Read(path, out var fault));
        Assert.NotNull(fault);
        Assert.Equal("redaction.path", Assert.Single(Redactor.Compile([new(path, [], RedactionOperator.Drop)]).Diagnostics).Code);
    }

    [Theory]
    [InlineData("call.args.card")]
    [InlineData("result.**")]
    [InlineData("a[*].b[0].*.c-d_e")]
    [InlineData("a[\"odd \\\" \\\\ name\"].**.b")]
    public void Prints_what_it_read(string path) => Assert.Equal(path, RedactionPath.Read(path, out _)!.ToString());

    [Fact]
    public void Too_many_segments_demands_or_states_are_refused()
    {
        Assert.Null(RedactionPath.Read(string.Join('.', Enumerable.Repeat("a", RedactionPath.MaxSegments + 1)), out _));
        Assert.Null(RedactionPath.Read(new string('a', RedactionPath.MaxLength + 1), out _));
        Assert.Null(Redactor.Compile([.. Enumerable.Repeat(new RedactionDemand("a", [], RedactionOperator.Drop), Redactor.MaxDemands + 1)]).Redactor);
        // Each `*` doubles the states.
        var entangled = Redactor.Compile([.. Enumerable.Range(0, 2).Select(i => new RedactionDemand($"**.a{string.Concat(Enumerable.Repeat(".*", 20))}.b{i}", [], RedactionOperator.Drop))]);
        Assert.Equal("redaction.too-many", Assert.Single(entangled.Diagnostics).Code);
    }

    [Fact]
    public void Says_what_is_wrong_with_a_demand()
    {
        var codes = Redactor.Compile([new("a", ["EMALI"], RedactionOperator.Mask) { First = 65 }, new("b", [], RedactionOperator.PartialDate), new("c", ["EMAIL"], RedactionOperator.PartialDate) { Keep = "year" }]).Diagnostics;
        Assert.Equal(["redaction.recogniser", "redaction.operator", "redaction.operator", "redaction.operator"], codes.Select(d => d.Code));
        Assert.Equal(["/0", "/0", "/1", "/2"], codes.Select(d => d.Path));
    }

    [Fact]
    public void Who_has_no_usable_demands_shows_nothing() => Assert.Equal("null"u8, Redactor.Everything.Redact("{\"a\":1}"u8, "result", Redact.Keys).Utf8.Span);
}
