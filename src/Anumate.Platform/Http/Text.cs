namespace Anumate.Platform.Http;

/// <summary>What may pass from a request into a header, a log or a message.</summary>
public static class Text
{
    /// <summary>1 to <paramref name="max"/> characters of ASCII 33 to 126.</summary>
    public static bool IsVisibleAscii([System.Diagnostics.CodeAnalysis.NotNullWhen(true)] string? text, int max) =>
        text is { Length: > 0 } && text.Length <= max && !text.AsSpan().ContainsAnyExceptInRange('!', '~');

    /// <summary>A caller's text fit for a one-line message: cut at 80 characters, control characters and backticks replaced.</summary>
    public static string Excerpt(string? text)
    {
        if (string.IsNullOrEmpty(text))
        {
            return "";
        }

        var cut = text.Length > 80 ? text[..80] + "…" : text;
        return string.Create(cut.Length, cut, static (span, from) =>
        {
            for (var i = 0; i < span.Length; i++)
            {
                span[i] = char.IsControl(from[i]) || char.IsSurrogate(from[i]) || from[i] == '`' ? '�' : from[i];
            }
        });
    }
}
