using System.Text.Json;

namespace Anumate.Schemas.Documents;

/// <summary>The six kinds of JSON value.</summary>
public enum NodeKind
{
    Object,
    Array,
    String,
    Number,
    Boolean,
    Null,
}

/// <summary>A value in a document that knows where it stands. Immutable once the document is parsed.</summary>
public abstract class DocumentNode(Position position)
{
    /// <summary>Where the value begins.</summary>
    public Position Position { get; } = position;

    public abstract NodeKind Kind { get; }

    /// <summary>The object or array that holds this value; null at the root.</summary>
    public DocumentNode? Parent { get; private set; }

    /// <summary>The member that holds this value, when the parent is an object.</summary>
    public Member? Member { get; private set; }

    /// <summary>The index in the parent array, -1 otherwise.</summary>
    public int Index { get; private set; } = -1;

    /// <summary>The JSON Pointer (RFC 6901) of this value; empty for the root.</summary>
    public string Pointer
    {
        get
        {
            var tokens = new Stack<string>();
            for (var node = this; node.Parent is not null; node = node.Parent)
            {
                tokens.Push(node.Member?.Key ?? node.Index.ToString());
            }

            return JsonPointer.Join(tokens);
        }
    }

    /// <summary>The kind with its article, as messages say it.</summary>
    public string Described => JsonWords.Kind(Kind);

    /// <summary>The value at a JSON Pointer below this one; null when there is none.</summary>
    public DocumentNode? Find(string pointer)
    {
        if (!JsonPointer.TrySplit(pointer, out var tokens))
        {
            return null;
        }

        var node = this;
        foreach (var token in tokens)
        {
            node = node switch
            {
                ObjectNode o => o[token],
                ArrayNode a when JsonPointer.TryIndex(token, out var i) && i < a.Items.Count => a.Items[i],
                _ => null,
            };
            if (node is null)
            {
                return null;
            }
        }

        return node;
    }

    /// <summary>An error about this value.</summary>
    public Diagnostic Error(string code, string message, string? suggestion = null) =>
        Diagnostic.Error(code, message, Pointer, Position, suggestion);

    /// <summary>A warning about this value.</summary>
    public Diagnostic Warning(string code, string message, string? suggestion = null) =>
        Diagnostic.Warning(code, message, Pointer, Position, suggestion);

    public abstract void WriteTo(Utf8JsonWriter writer);

    /// <summary>The value as UTF-8 JSON without white space, members in document order.</summary>
    public byte[] ToUtf8Json()
    {
        var buffer = new System.Buffers.ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer, JsonWords.WriterOptions))
        {
            WriteTo(writer);
        }

        return buffer.WrittenSpan.ToArray();
    }

    public JsonElement ToJsonElement()
    {
        using var document = JsonDocument.Parse(ToUtf8Json(), new JsonDocumentOptions { MaxDepth = 1024 });
        return document.RootElement.Clone();
    }

    /// <summary>The value as JSON text.</summary>
    public override string ToString() => System.Text.Encoding.UTF8.GetString(ToUtf8Json());

    private protected void Adopt(DocumentNode child, Member member) => (child.Parent, child.Member) = (this, member);

    private protected void Adopt(DocumentNode child, int index) => (child.Parent, child.Index) = (this, index);
}

/// <summary>One key of an object, with its own position.</summary>
public sealed record Member(string Key, Position KeyPosition, DocumentNode Value)
{
    /// <summary>The JSON Pointer of the value.</summary>
    public string Pointer => Value.Pointer;

    /// <summary>An error about the key rather than its value, e.g. an unknown key.</summary>
    public Diagnostic Error(string code, string message, string? suggestion = null) =>
        Diagnostic.Error(code, message, Pointer, KeyPosition, suggestion);

    /// <summary>A warning about the key rather than its value.</summary>
    public Diagnostic Warning(string code, string message, string? suggestion = null) =>
        Diagnostic.Warning(code, message, Pointer, KeyPosition, suggestion);
}

/// <summary>An object; members keep their order and their keys are unique.</summary>
public sealed class ObjectNode : DocumentNode
{
    readonly Dictionary<string, Member> byKey;

    internal ObjectNode(Position position, IReadOnlyList<Member> members)
        : base(position)
    {
        Members = members;
        byKey = new Dictionary<string, Member>(members.Count, StringComparer.Ordinal);
        foreach (var member in members)
        {
            byKey.TryAdd(member.Key, member);
            Adopt(member.Value, member);
        }
    }

    public override NodeKind Kind => NodeKind.Object;

    public IReadOnlyList<Member> Members { get; }

    /// <summary>The value of a key; null when the key is absent (a JSON null is a <see cref="NullNode"/>).</summary>
    public DocumentNode? this[string key] => byKey.TryGetValue(key, out var member) ? member.Value : null;

    /// <summary>The member of a key; null when the key is absent.</summary>
    public Member? Get(string key) => byKey.GetValueOrDefault(key);

    public override void WriteTo(Utf8JsonWriter writer)
    {
        writer.WriteStartObject();
        foreach (var member in Members)
        {
            writer.WritePropertyName(member.Key);
            member.Value.WriteTo(writer);
        }

        writer.WriteEndObject();
    }
}

/// <summary>An array.</summary>
public sealed class ArrayNode : DocumentNode
{
    internal ArrayNode(Position position, IReadOnlyList<DocumentNode> items)
        : base(position)
    {
        Items = items;
        for (var i = 0; i < items.Count; i++)
        {
            Adopt(items[i], i);
        }
    }

    public override NodeKind Kind => NodeKind.Array;

    public IReadOnlyList<DocumentNode> Items { get; }

    public override void WriteTo(Utf8JsonWriter writer)
    {
        writer.WriteStartArray();
        foreach (var item in Items)
        {
            item.WriteTo(writer);
        }

        writer.WriteEndArray();
    }
}

/// <summary>How a string was written; a plain YAML scalar such as <c>yes</c> is a string nobody quoted.</summary>
public enum StringStyle
{
    Plain,
    SingleQuoted,
    DoubleQuoted,
    Literal,
    Folded,
    Json,
}

/// <summary>A string.</summary>
public sealed class StringNode : DocumentNode
{
    readonly SourceSpan source;
    int[]? offsets;

    internal StringNode(Position position, string value, StringStyle style, SourceSpan source = default)
        : base(position) => (Value, Style, this.source) = (value, style, source);

    public override NodeKind Kind => NodeKind.String;

    public string Value { get; }

    public StringStyle Style { get; }

    /// <summary>
    /// Where the character at <paramref name="charOffset"/> of <see cref="Value"/> stands in the source text, through quotes,
    /// escapes, folding and block indentation; the offset just past the end is allowed.
    /// </summary>
    public Position PositionAt(int charOffset)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(charOffset);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(charOffset, Value.Length);
        if (source.Text is null)
        {
            return Position;
        }

        offsets ??= ScalarOffsets.Map(source, Value, Style);
        return offsets.Length == 0 ? Position : source.Text.PositionAt(offsets[charOffset]);
    }

    public override void WriteTo(Utf8JsonWriter writer) => writer.WriteStringValue(Value);
}

/// <summary>A number that a double holds exactly (I-JSON): no two different numbers of documents share a double.</summary>
public sealed class NumberNode : DocumentNode
{
    internal NumberNode(Position position, string text, double value)
        : base(position) => (Text, Value) = (text, value);

    public override NodeKind Kind => NodeKind.Number;

    /// <summary>The number in JSON syntax; integers below 1e21 without point and exponent.</summary>
    public string Text { get; }

    public double Value { get; }

    /// <summary>Whether it has no fraction: 1.0 and 1 are the same integer.</summary>
    public bool IsInteger => double.IsInteger(Value);

    /// <summary>The number as a long, when it is an integer in that range.</summary>
    public bool TryGetInt64(out long value)
    {
        value = IsInteger && Value is >= -9223372036854775808.0 and < 9223372036854775808.0 ? (long)Value : 0;
        return value != 0 || Value == 0;
    }

    public override void WriteTo(Utf8JsonWriter writer) => writer.WriteRawValue(Text, skipInputValidation: true);
}

/// <summary>true or false.</summary>
public sealed class BooleanNode : DocumentNode
{
    internal BooleanNode(Position position, bool value)
        : base(position) => Value = value;

    public override NodeKind Kind => NodeKind.Boolean;

    public bool Value { get; }

    public override void WriteTo(Utf8JsonWriter writer) => writer.WriteBooleanValue(Value);
}

/// <summary>null.</summary>
public sealed class NullNode : DocumentNode
{
    internal NullNode(Position position)
        : base(position)
    {
    }

    public override NodeKind Kind => NodeKind.Null;

    public override void WriteTo(Utf8JsonWriter writer) => writer.WriteNullValue();
}
