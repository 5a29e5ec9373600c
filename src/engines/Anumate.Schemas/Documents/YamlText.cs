using System.Text.RegularExpressions;
using YamlDotNet.Core;

namespace Anumate.Schemas.Documents;

/// <summary>Checks on YAML text before it is parsed, and readable words for what the parser says about it.</summary>
static partial class YamlText
{
    /// <summary>
    /// Refuses what YAML 1.2 section 5.1 does not allow to stand in a text, and U+0085, U+2028 and U+2029: the parser takes them for the
    /// line breaks they were in YAML 1.1.
    /// </summary>
    public static void Check(SourceText source)
    {
        var text = source.Text;
        for (var i = 0; i < text.Length; i++)
        {
            var c = text[i];
            if (c is (>= ' ' and <= '~') or '\n' or '\r' or '\t' || (c >= '\u00A0' && c is not ('\u2028' or '\u2029' or '\uFEFF' or '\uFFFE' or '\uFFFF')))
            {
                continue;
            }

            source.Findings.Add(Diagnostic.Error(
                "yaml.character", $"the character U+{(int)c:X4} cannot stand in YAML as it is", "", source.PositionAt(i),
                $"remove it, or write `\\u{(int)c:X4}` in a double-quoted string"));
            return;
        }

        CheckDirectives(source);
    }

    /// <summary>The parser skips directives it does not know; we refuse all but <c>%YAML</c>.</summary>
    static void CheckDirectives(SourceText source)
    {
        var at = 0;
        foreach (var line in source.Text.AsSpan().EnumerateLines())
        {
            if (line.StartsWith('%') && !line.StartsWith("%YAML "))
            {
                source.Findings.Add(Diagnostic.Error(
                    "yaml.directive", $"the directive `{JsonWords.Shorten(line.ToString())}` is not supported", "", source.PositionAt(at), "remove it"));
                return;
            }

            if (line.Trim() is not [] and not ['#', ..] && !line.StartsWith('%'))
            {
                return;
            }

            at += line.Length + (source.Text.AsSpan(at + line.Length).StartsWith("\r\n") ? 2 : 1);
        }
    }

    /// <summary>
    /// Whether a plain scalar is one by YAML 1.2 section 7.3.3; the parser lets some pass in which a key or a comment was meant.
    /// </summary>
    public static bool IsPlain(string value) =>
        !value.EndsWith(':') && !value.Contains(": ", StringComparison.Ordinal) && !value.Contains(" #", StringComparison.Ordinal);

    /// <summary>Whether a plain scalar began with a `:` that the parser drops when a flow collection stands before it.</summary>
    public static bool LostItsColon(string text, int start) =>
        start > 0 && text[start - 1] == ':' && (start == 1 || text[start - 2] is ' ' or '\t' or '\n' or '\r' or '[' or '{' or ',');

    /// <summary>The first tab between the beginning of the line and an offset; -1 when there is none.</summary>
    public static int TabBefore(string text, int offset)
    {
        var start = offset == 0 ? 0 : text.LastIndexOfAny(LineEnds, offset - 1) + 1;
        var tab = text.AsSpan(start, offset - start).IndexOf('\t');
        return tab < 0 ? -1 : start + tab;
    }

    public static Diagnostic Tab(SourceText source, int offset) => Diagnostic.Error(
        "yaml.tab", "a tab stands in the indentation; YAML indents with spaces only", "", source.PositionAt(offset), "replace the tab by spaces");

    /// <summary>The parser's complaint in our words, at its place.</summary>
    public static Diagnostic Explain(YamlException e, Mark current, SourceText source)
    {
        // A complaint about a tab starts at the scalar before it; some complaints carry no place at all.
        var mark = e.End == Mark.Empty ? current : e.Message.Contains("tab", StringComparison.Ordinal) ? e.End : e.Start;
        var offset = (int)Math.Min(mark.Index, source.Text.Length);
        var at = source.PositionAt(offset);
        if (TabInIndentation(source.Text, offset) is var tab and >= 0)
        {
            return Tab(source, tab);
        }

        var message = e.Message;
        var (words, suggestion) = Known.FirstOrDefault(k => message.Contains(k.Contains, StringComparison.Ordinal)) is { Words: not null } known
            ? (known.Words, known.Suggestion)
            : (Plain(message), "check the indentation here, and quote text that holds `: `, ` #` or begins with a special character");
        return Diagnostic.Error("yaml.syntax", words, "", at, suggestion);
    }

    static readonly char[] LineEnds = ['\n', '\r'];

    static readonly (string Contains, string Words, string Suggestion)[] Known =
    [
        ("could not find expected ':'", "a key without `:` stands here", "write `key: value`, or quote the text if it belongs to the line above"),
        ("mapping values are not allowed", "a second `: ` stands in one value", "quote the value, or move the inner key to its own line"),
        ("found invalid mapping", "a second `: ` stands in one value", "quote the value, or move the inner key to its own line"),
        ("found character that cannot start any token", "a value cannot begin with this character", "quote the value"),
        ("found unexpected end of stream", "a quoted string is never closed", "add the closing quote"),
        ("did not find expected ',' or ']'", "the list in `[ ]` is not continued or closed", "add `,` or `]`"),
        ("did not find expected ',' or '}'", "the mapping in `{ }` is not continued or closed", "add `,` or `}`"),
        ("did not find expected key", "a key was expected at this indentation", "align the line with its neighbours"),
        ("did not find expected '-' indicator", "a list item was expected at this indentation", "align the line with the other `-`"),
        ("unknown escape character", "there is no such escape in a double-quoted string", "double the `\\`, or use single quotes"),
        ("did not find expected node content", "a value is missing here", "remove what is too much, or quote the value"),
        ("block sequence entries are not allowed", "a list cannot begin here", "begin it on the next line, or quote the value if it is text"),
        ("found value containing disallowed", "a value cannot begin with this character", "quote the value"),
        ("found wrong indentation", "a quoted string goes on without indentation", "indent its lines deeper than the key"),
        ("did not find expected <document start>", "this stands outside the value that the document began with", "indent it, or correct the line above"),
        ("found duplicate", "a directive stands twice", "remove one of the two"),
        ("incompatible YAML document", "this version of YAML is not supported", "use YAML 1.2"),
    ];

    /// <summary>The first tab in the leading white space of the line at an offset; -1 when there is none.</summary>
    static int TabInIndentation(string text, int offset)
    {
        var start = offset == 0 ? 0 : text.LastIndexOfAny(LineEnds, offset - 1) + 1;
        for (var i = start; i < text.Length && text[i] is ' ' or '\t'; i++)
        {
            if (text[i] == '\t')
            {
                return i;
            }
        }

        return -1;
    }

    static string Plain(string message)
    {
        message = WhileDoing().Replace(message, "").TrimEnd('.', ' ');
        return message.Length == 0 ? "the text is not well-formed YAML" : char.ToLowerInvariant(message[0]) + message[1..];
    }

    [GeneratedRegex("^(\\(.*?\\): )*While [^,]*, ", RegexOptions.NonBacktracking)]
    private static partial Regex WhileDoing();
}
