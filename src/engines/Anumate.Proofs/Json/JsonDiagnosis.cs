using System.Text;
using System.Text.Json;
using System.Text.Unicode;

namespace Anumate.Proofs;

/// <summary>Finds, in a JSON text that was refused, what is wrong and where. Only the failing path comes here, so it may be slow.</summary>
ref struct JsonDiagnosis
{
    const int MaxFindings = 20;

    readonly ReadOnlySpan<byte> _text;
    readonly int _maxDepth;
    readonly List<Diagnostic> _found = [];
    readonly List<Frame> _frames = [];

    JsonDiagnosis(ReadOnlySpan<byte> text, int maxDepth)
    {
        _text = text;
        _maxDepth = maxDepth;
    }

    sealed class Frame
    {
        /// <summary>Names seen in an object; null in an array.</summary>
        public HashSet<string>? Names { get; init; }

        public string Name { get; set; } = "";

        public int Index { get; set; } = -1;

        /// <summary>Whether a name was read whose value was not.</summary>
        public bool Awaits { get; set; }

        public string Segment => Names is null ? Index.ToString() : Name;
    }

    /// <summary>The findings; <paramref name="refusal"/> is what the parser said, for the case that nothing else is found.</summary>
    public static IReadOnlyList<Diagnostic> Of(ReadOnlySpan<byte> text, int maxDepth, JsonException? refusal = null)
    {
        if (text.StartsWith("\uFEFF"u8))
        {
            return [Diagnostic.Error("json.byte-order-mark", "the JSON begins with a byte order mark", at: new Position(1, 1),
                suggestion: "save it as UTF-8 without one")];
        }

        if (!Utf8.IsValid(text))
        {
            return [Diagnostic.Error("json.invalid-utf8", JsonFaults.Message(JsonTextFault.InvalidUtf8), at: At(text, FirstInvalid(text)))];
        }

        var diagnosis = new JsonDiagnosis(text, maxDepth);
        diagnosis.Walk();
        if (diagnosis._found.Count == 0)
        {
            diagnosis.Syntax(refusal ?? new JsonException("the JSON is not acceptable"));
        }

        return diagnosis._found;
    }

    void Walk()
    {
        // One level more than allowed, so that the depth is found here and not by the reader.
        var reader = new Utf8JsonReader(_text, new JsonReaderOptions { MaxDepth = _maxDepth + 1 });
        try
        {
            while (_found.Count < MaxFindings && reader.Read())
            {
                if (!Token(ref reader))
                {
                    return;
                }
            }
        }
        catch (JsonException e)
        {
            Syntax(e);
        }
    }

    // False when going on makes no sense.
    bool Token(ref Utf8JsonReader reader)
    {
        var start = (int)reader.TokenStartIndex;
        if (reader.TokenType is JsonTokenType.EndArray or JsonTokenType.EndObject)
        {
            _frames.RemoveAt(_frames.Count - 1);
            return true;
        }

        if (reader.TokenType == JsonTokenType.PropertyName)
        {
            Name(ref reader, start);
            return true;
        }

        if (_frames is [.., var frame])
        {
            frame.Index++;
            frame.Awaits = false;
        }

        switch (reader.TokenType)
        {
            case JsonTokenType.StartArray or JsonTokenType.StartObject when _frames.Count == _maxDepth:
                Add("json.too-deep", JsonFaults.TooDeep(_maxDepth), start);
                return false;
            case JsonTokenType.StartArray:
                _frames.Add(new Frame());
                break;
            case JsonTokenType.StartObject:
                _frames.Add(new Frame { Names = [] });
                break;
            case JsonTokenType.Number when !JsonNumber.IsExact(reader.ValueSpan):
                Add("json.inexact-number", JsonFaults.Inexact(reader.ValueSpan), start, "quote the number");
                break;
            case JsonTokenType.String:
                Text(reader.ValueSpan, start);
                break;
        }

        return true;
    }

    void Name(ref Utf8JsonReader reader, int start)
    {
        var frame = _frames[^1];
        if (!Text(reader.ValueSpan, start, isName: true))
        {
            frame.Name = Encoding.UTF8.GetString(reader.ValueSpan);
            return;
        }

        frame.Awaits = true;
        frame.Name = reader.GetString()!;
        if (!frame.Names!.Add(frame.Name))
        {
            Add("json.duplicate-key", JsonFaults.Duplicate(frame.Name), start, "keep one of the two");
        }
    }

    bool Text(ReadOnlySpan<byte> raw, int start, bool isName = false)
    {
        var fault = JsonText.Check(raw);
        if (fault == JsonTextFault.None)
        {
            return true;
        }

        Add(JsonFaults.Code(fault), JsonFaults.Message(fault), start, ofContainer: isName);
        return false;
    }

    void Syntax(JsonException e)
    {
        var message = e.Message;
        if (message.IndexOf(" LineNumber:", StringComparison.Ordinal) is var suffix and > 0)
        {
            message = message[..suffix];
        }

        message = message.TrimEnd('.');
        message = message.Length > 1 && char.IsUpper(message[0]) ? char.ToLowerInvariant(message[0]) + message[1..] : message;
        Add("json.syntax", message, Offset(e), ofContainer: _frames is [.., { Awaits: false }]);
    }

    // Where the reader stopped: it counts lines and bytes from 0.
    readonly int Offset(JsonException e)
    {
        var start = 0;
        for (var line = e.LineNumber ?? 0; line > 0; line--)
        {
            start += _text[start..].IndexOf((byte)'\n') + 1;
        }

        return (int)Math.Min(start + (e.BytePositionInLine ?? 0), _text.Length);
    }

    // The finding is about the value being read, or (ofContainer) about the array or object it would have stood in.
    readonly void Add(string code, string message, int offset, string? suggestion = null, bool ofContainer = false)
    {
        var path = JsonPath.Pointer(_frames.Take(_frames.Count - (ofContainer ? 1 : 0)).Select(f => f.Segment));
        _found.Add(Diagnostic.Error(code, message, path, At(_text, offset), suggestion));
    }

    static Position At(ReadOnlySpan<byte> text, int offset)
    {
        var before = text[..offset];
        var lineStart = before.LastIndexOf((byte)'\n') + 1;
        return new Position(before.Count((byte)'\n') + 1, Encoding.UTF8.GetCharCount(before[lineStart..]) + 1);
    }

    static int FirstInvalid(ReadOnlySpan<byte> text)
    {
        var at = 0;
        while (Rune.DecodeFromUtf8(text[at..], out _, out var length) == System.Buffers.OperationStatus.Done)
        {
            at += length;
        }

        return at;
    }
}
