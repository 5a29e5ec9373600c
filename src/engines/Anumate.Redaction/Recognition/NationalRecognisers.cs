namespace Anumate.Redaction.Recognition;

/// <summary>
/// Social security numbers of the United States: areas, groups and serials that can be given out. With hyphens by themselves; with spaces,
/// or without anything, where the words or the name around speak of one.
/// </summary>
sealed class SsnRecogniser() : Recogniser("US_SSN")
{
    const int Count = 9;

    static readonly long Form = Digits.Form(3, 2, 4);

    public override bool MayBeginWith(byte first) => first is >= (byte)'0' and <= (byte)'8';

    public override bool Find(in Text text, int at, out int from, out int to)
    {
        (from, to) = (at, 0);
        if (text.JoinsDigit(at - 1, -1))
        {
            return false;
        }

        var digits = Digits.Read(text, at, stackalloc byte[Digits.Most], stackalloc int[Digits.Most]);
        if (digits.Count < Count || !digits.EndGroup(text, Count))
        {
            return false;
        }

        var end = digits.End(Count);
        if (text.IsWord(end) || text.JoinsDigit(end, 1) || !CanBeGiven(digits.First(Count)))
        {
            return false;
        }

        to = end;
        return !digits.AreGrouped(Count)
            ? text.Says(at, Clue.Ssn)
            : digits.Groups(text, Count) == Form && (!text.Slice(at, end).Contains((byte)' ') || text.Says(at, Clue.Ssn));
    }

    static bool CanBeGiven(ReadOnlySpan<byte> d)
    {
        var area = (d[0] * 100) + (d[1] * 10) + d[2];
        return area is not (0 or 666) && area < 900 && d[3] + d[4] > 0 && d[5] + d[6] + d[7] + d[8] > 0;
    }
}

/// <summary>
/// Aadhaar numbers (India): twelve digits, not beginning with 0 or 1, Verhoeff's check digit. In groups of four by themselves; without
/// groups, where the words or the name around speak of one, as every tenth number of twelve digits passes the check.
/// </summary>
sealed class AadhaarRecogniser() : Recogniser("AADHAAR")
{
    const int Count = 12;

    static readonly long Form = Digits.Form(4, 4, 4);

    public override bool MayBeginWith(byte first) => first is >= (byte)'2' and <= (byte)'9';

    public override bool Find(in Text text, int at, out int from, out int to)
    {
        (from, to) = (at, 0);
        if (text.JoinsDigit(at - 1, -1) || FollowsGroup(text, at))
        {
            return false;
        }

        var digits = Digits.Read(text, at, stackalloc byte[Digits.Most], stackalloc int[Digits.Most]);
        if (digits.Count < Count || !digits.EndGroup(text, Count))
        {
            return false;
        }

        var end = digits.End(Count);
        if (text.IsWord(end) || text.JoinsDigit(end, 1) || PrecedesGroup(digits, text) || !Checksums.Verhoeff(digits.First(Count)))
        {
            return false;
        }

        to = end;
        return digits.AreGrouped(Count) ? digits.Groups(text, Count) == Form : text.Says(at, Clue.Aadhaar);
    }

    // Four more digits before or behind make it part of a longer number, as cards have them.
    static bool FollowsGroup(in Text text, int at) =>
        text.Separator(at - 1) > 0 && text.IsDigit(at - 2) && text.IsDigit(at - 3) && text.IsDigit(at - 4) && text.IsDigit(at - 5);

    static bool PrecedesGroup(in Digits digits, in Text text) => digits.Count >= Count + 4 && digits.End(Count + 4) - digits.End(Count) > 4 && digits.AreGrouped(Count) && text.Separator(digits.End(Count)) > 0;
}

/// <summary>
/// Permanent account numbers (India): five letters, the fourth of which says what kind of holder, four digits, a letter. In capitals by
/// themselves; in small letters where the words or the name around speak of one.
/// </summary>
sealed class PanRecogniser() : Recogniser("PAN")
{
    const int Length = 10;

    public override bool MayBeginWith(byte first) => char.IsAsciiLetter((char)first);

    public override bool Find(in Text text, int at, out int from, out int to)
    {
        (from, to) = (at, at + Length);
        if (text[at - 1] == '_' || text.IsWord(to) || text[to] == '_' || !IsKind(text[at + 3]))
        {
            return false;
        }

        var (zeros, small) = (0, 0);
        for (var i = 0; i < Length; i++)
        {
            var isDigit = i is >= 5 and < 9;
            if (isDigit ? !text.IsDigit(at + i) : !char.IsAsciiLetter((char)text[at + i]))
            {
                return false;
            }

            zeros += isDigit && text[at + i] == '0' ? 1 : 0;
            small += char.IsAsciiLetterLower((char)text[at + i]) ? 1 : 0;
        }

        return zeros < 4 && (small == 0 || (small == 6 && text.Says(at, Clue.Pan)));
    }

    static bool IsKind(byte letter) => "ABCEFGHJKLPT"u8.Contains((byte)char.ToUpperInvariant((char)letter));
}
