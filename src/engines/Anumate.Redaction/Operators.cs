using System.Buffers;
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace Anumate.Redaction;

/// <summary>What the operators make of a text. False: it cannot be done, and nothing of the text may be shown.</summary>
static class Operators
{
    /// <summary>Fewer characters than this behind a mask are all of them masked: what is left open would give them away.</summary>
    const int LeastMasked = 4;

    const int MostKept = 64;

    const string Year = "year", Month = "month";

    static readonly SearchValues<byte> OfTokens = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-="u8);

    static readonly SearchValues<byte> OfTimes = SearchValues.Create("0123456789:.,+-Zz"u8);

    /// <summary>
    /// The demand that gives away no more than either: the stronger operator (drop, token, hash, mask, partial date); of two masks what
    /// both leave; of two dates the coarser one.
    /// </summary>
    public static RedactionDemand Strongest(RedactionDemand a, RedactionDemand b) => a.Operator != b.Operator ? a.Operator < b.Operator ? a : b : a with
    {
        First = Math.Min(a.First, b.First),
        Last = Math.Min(a.Last, b.Last),
        Keep = a.Keep == Year ? a.Keep : b.Keep,
    };

    /// <summary>What is wrong with the arguments of a demand, or null.</summary>
    public static string? Fault(RedactionDemand demand) => demand.Operator switch
    {
        RedactionOperator.Mask when demand.First is < 0 or > MostKept || demand.Last is < 0 or > MostKept => $"`mask` keeps 0 to {MostKept} characters at an end",
        RedactionOperator.PartialDate when demand.Keep is not (Year or Month) => $"`partial_date` keeps `{Year}` or `{Month}`",
        RedactionOperator.PartialDate when demand.Recognisers.Count > 0 => "`partial_date` is for whole values; no recogniser finds dates",
        _ => null,
    };

    public static bool TryApply(RedactionDemand by, ReadOnlySpan<byte> text, RedactionKeys keys, IBufferWriter<byte> to)
    {
        switch (by.Operator)
        {
            case RedactionOperator.Mask:
                Mask(text, by.First, by.Last, to);
                return true;
            case RedactionOperator.PartialDate:
                return TryDate(text, by.Keep, to);
            case RedactionOperator.Hash when !keys.HashKey.IsEmpty:
                Hash(text, keys.HashKey.Span, to);
                return true;
            case RedactionOperator.Token when keys.Tokens is { } tokens:
                return TryToken(text, tokens, to);
            default:
                return false;
        }
    }

    static void Mask(ReadOnlySpan<byte> text, int first, int last, IBufferWriter<byte> to)
    {
        var count = 0;
        foreach (var b in text)
        {
            count += IsContinuation(b) ? 0 : 1;
        }

        if (count - first - last < LeastMasked)
        {
            (first, last) = (0, 0);
        }

        var from = AfterCharacters(text, first);
        var end = from + AfterCharacters(text[from..], count - first - last);
        to.Write(text[..from]);
        for (var left = count - first - last; left > 0;)
        {
            var span = to.GetSpan(Math.Min(left, 256));
            var length = Math.Min(left, span.Length);
            span[..length].Fill((byte)'*');
            to.Advance(length);
            left -= length;
        }

        to.Write(text[end..]);
    }

    static int AfterCharacters(ReadOnlySpan<byte> text, int count)
    {
        var at = 0;
        for (; at < text.Length; at++)
        {
            if (!IsContinuation(text[at]) && --count < 0)
            {
                break;
            }
        }

        return at;
    }

    static bool IsContinuation(byte b) => (b & 0xc0) == 0x80;

    // A date of ISO 8601, with a time behind it or not, or what this operator left of one.
    static bool TryDate(ReadOnlySpan<byte> text, string? keep, IBufferWriter<byte> to)
    {
        var isTimed = text.Length > 10 && text[10] is (byte)'T' or (byte)'t' or (byte)' ' && !text[11..].ContainsAnyExcept(OfTimes);
        if (!(text.Length is 4 or 7 or 10 || isTimed) || !IsNumber(text, 0, 4, 9999)
            || (text.Length > 4 && !(text[4] == '-' && IsNumber(text, 5, 7, 12))) || (text.Length > 7 && !(text[7] == '-' && IsNumber(text, 8, 10, 31))))
        {
            return false;
        }

        to.Write(text[..Math.Min(text.Length, keep == Year ? 4 : 7)]);
        return true;
    }

    static bool IsNumber(ReadOnlySpan<byte> text, int from, int to, int most) =>
        Utf8Parser.TryParse(text[from..to], out uint value, out var read) && read == to - from && value >= 1 && value <= most;

    static void Hash(ReadOnlySpan<byte> text, ReadOnlySpan<byte> key, IBufferWriter<byte> to)
    {
        Span<byte> digest = stackalloc byte[HMACSHA256.HashSizeInBytes];
        HMACSHA256.HashData(key, text, digest);
        to.Write("h1."u8);
        var room = to.GetSpan(Base64Url.GetEncodedLength(digest.Length));
        Base64Url.EncodeToUtf8(digest, room, out _, out var written);
        to.Advance(written);
    }

    static bool TryToken(ReadOnlySpan<byte> text, IRedactionTokens tokens, IBufferWriter<byte> to)
    {
        string? token;
        try
        {
            token = tokens.Seal(text);
        }
        catch (Exception)
        {
            // Whatever the host ran into, the value is not to be shown, and the rest of the document is.
            return false;
        }

        if (string.IsNullOrEmpty(token))
        {
            return false;
        }

        var bytes = Encoding.UTF8.GetBytes(token);
        if (bytes.AsSpan().ContainsAnyExcept(OfTokens))
        {
            return false;
        }

        to.Write(bytes);
        return true;
    }
}
