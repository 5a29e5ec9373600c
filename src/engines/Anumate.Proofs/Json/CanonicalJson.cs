using System.Buffers;
using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;

namespace Anumate.Proofs;

/// <summary>
/// Canonical JSON: RFC 8785 (JCS) over I-JSON (RFC 7493). What cannot be told apart after canonicalisation is never accepted
/// before it: duplicate keys, lone surrogates, numbers that a double does not hold (see <see cref="StrictJson"/>), and U+0000.
/// </summary>
public static class CanonicalJson
{
    /// <summary>The canonical bytes of a value.</summary>
    /// <exception cref="ProblemException"><c>invalid-request</c>: the value is not I-JSON; the diagnostic has the JSON Pointer.</exception>
    public static byte[] Write(JsonElement value)
    {
        var buffer = new Utf8Buffer(256);
        try
        {
            WriteOrThrow(value, ref buffer);
            return buffer.Written.ToArray();
        }
        finally
        {
            buffer.Dispose();
        }
    }

    /// <summary>The canonical bytes of a value, appended to a writer.</summary>
    /// <exception cref="ProblemException">As <see cref="Write(JsonElement)"/>; nothing is written then.</exception>
    public static void Write(JsonElement value, IBufferWriter<byte> to)
    {
        var buffer = new Utf8Buffer(256);
        try
        {
            WriteOrThrow(value, ref buffer);
            to.Write(buffer.Written);
        }
        finally
        {
            buffer.Dispose();
        }
    }

    /// <summary>The canonical bytes of a value that was built in memory; null is the JSON null.</summary>
    /// <exception cref="ProblemException">As <see cref="Write(JsonElement)"/>.</exception>
    public static byte[] Write(JsonNode? value)
    {
        if (value is null)
        {
            return "null"u8.ToArray();
        }

        var buffer = new ArrayBufferWriter<byte>(256);
        using (var writer = new Utf8JsonWriter(buffer, new JsonWriterOptions { SkipValidation = true }))
        {
            value.WriteTo(writer);
        }

        return Write(buffer.WrittenMemory);
    }

    /// <summary>The canonical bytes of a JSON text; <see cref="StrictJson"/> decides whether it is one.</summary>
    /// <exception cref="ProblemException">As <see cref="StrictJson.Parse"/>.</exception>
    public static byte[] Write(ReadOnlyMemory<byte> utf8, int maxBytes = StrictJson.DefaultMaxBytes)
    {
        using var document = StrictJson.Parse(utf8, maxBytes);
        return Write(document.RootElement);
    }

    /// <summary>The canonical bytes of a record.</summary>
    /// <exception cref="ProblemException">As <see cref="Write(JsonElement)"/>.</exception>
    public static byte[] Write<T>(T value, JsonTypeInfo<T> type) => Write(JsonSerializer.SerializeToElement(value, type));

    /// <summary>The canonical bytes of a value, or what prevents them.</summary>
    public static bool TryWrite(JsonElement value, out byte[] canonical, out Diagnostic? fault)
    {
        var buffer = new Utf8Buffer(256);
        try
        {
            fault = new Run().Append(value, ref buffer);
            canonical = fault is null ? buffer.Written.ToArray() : [];
            return fault is null;
        }
        finally
        {
            buffer.Dispose();
        }
    }

    /// <summary>Whether a JSON text is its own canonical form, byte for byte.</summary>
    public static bool IsCanonical(ReadOnlyMemory<byte> utf8, int maxBytes = StrictJson.DefaultMaxBytes)
    {
        if (!StrictJson.TryParse(utf8, maxBytes, out var document, out _))
        {
            return false;
        }

        using (document)
        {
            var buffer = new Utf8Buffer(utf8.Length);
            try
            {
                return new Run().Append(document.RootElement, ref buffer) is null && buffer.Written.SequenceEqual(utf8.Span);
            }
            finally
            {
                buffer.Dispose();
            }
        }
    }

    internal static void WriteOrThrow(JsonElement value, ref Utf8Buffer to)
    {
        if (new Run().Append(value, ref to) is { } fault)
        {
            throw Problems.Invalid($"the value has no canonical form: {fault.Message}", [fault]);
        }
    }

    /// <summary>One canonicalisation. The fault travels up the frames, each of which adds its part of the path.</summary>
    struct Run
    {
        string? _code, _message;
        List<string>? _path;

        public Diagnostic? Append(JsonElement value, ref Utf8Buffer to) =>
            Value(value, 0, ref to) ? null : Diagnostic.Error(_code!, _message!, JsonPath.Pointer(Enumerable.Reverse(_path ?? [])));

        bool Value(JsonElement value, int depth, ref Utf8Buffer to)
        {
            switch (value.ValueKind)
            {
                case JsonValueKind.Object: return Object(value, depth + 1, ref to);
                case JsonValueKind.Array: return Array(value, depth + 1, ref to);
                case JsonValueKind.String: return String(JsonMarshal.GetRawUtf8Value(value)[1..^1], ref to);
                case JsonValueKind.Number: return Number(JsonMarshal.GetRawUtf8Value(value), ref to);
                case JsonValueKind.True: to.Append("true"u8); return true;
                case JsonValueKind.False: to.Append("false"u8); return true;
                case JsonValueKind.Null: to.Append("null"u8); return true;
                default: throw new ArgumentException("the element belongs to no document", nameof(value));
            }
        }

        bool Number(ReadOnlySpan<byte> literal, ref Utf8Buffer to)
        {
            if (!JsonNumber.TryWriteCanonical(literal, to.Reserve(JsonNumber.MaxCanonicalLength), out var written))
            {
                return Fail("json.inexact-number", JsonFaults.Inexact(literal));
            }

            to.Advance(written);
            return true;
        }

        bool String(ReadOnlySpan<byte> raw, ref Utf8Buffer to)
        {
            if (JsonText.Check(raw) is var fault and not JsonTextFault.None)
            {
                return Fail(JsonFaults.Code(fault), JsonFaults.Message(fault));
            }

            JsonText.WriteCanonical(raw, ref to);
            return true;
        }

        bool Array(JsonElement array, int depth, ref Utf8Buffer to)
        {
            if (depth > AnumateJson.MaxDepth)
            {
                return Fail("json.too-deep", JsonFaults.TooDeep(AnumateJson.MaxDepth));
            }

            to.Append((byte)'[');
            var index = 0;
            foreach (var item in array.EnumerateArray())
            {
                if (index > 0)
                {
                    to.Append((byte)',');
                }

                if (!Value(item, depth, ref to))
                {
                    return Within(index.ToString());
                }

                index++;
            }

            to.Append((byte)']');
            return true;
        }

        bool Object(JsonElement value, int depth, ref Utf8Buffer to)
        {
            if (depth > AnumateJson.MaxDepth)
            {
                return Fail("json.too-deep", JsonFaults.TooDeep(AnumateJson.MaxDepth));
            }

            var members = ArrayPool<JsonMember>.Shared.Rent(value.GetPropertyCount());
            var count = 0;
            try
            {
                foreach (var property in value.EnumerateObject())
                {
                    var raw = JsonMarshal.GetRawUtf8PropertyName(property);
                    if (JsonText.Check(raw) is var fault and not JsonTextFault.None)
                    {
                        return Fail(JsonFaults.Code(fault), JsonFaults.Message(fault));
                    }

                    members[count++] = new JsonMember(property, raw.Contains((byte)'\\') ? property.Name : null);
                }

                var sorted = members.AsSpan(0, count);
                JsonMember.Sort(sorted);
                return Members(sorted, depth, ref to);
            }
            finally
            {
                members.AsSpan(0, count).Clear();
                ArrayPool<JsonMember>.Shared.Return(members);
            }
        }

        bool Members(ReadOnlySpan<JsonMember> sorted, int depth, ref Utf8Buffer to)
        {
            to.Append((byte)'{');
            for (var i = 0; i < sorted.Length; i++)
            {
                ref readonly var member = ref sorted[i];
                if (i > 0)
                {
                    if (JsonMember.Compare(sorted[i - 1], member) == 0)
                    {
                        Fail("json.duplicate-key", JsonFaults.Duplicate(member.Property.Name));
                        return Within(member.Property.Name);
                    }

                    to.Append((byte)',');
                }

                JsonText.WriteCanonical(JsonMarshal.GetRawUtf8PropertyName(member.Property), ref to);
                to.Append((byte)':');
                if (!Value(member.Property.Value, depth, ref to))
                {
                    return Within(member.Property.Name);
                }
            }

            to.Append((byte)'}');
            return true;
        }

        bool Fail(string code, string message)
        {
            (_code, _message) = (code, message);
            return false;
        }

        bool Within(string segment)
        {
            (_path ??= []).Add(segment);
            return false;
        }
    }
}
