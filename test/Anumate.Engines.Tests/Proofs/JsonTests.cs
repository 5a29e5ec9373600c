using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using System.Text.RegularExpressions;
using Anumate.Proofs;
using CsCheck;

namespace Anumate.Engines.Tests.Proofs;

public sealed class JsonTests
{
    static byte[] Utf8(string text) => Encoding.UTF8.GetBytes(text);

    static string Canonical(string json) => Encoding.UTF8.GetString(CanonicalJson.Write(Utf8(json)));

    static Diagnostic Refusal(string json) => Refusal(Utf8(json));

    static Diagnostic Refusal(byte[] json)
    {
        Assert.False(StrictJson.TryParse(json, 100_000, out var document, out var diagnostics));
        Assert.Null(document);
        return diagnostics[0];
    }

    [Theory]
    [InlineData("arrays")]
    [InlineData("structures")]
    [InlineData("values")]
    public void Writes_what_the_vectors_of_RFC_8785_write(string name)
    {
        var folder = ProofVectors.Folder("jcs-rfc8785");
        var input = File.ReadAllText(Path.Combine(folder, "testdata", "input", name + ".json"));
        var output = File.ReadAllText(Path.Combine(folder, "testdata", "output", name + ".json"));

        // One number of the vectors has a digit that its double does not hold: refused here on purpose (see StrictJson).
        if (name == "values")
        {
            Assert.Equal("json.inexact-number", Refusal(input).Code);
            input = input.Replace("333333333.33333329", "333333333.3333333", StringComparison.Ordinal);
        }

        Assert.Equal(output.TrimEnd(), Canonical(input));
        Assert.True(CanonicalJson.IsCanonical(Utf8(output.TrimEnd())));
        Assert.False(CanonicalJson.IsCanonical(Utf8(input)));
    }

    [Fact]
    public void Writes_the_published_sequence_of_numbers_as_ECMAScript_does()
    {
        var readme = File.ReadAllText(Path.Combine(ProofVectors.Folder("jcs-rfc8785"), "testdata", "README.md"));
        ulong[] Listed(string from, string to) =>
            [.. Regex.Matches(readme.Split(from)[1].Split(to)[0], "0x([0-9a-f]{16})n")
            .Select(m => Convert.ToUInt64(m.Groups[1].Value, 16))];
        var values = Listed("staticU64s =", "staticF64s =").Concat(Enumerable.Range(0, 2000).Select(i => 0x0010000000000000ul + (ulong)i))
            .Concat(Random());

        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var text = new byte[64];
        var (lines, total) = (0, Runs.UpTo(100_000, 10_000));
        foreach (var bits in values.Take(total))
        {
            var length = Encoding.ASCII.GetBytes($"{bits:x},", text);
            length += JsonNumber.Write(BitConverter.UInt64BitsToDouble(bits), text.AsSpan(length));
            text[length++] = (byte)'\n';
            hash.AppendData(text, 0, length);
            if (++lines is 1_000 or 10_000 or 100_000)
            {
                Assert.Contains($"{Convert.ToHexStringLower(hash.GetCurrentHash())} | {lines} ", readme, StringComparison.Ordinal);
            }
        }

        Assert.Equal(total, lines);

        static IEnumerable<ulong> Random()
        {
            for (var block = new byte[32]; ;)
            {
                block = SHA256.HashData(block);
                for (var i = 0; i < 32; i += 8)
                {
                    var bits = BinaryPrimitives.ReadUInt64LittleEndian(block.AsSpan(i));
                    if (BitConverter.UInt64BitsToDouble(bits) is var d && d != 0 && double.IsFinite(d))
                    {
                        yield return bits;
                    }
                }
            }
        }
    }

    [Theory]
    [InlineData("0", "0")]
    [InlineData("-0", "0")]
    [InlineData("-0.0e5", "0")]
    [InlineData("0e999999999999999999999", "0")]
    [InlineData("1.0", "1")]
    [InlineData("-1", "-1")]
    [InlineData("1e2", "100")]
    [InlineData("1E+2", "100")]
    [InlineData("0.1", "0.1")]
    [InlineData("0.10000000000000000000000000000000000000", "0.1")]
    [InlineData("123456789012345", "123456789012345")]
    [InlineData("-123456789012345", "-123456789012345")]
    [InlineData("9007199254740991", "9007199254740991")]
    [InlineData("9007199254740992", "9007199254740992")]
    [InlineData("9007199254740994", "9007199254740994")]
    [InlineData("100000000000000000000", "100000000000000000000")]
    [InlineData("1000000000000000000000", "1e+21")]
    [InlineData("1e23", "1e+23")]
    [InlineData("0.000001", "0.000001")]
    [InlineData("0.0000001", "1e-7")]
    [InlineData("-1.5e-9", "-1.5e-9")]
    [InlineData("5e-324", "5e-324")]
    [InlineData("1.7976931348623157e308", "1.7976931348623157e+308")]
    [InlineData("12.50", "12.5")]
    public void Accepts_numbers_that_a_double_holds(string literal, string canonical) => Assert.Equal(canonical, Canonical(literal));

    [Theory]
    [InlineData("9007199254740993")]
    [InlineData("-9007199254740993")]
    [InlineData("9223372036854775807")]
    [InlineData("9223372036854775808")]
    [InlineData("12345678901234567890")]
    [InlineData("0.1000000000000000055511151231257827")]
    [InlineData("333333333.33333329")]
    [InlineData("4.9e-324")]
    [InlineData("1e309")]
    [InlineData("-1e99999999999999999999999")]
    [InlineData("1e-400")]
    [InlineData("3.14159265358979323846")]
    public void R19_Refuses_numbers_that_a_double_does_not_hold(string literal)
    {
        var refusal = Refusal($$"""{"a": [1, {{literal}}]}""");
        Assert.Equal(("json.inexact-number", "/a/1", 1, 11), (refusal.Code, refusal.Path, refusal.Line, refusal.Column));

        using var lenient = JsonDocument.Parse($$"""{"a": [1, {{literal}}]}""");
        Assert.False(CanonicalJson.TryWrite(lenient.RootElement, out _, out var fault));
        Assert.Equal(("json.inexact-number", "/a/1"), (fault!.Code, fault.Path));
        Assert.Equal("invalid-request", Assert.Throws<ProblemException>(() => CanonicalJson.Write(lenient.RootElement)).Problem.Code);
    }

    [Fact]
    public void R19_A_number_and_its_spelling_with_a_point_are_one_a_string_is_another()
    {
        Assert.Equal(Digest.Of(CanonicalJson.Write(Utf8("""{"n":1.0}"""))), Digest.Of(CanonicalJson.Write(Utf8("""{ "n" : 1 }"""))));
        Assert.NotEqual(Digest.Of(CanonicalJson.Write(Utf8("""{"n":"1"}"""))), Digest.Of(CanonicalJson.Write(Utf8("""{"n":1}"""))));
    }

    [Theory]
    [InlineData("{\"a\":1,\n \"b\":{\"c\":1,\n  \"\\u0063\":2}}", "json.duplicate-key", "/b/c", 3, 3)]
    [InlineData("[\"ä\", \"\\ud800x\"]", "json.lone-surrogate", "/1", 1, 7)]
    [InlineData("[\"\\udc00\"]", "json.lone-surrogate", "/0", 1, 2)]
    [InlineData("{\"\\ud800\\u0041\": 1}", "json.lone-surrogate", "", 1, 2)]
    [InlineData("{\"a\": \"x\\u0000\"}", "json.nul-character", "/a", 1, 7)]
    [InlineData("{\"a~/\": \"x\\u0000\"}", "json.nul-character", "/a~0~1", 1, 9)]
    [InlineData("{\"a\": 01}", "json.syntax", "/a", 1, 8)]
    [InlineData("{\"a\": 1,}", "json.syntax", "", 1, 9)]
    [InlineData("{\"a\" 1}", "json.syntax", "", 1, 6)]
    [InlineData("[1] 2", "json.syntax", "", 1, 5)]
    [InlineData("// hi\n1", "json.syntax", "", 1, 1)]
    [InlineData("", "json.syntax", "", 1, 1)]
    [InlineData("\n\n  {", "json.syntax", "", 3, 4)]
    [InlineData("[NaN]", "json.syntax", "", 1, 2)]
    [InlineData("\"a\tb\"", "json.syntax", "", 1, 3)]
    public void R19_Refuses_what_is_ambiguous_and_says_where(string json, string code, string path, int line, int column)
    {
        var refusal = Refusal(json);
        Assert.Equal((code, path, line, column), (refusal.Code, refusal.Path, refusal.Line, refusal.Column));
    }

    [Fact]
    public void Lists_every_finding_of_one_document_at_once()
    {
        Assert.False(StrictJson.TryParse(Utf8("""{"a":9007199254740993,"a":"\ud800"}"""), 1000, out _, out var found));
        Assert.Equal(["json.inexact-number", "json.duplicate-key", "json.lone-surrogate"], found.Select(d => d.Code));
    }

    [Fact]
    public void Refuses_invalid_UTF8_and_a_byte_order_mark()
    {
        var broken = Refusal([.. "{\"a\":\n\"ä"u8, 0xC3, (byte)'"', (byte)'}']);
        Assert.Equal(("json.invalid-utf8", 2, 3), (broken.Code, broken.Line, broken.Column));
        Assert.Equal("json.invalid-utf8", Refusal([(byte)'"', 0xED, 0xA0, 0x80, (byte)'"']).Code);
        Assert.Equal("json.byte-order-mark", Refusal([0xEF, 0xBB, 0xBF, (byte)'1']).Code);
    }

    [Fact]
    public void Accepts_64_levels_and_refuses_65()
    {
        var deepest = new string('[', 64) + new string(']', 64);
        Assert.Equal(deepest, Canonical(deepest));
        var refusal = Refusal(new string('[', 65) + new string(']', 65));
        Assert.Equal(("json.too-deep", 65), (refusal.Code, refusal.Column));
        Assert.Equal("json.too-deep", Refusal(string.Concat(Enumerable.Repeat("{\"a\":", 10_000))).Code);

        using var lenient = JsonDocument.Parse("[" + deepest + "]", new JsonDocumentOptions { MaxDepth = 100 });
        Assert.False(CanonicalJson.TryWrite(lenient.RootElement, out _, out var fault));
        Assert.Equal("json.too-deep", fault!.Code);
    }

    [Fact]
    public void Refuses_a_text_over_the_limit_with_its_own_problem()
    {
        Assert.True(StrictJson.TryParse(Utf8("\"123\""), 5, out var document, out _));
        document.Dispose();
        Assert.Equal("too-large", Assert.Throws<ProblemException>(() => StrictJson.Parse(Utf8("\"1234\""), 5)).Problem.Code);
        var invalid = Assert.Throws<ProblemException>(() => StrictJson.Parse(Utf8("{"), 5)).Problem;
        Assert.Equal((400, 1), (invalid.Status, invalid.Diagnostics!.Count));
    }

    [Fact]
    public void Sorts_keys_by_UTF16_code_units()
    {
        // RFC 8785 section 3.2.3, with U+FB33 after U+1F600 as UTF-16 has it.
        const string shuffled = """{"\u20ac":"Euro Sign","\r":"Carriage Return","\ufb33":"Hebrew Letter Dalet With Dagesh","1":"One","\ud83d\ude00":"Emoji: Grinning Face","\u0080":"Control","\u00f6":"Latin Small Letter O With Diaeresis"}""";
        using var document = JsonDocument.Parse(CanonicalJson.Write(Utf8(shuffled)));
        Assert.Equal(["\r", "1", "\u0080", "ö", "€", "😀", "\ufb33"], document.RootElement.EnumerateObject().Select(p => p.Name));
        using var unescaped = JsonDocument.Parse("{\"\ufb33\":1,\"\U0001F600\":2,\"\u20ac\":3}");
        Assert.Equal("{\"\u20ac\":3,\"\U0001F600\":2,\"\ufb33\":1}", Encoding.UTF8.GetString(CanonicalJson.Write(unescaped.RootElement)));
    }

    [Fact]
    public void Escapes_only_what_must_be_escaped() =>
        Assert.Equal("\"\\b\\t\\n\\f\\r\\\"\\\\/\\u0001\\u001f\u007f\u0080é😀\ufffe\"",
            Canonical("\"\\u0008\\t\\u000a\\f\\r\\u0022\\u005C\\/\\u0001\\u001F\\u007f\\u0080\\u00E9\\uD83D\\ude00\\ufffe\""));

    [Fact]
    public void Refuses_duplicate_keys_of_a_leniently_read_element()
    {
        using var lenient = JsonDocument.Parse("""{"x":[{"a":1,"b":2,"\u0061":3}]}""");
        Assert.False(CanonicalJson.TryWrite(lenient.RootElement, out _, out var fault));
        Assert.Equal(("json.duplicate-key", "/x/0/a"), (fault!.Code, fault.Path));
        var many = string.Join(',', Enumerable.Range(0, 100).Select(i => $"\"k{i % 99}\":{i}"));
        using var large = JsonDocument.Parse("{" + many + "}");
        Assert.False(CanonicalJson.TryWrite(large.RootElement, out _, out fault));
        Assert.Equal(("json.duplicate-key", "/k0"), (fault!.Code, fault.Path));
    }

    [Fact]
    public void Refuses_lone_surrogates_of_a_leniently_read_element()
    {
        using var lenient = JsonDocument.Parse("""{"a":"\ud800","\udfff":1}""");
        Assert.False(CanonicalJson.TryWrite(lenient.RootElement, out _, out var fault));
        Assert.Equal("json.lone-surrogate", fault!.Code);
    }

    [Fact]
    public void Writes_nodes_and_records_as_their_text()
    {
        Assert.Equal("""{"a":[1,null,"x"],"b":1.5}"""u8.ToArray(),
            CanonicalJson.Write(new JsonObject { ["b"] = 1.50m, ["a"] = new JsonArray(1, null, "x") }));
        Assert.Equal("null"u8.ToArray(), CanonicalJson.Write((JsonNode?)null));
        var problem = new Problem("x", 400, "t", "d");
        var type = (JsonTypeInfo<Problem>)AnumateJson.Options.GetTypeInfo(typeof(Problem));
        Assert.StartsWith("{\"code\":\"x\"", Encoding.UTF8.GetString(CanonicalJson.Write(problem, type)), StringComparison.Ordinal);
    }

    static readonly Gen<JsonNode?> AnyJson = Gen.Recursive<JsonNode?>((depth, any) => Gen.OneOf(
        Gen.Const((JsonNode?)null), Gen.Bool.Select(b => (JsonNode?)b), Gen.Int.Select(i => (JsonNode?)i),
        Gen.Double.Where(double.IsFinite).Select(d => (JsonNode?)d), AnyText.Select(s => (JsonNode?)s),
        depth > 4 ? Gen.Const((JsonNode?)null) : any.List[0, 5].Select(l => (JsonNode?)new JsonArray([.. l])),
        depth > 4 ? Gen.Const((JsonNode?)null) : Gen.Select(AnyText, any).List[0, 20].Select(l =>
        {
            var o = new JsonObject();
            l.ForEach(p => o[p.Item1] = p.Item2);
            return (JsonNode?)o;
        })));

    static Gen<string> AnyText => Gen.OneOf(
        Gen.Int[1, 0x7F], Gen.Int[0x80, 0xD7FF], Gen.Int[0xE000, 0xFFFF], Gen.Int[0x10000, 0x10FFFF])
        .Select(char.ConvertFromUtf32).Array[0, 6].Select(string.Concat);

    [Fact]
    public void Canonicalising_is_idempotent_and_keeps_the_value() => AnyJson.Sample(node =>
    {
        var canonical = CanonicalJson.Write(node);
        Assert.True(CanonicalJson.IsCanonical(canonical));
        Assert.Equal(canonical, CanonicalJson.Write(canonical));
        Assert.True(JsonNode.DeepEquals(node, JsonNode.Parse(canonical)));
        Assert.Equal(canonical, CanonicalJson.Write(Utf8(node?.ToJsonString(new JsonSerializerOptions { WriteIndented = true }) ?? "null")));
    }, iter: Runs.Of(100));

    [Fact]
    public void Every_finite_double_is_accepted_and_read_back() => Gen.Double.Where(double.IsFinite).Sample(d =>
    {
        Span<byte> text = stackalloc byte[JsonNumber.MaxCanonicalLength];
        var canonical = text[..JsonNumber.Write(d, text)];
        Assert.True(JsonNumber.IsExact(canonical));
        Assert.Equal(d, double.Parse(canonical, System.Globalization.CultureInfo.InvariantCulture));
    }, iter: Runs.Of(4_000));
}
