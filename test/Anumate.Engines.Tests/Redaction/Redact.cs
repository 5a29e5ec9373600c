using System.Buffers;
using System.Text;
using System.Text.Json;
using Anumate.Redaction;

namespace Anumate.Engines.Tests.Redaction;

/// <summary>Shortens what the tests do most.</summary>
static class Redact
{
    public static readonly RedactionKeys Keys = new() { HashKey = Encoding.ASCII.GetBytes("a key for tests, 32 bytes long.."), Tokens = new Counting() };

    public static RedactionDemand Demand(string path, RedactionOperator by, params string[] recognisers) => new(path, recognisers, by);

    public static Redactor With(params RedactionDemand[] demands)
    {
        var check = Redactor.Compile(demands);
        Assert.Empty(check.Diagnostics);
        return check.Redactor!;
    }

    public static string Json(string json, params RedactionDemand[] demands) => Json(json, Keys, demands);

    public static string Json(string json, RedactionKeys keys, params RedactionDemand[] demands) =>
        Encoding.UTF8.GetString(With(demands).Redact(Encoding.UTF8.GetBytes(json), "", keys).Utf8.Span);

    /// <summary>A text in a member, redacted by these recognisers.</summary>
    public static string Text(string text, string[] recognisers, RedactionOperator by = RedactionOperator.Drop)
    {
        var json = Json(JsonSerializer.Serialize(new Dictionary<string, string> { ["x"] = text }), new RedactionDemand("**", recognisers, by));
        using var document = JsonDocument.Parse(json);
        return document.RootElement.GetProperty("x").GetString()!;
    }

    /// <summary>The same document in chunks of these sizes, over and over.</summary>
    public static byte[] InChunks(Redactor redactor, byte[] json, string root, RedactionKeys keys, params int[] sizes)
    {
        var to = new ArrayBufferWriter<byte>();
        var redaction = redactor.OpenJson(root, keys, to);
        for (var (at, i) = (0, 0); at < json.Length; i++)
        {
            var size = Math.Min(Math.Max(1, sizes[i % sizes.Length]), json.Length - at);
            redaction.Write(json.AsSpan(at, size));
            at += size;
        }

        redaction.Complete();
        return to.WrittenSpan.ToArray();
    }

    /// <summary>Tokens that count up, and can be turned back.</summary>
    public sealed class Counting : IRedactionTokens
    {
        readonly List<string> values = [];

        public string? Seal(ReadOnlySpan<byte> value)
        {
            lock (values)
            {
                values.Add(Encoding.UTF8.GetString(value));
                return $"t1.{values.Count}";
            }
        }

        public string Open(string token)
        {
            lock (values)
            {
                return values[int.Parse(token.AsSpan(3)) - 1];
            }
        }
    }
}
