using System.Buffers;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;

namespace Anumate.Cel;

/// <summary>
/// Reads the slots of some conditions from JSON text, an object of variables, and skips what none of them looks at. Whatever is out of the
/// ordinary (a name given twice, an escape, an object of known fields with another) it leaves to those who read all.
/// </summary>
sealed class SlotReader
{
    /// <summary>Fields of one object that can be told apart by the bits of a word; with more of them it reads nothing.</summary>
    const int MaxMembers = 64;

    readonly Member root;
    readonly Dictionary<string, string>.AlternateLookup<ReadOnlySpan<char>> texts;
    readonly bool isUsable;

    /// <summary>A variable or field: which slot takes its value, which fields of it are looked at.</summary>
    sealed class Member(string name, CelType type)
    {
        public readonly string Name = name;
        public readonly byte[] Utf8 = Encoding.UTF8.GetBytes(name);
        public readonly CelType Type = type;
        public readonly List<Member> Members = [];
        public int Slot = -1;
        public Member[] Fields = [];

        /// <summary>Whether it must be an object that has none but its fields.</summary>
        public bool IsClosed => Type.Kind is CelKind.Object && Type.Rest is null;

        public bool IsObject => Type.Kind is CelKind.Object or CelKind.Map;

        public Member Find(string field) => Members.Find(m => m.Name == field) ?? Add(field);

        public Member Add(string field)
        {
            var member = new Member(field, JsonValues.TypeOf(Type, field));
            Members.Add(member);
            return member;
        }
    }

    public SlotReader(IReadOnlyList<CelRead> reads, CelVocabulary vocabulary, CelEnvironment environment)
    {
        texts = vocabulary.Known;
        root = new("", CelType.Object(environment.Variables.Select(v => KeyValuePair.Create(v.Name, new CelField(v.Type, false)))));
        foreach (var variable in environment.Variables)
        {
            var member = root.Add(variable.Name);
            foreach (var field in variable.Type.Fields.Keys)
            {
                member.Add(field);
            }
        }

        for (var slot = 0; slot < reads.Count; slot++)
        {
            reads[slot].Fields.Aggregate(root.Members[reads[slot].Variable], (m, field) => m.Find(field)).Slot = slot;
        }

        isUsable = Finish(root);
    }

    static bool Finish(Member member)
    {
        member.Fields = [.. member.Members];
        return member.Fields.Length <= MaxMembers && Array.TrueForAll(member.Fields, Finish);
    }

    /// <summary>Fills the slots; false when this is for others to read. Throws what the reader throws where the text is no JSON.</summary>
    public bool TryRead(ReadOnlySpan<byte> json, CelScratch scratch)
    {
        var reader = new Utf8JsonReader(json);
        return isUsable && reader.Read() && reader.TokenType is JsonTokenType.StartObject && Fields(ref reader, root, scratch) && !reader.Read();
    }

    bool Fields(ref Utf8JsonReader reader, Member of, CelScratch scratch)
    {
        var (seen, slots) = (0ul, scratch.Slots);
        while (reader.Read() && reader.TokenType is JsonTokenType.PropertyName)
        {
            if (reader.ValueIsEscaped)
            {
                return false;
            }

            var index = IndexOf(of.Fields, reader.ValueSpan);
            reader.Read();
            if (index < 0)
            {
                if (of.IsClosed)
                {
                    return false;
                }

                reader.Skip();
                continue;
            }

            if ((seen & (1ul << index)) != 0 || !Value(ref reader, of.Fields[index], scratch))
            {
                return false;
            }

            seen |= 1ul << index;
        }

        // What is not there is known to be absent.
        for (var i = 0; i < of.Fields.Length; i++)
        {
            if (of.Fields[i].Slot is var slot and >= 0 && (seen & (1ul << i)) == 0)
            {
                slots[slot] = Truths.Absent;
            }
        }

        return reader.TokenType is JsonTokenType.EndObject;
    }

    static int IndexOf(Member[] members, ReadOnlySpan<byte> name)
    {
        for (var i = 0; i < members.Length; i++)
        {
            if (name.SequenceEqual(members[i].Utf8))
            {
                return i;
            }
        }

        return -1;
    }

    bool Value(ref Utf8JsonReader reader, Member member, CelScratch scratch)
    {
        var isObject = reader.TokenType is JsonTokenType.StartObject;
        if (member.Slot < 0 && (member.Fields.Length > 0 || member.IsObject))
        {
            return isObject && Fields(ref reader, member, scratch);
        }

        if (member.Slot < 0 && member.Type.Kind is not CelKind.Timestamp)
        {
            reader.Skip();
            return true;
        }

        var value = Leaf(ref reader, member.Type, scratch);
        if (value.IsError || (member.IsClosed && !value.HasOnly(member.Type.Fields)))
        {
            return false;
        }

        Put(value, member, scratch.Slots);
        return true;
    }

    /// <summary>The value itself and what is looked at below it.</summary>
    static void Put(CelValue value, Member member, CelValue[] slots)
    {
        if (member.Slot >= 0)
        {
            slots[member.Slot] = value;
        }

        foreach (var field in member.Fields)
        {
            if (value.TryGetField(field.Name, out var inner))
            {
                Put(inner, field, slots);
            }
            else if (field.Slot >= 0 && value.As<MapPayload>() is not null)
            {
                slots[field.Slot] = Truths.Absent;
            }
        }
    }

    CelValue Leaf(ref Utf8JsonReader reader, CelType type, CelScratch scratch)
    {
        switch (reader.TokenType)
        {
            case JsonTokenType.String when type.Kind is CelKind.Dyn or CelKind.String && !reader.ValueIsEscaped:
                return CelValue.Of(Text(ref reader));
            case JsonTokenType.StartArray when type.Kind is CelKind.Dyn or CelKind.List:
                return List(ref reader, type, scratch);
            default:
                return Utf8Values.Read(ref reader, type);
        }
    }

    CelValue List(ref Utf8JsonReader reader, CelType type, CelScratch scratch)
    {
        var start = reader;
        var list = scratch.NewList();
        while (reader.Read() && reader.TokenType is not JsonTokenType.EndArray)
        {
            if (list.Count == ScratchList.MaxCount || reader.TokenType is JsonTokenType.StartArray or JsonTokenType.StartObject)
            {
                // Long lists, and values within values, are for those who read all kinds of them.
                reader = start;
                return Utf8Values.Read(ref reader, type);
            }

            list.Add(Leaf(ref reader, type.Element, scratch));
        }

        return new(list);
    }

    /// <summary>A text; one that is a constant too is that very object.</summary>
    string Text(ref Utf8JsonReader reader)
    {
        Span<char> buffer = stackalloc char[64];
        return reader.ValueSpan.Length <= buffer.Length
            && Utf8.ToUtf16(reader.ValueSpan, buffer, out _, out var length, replaceInvalidSequences: false) is OperationStatus.Done
            && texts.TryGetValue(buffer[..length], out var known)
            ? known
            : reader.GetString()!;
    }
}

/// <summary>Memory to read into, for one question after the other on one thread. What was read is void with the next question.</summary>
public sealed class CelScratch
{
    readonly List<ScratchList> lists = [];
    int used;
    int taken;

    /// <summary>The slots that were read last.</summary>
    public CelValue[] Slots { get; private set; } = [];

    /// <summary>
    /// Reads what the conditions look at from JSON text, an object of variables; false when the text is out of the ordinary and must be read
    /// in full. Throws <see cref="JsonException"/> or <see cref="InvalidOperationException"/> where it is not well-formed.
    /// </summary>
    public bool TryRead(CelConditions conditions, ReadOnlySpan<byte> json)
    {
        Clear();
        if (Slots.Length < conditions.Count)
        {
            Slots = new CelValue[conditions.Count];
        }

        used = conditions.Count;
        return conditions.Reader.TryRead(json, this);
    }

    /// <summary>Forgets what was read.</summary>
    public void Clear()
    {
        Array.Clear(Slots, 0, used);
        for (var i = 0; i < taken; i++)
        {
            lists[i].Clear();
        }

        taken = 0;
    }

    internal ScratchList NewList()
    {
        if (taken == lists.Count)
        {
            lists.Add(new());
        }

        return lists[taken++];
    }
}

/// <summary>A list whose memory is used again and again.</summary>
sealed class ScratchList : ListPayload
{
    public const int MaxCount = 256;

    CelValue[] items = [];
    int count;

    public override int Count => count;

    public override CelValue[] Items => [.. Span];

    public override ReadOnlySpan<CelValue> Span => items.AsSpan(0, count);

    public void Add(CelValue value)
    {
        if (count == items.Length)
        {
            Array.Resize(ref items, Math.Max(8, count * 2));
        }

        items[count++] = value;
    }

    public void Clear()
    {
        items.AsSpan(0, count).Clear();
        count = 0;
    }
}
