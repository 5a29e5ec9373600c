namespace Anumate.Redaction.Recognition;

/// <summary>
/// IPv6 addresses (RFC 4291) of the ranges that are given out: global, unique local, link-local, multicast, translated, and <c>::1</c>;
/// with a zone or not. The range tells them from slices (<c>10::20</c>) and names (<c>abc::def</c>), which have the same form.
/// </summary>
sealed class IPv6Recogniser() : Recogniser("IPV6")
{
    const int LongestZone = 16;

    public override bool MayBeginWith(byte first) => char.IsAsciiHexDigit((char)first);

    public override bool IsMarkedBy(byte mark) => mark == (byte)':';

    public override bool Find(in Text text, int at, out int from, out int to)
    {
        (from, to) = (at, at);
        // By its mark only an address that begins with it: `::1`.
        if (text[at - 1] == ':' || (text[at] == ':' && (text[at + 1] != ':' || text.IsWord(at - 1))) || (text[at - 1] is (byte)'.' or (byte)'-' && text.IsWord(at - 2)))
        {
            return false;
        }

        Span<int> groups = stackalloc int[8];
        if (!Read(text, ref to, groups, out var count, out var gap) || !IsGivenOut(groups[..count], count, gap))
        {
            return false;
        }

        Zone(text, ref to);
        return !text.IsWord(to) && !(text[to] is (byte)':' or (byte)'.' && (text[to + 1] == ':' || text.IsWord(to + 1)));
    }

    /// <summary>Reads the groups; <paramref name="gap"/> is the place of <c>::</c> among them, or -1.</summary>
    static bool Read(in Text text, ref int at, Span<int> groups, out int count, out int gap)
    {
        (count, gap) = (0, -1);
        while (true)
        {
            if (text[at] == ':' && text[at + 1] == ':')
            {
                if (gap >= 0)
                {
                    return false;
                }

                (gap, at) = (count, at + 2);
                if (!char.IsAsciiHexDigit((char)text[at]))
                {
                    break;
                }
            }
            else if (count > 0)
            {
                if (text[at] != ':' || !char.IsAsciiHexDigit((char)text[at + 1]))
                {
                    break;
                }

                at++;
            }

            if (count == groups.Length || !ReadGroup(text, ref at, groups, ref count))
            {
                return false;
            }

            if (text[at] != ':')
            {
                break;
            }
        }

        return gap >= 0 ? count <= 7 : count == 8;
    }

    static bool ReadGroup(in Text text, ref int at, Span<int> groups, ref int count)
    {
        var (end, value) = (at, 0);
        for (; end - at < 5 && char.IsAsciiHexDigit((char)text[end]); end++)
        {
            value = (value << 4) | (char.IsAsciiDigit((char)text[end]) ? text[end] - '0' : (text[end] | 0x20) - 'a' + 10);
        }

        if (text[end] == '.' && text.IsDigit(end + 1) && count is >= 1 and <= 6)
        {
            groups[count++] = 0;
            groups[count++] = 0;
            return IPv4Recogniser.Read(text, ref at);
        }

        groups[count++] = value;
        (var length, at) = (end - at, end);
        return length is >= 1 and <= 4;
    }

    static bool IsGivenOut(ReadOnlySpan<int> groups, int count, int gap) => gap == 0
        ? count == 1 && groups[0] == 1 || (count == 3 && groups[0] == 0xffff)
        : (groups[0] & 0xe000) == 0x2000
            || groups[0] is >= 0xfc00 and <= 0xfdff or >= 0xfe80 and <= 0xfebf or >= 0xff00
            || (groups[0] == 0x64 && count > 1 && groups[1] == 0xff9b)
            || (gap < 0 && groups[0] == 0);

    static void Zone(in Text text, ref int at)
    {
        if (text[at] == '%' && text.IsWord(at + 1))
        {
            for (var end = at + 1 + LongestZone; at + 1 < end && text.IsWord(at + 1);)
            {
                at++;
            }

            at++;
        }
    }
}
