namespace Anumate.Redaction.Recognition;

/// <summary>
/// IPv4 addresses: four numbers up to 255 without leading zeros, with a port or prefix length behind it or not. Not the numbers of
/// versions and sections, where the words before say so.
/// </summary>
sealed class IPv4Recogniser() : Recogniser("IPV4")
{
    public override bool MayBeginWith(byte first) => char.IsAsciiDigit((char)first);

    public override bool Find(in Text text, int at, out int from, out int to)
    {
        (from, to) = (at, at);
        return !Joins(text, at - 1, -1) && Read(text, ref to) && !text.IsWord(to) && !Joins(text, to, 1) && !text.Says(at, Clue.Version);
    }

    // Part of a longer number or name: `1.2.3.4.5`, `app-1.2.3.4`. A hyphen between digits is a range.
    static bool Joins(in Text text, int at, int step) =>
        text[at] is (byte)'.' or (byte)'-' && text.IsWord(at + step) && (text[at] == '.' || !text.IsDigit(at + step));

    /// <summary>Reads the four numbers; the place is then behind them.</summary>
    public static bool Read(in Text text, ref int at)
    {
        for (var part = 0; part < 4; part++)
        {
            if (part > 0 && text[at++] != '.')
            {
                return false;
            }

            var (value, digits, leadsWithZero) = (0, 0, text[at] == '0');
            for (; digits < 4 && text.IsDigit(at); digits++, at++)
            {
                value = (value * 10) + text[at] - '0';
            }

            if (digits is 0 or 4 || value > 255 || (leadsWithZero && digits > 1))
            {
                return false;
            }
        }

        return true;
    }
}
