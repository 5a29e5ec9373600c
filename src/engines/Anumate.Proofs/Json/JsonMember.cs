using System.Runtime.InteropServices;
using System.Text.Json;

namespace Anumate.Proofs;

/// <summary>A member of an object on its way into canonical order; <c>Unescaped</c> is its name when the text has escapes in it.</summary>
readonly record struct JsonMember(JsonProperty Property, string? Unescaped)
{
    const int Small = 16;

    /// <summary>Sorts by the UTF-16 code units of the names (RFC 8785 section 3.2.3).</summary>
    public static void Sort(Span<JsonMember> members)
    {
        if (members.Length > Small)
        {
            members.Sort(Compare);
            return;
        }

        // Objects are small and mostly sorted; this touches each member once then.
        for (var i = 1; i < members.Length; i++)
        {
            var member = members[i];
            var j = i;
            for (; j > 0 && Compare(members[j - 1], member) > 0; j--)
            {
                members[j] = members[j - 1];
            }

            members[j] = member;
        }
    }

    public static int Compare(JsonMember a, JsonMember b) => a.Unescaped is null && b.Unescaped is null
        ? CompareUtf8(JsonMarshal.GetRawUtf8PropertyName(a.Property), JsonMarshal.GetRawUtf8PropertyName(b.Property))
        : string.CompareOrdinal(a.Unescaped ?? a.Property.Name, b.Unescaped ?? b.Property.Name);

    /// <summary>Compares two valid UTF-8 texts as if they were UTF-16.</summary>
    public static int CompareUtf8(ReadOnlySpan<byte> a, ReadOnlySpan<byte> b)
    {
        var same = a.CommonPrefixLength(b);
        if (same == a.Length || same == b.Length)
        {
            return a.Length - b.Length;
        }

        return Rank(a[same]) - Rank(b[same]);
    }

    // INVARIANT: byte order is code point order, and UTF-16 order differs from it in one place only: U+E000..U+FFFF (lead bytes EE
    // and EF) come after the surrogates that begin every code point from U+10000 (lead bytes F0..F4). The first differing bytes are
    // either both lead bytes or both follow the same one, so moving EE and EF up suffices.
    static int Rank(byte b) => b is 0xEE or 0xEF ? b + 0x10 : b;
}
