namespace Anumate.Cel;

/// <summary>
/// A Pratt parser. After an error it goes on at the next comma or closing bracket, so that one pass reports as much as it can.
/// Nesting is bounded before the stack is, and chains by the depth of the tree they make.
/// </summary>
sealed partial class Parser
{
    public const int MaxSize = 64 * 1024;
    public const int MaxDepth = 250;

    static readonly HashSet<string> Reserved = new(StringComparer.Ordinal)
    {
        "as", "break", "const", "continue", "else", "for", "function", "if", "import", "let", "loop", "package", "namespace", "return",
        "var", "void", "while",
    };

    readonly string source;
    readonly Findings findings;
    readonly Lexer lexer;
    Token token;
    int nesting;
    bool tooDeep;

    Parser(string source, Findings findings)
    {
        this.source = source;
        this.findings = findings;
        lexer = new(source, findings);
    }

    public static Node? Parse(string source, Findings findings)
    {
        if (TooLarge(source, findings))
        {
            return null;
        }

        var parser = new Parser(source, findings);
        parser.Advance();
        var node = parser.Expression();
        if (parser.token.Kind is not TokenKind.End)
        {
            parser.Unexpected("an operator or the end of the expression");
        }

        return node;
    }

    static bool TooLarge(string source, Findings findings)
    {
        if (source.Length > MaxSize)
        {
            findings.Error("cel.too-large", 0, $"the expression has {source.Length} characters; at most {MaxSize} are allowed");
            return true;
        }

        return false;
    }

    void Advance() => token = lexer.Next();

    void Unexpected(string wanted, string? suggestion = null)
    {
        if (token.Kind is TokenKind.Broken || tooDeep)
        {
            return;
        }

        var found = token.Kind is TokenKind.End ? "the expression ends" : $"found `{Excerpt(token)}`";
        findings.Error("cel.syntax", token.At, $"expected {wanted}, but {found}", suggestion);
    }

    string Excerpt(Token t) => t.End - t.At > 40 ? source[t.At..(t.At + 40)] + "…" : source[t.At..t.End];

    bool Accept(string symbol)
    {
        if (!token.Is(symbol))
        {
            return false;
        }

        Advance();
        return true;
    }

    /// <summary>Takes the closing bracket, or skips to it over what is not understood.</summary>
    void Close(string symbol, int opened)
    {
        if (Accept(symbol))
        {
            return;
        }

        Unexpected($"`{symbol}`", token.Kind is TokenKind.End ? $"the bracket opened at {Describe(opened)} is not closed" : null);
        SkipTo(symbol, symbol);
        Accept(symbol);
    }

    string Describe(int at)
    {
        var position = findings.PositionOf(at);
        return $"{position.Line}:{position.Column}";
    }

    /// <summary>Skips to one of two symbols, or to what closes a bracket around, over brackets opened on the way.</summary>
    void SkipTo(string symbol, string other)
    {
        var open = 0;
        while (token.Kind is not TokenKind.End && !findings.IsFull)
        {
            if (open == 0 && (token.Is(symbol) || token.Is(other) || token.Is(")") || token.Is("]") || token.Is("}")))
            {
                return;
            }

            open += token.Is("(") || token.Is("[") || token.Is("{") ? 1 : token.Is(")") || token.Is("]") || token.Is("}") ? -1 : 0;
            Advance();
        }
    }

    /// <summary>Runs a nested rule unless the source is nested too deeply, in which case the rest is skipped at once.</summary>
    Node Nested(Func<Node> rule)
    {
        if (tooDeep || nesting >= MaxDepth)
        {
            return TooDeep(token.At);
        }

        nesting++;
        var node = rule();
        nesting--;
        return node;
    }

    Broken TooDeep(int at)
    {
        if (!tooDeep)
        {
            tooDeep = true;
            findings.Error("cel.too-deep", at, $"the expression is nested deeper than {MaxDepth} levels");
            lexer.At = source.Length;
            Advance();
        }

        return new(at);
    }

    Node Bounded(Node node) => node.Depth > MaxDepth ? TooDeep(node.At) : node;

    Node Expression() => Nested(ConditionalOrBelow);

    Node ConditionalOrBelow()
    {
        var condition = Infix(0);
        if (!token.Is("?"))
        {
            return condition;
        }

        var at = token.At;
        Advance();
        var then = Nested(() => Infix(0));
        if (!Accept(":"))
        {
            Unexpected("`:` and what holds otherwise");
            return new Broken(at);
        }

        return Bounded(new Conditional(at, condition, then, Expression()));
    }

    Node Infix(int minimum)
    {
        var left = Prefixed();
        while (InfixOperator() is { } op && op.Precedence > minimum)
        {
            var at = token.At;
            Advance();
            if (op == Operator.And || op == Operator.Or)
            {
                left = Bounded(Chain(at, op, left));
                continue;
            }

            left = Bounded(new Binary(at, op, left, Infix(op.Precedence)));
        }

        return left;
    }

    Logic Chain(int at, Operator op, Node first)
    {
        var operands = new List<Node>();
        Add(first);
        Add(Infix(op.Precedence));
        while (InfixOperator() == op)
        {
            Advance();
            Add(Infix(op.Precedence));
        }

        return new(at, op, [.. operands]);

        // (a && b) && c is a && b && c.
        void Add(Node node)
        {
            if (node is Logic inner && inner.Operator == op)
            {
                operands.AddRange(inner.Operands);
            }
            else
            {
                operands.Add(node);
            }
        }
    }

    Operator? InfixOperator()
    {
        if (token.Kind is not TokenKind.Symbol && !(token.Kind is TokenKind.Name && token.Text == "in"))
        {
            return null;
        }

        foreach (var op in Operator.Infix)
        {
            if (op.Symbol == token.Text)
            {
                return op;
            }
        }

        return null;
    }

    Node Prefixed()
    {
        if (token.Is("!") || token.Is("-"))
        {
            return Nested(UnaryOrNumber);
        }

        return Postfixed(Primary());
    }

    Node UnaryOrNumber()
    {
        var op = token.Is("!") ? Operator.Not : Operator.Negate;
        var at = token.At;
        Advance();
        if (op == Operator.Negate && token.IsNumber && !token.Value.IsUint)
        {
            var value = token.Value.IsInt ? CelValue.Of(unchecked(-token.Value.Bits)) : CelValue.Of(-token.Value.AsRawDouble);
            Advance();
            return Postfixed(new Literal(at, value));
        }

        return Bounded(new Unary(at, op, Prefixed()));
    }

    Node Postfixed(Node node)
    {
        while (true)
        {
            var at = token.At;
            if (Accept("."))
            {
                node = Bounded(Member(at, node));
            }
            else if (token.Is("["))
            {
                Advance();
                node = Bounded(Indexed(at, node));
            }
            else
            {
                return node;
            }
        }
    }

    Index Indexed(int at, Node target)
    {
        var isOptional = Accept("?");
        var key = Expression();
        Close("]", at);
        return new(at, target, key, isOptional);
    }

    Node Member(int at, Node target)
    {
        var isOptional = Accept("?");
        if (token.Kind is TokenKind.QuotedName)
        {
            var quoted = token.Text;
            Advance();
            return new Select(at, target, quoted, isOptional);
        }

        if (token.Kind is not TokenKind.Name || token.Text is "in" or "true" or "false" or "null")
        {
            Unexpected("a field or function name after `.`");
            return new Broken(at);
        }

        var (name, start) = (token.Text, token.At);
        Advance();
        return token.Is("(") && !isOptional
            ? new Call(start, target, name, false, Arguments())
            : new Select(at, target, name, isOptional);
    }

    void Unsupported(string what) => findings.Error("cel.unsupported", token.At, $"{what} is not supported");

    Node[] Arguments()
    {
        var opened = token.At;
        Advance();
        var items = Items(")", out _);
        Close(")", opened);
        return items;
    }

    /// <summary>Expressions between commas; a trailing comma and optional items are allowed in lists only.</summary>
    Node[] Items(string close, out bool[]? optional)
    {
        var items = new List<Node>();
        var marks = new List<bool>();
        while (!token.Is(close) && token.Kind is not TokenKind.End)
        {
            marks.Add(close == "]" && Accept("?"));
            items.Add(Expression());
            if (!token.Is(",") && !token.Is(close))
            {
                Unexpected($"`,` or `{close}`");
                SkipTo(",", close);
            }

            if (!Accept(","))
            {
                break;
            }

            if (token.Is(close) && close == ")")
            {
                Unexpected("an argument after `,`");
            }
        }

        optional = marks.Contains(true) ? [.. marks] : null;
        return [.. items];
    }

    Node Primary()
    {
        var at = token.At;
        switch (token.Kind)
        {
            case TokenKind.Literal:
                return LiteralToken();
            case TokenKind.Name:
                return Named(rooted: false);
            case TokenKind.Broken:
                Advance();
                return new Broken(at);
            case TokenKind.Symbol when token.Text is "(":
                Advance();
                var inner = Expression();
                Close(")", at);
                return inner;
            case TokenKind.Symbol when token.Text is "[":
                Advance();
                var items = Items("]", out var optional);
                Close("]", at);
                return Bounded(new ListNode(at, items, optional));
            case TokenKind.Symbol when token.Text is "{":
                Advance();
                return Bounded(Map(at));
            case TokenKind.Symbol when token.Text is ".":
                Advance();
                return token.Kind is TokenKind.Name ? Named(rooted: true) : Missing();
            default:
                return Missing();
        }
    }

    Broken Missing()
    {
        var at = token.At;
        Unexpected("an expression");
        if (token.Kind is TokenKind.Symbol && InfixOperator() is not null)
        {
            Advance();
        }

        return new(at);
    }

    Literal LiteralToken()
    {
        var (at, value) = (token.At, token.Value);
        if (token.Text == "min")
        {
            findings.Error("cel.number", at, "the number is too large for a 64-bit integer");
        }

        Advance();
        return new Literal(at, value);
    }

    Node Named(bool rooted)
    {
        var (at, name) = (token.At, token.Text);
        Advance();
        if (!rooted && Constant(name) is { } constant)
        {
            return new Literal(at, constant);
        }

        if (name == "in" || Reserved.Contains(name))
        {
            findings.Error("cel.reserved", at, $"`{name}` is a reserved word", "use it as a field name only, or in `[\"…\"]`");
            return new Broken(at);
        }

        if (token.Is("("))
        {
            return Bounded(new Call(at, null, name, rooted, Arguments()));
        }

        if (token.Is("{"))
        {
            Unsupported($"message construction `{name}{{…}}`");
            Advance();
            _ = Map(at);
            return new Broken(at);
        }

        return new Name(at, name, rooted);
    }

    static CelValue? Constant(string name) => name switch
    {
        "true" => CelValue.True,
        "false" => CelValue.False,
        "null" => CelValue.Null,
        _ => null,
    };

    MapNode Map(int at)
    {
        var entries = new List<(Node, Node)>();
        var marks = new List<bool>();
        while (!token.Is("}") && token.Kind is not TokenKind.End)
        {
            var isOptional = Accept("?");
            var key = Expression();
            if (!token.Is(":"))
            {
                Unexpected("`:` between a key and its value");
                SkipTo(":", ",");
            }

            if (Accept(":"))
            {
                entries.Add((key, Expression()));
                marks.Add(isOptional);
            }

            if (!Accept(","))
            {
                break;
            }
        }

        Close("}", at);
        return new(at, [.. entries], marks.Contains(true) ? [.. marks] : null);
    }
}
