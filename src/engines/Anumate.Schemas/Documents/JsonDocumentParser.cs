using System.Globalization;
using System.Text;

namespace Anumate.Schemas.Documents;

/// <summary>RFC 8259 read strictly, with the position of every value and key.</summary>
sealed class JsonDocumentParser(SourceText source, Findings findings)
{
    readonly string text = source.Text;
    int at;
    int nodes;

    public static DocumentNode? Parse(SourceText source, Findings findings)
    {
        var parser = new JsonDocumentParser(source, findings);
        parser.SkipSpace();
        if (parser.at == parser.text.Length)
        {
            throw findings.Stop(Diagnostic.Error("document.empty", "the document is empty", "", source.PositionAt(parser.at), "write a JSON value"));
        }

        var root = parser.Value(0);
        parser.SkipSpace();
        return parser.at < parser.text.Length ? throw parser.Syntax($"expected the end of the text, found {parser.Found()}") : root;
    }

    Position Here => source.PositionAt(at);

    DocumentNode Value(int depth)
    {
        if (++nodes > source.Limits.MaxNodes)
        {
            throw findings.Stop(Limit.Nodes(source.Limits, Here));
        }

        var start = at;
        var position = Here;
        switch (Peek())
        {
            case '{':
                return Object(position, Deeper(depth));
            case '[':
                return Array(position, Deeper(depth));
            case '"':
                var value = String();
                return new StringNode(position, value, StringStyle.Json, new SourceSpan(source, start, at));
            case '-' or (>= '0' and <= '9'):
                return Number(position);
            case 't' when Word("true"):
                return new BooleanNode(position, true);
            case 'f' when Word("false"):
                return new BooleanNode(position, false);
            case 'n' when Word("null"):
                return new NullNode(position);
            default:
                throw Syntax($"expected a value, found {Found()}");
        }
    }

    int Deeper(int depth) => depth < source.Limits.MaxDepth ? depth + 1 : throw findings.Stop(Limit.Depth(source.Limits, Here));

    ObjectNode Object(Position position, int depth)
    {
        var members = new List<Member>();
        var seen = new Dictionary<string, Position>(StringComparer.Ordinal);
        at++;
        SkipSpace();
        if (Peek() == '}')
        {
            at++;
            return new ObjectNode(position, members);
        }

        while (true)
        {
            if (Peek() != '"')
            {
                throw Syntax($"expected a key in double quotes, found {Found()}");
            }

            var keyPosition = Here;
            nodes++;
            var key = String();
            SkipSpace();
            Expect(':', "expected `:` after the key");
            SkipSpace();
            var value = Value(depth);
            if (seen.TryAdd(key, keyPosition))
            {
                members.Add(new Member(key, keyPosition, value));
            }
            else
            {
                findings.Add(Limit.Duplicate(key, keyPosition, seen[key]));
            }

            SkipSpace();
            if (Peek() == '}')
            {
                at++;
                return new ObjectNode(position, members);
            }

            Expect(',', "expected `,` or `}` after the member");
            SkipSpace();
        }
    }

    ArrayNode Array(Position position, int depth)
    {
        var items = new List<DocumentNode>();
        at++;
        SkipSpace();
        if (Peek() == ']')
        {
            at++;
            return new ArrayNode(position, items);
        }

        while (true)
        {
            items.Add(Value(depth));
            SkipSpace();
            if (Peek() == ']')
            {
                at++;
                return new ArrayNode(position, items);
            }

            Expect(',', "expected `,` or `]` after the item");
            SkipSpace();
        }
    }

    NumberNode Number(Position position)
    {
        var start = at;
        at += Peek() == '-' ? 1 : 0;
        if (Peek() == '0')
        {
            at++;
        }
        else
        {
            Digits("expected a digit");
        }

        if (char.IsAsciiDigit(Peek()))
        {
            throw Syntax("a number cannot begin with 0 and another digit", "remove the leading 0, or quote the value if it is text");
        }

        if (Peek() == '.')
        {
            at++;
            Digits("expected a digit after the point");
        }

        if (Peek() is 'e' or 'E')
        {
            at++;
            at += Peek() is '+' or '-' ? 1 : 0;
            Digits("expected a digit in the exponent");
        }

        var written = text.AsSpan(start, at - start);
        if (!Numbers.TryExact(written, out var value))
        {
            findings.Add(Limit.Inexact(written, position));
        }

        return new NumberNode(position, Numbers.Format(value), value);
    }

    void Digits(string expected)
    {
        if (!char.IsAsciiDigit(Peek()))
        {
            throw Syntax($"{expected}, found {Found()}");
        }

        while (char.IsAsciiDigit(Peek()))
        {
            at++;
        }
    }

    string String()
    {
        var start = Here;
        at++;
        var end = text.AsSpan(at).IndexOfAny('"', '\\');
        var value = new StringBuilder();
        while (true)
        {
            if (end < 0)
            {
                at = text.Length;
                throw findings.Stop(Diagnostic.Error("json.syntax", "the string is never closed", "", start, "add the closing `\"`"));
            }

            var run = text.AsSpan(at, end);
            var control = run.IndexOfAnyInRange('\0', '\u001F');
            if (control >= 0)
            {
                at += control;
                throw Syntax($"a string cannot hold {Found()} as it is", "write it as an escape, e.g. `\\n` or `\\t`");
            }

            value.Append(run);
            at += end;
            if (text[at] == '"')
            {
                at++;
                break;
            }

            Escape(value);
            end = text.AsSpan(at).IndexOfAny('"', '\\');
        }

        var result = value.ToString();
        if (Unicode.LoneSurrogate(result) >= 0)
        {
            findings.Add(Diagnostic.Error(
                "document.invalid-unicode", "half of a surrogate pair stands alone in the string", "", start, "write both halves or neither"));
        }

        if (result.Contains('\0', StringComparison.Ordinal))
        {
            findings.Add(Diagnostic.Error("document.nul", "the string holds a NUL character", "", start, "remove `\\u0000`"));
        }

        return result;
    }

    void Escape(StringBuilder value)
    {
        var next = at + 1 < text.Length ? text[at + 1] : '\0';
        if (next == 'u')
        {
            if (at + 6 > text.Length
                || !ushort.TryParse(text.AsSpan(at + 2, 4), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var unit))
            {
                throw Syntax("`\\u` needs four hexadecimal digits");
            }

            value.Append((char)unit);
            at += 6;
            return;
        }

        value.Append(next switch
        {
            '"' or '\\' or '/' => next,
            'b' => '\b',
            'f' => '\f',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            _ => throw Syntax("there is no such escape in JSON", "the escapes are \\\" \\\\ \\/ \\b \\f \\n \\r \\t and \\uXXXX"),
        });
        at += 2;
    }

    bool Word(string word)
    {
        if (!text.AsSpan(at).StartsWith(word) || (at + word.Length < text.Length && char.IsAsciiLetterOrDigit(text[at + word.Length])))
        {
            return false;
        }

        at += word.Length;
        return true;
    }

    char Peek() => at < text.Length ? text[at] : '\0';

    void Expect(char expected, string message)
    {
        if (Peek() != expected)
        {
            throw Syntax($"{message}, found {Found()}");
        }

        at++;
    }

    void SkipSpace()
    {
        while (at < text.Length && text[at] is ' ' or '\t' or '\n' or '\r')
        {
            at++;
        }
    }

    string Found() =>
        at >= text.Length ? "the end of the text"
        : text[at] == '\n' || text[at] == '\r' ? "a line break"
        : text[at] == '\t' ? "a tab"
        : char.IsControl(text[at]) || char.IsSurrogate(text[at]) ? $"the character U+{(int)text[at]:X4}"
        : $"`{text[at]}`";

    DocumentStop Syntax(string message, string? suggestion = null) =>
        findings.Stop(Diagnostic.Error("json.syntax", message, "", Here, suggestion));
}

/// <summary>The findings that YAML and JSON share.</summary>
static class Limit
{
    public static Diagnostic Depth(DocumentLimits limits, Position at) =>
        Diagnostic.Error("document.too-deep", $"objects and arrays are nested deeper than {limits.MaxDepth} levels", "", at, "flatten the document");

    public static Diagnostic Nodes(DocumentLimits limits, Position at) =>
        Diagnostic.Error("document.too-many-values", $"the document has more than {limits.MaxNodes} values", "", at, "split the document");

    public static Diagnostic Duplicate(string key, Position at, Position first) =>
        Diagnostic.Error(
            "document.duplicate-key", $"the key `{JsonWords.Shorten(key)}` appears twice in one object, first at line {first.Line}, column {first.Column}", "", at,
            "remove one of the two");

    public static Diagnostic Inexact(ReadOnlySpan<char> written, Position at) =>
        Diagnostic.Error(
            "document.inexact-number",
            $"the number `{JsonWords.Shorten(written.ToString())}` cannot be held exactly by a double", "", at,
            "use at most 15 digits, or write it as a string in quotes");
}
