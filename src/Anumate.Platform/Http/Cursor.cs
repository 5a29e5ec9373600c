using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Anumate.Platform.Http;

/// <summary>
/// Opaque cursors of keyset pages: the list's name and the key of the last row shown, with a check sum, as base64url. They hold
/// nothing the caller has not seen, and a forged one only names another place in the caller's own list; so they are checked, not signed.
/// </summary>
public static class Cursor
{
    const int MaxLength = 1000, SumLength = 4;

    public static string Of(string list, params ReadOnlySpan<string> keys)
    {
        var text = JsonSerializer.SerializeToUtf8Bytes([list, .. keys], ContractJson.Default.IReadOnlyListString);
        return Base64Url.EncodeToString([.. text, .. Sum(text)]);
    }

    /// <summary>The keys of the page's cursor, null for the first page.</summary>
    /// <exception cref="ProblemException"><c>invalid-request</c>: not a cursor of this list.</exception>
    public static IReadOnlyList<string>? Read(PageRequest page, string list, int keys)
    {
        // Here, so that every list checks its limit, called over HTTP or in process.
        if (page.Checked().Cursor is not { } cursor)
        {
            return null;
        }

        return TryRead(cursor, out var parts) && parts.Count == keys + 1 && parts[0] == list ? [.. parts.Skip(1)] : throw Malformed();
    }

    /// <summary>The id of the page's cursor, null for the first page.</summary>
    public static Id<T>? ReadId<T>(PageRequest page, string list)
        where T : IEntity =>
        Read(page, list, 1) is not [var text] ? null : Id<T>.TryParse(text, null, out var id) ? id : throw Malformed();

    /// <summary>The number of the page's cursor, null for the first page.</summary>
    public static long? ReadNumber(PageRequest page, string list) =>
        Read(page, list, 1) is not [var text] ? null
            : long.TryParse(text, System.Globalization.NumberStyles.AllowLeadingSign, System.Globalization.CultureInfo.InvariantCulture, out var n) ? n
            : throw Malformed();

    /// <summary>A page of rows that were read one more than asked for, so that it is known whether more follow.</summary>
    public static Page<T> Page<T>(IReadOnlyList<T> rows, PageRequest page, string list, Func<T, string[]> keysOf)
    {
        if (rows.Count <= page.Limit)
        {
            return new Page<T>(rows, null);
        }

        T[] shown = [.. rows.Take(page.Limit)];
        return new Page<T>(shown, Of(list, keysOf(shown[^1])));
    }

    static bool TryRead(string cursor, [NotNullWhen(true)] out IReadOnlyList<string>? parts)
    {
        parts = null;
        if (cursor.Length > MaxLength || !Base64Url.IsValid(cursor))
        {
            return false;
        }

        var bytes = Base64Url.DecodeFromChars(cursor);
        if (bytes.Length <= SumLength || !Sum(bytes.AsSpan(..^SumLength)).AsSpan().SequenceEqual(bytes.AsSpan(^SumLength..)))
        {
            return false;
        }

        try
        {
            parts = JsonSerializer.Deserialize(bytes.AsSpan(..^SumLength), ContractJson.Default.IReadOnlyListString);
            return parts is not null;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    static byte[] Sum(ReadOnlySpan<byte> text) => SHA256.HashData([.. Encoding.ASCII.GetBytes("anumate cursor"), .. text])[..SumLength];

    static ProblemException Malformed() => Problems.Invalid("`cursor` is not one that this list gave; begin again without it");
}
