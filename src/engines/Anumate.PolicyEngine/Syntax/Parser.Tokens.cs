using System.Text;

namespace Anumate.PolicyEngine.Syntax;

/// <summary>Taking tokens and comments.</summary>
sealed partial class Parser
{
    bool Is(ReadOnlySpan<char> text) => Current.Kind is TokenKind.Word or TokenKind.Symbol && Current.In(stream.Source).SequenceEqual(text);

    bool Word(string word, string? orExpected = null)
    {
        if (Current.Kind == TokenKind.Word && Is(word))
        {
            index++;
            return true;
        }

        return orExpected is not null && Expected(orExpected);
    }

    bool Symbol(string symbol, bool required = true)
    {
        if (Current.Kind == TokenKind.Symbol && Is(symbol))
        {
            index++;
            return true;
        }

        return required && Expected($"`{symbol}`");
    }

    bool Integer(string what, int least, int most, out int value, out Span at)
    {
        at = Current.Span;
        value = 0;
        if (Current.Kind != TokenKind.Number)
        {
            return Expected(what);
        }

        var text = Current.In(stream.Source);
        if (text.ContainsAnyExceptInRange('0', '9') || (text.Length > 1 && text[0] == '0') || !int.TryParse(text, out value)
            || value < least || value > most)
        {
            findings.Error("policy.number", most == int.MaxValue
                ? $"{what} must be a whole number from {least}, found `{Clip(text)}`"
                : $"{what} must be a whole number from {least} to {most}, found `{Clip(text)}`", at);
            value = least;
        }

        index++;
        return true;
    }

    /// <summary>A name of a rule or value: one word of <c>a-z 0-9 _</c>.</summary>
    NameSyntax? Name(string what)
    {
        if (Current.Kind != TokenKind.Word)
        {
            Expected(what);
            return null;
        }

        var name = new NameSyntax(Current.In(stream.Source).ToString(), Current.Span);
        index++;
        CheckName(name.Text, name.Span, what);
        return name;
    }

    /// <summary>A dotted name: <c>payments.refunds</c>.</summary>
    NameSyntax? DottedName(string what, bool isFact = false)
    {
        var start = index;
        while (Current.Kind == TokenKind.Word && (index == start || Current.Glued))
        {
            index++;
            if (!(Is(".") && Current.Glued && stream.Tokens[index + 1] is { Kind: TokenKind.Word, Glued: true }))
            {
                break;
            }

            index++;
        }

        if (index == start)
        {
            Expected(what);
            return null;
        }

        var span = new Span(stream.Tokens[start].Span.Start, stream.Tokens[index - 1].Span.End);
        var text = span.Of(stream.Source);
        if (!isFact)
        {
            CheckName(text, span, what);
        }

        if (Is("-") && Current.Glued)
        {
            findings.Error("policy.name", "a name has no `-`", Current.Span, "write `_`");
            return null;
        }

        return new NameSyntax(text, span);
    }

    void CheckName(string text, Span span, string what)
    {
        if (text.Length > 63 || text.Any(char.IsAsciiLetterUpper) || text[0] == '_')
        {
            findings.Error("policy.name", $"{what} is 1 to 63 of `a-z`, `0-9` and `_`, beginning with a letter; found `{Clip(text)}`", span,
                text.Any(char.IsAsciiLetterUpper) && text.Length <= 63 ? $"write `{text.ToLowerInvariant().TrimStart('_')}`" : null);
        }
    }

    bool TextList(string what, int most, out List<NameSyntax> items)
    {
        items = [];
        var start = Current.Span;
        if (!Symbol("["))
        {
            return false;
        }

        while (!Is("]"))
        {
            if (Text("a text in quotes") is not { } item)
            {
                return false;
            }

            items.Add(item);
            if (!Symbol(",", required: false) && !Is("]"))
            {
                return Expected("`,` or `]`");
            }
        }

        index++;
        if (items.Count == 0 || items.Count > most)
        {
            findings.Error("policy.list", $"the list of {what} must have 1 to {most} entries, it has {items.Count}", start);
        }

        return true;
    }

    /// <summary>A text of the document itself: double quotes on one line, with <c>\"</c> and <c>\\</c> as its only escapes.</summary>
    NameSyntax? Text(string what)
    {
        if (Current.Kind != TokenKind.Text)
        {
            Expected(what);
            return null;
        }

        var span = Current.Span;
        var quoted = Current.In(stream.Source);
        if (quoted[0] != '"' || quoted.StartsWith("\"\"\"") || quoted.Length < 2 || quoted[^1] != '"')
        {
            findings.Error("policy.text", "this text must stand in double quotes on one line", span, "write `\"…\"`");
            return null;
        }

        index++;
        return Unescape(quoted[1..^1], span) is { } text ? new NameSyntax(text, span) : null;
    }

    string? Unescape(ReadOnlySpan<char> quoted, Span span)
    {
        var text = new StringBuilder(quoted.Length);
        for (var i = 0; i < quoted.Length; i++)
        {
            if (quoted[i] == '\\')
            {
                i++;
                if (i == quoted.Length || quoted[i] is not ('"' or '\\'))
                {
                    findings.Error("policy.text", $"`\\{(i < quoted.Length ? quoted[i] : ' ')}` is not an escape here", span,
                        "only `\\\"` and `\\\\` are");
                    return null;
                }
            }

            text.Append(quoted[i]);
        }

        return text.ToString();
    }

    bool Expected(string what, string? suggestion = null)
    {
        findings.Error("policy.syntax", $"expected {what}, found {Shown()}", Current.Span, suggestion);
        return false;
    }

    string? Closest(IReadOnlyList<string> words) =>
        Current.Kind == TokenKind.Word && Suggest.Closest(Shown(quoted: false), words) is { } word ? $"did you mean `{word}`" : null;

    string Shown(bool quoted = true) =>
        AtEnd ? "the end of the document" : quoted ? $"`{Clip(Current.In(stream.Source))}`" : Current.In(stream.Source).ToString();

    static string Clip(ReadOnlySpan<char> text) => text.Length <= 40 ? text.ToString() : $"{text[..40]}…";

    // Comments. The cursor moves with the members, so each comment is given away once.
    Remarks RemarksUpToHere(bool trailing = true)
    {
        var before = CommentsBefore(index);
        var after = trailing ? TrailingComment() : null;
        return before.Count == 0 && after is null ? Remarks.None : new Remarks(before, after);
    }

    List<string> CommentsBefore(int token)
    {
        var texts = new List<string>();
        for (; comment < stream.Comments.Count && stream.Comments[comment].Before < token; comment++)
        {
            texts.Add(stream.Comments[comment].Text);
        }

        return texts;
    }

    string? TrailingComment() =>
        comment < stream.Comments.Count && stream.Comments[comment] is { Trailing: true } c && c.Before == index
            ? stream.Comments[comment++].Text
            : null;
}
