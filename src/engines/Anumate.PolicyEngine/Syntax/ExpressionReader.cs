using System.Text;

namespace Anumate.PolicyEngine.Syntax;

/// <summary>
/// Finds where an expression ends and gives it the formatter's blanks. In CEL no operand follows an operand, so an expression ends
/// before the first word, number or text that would (<c>rule</c>, <c>because</c>, …), and before a closing brace it did not open.
/// </summary>
static class ExpressionReader
{
    /// <summary>The index of the first token after the expression that begins at <paramref name="start"/>.</summary>
    public static int End(TokenStream stream, int start, Findings findings, out bool sound)
    {
        var open = new Stack<Token>();
        var afterOperand = false;
        sound = true;
        var i = start;
        for (; stream.Tokens[i].Kind != TokenKind.End; i++)
        {
            var token = stream.Tokens[i];
            var text = token.In(stream.Source);
            if (token.Kind == TokenKind.Symbol)
            {
                if (text is ";" or "|" || IsCloser(text) && (open.Count == 0 || (text is "}" && open.Peek().In(stream.Source)[0] != '{')))
                {
                    break;
                }

                sound &= Symbol(token, text, open, stream.Source, findings);
                afterOperand = IsCloser(text);
            }
            else if (token.Kind == TokenKind.Word && text is "in" && afterOperand)
            {
                afterOperand = false;
            }
            else if (afterOperand || BeginsMember(stream, start, i))
            {
                break;
            }
            else
            {
                afterOperand = true;
            }
        }

        if (sound && open.TryPeek(out var unclosed))
        {
            findings.Error("policy.bracket", $"`{unclosed.In(stream.Source)}` is never closed", unclosed.Span);
            sound = false;
        }

        return i;
    }

    static bool Symbol(Token token, ReadOnlySpan<char> text, Stack<Token> open, string source, Findings findings)
    {
        if (text is "=")
        {
            findings.Error("policy.expression", "`=` gives a name to a value; it does not compare", token.Span, "compare with `==`");
            return false;
        }

        if (text[0] is '(' or '[' or '{')
        {
            open.Push(token);
            if (open.Count == PolicyLimits.Nesting + 1)
            {
                findings.Error("policy.nesting", $"brackets are nested more than {PolicyLimits.Nesting} deep", token.Span,
                    "name the parts with `let`");
                return false;
            }

            return open.Count <= PolicyLimits.Nesting;
        }

        if (IsCloser(text) && open.Pop() is var opener && !Pairs(opener.In(source)[0], text[0]))
        {
            findings.Error("policy.bracket", $"`{text}` closes `{opener.In(source)}`", token.Span);
            return false;
        }

        return true;
    }

    /// <summary><c>rule x</c> or <c>let x</c>: two words in a row, which no expression has.</summary>
    static bool BeginsMember(TokenStream stream, int start, int i) =>
        stream.Tokens[i].In(stream.Source) is "rule" or "let" && !(i > start && stream.Tokens[i - 1].In(stream.Source) is "." or ".?")
        && stream.Tokens[i + 1] is { Kind: TokenKind.Word } next && next.In(stream.Source) is not "in";

    static bool IsCloser(ReadOnlySpan<char> text) => text is ")" or "]" or "}";

    static bool Pairs(char opener, char closer) => (opener, closer) is ('(', ')') or ('[', ']') or ('{', '}');

    /// <summary>The tokens from <paramref name="start"/> to <paramref name="end"/> with exactly the formatter's blanks.</summary>
    public static string Print(TokenStream stream, int start, int end)
    {
        var text = new StringBuilder();
        var spacing = new Spacing();
        for (var i = start; i < end; i++)
        {
            var token = stream.Tokens[i].In(stream.Source);
            if (spacing.Before(token, stream.Tokens[i].Kind) && i > start)
            {
                text.Append(' ');
            }

            text.Append(token);
        }

        return text.ToString();
    }

    /// <summary>
    /// The places in a printed expression before an <c>&amp;&amp;</c> or <c>||</c> outside all brackets, where a long line may break.
    /// </summary>
    public static IEnumerable<int> Joints(string expression) =>
        Outside(expression).Where(t => t.In(expression) is "&&" or "||").Select(t => t.Span.Start);

    /// <summary>
    /// The operands of the expression's outermost <c>&amp;&amp;</c>, as stretches of it; the whole when something that binds more loosely
    /// joins it.
    /// </summary>
    public static List<Span> Conjuncts(string expression)
    {
        var outside = Outside(expression).ToList();
        var operands = new List<Span>();
        if (outside.Exists(t => t.In(expression) is "||" or "?"))
        {
            return [new Span(0, expression.Length)];
        }

        var from = 0;
        foreach (var token in outside.Where(t => t.In(expression) is "&&"))
        {
            operands.Add(new Span(from, token.Span.Start));
            from = token.Span.End;
        }

        operands.Add(new Span(from, expression.Length));
        return operands;
    }

    /// <summary>The expression's own blanks, whatever the author's.</summary>
    public static string Print(string expression)
    {
        var stream = new Lexer(expression, new Findings(expression)).Read();
        return Print(stream, 0, stream.Tokens.Count - 1);
    }

    /// <summary>The words that name something by themselves: not fields, not functions.</summary>
    public static IEnumerable<string> Names(string expression)
    {
        var tokens = new Lexer(expression, new Findings(expression)).Read().Tokens;
        for (var i = 0; i < tokens.Count - 1; i++)
        {
            if (tokens[i].Kind == TokenKind.Word && !(i > 0 && tokens[i - 1].In(expression) is "." or ".?")
                && tokens[i + 1].In(expression) is not "(")
            {
                yield return tokens[i].In(expression).ToString();
            }
        }
    }

    /// <summary>The symbols outside all brackets.</summary>
    static IEnumerable<Token> Outside(string expression)
    {
        var stream = new Lexer(expression, new Findings(expression)).Read();
        var depth = 0;
        foreach (var token in stream.Tokens.Where(t => t.Kind == TokenKind.Symbol))
        {
            var first = expression[token.Span.Start];
            depth += first is '(' or '[' or '{' ? 1 : first is ')' or ']' or '}' ? -1 : 0;
            if (depth == 0)
            {
                yield return token;
            }
        }
    }

    /// <summary>Decides, token after token, whether a blank stands before it.</summary>
    sealed class Spacing
    {
        readonly Stack<int> ternaries = new([0]);
        bool afterOperand;
        bool tight = true;

        public bool Before(ReadOnlySpan<char> text, TokenKind kind)
        {
            if (kind != TokenKind.Symbol)
            {
                var blank = !tight;
                tight = false;
                afterOperand = kind != TokenKind.Word || !(text is "in" && afterOperand);
                return blank;
            }

            return BeforeSymbol(text);
        }

        bool BeforeSymbol(ReadOnlySpan<char> text)
        {
            switch (text)
            {
                case "(" or "[" or "{" or "[?" or "{?":
                    ternaries.Push(0);
                    return Then(blank: !tight && !afterOperand, thenTight: true, operand: false);
                case ")" or "]" or "}":
                    ternaries.TryPop(out _);
                    return Then(blank: false, thenTight: false, operand: true);
                case "." or ".?":
                    // A leading dot (`.name`) begins an operand; any other continues one.
                    return Then(blank: !tight && !afterOperand, thenTight: true, operand: false);
                case ",":
                    return Then(blank: false, thenTight: false, operand: false);
                case "?":
                    ternaries.Push((ternaries.TryPop(out var n) ? n : 0) + 1);
                    return Then(blank: true, thenTight: false, operand: false);
                case ":":
                    var open = ternaries.TryPop(out var t) ? t : 0;
                    ternaries.Push(Math.Max(0, open - 1));
                    return Then(blank: open > 0, thenTight: false, operand: false);
                case "!":
                    return Then(blank: !tight, thenTight: true, operand: false);
                case "-" when !afterOperand:
                    return Then(blank: !tight, thenTight: true, operand: false);
                default:
                    return Then(blank: !tight, thenTight: false, operand: false);
            }
        }

        bool Then(bool blank, bool thenTight, bool operand)
        {
            (tight, afterOperand) = (thenTight, operand);
            return blank;
        }
    }
}
