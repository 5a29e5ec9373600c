using System.Buffers;
using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;

namespace Anumate.Proofs;

/// <summary>
/// Base64 in its one canonical spelling: no white space, no superfluous bits, padding always (base64) or never (base64url). The
/// decoders of .NET are lenient in all of that, and a second spelling of one signature is a second token with the same rights.
/// </summary>
static class StrictBase64
{
    static readonly SearchValues<char> UrlAlphabet =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_");

    static readonly SearchValues<char> Alphabet =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/");

    /// <summary>Decodes base64url (RFC 4648 section 5) without padding.</summary>
    public static bool TryDecodeUrl(ReadOnlySpan<char> text, [NotNullWhen(true)] out byte[]? bytes)
    {
        bytes = null;
        if (text.ContainsAnyExcept(UrlAlphabet) || text.Length % 4 == 1 || !SpareBitsAreZero(text, '-', '_'))
        {
            return false;
        }

        bytes = Base64Url.DecodeFromChars(text);
        return true;
    }

    /// <summary>Decodes base64 (RFC 4648 section 4) with its padding.</summary>
    public static bool TryDecode(ReadOnlySpan<char> text, [NotNullWhen(true)] out byte[]? bytes)
    {
        bytes = null;
        var body = text.TrimEnd('=');
        if (text.Length % 4 != 0 || text.Length - body.Length > 2 || body.ContainsAnyExcept(Alphabet) || !SpareBitsAreZero(body, '+', '/'))
        {
            return false;
        }

        bytes = new byte[body.Length * 3 / 4];
        return Convert.TryFromBase64Chars(text, bytes, out var written) && written == bytes.Length;
    }

    // Two characters carry 4 spare bits, three carry 2.
    static bool SpareBitsAreZero(ReadOnlySpan<char> text, char c62, char c63)
    {
        var mask = (text.Length % 4) switch { 2 => 15, 3 => 3, _ => 0 };
        return mask == 0 || (Value(text[^1], c62, c63) & mask) == 0;
    }

    static int Value(char c, char c62, char c63) => c switch
    {
        >= 'A' and <= 'Z' => c - 'A',
        >= 'a' and <= 'z' => c - 'a' + 26,
        >= '0' and <= '9' => c - '0' + 52,
        _ when c == c62 => 62,
        _ when c == c63 => 63,
        _ => 0,
    };
}
