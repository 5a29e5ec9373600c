namespace Anumate.Redaction.Recognition;

/// <summary>
/// Numbers of payment cards: a prefix that a scheme issues, a length that goes with it, Luhn's check digit, and groups as cards have
/// them. Of several lengths that fit, the longest.
/// </summary>
sealed class CardRecogniser() : Recogniser("CARD")
{
    const int Shortest = 13, Longest = 19;

    public override bool MayBeginWith(byte first) => first is >= (byte)'2' and <= (byte)'8';

    public override bool Find(in Text text, int at, out int from, out int to)
    {
        (from, to) = (at, 0);
        if (text[at - 1] == '.' && text.IsDigit(at - 2))
        {
            return false;
        }

        var digits = Digits.Read(text, at, stackalloc byte[Digits.Most], stackalloc int[Digits.Most]);
        for (var count = Math.Min(digits.Count, Longest); count >= Shortest; count--)
        {
            var end = digits.End(count);
            if (digits.EndGroup(text, count) && !text.IsWord(end) && !(text[end] == '.' && text.IsDigit(end + 1))
                && HasGroups(digits, text, count) && IsIssued(digits.First(count)) && Checksums.Luhn(digits.First(count)))
            {
                to = end;
                return true;
            }
        }

        return false;
    }

    static bool HasGroups(in Digits digits, in Text text, int count)
    {
        if (!digits.AreGrouped(count))
        {
            return true;
        }

        var groups = digits.Groups(text, count);
        return count switch
        {
            14 => groups == Digits.Form(4, 6, 4),
            15 => groups == Digits.Form(4, 6, 5),
            16 => groups == Digits.Form(4, 4, 4, 4),
            19 => groups == Digits.Form(4, 4, 4, 4, 3) || groups == Digits.Form(6, 13),
            _ => false,
        };
    }

    static bool IsIssued(ReadOnlySpan<byte> digits)
    {
        var four = (digits[0] * 1_000) + (digits[1] * 100) + (digits[2] * 10) + digits[3];
        return digits.Length switch
        {
            13 => four / 1_000 == 4 || IsMaestro(four),
            14 => four / 100 is 36 or 38 or 39 || four is (>= 3_000 and <= 3_059) or (>= 3_095 and <= 3_099) || IsMaestro(four),
            15 => four / 100 is 34 or 37 || IsMaestro(four),
            16 => four / 1_000 == 4
                || four / 100 is (>= 51 and <= 55) or 36 or 38 or 39 or 62 or 60 or 65 or 81 or 82
                || four is (>= 2_200 and <= 2_204) or (>= 2_221 and <= 2_720) or (>= 3_528 and <= 3_589) or (>= 6_440 and <= 6_499) or (>= 5_080 and <= 5_089)
                || IsMaestro(four),
            17 or 18 => four / 100 == 62 || IsMaestro(four),
            _ => four / 1_000 == 4 || four / 100 is 62 or 65 || four is 6_011 or (>= 3_528 and <= 3_589) or (>= 6_440 and <= 6_499) or (>= 2_200 and <= 2_204) || IsMaestro(four),
        };
    }

    static bool IsMaestro(int four) => four is 5_018 or 5_020 or 5_038 or 5_893 or 6_304 or 6_759 or 6_761 or 6_762 or 6_763;
}
