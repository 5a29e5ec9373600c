namespace Anumate.Redaction.Recognition;

/// <summary>Knows one kind of personal or secret value when it sees it.</summary>
abstract class Recogniser(string name)
{
    public string Name => name;

    /// <summary>Whether a value may begin with this byte, where the byte before it is neither letter nor digit.</summary>
    public virtual bool MayBeginWith(byte first) => false;

    /// <summary>Whether this byte, wherever it stands, may be the mark of a value around it.</summary>
    public virtual bool IsMarkedBy(byte mark) => false;

    /// <summary>Finds the value that begins at, or is marked by, the byte at this place. It looks at a bounded number of bytes, but for a
    /// value whose length has no bound, whose bytes it reads once.</summary>
    public abstract bool Find(in Text text, int at, out int from, out int to);
}

/// <summary>A value found in a text.</summary>
readonly record struct Finding(int From, int To, int Recogniser);

/// <summary>Goes through a text once and asks, at each byte that may be the beginning or the mark of something, those that may know it.</summary>
static class Scanner
{
    static readonly uint[] Beginnings = Table((r, b) => r.MayBeginWith(b));
    static readonly uint[] Marks = Table((r, b) => r.IsMarkedBy(b));

    static uint[] Table(Func<Recogniser, byte, bool> asked) =>
        [.. Enumerable.Range(0, 256).Select(b => Recognisers.All.Index().Where(r => asked(r.Item, (byte)b)).Aggregate(0u, (bits, r) => bits | 1u << r.Index))];

    /// <summary>
    /// Adds everything that the wanted recognisers find, each by itself: what one finds hides nothing from another, so that asking for
    /// more never shows more.
    /// </summary>
    public static void Scan(ReadOnlySpan<byte> bytes, uint wanted, Clue around, List<Finding> found)
    {
        var text = new Text(bytes, around);
        Span<int> seen = stackalloc int[Recognisers.Count];
        seen.Clear();
        var isBeginning = true;
        for (var i = 0; i < bytes.Length; i++)
        {
            var asked = (isBeginning ? Beginnings[bytes[i]] | Marks[bytes[i]] : Marks[bytes[i]]) & wanted;
            isBeginning = !char.IsAsciiLetterOrDigit((char)bytes[i]);
            for (; asked != 0; asked &= asked - 1)
            {
                var recogniser = System.Numerics.BitOperations.TrailingZeroCount(asked);
                if (i >= seen[recogniser] && Recognisers.All[recogniser].Find(text, i, out var from, out var to))
                {
                    found.Add(new(from, to, recogniser));
                    seen[recogniser] = to;
                }
            }
        }
    }
}
