using System.Buffers;
using Anumate.Redaction.Paths;

namespace Anumate.Redaction;

/// <summary>Redacts plain text, line by line, as it arrives in chunks. It holds no more than a line.</summary>
public sealed class TextRedaction
{
    /// <summary>The longest line, where none is named; a longer one is dropped.</summary>
    public const int DefaultMaxLineBytes = 256 * 1024;

    readonly Effect effect;
    readonly TextRewriter rewriter;
    readonly IBufferWriter<byte> to;
    readonly int maxLineBytes;
    readonly ArrayBufferWriter<byte> line = new();
    Utf8Pieces pieces = new();
    bool isTooLong;
    string? fault;

    internal TextRedaction(Effect effect, RedactionKeys keys, IBufferWriter<byte> to, int maxLineBytes)
    {
        (this.effect, this.to, this.maxLineBytes) = (effect, to, maxLineBytes);
        rewriter = new(keys);
    }

    /// <summary>Takes the next chunk. After a fault nothing more comes out.</summary>
    public void Write(ReadOnlySpan<byte> chunk)
    {
        if (fault is null && !pieces.Take(chunk, Take))
        {
            fault = "the text is not valid UTF-8";
        }
    }

    /// <summary>Ends the text.</summary>
    public RedactionReport Complete()
    {
        if (fault is null && pieces.IsAmidst)
        {
            fault = "the text ends within a character";
        }

        if (fault is null)
        {
            EndLine();
        }

        return new(rewriter.Redacted, rewriter.Failed, fault);
    }

    void Take(ReadOnlySpan<byte> piece)
    {
        while (piece.IndexOfAny((byte)'\n', (byte)'\r') is var end and >= 0)
        {
            Hold(piece[..end]);
            EndLine();
            to.Write(piece.Slice(end, 1));
            piece = piece[(end + 1)..];
        }

        Hold(piece);
    }

    void Hold(ReadOnlySpan<byte> piece)
    {
        isTooLong |= line.WrittenCount + piece.Length > maxLineBytes && !effect.IsNothing;
        if (isTooLong)
        {
            line.ResetWrittenCount();
        }
        else if (effect.IsNothing)
        {
            to.Write(piece);
        }
        else
        {
            line.Write(piece);
        }
    }

    void EndLine()
    {
        if (isTooLong)
        {
            rewriter.Failed++;
            rewriter.Redacted++;
        }
        else if (line.WrittenCount > 0)
        {
            switch (rewriter.Rewrite(line.WrittenSpan, effect, Recognition.Clue.None))
            {
                case Outcome.Unchanged: to.Write(line.WrittenSpan); break;
                case Outcome.Changed: to.Write(rewriter.Result); break;
            }
        }

        isTooLong = false;
        line.ResetWrittenCount();
    }
}
