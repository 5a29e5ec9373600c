using System.Buffers;
using Anumate.Redaction.Json;
using Anumate.Redaction.Paths;
using Anumate.Redaction.Recognition;

namespace Anumate.Redaction;

/// <summary>Names, texts, numbers and words, which may be spread over chunks.</summary>
public sealed partial class JsonRedaction
{
    static readonly SearchValues<byte> OfLiterals = SearchValues.Create("0123456789+-.eEtrufalsn"u8);

    readonly ArrayBufferWriter<byte> held = new();
    readonly ArrayBufferWriter<byte> decoded = new();
    readonly ArrayBufferWriter<byte> name = new();
    readonly byte[] escape = new byte[6];
    int escapeLength;
    bool hasEscapes;
    bool isTooLong;
    bool isLiteralDropped;
    Token token;
    // Of the value that begins or has begun.
    PathNode valueNode = null!;
    Clue valueAround;
    // Of the member whose name was read last.
    PathNode memberNode = null!;
    Clue memberAround;
    bool isMemberDropped;

    enum Token
    {
        None,
        /// <summary>The name of a member.</summary>
        Name,
        /// <summary>A text that no demand reaches: it is written as it comes.</summary>
        Shown,
        /// <summary>A text that a demand reaches: it is held until it is complete.</summary>
        Held,
        /// <summary>A text that is dropped.</summary>
        Dropped,
        /// <summary>A number, <c>true</c>, <c>false</c> or <c>null</c>.</summary>
        Literal,
    }

    void BeginName() => Begin(Token.Name);

    void BeginText()
    {
        (valueNode, valueAround, var isDropped) = Next();
        if (!isDropped && valueNode.Effect.Drops)
        {
            rewriter.Redacted++;
            Omit();
            isDropped = true;
        }

        Begin(isDropped ? Token.Dropped : valueNode.Effect.IsNothing ? Token.Shown : Token.Held);
        if (token == Token.Shown)
        {
            Introduce();
            to.Write("\""u8);
        }
    }

    void BeginLiteral()
    {
        (valueNode, valueAround, var isDropped) = Next();
        Begin(Token.Literal);
        // A literal must be read for its grammar even where it is dropped.
        isLiteralDropped = isDropped;
    }

    void Begin(Token kind)
    {
        token = kind;
        held.ResetWrittenCount();
        (escapeLength, hasEscapes, isTooLong) = (0, false, false);
    }

    int Text(ReadOnlySpan<byte> chunk, int at)
    {
        if (escapeLength > 0)
        {
            return Escape(chunk[at]) ? at + 1 : Fail(at);
        }

        var rest = chunk[at..];
        var length = JsonStrings.IndexOfSpecial(rest);
        if (length < 0)
        {
            Hold(rest);
            return chunk.Length;
        }

        Hold(rest[..length]);
        switch (rest[length])
        {
            case (byte)'"':
                EndText();
                break;
            case (byte)'\\':
                escape[0] = (byte)'\\';
                (escapeLength, hasEscapes) = (1, true);
                break;
            default:
                return Fail(at);
        }

        return at + length + 1;
    }

    /// <summary>Takes one more byte of an escape; it is handed on when it is complete.</summary>
    bool Escape(byte c)
    {
        var isGood = escapeLength == 1 ? "\"\\/bfnrtu"u8.Contains(c) : char.IsAsciiHexDigit((char)c);
        escape[escapeLength++] = c;
        if (isGood && escapeLength == (escape[1] == 'u' ? 6 : 2))
        {
            Hold(escape.AsSpan(0, escapeLength));
            escapeLength = 0;
        }

        return isGood;
    }

    void Hold(ReadOnlySpan<byte> piece)
    {
        if (token == Token.Shown)
        {
            to.Write(piece);
        }
        else if (token != Token.Dropped)
        {
            isTooLong |= held.WrittenCount + piece.Length > maxValueBytes;
            if (isTooLong)
            {
                held.ResetWrittenCount();
            }
            else
            {
                held.Write(piece);
            }
        }
    }

    void EndText()
    {
        var ended = token;
        token = Token.None;
        switch (ended)
        {
            case Token.Name:
                EndName();
                expected = Expected.Colon;
                return;
            case Token.Shown:
                to.Write("\""u8);
                break;
            case Token.Held when isTooLong:
                DropFailed();
                break;
            case Token.Held:
                Finish(Plain(), isText: true);
                break;
        }

        Ended();
    }

    /// <summary>The text that was held, its escapes resolved.</summary>
    ReadOnlySpan<byte> Plain()
    {
        if (!hasEscapes)
        {
            return held.WrittenSpan;
        }

        decoded.ResetWrittenCount();
        JsonStrings.Decode(held.WrittenSpan, decoded);
        return decoded.WrittenSpan;
    }

    /// <summary>Redacts what is held and writes it.</summary>
    void Finish(ReadOnlySpan<byte> plain, bool isText)
    {
        switch (rewriter.Rewrite(plain, valueNode.Effect, valueAround))
        {
            case Outcome.Unchanged:
                WriteValue(held.WrittenSpan, isText ? "\""u8 : ""u8);
                break;
            case Outcome.Changed:
                decoded.ResetWrittenCount();
                JsonStrings.Encode(rewriter.Result, decoded);
                WriteValue(decoded.WrittenSpan, "\""u8);
                break;
            default:
                Omit();
                break;
        }
    }

    void WriteValue(ReadOnlySpan<byte> raw, ReadOnlySpan<byte> quote)
    {
        Introduce();
        to.Write(quote);
        to.Write(raw);
        to.Write(quote);
    }

    void DropFailed()
    {
        rewriter.Redacted++;
        rewriter.Failed++;
        Omit();
    }

    int Literal(ReadOnlySpan<byte> chunk, int at)
    {
        var length = chunk[at..].IndexOfAnyExcept(OfLiterals);
        Hold(length < 0 ? chunk[at..] : chunk.Slice(at, length));
        if (length >= 0)
        {
            EndLiteral();
        }

        return length < 0 ? chunk.Length : at + length;
    }

    void EndLiteral()
    {
        if (token != Token.Literal)
        {
            return;
        }

        token = Token.None;
        var literal = held.WrittenSpan;
        var isNumber = !isTooLong && JsonStrings.IsNumber(literal);
        if (!isNumber && !isTooLong && !literal.SequenceEqual("true"u8) && !literal.SequenceEqual("false"u8) && !literal.SequenceEqual("null"u8))
        {
            Fail("this is not JSON");
            return;
        }

        Ended();
        if (!isLiteralDropped)
        {
            WriteLiteral(literal, isNumber);
        }
    }

    void WriteLiteral(ReadOnlySpan<byte> literal, bool isNumber)
    {
        var effect = valueNode.Effect;
        if (isTooLong)
        {
            DropFailed();
        }
        else if (effect.Drops)
        {
            rewriter.Redacted++;
            Omit();
        }
        else if (effect.IsNothing || (effect.Whole is null && !isNumber) || literal[0] == 'n')
        {
            // That there is no value is shown.
            WriteValue(literal, ""u8);
        }
        else
        {
            Finish(literal, isText: false);
        }
    }

    /// <summary>A name is read: where does it lead, and can it be shown?</summary>
    void EndName()
    {
        ref var frame = ref frames[depth - 1];
        isMemberDropped = false;
        memberNode = frame.Node;
        if (frame.IsDropped)
        {
            return;
        }

        if (isTooLong)
        {
            isMemberDropped = true;
            rewriter.Redacted++;
            rewriter.Failed++;
            return;
        }

        var plain = Plain();
        memberNode = frame.Node.Member(plain);
        memberAround = memberNode.Effect.Wanted == 0 ? Clue.None : Clues.In(plain);
        name.ResetWrittenCount();
        RedactName(plain, frame.Written + 1);
    }

    /// <summary>
    /// What is recognised in a name is replaced in it as in a text, and the name gets a number, that of the member in its object, so that
    /// no two become one. So does a name that looks as if it had one.
    /// </summary>
    void RedactName(ReadOnlySpan<byte> plain, int number)
    {
        var effect = memberNode.Effect;
        var outcome = effect.Wanted == 0 ? Outcome.Unchanged : rewriter.Rewrite(plain, effect.OfNames, Clue.None);
        if (outcome is Outcome.Dropped or Outcome.Failed)
        {
            isMemberDropped = true;
            return;
        }

        var shown = outcome == Outcome.Changed ? rewriter.Result : plain;
        var end = effect.Wanted == 0 ? -1 : NumberAt(shown);
        if (outcome == Outcome.Unchanged && end < 0)
        {
            name.Write(held.WrittenSpan);
            return;
        }

        JsonStrings.Encode(end < 0 ? shown : shown[..end], name);
        name.Write("#"u8);
        System.Buffers.Text.Utf8Formatter.TryFormat(number, name.GetSpan(11), out var written);
        name.Advance(written);
    }

    /// <summary>Where the number of a redacted name begins; -1 when it is none.</summary>
    static int NumberAt(ReadOnlySpan<byte> text)
    {
        var at = text.LastIndexOf((byte)'#');
        return at >= 0 && at < text.Length - 1 && !text[(at + 1)..].ContainsAnyExceptInRange((byte)'0', (byte)'9') && text[..at].ContainsAny((byte)'*', (byte)']') ? at : -1;
    }
}
