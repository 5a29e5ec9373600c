using System.Buffers;
using System.Text;
using System.Text.Json;
using Anumate.Redaction;

namespace Anumate.Engines.Tests.Redaction;

public sealed class StreamTests
{
    static readonly RedactionDemand Emails = Redact.Demand("**", RedactionOperator.Drop, "EMAIL");

    [Fact]
    public void It_does_not_matter_where_chunks_end()
    {
        var json = Encoding.UTF8.GetBytes("""{ "a" : [1.5e3, "to ann.müller@example.org \ud83d\ude00 now", {"bob@example.org": null}], "c\n": "plain ünïcode 😀 \"q\"", "card": "4111 1111 1111 1111", "t": true }""");
        var redactor = Redact.With(Emails, Redact.Demand("card", RedactionOperator.Mask) with { Last = 4 }, Redact.Demand("t", RedactionOperator.Drop));
        var whole = redactor.Redact(json, "", Redact.Keys).Utf8.ToArray();
        Assert.Equal("""{"a":[1.5e3,"to [EMAIL] 😀 now",{"[EMAIL]#1":null}],"c\n":"plain ünïcode 😀 \"q\"","card":"***************1111"}""", Encoding.UTF8.GetString(whole));
        for (var size = 1; size < json.Length; size++)
        {
            Assert.Equal(whole, Redact.InChunks(redactor, json, "", Redact.Keys, size));
        }
    }

    [Theory]
    [InlineData("", "null")]
    [InlineData("   ", "null")]
    [InlineData("nul", "null")]
    [InlineData("x", "null")]
    [InlineData("{", "{}")]
    [InlineData("{\"a\"", "{}")]
    [InlineData("{\"a\":", "{}")]
    [InlineData("{\"a\":1", "{}")]
    [InlineData("{\"a\":1,", "{\"a\":1}")]
    [InlineData("{\"a\":\"abc", "{}")]
    [InlineData("{\"plain\":\"abc", "{\"plain\":\"abc\"}")]
    [InlineData("{\"plain\":\"abc\\u00", "{\"plain\":\"abc\"}")]
    [InlineData("{\"plain\":\"abc\\x", "{\"plain\":\"abc\"}")]
    [InlineData("{\"plain\":\"a\nb\"}", "{\"plain\":\"a\"}")]
    [InlineData("[1,2", "[1]")]
    [InlineData("[1,2]]", "[1,2]")]
    [InlineData("[1,2}", "[1,2]")]
    [InlineData("[1,]", "[1]")]
    [InlineData("[01]", "[]")]
    [InlineData("[1.]", "[]")]
    [InlineData("[+1]", "[]")]
    [InlineData("[truefalse]", "[]")]
    [InlineData("{\"a\":1 \"b\":2}", "{\"a\":1}")]
    [InlineData("{\"a\":[{\"b\":[1,{\"c\":tru", "{\"a\":[{\"b\":[1,{}]}]}")]
    [InlineData("1 2", "1")]
    public void What_is_no_JSON_is_closed_where_it_ends_to_be(string json, string expected)
    {
        var redacted = Redact.With(Redact.Demand("a", RedactionOperator.Mask, "EMAIL")).Redact(Encoding.UTF8.GetBytes(json), "", Redact.Keys);
        Assert.Equal(expected, Encoding.UTF8.GetString(redacted.Utf8.Span));
        Assert.NotNull(redacted.Report.Fault);
    }

    [Fact]
    public void Bytes_that_are_not_UTF_8_end_the_document()
    {
        byte[] json = [.. "{\"a\":1,\"b\":\"x"u8, 0xc3, (byte)'"', (byte)'}'];
        foreach (var size in new[] { 1, 2, 100 })
        {
            Assert.Equal("{\"a\":1,\"b\":\"x\"}"u8, Redact.InChunks(Redact.With(Redact.Demand("c", RedactionOperator.Drop)), json, "", Redact.Keys, size));
        }
    }

    [Fact]
    public void A_value_longer_than_the_bound_is_dropped_and_one_that_nothing_reaches_is_not()
    {
        var longText = new string('x', 2_000);
        var json = Encoding.UTF8.GetBytes($$$"""{"a":"{{{longText}}}","b":["{{{longText}}}",1],"c":{{{new string('1', 2_000)}}},"{{{longText}}}":1,"plain":{"d":"{{{longText}}}"}}""");
        var redactor = Redact.With(Redact.Demand("a", RedactionOperator.Mask, "EMAIL"), Redact.Demand("b", RedactionOperator.Mask, "EMAIL"));
        var redacted = redactor.Redact(json, "", Redact.Keys, maxValueBytes: 1_000);
        Assert.Equal($$$"""{"b":[null,1],"plain":{"d":"{{{longText}}}"}}""", Encoding.UTF8.GetString(redacted.Utf8.Span));
        Assert.Equal((4, 4, null), (redacted.Report.Redacted, redacted.Report.Failed, redacted.Report.Fault));
    }

    [Fact]
    public void Deeper_nesting_than_the_bound_ends_the_document()
    {
        string nested(int depth) => string.Concat(Enumerable.Repeat("[", depth)) + string.Concat(Enumerable.Repeat("]", depth));
        var redactor = Redact.With(Emails);
        Assert.Equal(nested(Redactor.MaxDepth), Encoding.UTF8.GetString(redactor.Redact(Encoding.UTF8.GetBytes(nested(Redactor.MaxDepth)), "", Redact.Keys).Utf8.Span));
        var deep = redactor.Redact(Encoding.UTF8.GetBytes(nested(100_000)), "", Redact.Keys);
        Assert.Equal(nested(Redactor.MaxDepth), Encoding.UTF8.GetString(deep.Utf8.Span));
        Assert.Contains("nested deeper", deep.Report.Fault);
    }

    [Fact]
    public void A_dropped_object_is_read_to_its_end()
    {
        var drop = Redact.Demand("a", RedactionOperator.Drop);
        Assert.Equal("""{"b":1}""", Redact.Json("""{"a":{"x":[1,{"y":"]}"}],"z":null},"b":1}""", drop));
        Assert.Equal("""{"b":1}""", Redact.Json("""{"a":{"x":[1,2},"b":1}""".Replace("2}", "2]}"), drop));
        Assert.Equal("""{}""", Redact.Json("""{"a":{"x":[1,2},"b":1}""", drop));
    }

    public static TheoryData<string, string> Hostile => new()
    {
        { "ats", "@" }, { "a at", "a@" }, { "long locals", new string('a', 63) + "@" }, { "digits", "4" }, { "digit groups", "4111 " }, { "numbers", "123456789 " }, { "colons", ":" }, { "groups of hex", "fe80:" },
        { "tokens", "eyJ." }, { "token parts", "eyJhbGciOiJIUzI1NiJ9." }, { "dots", "1.2." }, { "plusses", "+1" }, { "brackets", "(" }, { "accounts", "DE89 " }, { "keys", "sk-" }, { "words of keys", "token a1b2c3d4e5f6g7h8i9j0 " },
        { "continuations", "é" }, { "mails", "a@b.cd " }, { "cards", "4111111111111111 " }, { "domains", "a@b.c." }, { "labels", "a@b-" }, { "emoji", "😀" }, { "clues", "phone " }, { "telephones", "+49 151 12345678" },
    };

    // 10 MB in the long run. What were more than linear would not end.
    [Theory]
    [MemberData(nameof(Hostile))]
    public void Hostile_texts_end_and_are_gone_or_redacted(string _, string piece)
    {
        var size = Runs.UpTo(10_000_000, 1_000_000);
        var text = string.Concat(Enumerable.Repeat(piece, size / piece.Length));
        var redactor = Redact.With(Redact.Demand("**", RedactionOperator.Drop, [.. Recognisers.Names]));
        var json = Encoding.UTF8.GetBytes($"\"{text}\"");
        var redacted = redactor.Redact(json, "x", Redact.Keys, maxValueBytes: 20_000_000);
        Assert.Null(redacted.Report.Fault);
        using var document = JsonDocument.Parse(redacted.Utf8);
        Assert.True(document.RootElement.ValueKind is JsonValueKind.String or JsonValueKind.Null);
    }

    /// <summary>Takes what is written and keeps nothing.</summary>
    sealed class Sink : IBufferWriter<byte>
    {
        byte[] buffer = new byte[4_096];

        public long Written { get; private set; }

        public void Advance(int count) => Written += count;

        public Memory<byte> GetMemory(int sizeHint = 0)
        {
            buffer = buffer.Length < sizeHint ? new byte[sizeHint] : buffer;
            return buffer;
        }

        public Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;
    }

    [Fact]
    public void A_long_stream_is_held_a_value_at_a_time()
    {
        var redactor = Redact.With(Emails);
        var sink = new Sink();
        var redaction = redactor.OpenJson("result", RedactionKeys.None, sink);
        var chunk = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("""{"note":"write to ann@example.org, please","n":12},""", 100)));
        redaction.Write("["u8);
        redaction.Write(chunk);
        var before = GC.GetAllocatedBytesForCurrentThread();
        var size = 0L;
        for (; size < Runs.UpTo(100_000_000, 5_000_000); size += chunk.Length)
        {
            redaction.Write(chunk);
        }

        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        redaction.Write("0]"u8);
        Assert.Null(redaction.Complete().Fault);
        Assert.True(sink.Written > size / 2);
        Assert.True(allocated < size / 20, $"{allocated} bytes were allocated for {size}");
    }

    [Theory]
    [InlineData("ann@example.org logged in\nfrom 192.0.2.7\r\n", "[EMAIL] logged in\nfrom [IPV4]\r\n")]
    [InlineData("no line end ann@example.org", "no line end [EMAIL]")]
    [InlineData("4111 1111\n1111 1111", "4111 1111\n1111 1111")]
    [InlineData("\n\n", "\n\n")]
    [InlineData("", "")]
    public void Plain_text_is_redacted_by_the_line(string text, string expected)
    {
        foreach (var size in new[] { 1, 3, 1_000 })
        {
            var to = new ArrayBufferWriter<byte>();
            var redaction = Redact.With(Redact.Demand("log", RedactionOperator.Drop, "EMAIL", "IPV4", "CARD")).OpenText("log", RedactionKeys.None, to);
            Encoding.UTF8.GetBytes(text).Chunk(size).ToList().ForEach(c => redaction.Write(c));
            Assert.Null(redaction.Complete().Fault);
            Assert.Equal(expected, Encoding.UTF8.GetString(to.WrittenSpan));
        }
    }

    [Fact]
    public void A_line_longer_than_the_bound_is_dropped_and_so_is_what_follows_broken_bytes()
    {
        var to = new ArrayBufferWriter<byte>();
        var redactor = Redact.With(Redact.Demand("log", RedactionOperator.Drop, "EMAIL"));
        var redaction = redactor.OpenText("log", RedactionKeys.None, to, maxLineBytes: 10);
        redaction.Write("short\nmuch too long for it\nshort\n"u8);
        redaction.Write([0xff]);
        redaction.Write("more\n"u8);
        Assert.NotNull(redaction.Complete().Fault);
        Assert.Equal("short\n\nshort\n", Encoding.UTF8.GetString(to.WrittenSpan));
    }
}
