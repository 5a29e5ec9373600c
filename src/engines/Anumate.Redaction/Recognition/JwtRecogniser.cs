using System.Buffers;
using System.Buffers.Text;

namespace Anumate.Redaction.Recognition;

/// <summary>
/// Tokens in the compact form of RFC 7515 and 7516: three or five parts in base64url, the first of which is an object that names its
/// algorithm. They may be of any length; each byte is read once.
/// </summary>
sealed class JwtRecogniser() : Recogniser("JWT")
{
    const int LongestHeader = 4_096;

    static readonly SearchValues<byte> Base64 = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"u8);

    public override bool MayBeginWith(byte first) => first == (byte)'e';

    public override bool Find(in Text text, int at, out int from, out int to)
    {
        (from, to) = (at, 0);
        // `eyJ` is how `{"` looks.
        if (text[at + 1] != 'y' || text[at + 2] != 'J' || text[at - 1] is (byte)'_' or (byte)'-')
        {
            return false;
        }

        var header = PartEnd(text, at);
        var payload = text[header] == '.' ? PartEnd(text, header + 1) : 0;
        if (payload == 0 || text[payload] != '.' || !NamesAlgorithm(text.Slice(at, header)))
        {
            return false;
        }

        to = PartEnd(text, payload + 1);
        if (text[to] == '.' && PartEnd(text, to + 1) is var fourth && fourth > to + 1 && text[fourth] == '.')
        {
            to = PartEnd(text, fourth + 1);
            return to > fourth + 1;
        }

        return payload > header + 1;
    }

    static int PartEnd(in Text text, int at)
    {
        var length = text.Slice(at, text.Length).IndexOfAnyExcept(Base64);
        return length < 0 ? text.Length : at + length;
    }

    static bool NamesAlgorithm(ReadOnlySpan<byte> header)
    {
        if (header.Length > LongestHeader)
        {
            return false;
        }

        var decoded = ArrayPool<byte>.Shared.Rent(LongestHeader);
        try
        {
            return Base64Url.DecodeFromUtf8(header, decoded, out _, out var length) == OperationStatus.Done
                && decoded.AsSpan(0, length) is [(byte)'{', .., (byte)'}'] json && json.IndexOf("\"alg\""u8) > 0;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(decoded, clearArray: true);
        }
    }
}
