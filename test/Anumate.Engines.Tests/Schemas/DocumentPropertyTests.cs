using System.Text;
using System.Text.Json;
using Anumate.Schemas;
using Anumate.Schemas.Documents;
using CsCheck;

namespace Anumate.Engines.Tests.Schemas;

/// <summary>Random JSON as YAML in many styles, random damage, and the framework's JSON reader as the judge.</summary>
public sealed class DocumentPropertyTests
{
    static readonly Gen<char> Character = Gen.OneOf(
        Gen.Char['a', 'z'], Gen.Char[" -:#{}[],&*!|>'\"%@`?\\\n\t~01.xe+<=_"], Gen.Char["é日\u00A0\u0085\u2028\u0007\u007F"]);

    static readonly Gen<string> Text = Gen.OneOf(
        Gen.String[Character, 0, 12],
        Gen.OneOf("yes", "no", "null", "true", "~", "1", "1.5", "0x1F", ".inf", "<<", "", " a", "a ", "- a", "a: b", "a #b", "---", "...", "😀", "x\n", "\n\nx", " x\n y\n"));

    static Gen<object?> Json(int depth) => depth == 0
        ? Gen.OneOf(
            Text.Select(t => (object?)t),
            Gen.Int.Select(i => (object?)i),
            Gen.Double[-1e6, 1e6].Select(d => (object?)Math.Round(d, 3)),
            Gen.Bool.Select(b => (object?)b),
            Gen.Const((object?)null))
        : Gen.OneOf(
            Json(0),
            Json(depth - 1).Array[0, 4].Select(a => (object?)a),
            Gen.Select(Text, Json(depth - 1)).Array[0, 4].Select(m => (object?)m.DistinctBy(p => p.Item1).ToDictionary(p => p.Item1, p => p.Item2)));

    static string ToJson(object? value) => value switch
    {
        null => "null",
        bool b => b ? "true" : "false",
        string s => JsonSerializer.Serialize(s),
        object?[] a => $"[{string.Join(',', a.Select(ToJson))}]",
        Dictionary<string, object?> o => $"{{{string.Join(',', o.Select(m => $"{JsonSerializer.Serialize(m.Key)}:{ToJson(m.Value)}"))}}}",
        var number => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{number}"),
    };

    /// <summary>The value in block style, its strings quoted, literal or plain as the dice fall and their content permits.</summary>
    static void WriteYaml(object? value, int indent, Random dice, StringBuilder text)
    {
        var pad = new string(' ', indent);
        switch (value)
        {
            case Dictionary<string, object?> { Count: > 0 } members:
                foreach (var (key, inner) in members)
                {
                    text.Append('\n').Append(pad).Append(Scalar(key, dice)).Append(':');
                    WriteYaml(inner, indent + 2, dice, text);
                }

                break;
            case object?[] { Length: > 0 } items:
                foreach (var item in items)
                {
                    text.Append('\n').Append(pad).Append('-');
                    WriteYaml(item, indent + 2, dice, text);
                }

                break;
            case string s when s.Length > 0 && dice.Next(3) == 0 && s.All(c => c is '\n' or (>= ' ' and <= '~') or 'é' or '日') && s[0] is not (' ' or '\n'):
                var trailing = s.Length - s.TrimEnd('\n').Length;
                text.Append(trailing == 0 ? " |-" : trailing == 1 ? " |" : " |+");
                foreach (var line in (trailing == 0 ? s : s[..^1]).Split('\n'))
                {
                    text.Append('\n').Append(line.Length == 0 ? "" : pad).Append(line);
                }

                break;
            default:
                text.Append(' ').Append(value is string scalar ? Scalar(scalar, dice) : ToJson(value));
                break;
        }
    }

    static string Scalar(string s, Random dice) =>
        dice.Next(3) == 0 && s.All(c => c is (>= ' ' and <= '~') or 'é') ? $"'{s.Replace("'", "''", StringComparison.Ordinal)}'"
        : dice.Next(2) == 0 && s.Length > 1 && s.All(char.IsAsciiLetterLower) && s is not ("null" or "true" or "false") ? s
        : JsonSerializer.Serialize(s);

    static void AssertSame(string json, Document document, string source)
    {
        Assert.True(document.IsValid, $"{source}\n{string.Join('\n', document.Diagnostics)}");
        using var expected = JsonDocument.Parse(json);
        Assert.True(JsonElement.DeepEquals(expected.RootElement, document.Root.ToJsonElement()), $"{source}\n{json}\n{document.Root}");
    }

    [Fact]
    public void Json_is_yaml_and_both_readers_agree()
    {
        Json(3).Sample(
            value =>
            {
                var json = ToJson(value);
                AssertSame(json, Document.ParseJson(json), json);
                AssertSame(json, Document.ParseYaml(json), json);
            },
            iter: Runs.Of(300));
    }

    [Fact]
    public void What_is_written_as_block_yaml_is_read_back()
    {
        Gen.Select(Json(3), Gen.Int).Sample(
            (value, seed) =>
            {
                var yaml = new StringBuilder("root:");
                WriteYaml(value, 2, new Random(seed), yaml);
                yaml.Append('\n');
                AssertSame($"{{\"root\":{ToJson(value)}}}", Document.ParseYaml(yaml.ToString()), yaml.ToString());
            },
            iter: Runs.Of(300));
    }

    [Fact]
    public void Every_character_of_a_string_is_found_where_it_was_written()
    {
        var words = Gen.OneOf("a", "bc", "'", "\"", "\\", "é", "😀", "x y").Array[1, 6].Select(w => string.Join(' ', w));
        var templates = Gen.OneOf<Func<string, string>>(
            s => $"k: {JsonSerializer.Serialize(s)}",
            s => $"k: '{s.Replace("'", "''", StringComparison.Ordinal)}'",
            s => $"- \"{s.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal).Replace(" ", "\n   ", StringComparison.Ordinal)}\"",
            s => $"k: '{s.Replace("'", "''", StringComparison.Ordinal).Replace(" ", "\n  ", StringComparison.Ordinal)}'",
            s => $"k: |\n  {s.Replace(" ", "\n   ", StringComparison.Ordinal)}\n",
            s => $"k: >-\n    {s.Replace(" ", "\n    ", StringComparison.Ordinal)}\n",
            s => $"k: w{s.Replace(" ", "\n  w", StringComparison.Ordinal)}");
        Gen.Select(words, templates, Gen.Int[0, 20]).Sample(
            (text, template, at) =>
            {
                at = Math.Min(at, text.Length);
                at -= at > 0 && at < text.Length && char.IsLowSurrogate(text[at]) ? 1 : 0;
                var yaml = template(text.Insert(at, "§"));
                var document = Document.ParseYaml(yaml);
                Assert.True(document.IsValid, yaml + string.Join('\n', document.Diagnostics));
                var node = (StringNode)(document.Root.Find("/k") ?? document.Root.Find("/0")!);
                var place = node.PositionAt(node.Value.IndexOf('§', StringComparison.Ordinal));
                var column = yaml.Split('\n')[place.Line - 1][(place.Column - 1)..];
                Assert.True(column[0] == '§' || column.StartsWith("\\u00A7", StringComparison.Ordinal), $"{yaml}\n{place}: {column}");
            },
            iter: Runs.Of(500));
    }

    [Fact]
    public void The_numbers_it_accepts_are_those_canonical_json_accepts()
    {
        var digits = Gen.String[Gen.Char['0', '9'], 1, 20];
        Gen.Select(Gen.OneOf("", "-"), digits, Gen.OneOf(Gen.Const(""), digits.Select(d => "." + d)), Gen.OneOf(Gen.Const(""), Gen.Int[-330, 330].Select(e => $"e{e}"))).Sample(
            (sign, whole, fraction, exponent) =>
            {
                var text = $"{sign}{(whole.TrimStart('0') is { Length: > 0 } significant ? significant : "0")}{fraction}{exponent}";
                Assert.Equal(Anumate.Proofs.JsonNumber.IsExact(Encoding.ASCII.GetBytes(text)), Document.ParseJson(text).IsValid);
            },
            iter: Runs.Of(700));
    }

    [Fact]
    public void Json_is_accepted_exactly_when_the_framework_accepts_it()
    {
        var options = new JsonDocumentOptions { MaxDepth = 64, AllowDuplicateProperties = false };
        Gen.Select(Json(2).Select(ToJson), Gen.Int[0, 40], Gen.OneOf("", "\"", ",", "]", "}", "[", "1", "-", "0", ".", "e", "\\", " ", "n", "\\u00", "\u0001", ":")).Sample(
            (json, at, damage) =>
            {
                at = Math.Min(at, json.Length);
                var text = damage.Length == 0 && json.Length > 0 ? json.Remove(Math.Min(at, json.Length - 1), 1) : json.Insert(at, damage);
                var accepted = true;
                try
                {
                    JsonDocument.Parse(text, options).Dispose();
                }
                catch (Exception e) when (e is JsonException or InvalidOperationException)
                {
                    accepted = false;
                }

                var document = Document.ParseJson(text);
                var stricter = document.Diagnostics.Any(d => d.Code is "document.inexact-number" or "document.nul" or "document.invalid-unicode");
                Assert.True(accepted == document.IsValid || (accepted && stricter), $"{text}\n{string.Join('\n', document.Diagnostics)}");
            },
            iter: Runs.Of(700));
    }

    [Fact]
    public void Damaged_yaml_is_a_document_or_findings_with_a_place_and_never_an_exception()
    {
        Gen.Select(Json(2), Gen.Int, Gen.Int[0, 200], Gen.String[Character, 0, 4], Gen.Int[0, 3]).Sample(
            (value, seed, at, damage, cut) =>
            {
                var yaml = new StringBuilder("root:");
                WriteYaml(value, 1, new Random(seed), yaml);
                at = Math.Min(at, yaml.Length);
                yaml.Remove(at, Math.Min(cut, yaml.Length - at)).Insert(at, damage);
                Check(yaml.ToString());
            },
            iter: Runs.Of(700));
        Gen.String[Character, 0, 60].Sample(text => Check(text), iter: Runs.Of(700));
        Gen.Byte.Array[0, 40].Sample(bytes => Check(Document.ParseYaml(bytes), Convert.ToHexString(bytes)), iter: Runs.Of(300));
    }

    static void Check(string text)
    {
        Check(Document.ParseYaml(text), text);
        Check(Document.ParseJson(text), text);
    }

    static void Check(Document document, string text)
    {
        Assert.Equal(document.Root is null, document.Diagnostics.Count > 0);
        Assert.All(document.Diagnostics, d => Assert.True(d.Line >= 1 && d.Column >= 1 && d.Message.Length > 0 && char.IsLower(d.Message.TrimStart('`', '“')[0]) | d.Message[0] == '`', $"{d}\n{text}"));
        document.Root?.ToJsonElement();
        Walk(document.Root);
    }

    static void Walk(DocumentNode? node)
    {
        switch (node)
        {
            case StringNode text:
                var last = text.PositionAt(text.Value.Length);
                Assert.True((last.Line, last.Column).CompareTo((text.PositionAt(0).Line, text.PositionAt(0).Column)) >= 0);
                break;
            case ArrayNode array:
                array.Items.ToList().ForEach(Walk);
                break;
            case ObjectNode members:
                members.Members.ToList().ForEach(m => Walk(m.Value));
                break;
        }
    }

    [Fact]
    public void Random_json_as_schema_or_as_value_never_throws()
    {
        var keyword = Gen.OneOf(
            "type", "enum", "const", "minimum", "multipleOf", "minLength", "pattern", "format", "items", "prefixItems", "contains", "properties",
            "patternProperties", "additionalProperties", "required", "propertyNames", "dependentRequired", "allOf", "anyOf", "oneOf", "not", "if", "then", "$ref",
            "$dynamicRef", "$defs", "$id", "$anchor", "$dynamicAnchor", "unevaluatedItems", "unevaluatedProperties", "x-sensitivity", "uniqueItems");
        var leaf = Gen.OneOf(
            Gen.OneOf("#", "#a", "a", "object", "^a", "#/$defs/a", "integer", "pii").Select(s => (object?)s),
            Gen.Int[-2, 3].Select(i => (object?)i), Gen.Bool.Select(b => (object?)b), Gen.Const((object?)null));
        Gen<object?> Schemas(int depth) => depth == 0 ? leaf : Gen.OneOf(
            leaf,
            Schemas(depth - 1).Array[0, 3].Select(a => (object?)a),
            Gen.Select(Gen.OneOf(keyword, Gen.OneOf("a", "b")), Schemas(depth - 1)).Array[0, 5].Select(m => (object?)m.DistinctBy(p => p.Item1).ToDictionary(p => p.Item1, p => p.Item2)));
        Gen.Select(Schemas(4), Json(2), Gen.ULong).Sample(
            (schema, value, seed) =>
            {
                using var schemaJson = JsonDocument.Parse(ToJson(schema));
                using var valueJson = JsonDocument.Parse(ToJson(value));
                foreach (var options in new[] { SchemaOptions.Strict, SchemaOptions.Standard })
                {
                    if (Schema.Compile(schemaJson.RootElement, options) is { Schema: { } compiled })
                    {
                        Assert.Equal(compiled.IsValid(valueJson.RootElement), compiled.Validate(valueJson.RootElement).Count == 0);
                        SchemaFacts.Sensitive(compiled, valueJson.RootElement);
                        if (SchemaExamples.Generate(compiled, seed) is { } example)
                        {
                            Assert.True(compiled.IsValid(example));
                        }
                    }
                }
            },
            iter: Runs.Of(300));
    }
}
