using System.Collections.Frozen;

namespace Anumate.Redaction.Recognition;

/// <summary>
/// International bank account numbers (ISO 13616): a country that has them, its length, and the check number. Compact or with separators.
/// </summary>
sealed class IbanRecogniser() : Recogniser("IBAN")
{
    const int Longest = 34;

    static readonly FrozenDictionary<int, int> Lengths = Read(
        "NO15 BE16 DK18 FI18 FK18 FO18 GL18 NL18 SD18 MK19 SI19 AT20 BA20 EE20 KZ20 LT20 LU20 MN20 XK20 CH21 HR21 LI21 LV21 BG22 BH22 CR22 DE22 GB22 GE22 IE22 "
        + "ME22 RS22 VA22 AE23 GI23 IL23 IQ23 OM23 SO23 TL23 AD24 CZ24 ES24 MD24 PK24 RO24 SA24 SE24 SK24 TN24 VG24 LY25 PT25 ST25 IS26 TR26 BI27 DJ27 FR27 GR27 "
        + "IT27 MC27 MR27 SM27 AL28 AZ28 BY28 CY28 DO28 GT28 HN28 HU28 LB28 NI28 PL28 SV28 BR29 EG29 PS29 QA29 UA29 JO30 KW30 MU30 YE30 MT31 SC31 LC32 RU33");

    public override bool MayBeginWith(byte first) => char.IsAsciiLetter((char)first);

    public override bool Find(in Text text, int at, out int from, out int to)
    {
        (from, to) = (at, at);
        if (!text.IsDigit(at + 2) || !text.IsDigit(at + 3) || !Lengths.TryGetValue(Country(text[at], text[at + 1]), out var length))
        {
            return false;
        }

        Span<byte> letters = stackalloc byte[Longest];
        for (var i = 0; i < length; i++)
        {
            to += i is 0 or 1 or 2 or 3 ? 0 : text.Separator(to);
            if (!text.IsWord(to))
            {
                return false;
            }

            letters[i] = (byte)char.ToUpperInvariant((char)text[to++]);
        }

        return !text.IsWord(to) && Checksums.Mod97(letters[..length]);
    }

    static int Country(byte first, byte second) => (char.ToUpperInvariant((char)first) << 8) | char.ToUpperInvariant((char)second);

    static FrozenDictionary<int, int> Read(string table) =>
        table.Split(' ').ToFrozenDictionary(entry => Country((byte)entry[0], (byte)entry[1]), entry => int.Parse(entry.AsSpan(2)));
}
