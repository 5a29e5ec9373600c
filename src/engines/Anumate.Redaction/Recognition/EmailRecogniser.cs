namespace Anumate.Redaction.Recognition;

/// <summary>
/// Mail addresses as people have them: no quoted local parts, no address literals; letters of any script in both parts. It goes out
/// from the <c>@</c>.
/// </summary>
sealed class EmailRecogniser() : Recogniser("EMAIL")
{
    const int LongestLocal = 64, LongestDomain = 253, LongestLabel = 63;

    public override bool IsMarkedBy(byte mark) => mark == (byte)'@';

    public override bool Find(in Text text, int at, out int from, out int to)
    {
        to = 0;
        return FindLocal(text, at, out from) && FindDomain(text, at + 1, out to);
    }

    static bool FindLocal(in Text text, int at, out int from)
    {
        from = at;
        while (from > 0 && at - from <= LongestLocal)
        {
            var length = text.LetterBefore(from);
            if (length == 0 && !IsMark(text[from - 1]))
            {
                break;
            }

            // Two dots are the end of something else.
            if (text[from - 1] == '.' && (text[from] == '.' || from == at))
            {
                break;
            }

            from -= Math.Max(length, 1);
        }

        var isWhole = at - from <= LongestLocal;
        while (from < at && text[from] != '_' && text.Letter(from) == 0)
        {
            from++;
        }

        return isWhole && from < at;
    }

    static bool IsMark(byte c) => c is (byte)'.' or (byte)'_' or (byte)'%' or (byte)'+' or (byte)'-' or (byte)'\'' or (byte)'~';

    // Labels up to one that is no top-level domain; the last good one ends the address.
    static bool FindDomain(in Text text, int at, out int to)
    {
        to = 0;
        var start = at;
        for (var (label, numbers) = (0, 0); ; label++)
        {
            var (end, letters) = ReadLabel(text, at);
            if (end == at || end - at > LongestLabel || end - start > LongestDomain)
            {
                return to > 0;
            }

            if (label > 0 && numbers < Math.Max(2, label) && TopLevel(text, at, end, letters) is { } good)
            {
                to = good;
            }

            numbers += IsNumber(text, at, end) ? 1 : 0;
            if (text[end] != '.')
            {
                return to > 0;
            }

            at = end + 1;
        }
    }

    /// <summary>The end of the label that begins here, and the end of the letters it begins with.</summary>
    static (int End, int Letters) ReadLabel(in Text text, int at)
    {
        var (end, letters) = (at, at);
        while (end - at <= LongestLabel)
        {
            var length = text.Letter(end);
            if (length == 0 && (text[end] != '-' || end == at))
            {
                break;
            }

            letters = letters == end && length > 0 && !text.IsDigit(end) ? end + length : letters;
            end += Math.Max(length, 1);
        }

        while (end > at && text[end - 1] == '-')
        {
            end--;
        }

        return (end, letters);
    }

    // Letters alone, at least two of them (one, when it is no ASCII letter), or an encoded name. What a hyphen joins on belongs to the sentence.
    static int? TopLevel(in Text text, int at, int end, int letters) =>
        letters - at >= 2 && (letters == end || text[letters] == '-') && !(text.Slice(at, end) is [(byte)'x', (byte)'n', (byte)'-', ..] && end - at < 8)
            ? text.Slice(at, end).StartsWith("xn--"u8) ? end : letters
            : null;

    static bool IsNumber(in Text text, int from, int to) => !text.Slice(from, to).ContainsAnyExceptInRange((byte)'0', (byte)'9');
}
