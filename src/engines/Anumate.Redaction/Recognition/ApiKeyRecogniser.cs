using System.Text;

namespace Anumate.Redaction.Recognition;

/// <summary>
/// Keys of services: by the prefix and length that their issuer gives them, or, where the words or the name around speak of a key, a
/// token or a password, anything long that has the look of chance.
/// </summary>
sealed class ApiKeyRecogniser() : Recogniser("API_KEY")
{
    const int ShortestOther = 20, Longest = 512;

    /// <summary>A prefix, and how many characters of key follow it at least and at most.</summary>
    readonly record struct Issued(byte[] Prefix, int Least, int Most);

    static readonly Issued[][] ByFirst = Index(
        ("AKIA", 16, 16), ("ASIA", 16, 16), ("AIza", 35, 35), ("ghp_", 36, 36), ("gho_", 36, 36), ("ghu_", 36, 36), ("ghs_", 36, 36), ("ghr_", 36, 76),
        ("github_pat_", 60, 100), ("glpat-", 20, 64), ("xoxb-", 20, 200), ("xoxp-", 20, 200), ("xoxa-", 20, 200), ("xoxs-", 20, 200), ("xapp-", 20, 200),
        ("sk_live_", 16, 120), ("sk_test_", 16, 120), ("rk_live_", 16, 120), ("rk_test_", 16, 120), ("pk_live_", 16, 120), ("whsec_", 24, 100),
        ("sk-proj-", 20, 200), ("sk-ant-", 20, 200), ("sk-", 32, 200), ("npm_", 36, 36), ("hf_", 30, 60), ("SG.", 60, 80), ("dop_v1_", 64, 64),
        ("shpat_", 32, 32), ("pypi-", 50, 300), ("ank_", 32, 100), ("dckr_pat_", 20, 60), ("hvs.", 24, 200));

    public override bool MayBeginWith(byte first) => char.IsAsciiLetterOrDigit((char)first);

    public override bool Find(in Text text, int at, out int from, out int to)
    {
        (from, to) = (at, 0);
        return !IsOfKey(text[at - 1]) && (FindIssued(text, at, out to) || FindOther(text, at, out to));
    }

    static bool IsOfKey(byte c) => char.IsAsciiLetterOrDigit((char)c) || c == (byte)'_';

    static bool FindIssued(in Text text, int at, out int to)
    {
        to = at;
        foreach (var issued in ByFirst[text[at]])
        {
            var begins = at + issued.Prefix.Length;
            if (begins > text.Length || !text.Slice(at, begins).SequenceEqual(issued.Prefix))
            {
                continue;
            }

            var hasDots = issued.Prefix[^1] == '.';
            for (to = begins; to - begins <= issued.Most && (IsOfKey(text[to]) || text[to] == '-' || (hasDots && text[to] == '.' && IsOfKey(text[to + 1])));)
            {
                to++;
            }

            var key = text.Slice(begins, to);
            if (key.Length >= issued.Least && key.Length <= issued.Most)
            {
                return HasMany(key) && (issued.Prefix[^1] != '-' || key.ContainsAnyInRange((byte)'0', (byte)'9'))
                    && (issued.Prefix[^1] != 'A' || !key.ContainsAnyInRange((byte)'a', (byte)'z'));
            }
        }

        return false;
    }

    static bool FindOther(in Text text, int at, out int to)
    {
        to = at;
        if (text[at - 1] is (byte)'-' or (byte)'.' or (byte)'+' or (byte)'/')
        {
            return false;
        }

        while (to - at <= Longest && (IsOfKey(text[to]) || text[to] is (byte)'-' or (byte)'.' or (byte)'+' or (byte)'/'))
        {
            to++;
        }

        while (text[to - 1] is (byte)'.' or (byte)'-' or (byte)'/')
        {
            to--;
        }

        var length = to - at;
        to += text[to] != '=' ? 0 : text[to + 1] == '=' ? 2 : 1;
        return length is >= ShortestOther and <= Longest && LooksRandom(text.Slice(at, to)) && text.Says(at, Clue.Secret);
    }

    // A placeholder such as sk_live_xxxxxxxxxxxxxxxx is nobody's key.
    static bool HasMany(ReadOnlySpan<byte> key) => Different(key) >= 6;

    static bool LooksRandom(ReadOnlySpan<byte> word)
    {
        var (digits, letters, turns) = (0, 0, 0);
        for (var i = 0; i < word.Length; i++)
        {
            var isDigit = char.IsAsciiDigit((char)word[i]);
            digits += isDigit ? 1 : 0;
            letters += char.IsAsciiLetter((char)word[i]) ? 1 : 0;
            turns += i > 0 && isDigit != char.IsAsciiDigit((char)word[i - 1]) ? 1 : 0;
        }

        // A path has slashes too, but not that many different characters for its length.
        return digits >= 2 && letters >= 2 && turns >= 4 && Different(word) >= (word.Contains((byte)'/') ? 20 : 8) && !word.Contains((byte)'.') && !IsUuid(word);
    }

    static int Different(ReadOnlySpan<byte> word)
    {
        var (low, high) = (0UL, 0UL);
        foreach (var c in word)
        {
            _ = c < 64 ? low |= 1UL << c : high |= 1UL << (c - 64);
        }

        return System.Numerics.BitOperations.PopCount(low) + System.Numerics.BitOperations.PopCount(high);
    }

    static bool IsUuid(ReadOnlySpan<byte> word) => word.Length == 36 && Guid.TryParseExact(Encoding.ASCII.GetString(word), "D", out _);

    static Issued[][] Index(params (string Prefix, int Least, int Most)[] table)
    {
        var byFirst = Enumerable.Range(0, 256).Select(_ => Array.Empty<Issued>()).ToArray();
        foreach (var group in table.GroupBy(t => t.Prefix[0]))
        {
            byFirst[group.Key] = [.. group.Select(t => new Issued(Encoding.ASCII.GetBytes(t.Prefix), t.Least, t.Most))];
        }

        return byFirst;
    }
}
