namespace Anumate.Redaction.Recognition;

/// <summary>Digits in groups, with one separator between two groups at most.</summary>
ref struct Digits
{
    public const int Most = 20;

    readonly Span<byte> values;
    readonly Span<int> ends;

    Digits(Span<byte> values, Span<int> ends)
    {
        this.values = values;
        this.ends = ends;
    }

    public int Count { get; private set; }

    /// <summary>Whether separators stand between the digits.</summary>
    public readonly bool AreGrouped(int count) => ends[count - 1] - ends[0] != count - 1;

    public readonly ReadOnlySpan<byte> First(int count) => values[..count];

    /// <summary>The byte behind so many digits.</summary>
    public readonly int End(int count) => ends[count - 1];

    /// <summary>Whether a group ends behind so many digits.</summary>
    public readonly bool EndGroup(in Text text, int count) => !text.IsDigit(ends[count - 1]);

    /// <summary>Reads as many digits as there are, up to <see cref="Most"/>.</summary>
    /// <param name="text">The text.</param>
    /// <param name="at">Where the first digit stands.</param>
    /// <param name="values">Room for <see cref="Most"/> digits.</param>
    /// <param name="ends">Room for as many places.</param>
    public static Digits Read(in Text text, int at, Span<byte> values, Span<int> ends)
    {
        var digits = new Digits(values, ends);
        while (digits.Count < Most && text.IsDigit(at))
        {
            values[digits.Count] = (byte)(text[at] - '0');
            ends[digits.Count++] = at + 1;
            at = text.IsDigit(at + 1) ? at + 1 : at + 1 + text.Separator(at + 1);
        }

        return digits;
    }

    /// <summary>The sizes of the groups of the first digits, as a number in base 32: 4-4-4 is 0x1084; 0 when the last one is not complete.</summary>
    public readonly long Groups(in Text text, int count)
    {
        if (!EndGroup(text, count))
        {
            return 0;
        }

        var (groups, size) = (0L, 1);
        for (var i = 1; i < count; i++, size++)
        {
            if (ends[i] != ends[i - 1] + 1)
            {
                groups = (groups << 5) | (long)size;
                size = 0;
            }
        }

        return (groups << 5) | (long)size;
    }

    /// <summary>A form of <see cref="Groups"/>.</summary>
    public static long Form(params ReadOnlySpan<int> sizes)
    {
        var form = 0L;
        foreach (var size in sizes)
        {
            form = (form << 5) | (long)size;
        }

        return form;
    }
}
