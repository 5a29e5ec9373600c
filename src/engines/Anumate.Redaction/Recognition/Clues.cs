using System.Collections.Frozen;

namespace Anumate.Redaction.Recognition;

/// <summary>What words nearby say a number or a word may be.</summary>
[Flags]
enum Clue
{
    None = 0,
    Phone = 1,
    Ssn = 2,
    Aadhaar = 4,
    Pan = 8,
    Secret = 16,
    Version = 32,
}

/// <summary>Finds clues in the name of a member and in the words before a place.</summary>
static class Clues
{
    /// <summary>So many bytes before a place are looked at.</summary>
    const int Reach = 40;

    const int LongestWord = 16;

    static readonly FrozenDictionary<string, Clue> Words = new Dictionary<string, Clue>(StringComparer.Ordinal)
    {
        ["phone"] = Clue.Phone, ["telephone"] = Clue.Phone, ["tel"] = Clue.Phone, ["mobile"] = Clue.Phone, ["mob"] = Clue.Phone, ["cell"] = Clue.Phone,
        ["cellphone"] = Clue.Phone, ["fax"] = Clue.Phone, ["whatsapp"] = Clue.Phone, ["whats"] = Clue.Phone, ["sms"] = Clue.Phone, ["telefon"] = Clue.Phone, ["telefono"] = Clue.Phone,
        ["handy"] = Clue.Phone, ["msisdn"] = Clue.Phone, ["phonenumber"] = Clue.Phone,
        ["ssn"] = Clue.Ssn, ["social"] = Clue.Ssn,
        ["aadhaar"] = Clue.Aadhaar, ["aadhar"] = Clue.Aadhaar, ["uidai"] = Clue.Aadhaar, ["uid"] = Clue.Aadhaar,
        ["pan"] = Clue.Pan,
        ["apikey"] = Clue.Secret, ["secret"] = Clue.Secret, ["token"] = Clue.Secret, ["password"] = Clue.Secret, ["passwd"] = Clue.Secret, ["pwd"] = Clue.Secret,
        ["bearer"] = Clue.Secret, ["authorization"] = Clue.Secret, ["credential"] = Clue.Secret, ["credentials"] = Clue.Secret,
        ["version"] = Clue.Version, ["ver"] = Clue.Version, ["v"] = Clue.Version, ["release"] = Clue.Version, ["build"] = Clue.Version, ["firmware"] = Clue.Version,
        ["section"] = Clue.Version, ["chapter"] = Clue.Version, ["clause"] = Clue.Version, ["oid"] = Clue.Version,
    }.ToFrozenDictionary(StringComparer.Ordinal);

    static readonly FrozenDictionary<string, Clue>.AlternateLookup<ReadOnlySpan<char>> ByWord = Words.GetAlternateLookup<ReadOnlySpan<char>>();

    // `key` alone says little, these before it say much.
    static readonly FrozenSet<string>.AlternateLookup<ReadOnlySpan<char>> KindsOfKey =
        FrozenSet.Create(StringComparer.Ordinal, "api", "access", "private", "auth", "signing", "encryption", "service").GetAlternateLookup<ReadOnlySpan<char>>();

    /// <summary>The clues in a name: <c>homePhone</c>, <c>ssn</c>, <c>X-Api-Key</c>.</summary>
    public static Clue In(ReadOnlySpan<byte> name) => Of(name);

    /// <summary>The clues in the words that end before a place, on its line and not beyond a <c>;</c>, a <c>|</c> or the <c>]</c> that ends what was redacted.</summary>
    public static Clue Before(ReadOnlySpan<byte> text, int at)
    {
        var from = Math.Max(0, at - Reach);
        var window = text[from..at];
        if (window.LastIndexOfAny("\n\r;|]"u8) is var end and >= 0)
        {
            window = window[(end + 1)..];
        }
        else if (from > 0)
        {
            // The first word may be the rest of one.
            while (window.Length > 0 && char.IsAsciiLetter((char)window[0]))
            {
                window = window[1..];
            }
        }

        return Of(window);
    }

    static Clue Of(ReadOnlySpan<byte> text)
    {
        Span<char> word = stackalloc char[LongestWord];
        var (clues, length, isKindOfKey) = (Clue.None, 0, false);
        for (var i = 0; i <= text.Length; i++)
        {
            var c = i < text.Length ? (char)text[i] : ' ';
            var isLetter = char.IsAsciiLetter(c);
            // A hump begins a word: homePhone.
            if (length > 0 && (!isLetter || (char.IsAsciiLetterUpper(c) && char.IsAsciiLetterLower((char)text[i - 1]))))
            {
                clues |= length > LongestWord ? Clue.None : Of(word[..length], ref isKindOfKey);
                length = 0;
            }

            if (isLetter)
            {
                if (length < LongestWord)
                {
                    word[length] = char.ToLowerInvariant(c);
                }

                length++;
            }
        }

        return clues;
    }

    static Clue Of(ReadOnlySpan<char> word, ref bool isKindOfKey)
    {
        var isKey = isKindOfKey && word is "key" or "keys";
        isKindOfKey = KindsOfKey.Contains(word);
        return isKey ? Clue.Secret : ByWord.TryGetValue(word, out var clue) ? clue : Clue.None;
    }
}
