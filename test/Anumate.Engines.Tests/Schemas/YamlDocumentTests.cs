using Anumate.Schemas.Documents;

namespace Anumate.Engines.Tests.Schemas;

public sealed class YamlDocumentTests
{
    static DocumentNode Yaml(string text)
    {
        var document = Document.ParseYaml(text);
        Assert.True(document.IsValid, string.Join('\n', document.Diagnostics));
        return document.Root;
    }

    static Diagnostic Refused(string text)
    {
        var document = Document.ParseYaml(text);
        Assert.False(document.IsValid, $"accepted as {document.Root}");
        Assert.All(document.Diagnostics, d =>
        {
            Assert.Equal(Severity.Error, d.Severity);
            Assert.True(d.Line >= 1 && d.Column >= 1, d.ToString());
        });
        return document.Diagnostics[0];
    }

    [Theory]
    [InlineData("yes", "\"yes\"")]
    [InlineData("no", "\"no\"")]
    [InlineData("on", "\"on\"")]
    [InlineData("true", "true")]
    [InlineData("False", "false")]
    [InlineData("'true'", "\"true\"")]
    [InlineData("\"12\"", "\"12\"")]
    [InlineData("~", "null")]
    [InlineData("null", "null")]
    [InlineData("---", "null")]
    [InlineData("12", "12")]
    [InlineData("+12", "12")]
    [InlineData("-12.50", "-12.5")]
    [InlineData("1.0", "1")]
    [InlineData("-0.0", "0")]
    [InlineData(".5", "0.5")]
    [InlineData("5.", "5")]
    [InlineData("1e3", "1000")]
    [InlineData("1e21", "1E+21")]
    [InlineData("0x1F", "31")]
    [InlineData("0o17", "15")]
    [InlineData("0x", "\"0x\"")]
    [InlineData("0o8", "\"0o8\"")]
    [InlineData("0b1", "\"0b1\"")]
    [InlineData("1_000", "\"1_000\"")]
    [InlineData("1.4.0", "\"1.4.0\"")]
    [InlineData("12:30:45", "\"12:30:45\"")]
    [InlineData("2024-01-02", "\"2024-01-02\"")]
    [InlineData("2024-01-02T03:04:05Z", "\"2024-01-02T03:04:05Z\"")]
    [InlineData("9007199254740991", "9007199254740991")]
    [InlineData("100000000000000000000", "100000000000000000000")]
    [InlineData(".", "\".\"")]
    [InlineData("-", "[null]")]
    [InlineData("{a: 1, b: [x, 'y', \"z\"]}", """{"a":1,"b":["x","y","z"]}""")]
    [InlineData("a:\n  - b: 1\n    c: ~\n  - d\n", """{"a":[{"b":1,"c":null},"d"]}""")]
    [InlineData("a:\n- 1\n- 2\n", """{"a":[1,2]}""")]
    [InlineData("a: |\n  x\n   y\nb: >-\n  p\n  q\n", """{"a":"x\n y\n","b":"p q"}""")]
    [InlineData("%YAML 1.2\n---\na: 1\n...\n", """{"a":1}""")]
    [InlineData("\uFEFFa: 1 # comment", """{"a":1}""")]
    [InlineData("a: \"\\u00e9\\U0001F600\\x41\\n\"", """{"a":"é\uD83D\uDE00A\n"}""")]
    [InlineData("'<<': 1", """{"<<":1}""")]
    [InlineData("x: ${{ inputs.a }}", """{"x":"${{ inputs.a }}"}""")]
    [InlineData("on: [timeout, unavailable]", """{"on":["timeout","unavailable"]}""")]
    [InlineData("{\n\t\"a\": [1,\t2]\n}", """{"a":[1,2]}""")]
    public void Reads_the_core_schema(string yaml, string json) => Assert.Equal(json, Yaml(yaml).ToString());

    [Theory]
    [InlineData("a: &x 1", "yaml.anchor", 1, 4)]
    [InlineData("a: 1\nb: *x", "yaml.alias", 2, 4)]
    [InlineData("a: !!str 1", "yaml.tag", 1, 4)]
    [InlineData("a: !custom 1", "yaml.tag", 1, 4)]
    [InlineData("a: ! 1", "yaml.tag", 1, 4)]
    [InlineData("a: 1\n<<: {b: 2}", "yaml.merge-key", 2, 1)]
    [InlineData("a: 1\n---\nb: 2", "yaml.multiple-documents", 2, 1)]
    [InlineData("a: 1\nb: 2\na: 3", "document.duplicate-key", 3, 1)]
    [InlineData("1: a", "yaml.non-string-key", 1, 1)]
    [InlineData("true: a", "yaml.non-string-key", 1, 1)]
    [InlineData("~: a", "yaml.non-string-key", 1, 1)]
    [InlineData("? [a]\n: b", "yaml.non-string-key", 1, 3)]
    [InlineData("? {a: 1}\n: b", "yaml.non-string-key", 1, 3)]
    [InlineData("a: \"x\\0y\"", "document.nul", 1, 4)]
    [InlineData("a: x\0y", "document.nul", 1, 5)]
    [InlineData("a: .inf", "document.inexact-number", 1, 4)]
    [InlineData("a: -.INF", "document.inexact-number", 1, 4)]
    [InlineData("a: .nan", "document.inexact-number", 1, 4)]
    [InlineData("a: 9007199254740993", "document.inexact-number", 1, 4)]
    [InlineData("a: 1e400", "document.inexact-number", 1, 4)]
    [InlineData("a: 1e-400", "document.inexact-number", 1, 4)]
    [InlineData("a: 0x20000000000001", "document.inexact-number", 1, 4)]
    [InlineData("a: 007", "yaml.leading-zero", 1, 4)]
    [InlineData("a:\n\t- b", "yaml.tab", 2, 1)]
    [InlineData("a:\n  b: 1\n\tc: 2", "yaml.tab", 3, 1)]
    [InlineData("a: b: c", "yaml.syntax", 1, 5)]
    [InlineData("a: [1, 2", "yaml.syntax", 1, 9)]
    [InlineData("a: 'x", "yaml.syntax", 1, 4)]
    [InlineData("a: @x", "yaml.syntax", 1, 4)]
    [InlineData("a: \"\\q\"", "yaml.syntax", 1, 4)]
    [InlineData("a: x\u2028y", "yaml.character", 1, 5)]
    [InlineData("a: x\u0007y", "yaml.character", 1, 5)]
    [InlineData("%YAML 1.1\n---\na: 1", "yaml.version", 1, 1)]
    [InlineData("\ta: b", "yaml.tab", 1, 1)]
    [InlineData("- \ta: b", "yaml.tab", 1, 3)]
    [InlineData("a: {b:}", "yaml.syntax", 1, 5)]
    [InlineData("a: \"\\uD83D\\uDE\"é)0\"", "yaml.syntax", 1, 4)]
    [InlineData("- {a: b}\n- :c", "yaml.syntax", 2, 4)]
    [InlineData("%FOO x\n---\na: 1", "yaml.directive", 1, 1)]
    [InlineData("# c\n\n%TAG ! tag:x,2:\n---\na: 1", "yaml.directive", 3, 1)]
    [InlineData("a: &", "yaml.syntax", 1, 4)]
    [InlineData("a: - b", "yaml.syntax", 1, 4)]
    [InlineData("a: [1,,2]", "yaml.syntax", 1, 7)]
    [InlineData("a: [\n1]", "yaml.syntax", 2, 1)]
    [InlineData("", "document.empty", 1, 1)]
    [InlineData("# only a comment\n", "document.empty", 1, 1)]
    public void Refuses_with_a_place(string yaml, string code, int line, int column)
    {
        var found = Refused(yaml);
        Assert.Equal((code, line, column), (found.Code, found.Line, found.Column));
        Assert.False(string.IsNullOrEmpty(found.Suggestion), found.ToString());
    }

    [Fact]
    public void Names_the_first_place_of_a_duplicate_key()
    {
        var found = Refused("name: a\nspec:\n  x: 1\n  'x': 2\n");
        Assert.Equal((4, 3), (found.Line, found.Column));
        Assert.Contains("`x` appears twice in one object, first at line 3, column 3", found.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Reports_every_refusal_that_does_not_end_the_parse()
    {
        var document = Document.ParseYaml("a: 007\nb: *x\nc: !t 1\n1: d\n");
        Assert.Equal(["yaml.leading-zero", "yaml.alias", "yaml.tag", "yaml.non-string-key"], document.Diagnostics.Select(d => d.Code));
        Assert.Equal([1, 2, 3, 4], document.Diagnostics.Select(d => d.Line));
    }

    [Fact]
    public void Refuses_bytes_that_are_not_utf8_where_they_stand()
    {
        var document = Document.ParseYaml(new byte[] { (byte)'a', (byte)':', (byte)'\n', (byte)' ', 0xC3, 0x28 });
        var found = Assert.Single(document.Diagnostics);
        Assert.Equal(("document.invalid-utf8", 2, 2), (found.Code, found.Line, found.Column));
    }

    [Fact]
    public void Refuses_a_document_over_the_size_limit()
    {
        var limits = new DocumentLimits { MaxBytes = 10 };
        Assert.True(Document.ParseYaml("a: 1234567", limits).IsValid);
        Assert.Equal("document.too-large", Document.ParseYaml("a: 12345678", limits).Diagnostics[0].Code);
        Assert.Equal("document.too-large", Document.ParseYaml("a: ääää"u8.ToArray(), limits).Diagnostics[0].Code);
        Assert.Equal("document.too-large", Document.ParseYaml("a: ääää", limits).Diagnostics[0].Code);
    }

    [Fact]
    public void Every_node_and_key_knows_its_place_and_pointer()
    {
        var root = Yaml("spec:\n  steps:\n    - id: order\n      with: { \"a/b\": 1 }\n");
        var with = Assert.IsType<ObjectNode>(root.Find("/spec/steps/0/with"));
        Assert.Equal(new Position(4, 13), with.Position);
        var member = with.Get("a/b")!;
        Assert.Equal(("/spec/steps/0/with/a~1b", new Position(4, 15), new Position(4, 22)), (member.Pointer, member.KeyPosition, member.Value.Position));
        Assert.Same(member.Value, root.Find(member.Pointer));
        Assert.Null(root.Find("/spec/steps/1"));
        Assert.Null(root.Find("/spec/steps/00"));
        Assert.Equal("3:7: error x.y: no (do)", root.Find("/spec/steps/0")!.Error("x.y", "no", "do").ToString());
    }

    [Theory]
    [InlineData("a: \"${{ inputs.b }}\"", 4, 1, 9)]
    [InlineData("a: '${{ inputs.b }}'", 4, 1, 9)]
    [InlineData("a: ${{ inputs.b }}", 4, 1, 8)]
    [InlineData("a: \"x\\n\\u00e9 ${{ inputs.b }}\"", 4 + 4, 1, 19)]
    [InlineData("a: 'it''s ${{ inputs.b }}'", 5 + 4, 1, 15)]
    [InlineData("a: |\n  first\n  x ${{ inputs.b }}\n", 8 + 4, 3, 9)]
    [InlineData("a: >\n  first\n   more\n  x ${{ inputs.b }}\n", 14 + 4, 4, 9)]
    [InlineData("a: first\n  x ${{ inputs.b }}\n", 8 + 4, 2, 9)]
    [InlineData("a: \"first\n  x \\\n  ${{ inputs.b }}\"\n", 8 + 4, 3, 7)]
    [InlineData("a: |2\n    first\n  ${{ inputs.b }}\n", 8 + 4, 3, 7)]
    [InlineData("a:\r\n  'first\r\n\r\n   ${{ inputs.b }}'\r\n", 6 + 4, 4, 8)]
    public void Finds_the_place_of_a_character_inside_a_string(string yaml, int charOffset, int line, int column)
    {
        var node = Assert.IsType<StringNode>(Yaml(yaml).Find("/a"));
        Assert.Equal("inputs.b", node.Value.Substring(charOffset, 8));
        Assert.Equal(new Position(line, column), node.PositionAt(charOffset));
    }

    [Theory]
    [InlineData("[", "")]
    [InlineData("{a: ", "}")]
    [InlineData("- ", "")]
    [InlineData("? ", "")]
    [InlineData("[{a: ", "")]
    [InlineData("[\n", "")]
    [InlineData("{\n", "")]
    [InlineData("!!seq [", "")]
    [InlineData("&a [", "")]
    public void Ten_thousand_levels_are_a_finding_and_not_a_crash(string open, string close)
    {
        var text = string.Concat(Enumerable.Repeat(open, 10_000)) + string.Concat(Enumerable.Repeat(close, 10_000));
        Refused(text);
        var nested = string.Concat(Enumerable.Range(0, 700).Select(i => new string(' ', i) + "a:\n"));
        Assert.Equal("document.too-deep", Refused(nested).Code);
    }

    [Fact]
    public void Sixty_four_levels_are_allowed_and_sixty_five_are_not()
    {
        Assert.True(Document.ParseYaml(new string('[', 64) + new string(']', 64)).IsValid);
        Assert.Equal("document.too-deep", Refused(new string('[', 65) + new string(']', 65)).Code);
    }

    [Fact]
    public void An_alias_bomb_is_refused_without_being_expanded()
    {
        var bomb = "a: &a [x,x,x,x,x,x,x,x,x]\n" + string.Concat(Enumerable.Range(1, 20).Select(i =>
            $"{(char)('a' + i)}: &{(char)('a' + i)} [{string.Join(',', Enumerable.Repeat($"*{(char)('a' + i - 1)}", 9))}]\n"));
        Assert.Equal("yaml.anchor", Refused(bomb).Code);
    }

    [Fact]
    public void A_document_of_too_many_values_is_refused()
    {
        var limits = new DocumentLimits { MaxNodes = 10 };
        Assert.True(Document.ParseYaml("[1,2,3,4,5,6,7,8,9]", limits).IsValid);
        Assert.Equal("document.too-many-values", Document.ParseYaml("[1,2,3,4,5,6,7,8,9,10]", limits).Diagnostics[0].Code);
        Assert.Equal("document.too-many-values", Document.ParseJson("[1,2,3,4,5,6,7,8,9,10]", limits).Diagnostics[0].Code);
    }
}
