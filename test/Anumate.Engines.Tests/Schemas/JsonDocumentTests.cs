using System.Text.Json;
using Anumate.Schemas.Documents;

namespace Anumate.Engines.Tests.Schemas;

public sealed class JsonDocumentTests
{
    [Theory]
    [InlineData("", "document.empty", 1, 1)]
    [InlineData("{\"a\":1,}", "json.syntax", 1, 8)]
    [InlineData("[1,]", "json.syntax", 1, 4)]
    [InlineData("[1 2]", "json.syntax", 1, 4)]
    [InlineData("{a: 1}", "json.syntax", 1, 2)]
    [InlineData("{\"a\" 1}", "json.syntax", 1, 6)]
    [InlineData("{\n  \"a\": 01\n}", "json.syntax", 2, 9)]
    [InlineData("1.", "json.syntax", 1, 3)]
    [InlineData("1e", "json.syntax", 1, 3)]
    [InlineData("-", "json.syntax", 1, 2)]
    [InlineData("+1", "json.syntax", 1, 1)]
    [InlineData("tru", "json.syntax", 1, 1)]
    [InlineData("truee", "json.syntax", 1, 1)]
    [InlineData("NaN", "json.syntax", 1, 1)]
    [InlineData("\"abc", "json.syntax", 1, 1)]
    [InlineData("\"a\nb\"", "json.syntax", 1, 3)]
    [InlineData("\"\\q\"", "json.syntax", 1, 2)]
    [InlineData("\"\\u12g4\"", "json.syntax", 1, 2)]
    [InlineData("\"\\ud800\"", "document.invalid-unicode", 1, 1)]
    [InlineData("\"\\u0000\"", "document.nul", 1, 1)]
    [InlineData("1 2", "json.syntax", 1, 3)]
    [InlineData("// c\n1", "json.syntax", 1, 1)]
    [InlineData("{\"a\":1,\n\"a\":2}", "document.duplicate-key", 2, 1)]
    [InlineData("{\"a\":1,\"\\u0061\":2}", "document.duplicate-key", 1, 8)]
    [InlineData("9007199254740993", "document.inexact-number", 1, 1)]
    [InlineData("1e309", "document.inexact-number", 1, 1)]
    [InlineData("0.1000000000000000055511151231257827", "document.inexact-number", 1, 1)]
    [InlineData("1180591620717411303424", "document.inexact-number", 1, 1)]
    public void Refuses_with_a_place(string json, string code, int line, int column)
    {
        var document = Document.ParseJson(json);
        Assert.False(document.IsValid);
        var found = document.Diagnostics[0];
        Assert.Equal((code, line, column), (found.Code, found.Line, found.Column));
    }

    [Theory]
    [InlineData("0.1")]
    [InlineData("1e308")]
    [InlineData("-1.5E-7")]
    [InlineData("1.7976931348623157e308")]
    [InlineData("5e-324")]
    [InlineData("9007199254740992")]
    [InlineData("0e999999999999999999999")]
    public void Accepts_numbers_a_double_holds(string json)
    {
        var node = Assert.IsType<NumberNode>(Document.ParseJson(json).Root);
        Assert.Equal(double.Parse(json), node.Value);
        Assert.Equal(node.Value, node.ToJsonElement().GetDouble());
    }

    [Fact]
    public void Ten_thousand_levels_are_a_finding_and_not_a_crash()
    {
        foreach (var open in new[] { "[", "{\"a\":" })
        {
            var found = Document.ParseJson(string.Concat(Enumerable.Repeat(open, 10_000))).Diagnostics[0];
            Assert.Equal("document.too-deep", found.Code);
        }

        Assert.True(Document.ParseJson(new string('[', 64) + new string(']', 64)).IsValid);
        Assert.Equal(("document.too-deep", 65), Document.ParseJson(new string('[', 65) + new string(']', 65)).Diagnostics[0] is var d ? (d.Code, d.Column) : default);
    }

    [Fact]
    public void Places_are_counted_in_lines_and_utf16_columns()
    {
        var root = Document.ParseJson("{\r\n  \"😀\": [1,\n\t\"x\\n${{ y }}\"]\n}").Root!;
        var member = Assert.Single(((ObjectNode)root).Members);
        Assert.Equal((new Position(2, 3), new Position(2, 9)), (member.KeyPosition, member.Value.Position));
        var text = (StringNode)root.Find("/😀/1")!;
        Assert.Equal(new Position(3, 2), text.Position);
        Assert.Equal(new Position(3, 10), text.PositionAt(text.Value.IndexOf('y', StringComparison.Ordinal)));
    }

    [Fact]
    public void Becomes_the_same_json_element()
    {
        const string json = """{"a":[1,-2.5,"x\u00e9\"",true,null,{}],"b":{"c":[]}}""";
        var element = Document.ParseJson(json).Root!.ToJsonElement();
        Assert.True(JsonElement.DeepEquals(JsonDocument.Parse(json).RootElement, element));
    }
}
