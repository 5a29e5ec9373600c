using System.Buffers;
using Anumate.Redaction.Paths;
using Anumate.Redaction.Recognition;

namespace Anumate.Redaction;

/// <summary>
/// Redacts one JSON document as it arrives in chunks. What comes out is JSON whatever comes in: at a fault (no JSON, too deep, cut off)
/// the values begun are closed and nothing more comes. It holds one name or value at a time, and texts that no demand reaches not at all.
/// White space between values is left out.
/// </summary>
public sealed partial class JsonRedaction
{
    /// <summary>The longest value that is redacted, where none is named; a longer one that a demand reaches is dropped.</summary>
    public const int DefaultMaxValueBytes = 1024 * 1024;

    readonly PathNode root;
    readonly IBufferWriter<byte> to;
    readonly int maxValueBytes;
    readonly TextRewriter rewriter;
    readonly Frame[] frames = new Frame[Redactor.MaxDepth];
    Utf8Pieces pieces = new();
    int depth;
    Expected expected = Expected.Value;
    bool isBegun;
    string? fault;
    bool isComplete;

    internal JsonRedaction(PathNode root, RedactionKeys keys, IBufferWriter<byte> to, int maxValueBytes)
    {
        (this.root, this.to, this.maxValueBytes) = (root, to, maxValueBytes);
        rewriter = new(keys);
    }

    enum Expected
    {
        Value,
        ValueOrEnd,
        Name,
        NameOrEnd,
        Colon,
        CommaOrEnd,
        Nothing,
    }

    /// <summary>An object or list that was begun.</summary>
    struct Frame
    {
        public bool IsObject;
        /// <summary>It is within something that is dropped.</summary>
        public bool IsDropped;
        public PathNode Node;
        /// <summary>What the name of the member that it is, or is in, says of its texts.</summary>
        public Clue Around;
        /// <summary>Elements read so far.</summary>
        public int Index;
        /// <summary>Members or elements written so far.</summary>
        public int Written;
    }

    /// <summary>Takes the next chunk.</summary>
    public void Write(ReadOnlySpan<byte> chunk)
    {
        ObjectDisposedException.ThrowIf(isComplete, this);
        if (fault is null && !pieces.Take(chunk, Take))
        {
            Fail("the JSON is not valid UTF-8");
        }
    }

    /// <summary>Ends the document.</summary>
    public RedactionReport Complete()
    {
        if (!isComplete)
        {
            isComplete = true;
            // Within something, what a literal has so far may not be all of it.
            if (fault is null && depth == 0)
            {
                EndLiteral();
            }

            if (fault is null && (pieces.IsAmidst || expected != Expected.Nothing || token != Token.None))
            {
                Fail("the JSON is cut off");
            }
        }

        return new(rewriter.Redacted, rewriter.Failed, fault);
    }

    void Take(ReadOnlySpan<byte> chunk)
    {
        for (var at = 0; at < chunk.Length && fault is null;)
        {
            at = token switch
            {
                Token.None => Structure(chunk, at),
                Token.Literal => Literal(chunk, at),
                _ => Text(chunk, at),
            };
        }
    }

    int Structure(ReadOnlySpan<byte> chunk, int at)
    {
        var c = chunk[at];
        switch (c)
        {
            case (byte)' ' or (byte)'\t' or (byte)'\n' or (byte)'\r':
                break;
            case (byte)'"' when expected is Expected.Name or Expected.NameOrEnd:
                BeginName();
                break;
            case (byte)':' when expected == Expected.Colon:
                expected = Expected.Value;
                break;
            case (byte)',' when expected == Expected.CommaOrEnd:
                expected = frames[depth - 1].IsObject ? Expected.Name : Expected.Value;
                break;
            case (byte)'}' when expected is Expected.NameOrEnd || (expected == Expected.CommaOrEnd && frames[depth - 1].IsObject):
                End("}"u8);
                break;
            case (byte)']' when expected is Expected.ValueOrEnd || (expected == Expected.CommaOrEnd && !frames[depth - 1].IsObject):
                End("]"u8);
                break;
            default:
                return expected is Expected.Value or Expected.ValueOrEnd ? Value(c, at) : Fail(at);
        }

        return at + 1;
    }

    int Value(byte first, int at)
    {
        switch (first)
        {
            case (byte)'{' or (byte)'[':
                Begin(first == (byte)'{');
                return at + 1;
            case (byte)'"':
                BeginText();
                return at + 1;
            case (byte)'-' or (byte)'t' or (byte)'f' or (byte)'n' or (>= (byte)'0' and <= (byte)'9'):
                BeginLiteral();
                return at;
            default:
                return Fail(at);
        }
    }

    void Begin(bool isObject)
    {
        if (depth == frames.Length)
        {
            Fail($"values are nested deeper than {Redactor.MaxDepth} levels");
            return;
        }

        var (node, around, isDropped) = Next();
        if (!isDropped)
        {
            if (node.Effect.Drops)
            {
                rewriter.Redacted++;
                Omit();
                isDropped = true;
            }
            else
            {
                Introduce();
                to.Write(isObject ? "{"u8 : "["u8);
            }
        }

        frames[depth++] = new() { IsObject = isObject, IsDropped = isDropped, Node = node, Around = around };
        expected = isObject ? Expected.NameOrEnd : Expected.ValueOrEnd;
    }

    void End(ReadOnlySpan<byte> bracket)
    {
        if (!frames[--depth].IsDropped)
        {
            to.Write(bracket);
        }

        Ended();
    }

    /// <summary>A value is over.</summary>
    void Ended() => expected = depth == 0 ? Expected.Nothing : Expected.CommaOrEnd;

    /// <summary>Where the value that begins now stands.</summary>
    (PathNode Node, Clue Around, bool IsDropped) Next()
    {
        if (depth == 0)
        {
            return (root, Clue.None, false);
        }

        ref var frame = ref frames[depth - 1];
        return frame.IsObject ? (memberNode, memberAround, frame.IsDropped || isMemberDropped) : (frame.Node.Element(frame.Index++), frame.Around, frame.IsDropped);
    }

    /// <summary>Writes what stands before a value: a comma, a name.</summary>
    void Introduce()
    {
        isBegun = true;
        if (depth == 0)
        {
            return;
        }

        ref var frame = ref frames[depth - 1];
        if (frame.Written++ > 0)
        {
            to.Write(","u8);
        }

        if (frame.IsObject)
        {
            to.Write("\""u8);
            to.Write(name.WrittenSpan);
            to.Write("\":"u8);
        }
    }

    /// <summary>Leaves a value out: its member with it, but in a list, where others keep their places, null stands for it.</summary>
    void Omit()
    {
        if (depth == 0 || !frames[depth - 1].IsObject)
        {
            Introduce();
            to.Write("null"u8);
        }
    }

    int Fail(int at)
    {
        Fail("this is not JSON");
        return at;
    }

    void Fail(string why)
    {
        if (fault is not null)
        {
            return;
        }

        fault = why;
        rewriter.Failed++;
        if (token == Token.Shown)
        {
            to.Write("\""u8);
        }

        while (depth > 0)
        {
            depth--;
            if (!frames[depth].IsDropped)
            {
                to.Write(frames[depth].IsObject ? "}"u8 : "]"u8);
            }
        }

        if (!isBegun)
        {
            to.Write("null"u8);
        }
    }
}
