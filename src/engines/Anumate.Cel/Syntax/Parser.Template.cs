using System.Text;

namespace Anumate.Cel;

sealed partial class Parser
{
    /// <summary>
    /// Text with <c>${{ … }}</c> parts: a single part alone is that expression, anything else a <see cref="Template"/> or a literal.
    /// <c>$${{</c> stands for <c>${{</c> itself.
    /// </summary>
    public static Node? ParseTemplate(string source, Findings findings)
    {
        if (TooLarge(source, findings))
        {
            return null;
        }

        var parts = new Parser(source, findings).Parts();
        return parts.Count == 0 ? new Literal(0, CelValue.Of(""))
            : parts.Count == 1 ? parts[0]
            : new Template(0, [.. parts]);
    }

    List<Node> Parts()
    {
        var parts = new List<Node>();
        var text = new StringBuilder();
        var at = 0;
        while (at < source.Length && !findings.IsFull)
        {
            var open = source.IndexOf("${{", at, StringComparison.Ordinal);
            if (open < 0)
            {
                break;
            }

            if (open > at && source[open - 1] == '$')
            {
                text.Append(source, at, open - at - 1).Append("${{");
                at = open + 3;
                continue;
            }

            text.Append(source, at, open - at);
            Add(parts, new Literal(at, CelValue.Of(text.ToString())));
            text.Clear();
            Add(parts, Part(open + 3));
            at = lexer.At;
        }

        Add(parts, new Literal(at, CelValue.Of(text.Append(source, at, source.Length - at).ToString())));
        return parts;
    }

    /// <summary>Adds a part; texts beside each other become one.</summary>
    static void Add(List<Node> parts, Node part)
    {
        var text = (part as Literal)?.Value.StringOrNull;
        if (text is not null && parts.Count > 0 && parts[^1] is Literal { Value.StringOrNull: { } before } last)
        {
            parts[^1] = new Literal(last.At, CelValue.Of(before + text));
        }
        else if (text != "")
        {
            parts.Add(part);
        }
    }

    Node Part(int at)
    {
        lexer.At = at;
        Advance();
        var node = Expression();
        if (!token.Is("}") || token.End >= source.Length || source[token.End] != '}')
        {
            Unexpected("`}}`");
            var close = source.IndexOf("}}", Math.Min(token.At, source.Length), StringComparison.Ordinal);
            lexer.At = close < 0 ? source.Length : close + 2;
            return node;
        }

        lexer.At = token.End + 1;
        return node;
    }
}
