using System.Buffers;
using System.Text;

namespace Anumate.Redaction.Recognition;

/// <summary>
/// A text in UTF-8 and what is known of where it stands. Every question looks at a bounded number of bytes, so that recognising is linear.
/// Beyond the ends of the text stands a line feed, over which nothing reaches.
/// </summary>
readonly ref struct Text(ReadOnlySpan<byte> bytes, Clue around)
{
    readonly ReadOnlySpan<byte> bytes = bytes;

    public int Length => bytes.Length;

    public byte this[int at] => (uint)at < (uint)bytes.Length ? bytes[at] : (byte)'\n';

    public ReadOnlySpan<byte> Slice(int from, int to) => bytes[from..to];

    public bool IsDigit(int at) => char.IsAsciiDigit((char)this[at]);

    public bool IsWord(int at) => char.IsAsciiLetterOrDigit((char)this[at]);

    /// <summary>Whether a digit stands beyond this one character: <c>.5</c>, <c>-5</c>.</summary>
    public bool JoinsDigit(int at, int step) => this[at] is (byte)'.' or (byte)'-' or (byte)'/' && IsDigit(at + step);

    /// <summary>The length of what separates groups of digits here (a space, a hyphen or one of their typographic forms), or 0.</summary>
    public int Separator(int at) => this[at] switch
    {
        (byte)' ' or (byte)'-' => 1,
        0xc2 when this[at + 1] == 0xa0 => 2,
        // U+2009 thin space, U+2010-2014 hyphens and dashes, U+202F narrow no-break space.
        0xe2 when this[at + 1] == 0x80 && this[at + 2] is 0x89 or (>= 0x90 and <= 0x94) or 0xaf => 3,
        _ => 0,
    };

    /// <summary>The number of bytes of the letter or digit of any script here, or 0.</summary>
    public int Letter(int at)
    {
        if (this[at] < 0x80)
        {
            return IsWord(at) ? 1 : 0;
        }

        return Rune.DecodeFromUtf8(bytes[at..], out var rune, out var length) == OperationStatus.Done && Rune.IsLetterOrDigit(rune) ? length : 0;
    }

    /// <summary>The number of bytes of the letter or digit of any script that ends before this place, or 0.</summary>
    public int LetterBefore(int at)
    {
        if (this[at - 1] < 0x80)
        {
            return IsWord(at - 1) ? 1 : 0;
        }

        return Rune.DecodeLastFromUtf8(bytes[..at], out var rune, out var length) == OperationStatus.Done && Rune.IsLetterOrDigit(rune) ? length : 0;
    }

    /// <summary>Whether the name of the member, or the words shortly before this place, speak of it.</summary>
    public bool Says(int at, Clue clue) => ((around | Clues.Before(bytes, at)) & clue) != 0;
}
