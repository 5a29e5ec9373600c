using System.Text;

namespace Anumate.Cel;

/// <summary>Writes an expression so that parsing it gives the same tree again.</summary>
static class Printer
{
    const int Conditional = 0;
    const int Tight = 7;

    public static string Print(Node node)
    {
        var text = new StringBuilder();
        Write(node, Conditional, text);
        return text.ToString();
    }

    public static string PrintTemplate(Node node) =>
        CelPart.Join((node is Anumate.Cel.Template template ? template.Parts : [node]).Select(CelPart.Of));

    /// <summary>A dollar at the end could make the next <c>${{</c> an escaped one, so it is written as an expression.</summary>
    public static void WritePlain(string plain, StringBuilder text)
    {
        var body = plain.TrimEnd('$');
        text.Append(body.Replace("${{", "$${{"));
        if (body.Length < plain.Length)
        {
            text.Append("${{ ").Append(ValueText.Quote(plain[body.Length..])).Append(" }}");
        }
    }

    /// <summary>Writes a node where an operator around it binds as tightly as given; looser ones go into parentheses.</summary>
    static void Write(Node node, int around, StringBuilder text)
    {
        var own = PrecedenceOf(node);
        if (own < around)
        {
            text.Append('(');
            Write(node, Conditional, text);
            text.Append(')');
            return;
        }

        switch (node)
        {
            case Literal n:
                text.Append(ValueText.Literal(n.Value));
                break;
            case Name n:
                text.Append(n.Rooted ? "." : "").Append(n.Text);
                break;
            case Select n:
                Write(n.Target, Tight, text);
                text.Append(n.IsOptional ? ".?" : ".").Append(IsPlain(n.Field) ? n.Field : $"`{n.Field}`");
                break;
            case Index n:
                Write(n.Target, Tight, text);
                text.Append(n.IsOptional ? "[?" : "[");
                Write(n.Key, Conditional, text);
                text.Append(']');
                break;
            case Call n:
                WriteCall(n, text);
                break;
            case Unary n:
                WriteUnary(n, text);
                break;
            case Binary n:
                Write(n.Left, own, text);
                text.Append($" {n.Operator.Symbol} ");
                Write(n.Right, own + 1, text);
                break;
            case Logic n:
                WriteAll(n.Operands, own + 1, $" {n.Operator.Symbol} ", text);
                break;
            case Anumate.Cel.Conditional n:
                Write(n.Condition, Conditional + 1, text);
                text.Append(" ? ");
                Write(n.Then, Conditional + 1, text);
                text.Append(" : ");
                Write(n.Otherwise, Conditional, text);
                break;
            case ListNode n:
                text.Append('[');
                WriteAll(n.Items, Conditional, ", ", text, n.Optional);
                text.Append(']');
                break;
            case MapNode n:
                WriteMap(n, text);
                break;
            default:
                throw new InvalidOperationException($"a {node.GetType().Name} has no text");
        }
    }

    static int PrecedenceOf(Node node) => node switch
    {
        Anumate.Cel.Conditional => Conditional,
        Binary n => n.Operator.Precedence,
        Logic n => n.Operator.Precedence,
        Unary n => n.Operator.Precedence,
        _ => Tight,
    };

    static void WriteAll(Node[] nodes, int around, string between, StringBuilder text, bool[]? optional = null)
    {
        for (var i = 0; i < nodes.Length; i++)
        {
            text.Append(i > 0 ? between : "").Append(optional?[i] is true ? "?" : "");
            Write(nodes[i], around, text);
        }
    }

    static void WriteCall(Call node, StringBuilder text)
    {
        if (node.Target is { } target)
        {
            Write(target, Tight, text);
            text.Append('.');
        }

        text.Append(node.Rooted ? "." : "").Append(node.Function).Append('(');
        WriteAll(node.Arguments, Conditional, ", ", text);
        text.Append(')');
    }

    /// <summary>A minus before a number would become part of it, so there it stands before a parenthesis.</summary>
    static void WriteUnary(Unary node, StringBuilder text)
    {
        text.Append(node.Operator.Symbol);
        var start = text.Length;
        Write(node.Operand, node.Operator.Precedence, text);
        if (node.Operator == Operator.Negate && char.IsAsciiDigit(text[start]))
        {
            text.Insert(start, '(').Append(')');
        }
    }

    static void WriteMap(MapNode node, StringBuilder text)
    {
        text.Append('{');
        for (var i = 0; i < node.Entries.Length; i++)
        {
            text.Append(i > 0 ? ", " : "").Append(node.Optional?[i] is true ? "?" : "");
            Write(node.Entries[i].Key, Conditional, text);
            text.Append(": ");
            Write(node.Entries[i].Value, Conditional, text);
        }

        text.Append('}');
    }

    static bool IsPlain(string field) =>
        field.Length > 0 && !char.IsAsciiDigit(field[0]) && field is not ("in" or "true" or "false" or "null")
        && field.All(c => char.IsAsciiLetterOrDigit(c) || c == '_');
}
