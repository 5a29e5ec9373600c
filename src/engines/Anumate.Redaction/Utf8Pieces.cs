using System.Buffers;
using System.Text;
using System.Text.Unicode;

namespace Anumate.Redaction;

/// <summary>Hands on UTF-8 that arrives in chunks in pieces of whole characters.</summary>
struct Utf8Pieces
{
    public delegate void Taker(ReadOnlySpan<byte> piece);

    readonly byte[] begun = new byte[4];
    int length;

    public Utf8Pieces()
    {
    }

    /// <summary>Whether a character was begun and is not complete.</summary>
    public readonly bool IsAmidst => length > 0;

    /// <summary>False when the bytes are not UTF-8; what came before the fault was handed on.</summary>
    public bool Take(ReadOnlySpan<byte> chunk, Taker take)
    {
        while (length > 0 && chunk.Length > 0)
        {
            begun[length++] = chunk[0];
            chunk = chunk[1..];
            var status = Rune.DecodeFromUtf8(begun.AsSpan(0, length), out _, out _);
            if (status == OperationStatus.InvalidData)
            {
                return false;
            }

            if (status == OperationStatus.Done)
            {
                take(begun.AsSpan(0, length));
                length = 0;
            }
        }

        if (chunk.Length > 0 && Rune.DecodeLastFromUtf8(chunk, out _, out var tail) == OperationStatus.NeedMoreData)
        {
            chunk[^tail..].CopyTo(begun);
            length = tail;
            chunk = chunk[..^tail];
        }

        var valid = Utf8.IsValid(chunk) ? chunk.Length : ValidLength(chunk);
        if (valid > 0)
        {
            take(chunk[..valid]);
        }

        return valid == chunk.Length;
    }

    static int ValidLength(ReadOnlySpan<byte> chunk)
    {
        var at = 0;
        while (Rune.DecodeFromUtf8(chunk[at..], out _, out var length) == OperationStatus.Done)
        {
            at += length;
        }

        return at;
    }
}
