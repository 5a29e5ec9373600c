using System.Buffers.Text;
using System.Text;

namespace Anumate.Platform.Data;

/// <summary>
/// Keyset pages: a list asks for one row more than the page holds, and the key of the last row shown is the cursor. Cursors are opaque
/// outside; one that we did not make is refused, never guessed at.
/// </summary>
public static class Keyset
{
    const int MaxCursor = 512;

    /// <summary>The page's rows out of <c>limit + 1</c> fetched, with the cursor of the next page if there is one.</summary>
    public static Page<T> Page<T>(this PageRequest page, IReadOnlyList<T> fetched, Func<T, string> key) => fetched.Count <= page.Limit
        ? new Page<T>(fetched, null)
        : new Page<T>([.. fetched.Take(page.Limit)], Encode(key(fetched[page.Limit - 1])));

    /// <summary>The key after which the page begins, null for the first page.</summary>
    /// <exception cref="ProblemException"><c>invalid-request</c>: not a cursor of ours.</exception>
    public static string? After(this PageRequest page)
    {
        if (page.Checked().Cursor is not { } cursor)
        {
            return null;
        }

        try
        {
            return cursor.Length <= MaxCursor && Base64Url.IsValid(cursor) && Encoding.UTF8.GetString(Base64Url.DecodeFromChars(cursor)) is { } key && Encode(key) == cursor
                ? key
                : throw Refused();
        }
        catch (FormatException)
        {
            throw Refused();
        }
    }

    /// <summary>The id after which the page begins, null for the first page.</summary>
    /// <exception cref="ProblemException"><c>invalid-request</c>: not a cursor of this list.</exception>
    public static Guid? AfterId<T>(this PageRequest page)
        where T : IEntity => page.After() is not { } key ? null : Id<T>.TryParse(key, null, out var id) ? id.Value : throw Refused();

    static string Encode(string key) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(key));

    static ProblemException Refused() => Problems.Invalid("`cursor` is not one that this list gave; leave it out for the first page");
}
