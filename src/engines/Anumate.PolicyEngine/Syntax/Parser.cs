namespace Anumate.PolicyEngine.Syntax;

/// <summary>
/// Reads a policy document. It recovers: after a finding it goes on at the next member, so that one pass shows all findings.
/// Nothing here recurses, so no document can exhaust the stack.
/// </summary>
sealed partial class Parser
{
    readonly TokenStream stream;
    readonly Findings findings;
    int index;
    int comment;

    Parser(TokenStream stream, Findings findings) => (this.stream, this.findings) = (stream, findings);

    /// <summary>The document, or null when not even its head could be read.</summary>
    public static PolicySyntax? Parse(string source, Findings findings)
    {
        var stream = new Lexer(source, findings).Read();
        return stream.Whole ? new Parser(stream, findings).Document() : null;
    }

    Token Current => stream.Tokens[index];

    bool AtEnd => Current.Kind == TokenKind.End;

    PolicySyntax? Document()
    {
        if (!Word("policy"))
        {
            Expected("`policy`", AtEnd ? "a document begins with `policy <name> version <n> {`" : null);
            return null;
        }

        var name = DottedName("the policy's name");
        var version = 0;
        if (name is null || !Word("version", "`version`") || !Integer("the version", 1, int.MaxValue, out version, out _) || !Symbol("{"))
        {
            return null;
        }

        var remarks = RemarksUpToHere(trailing: false);
        var body = Body();
        var inside = CommentsBefore(index + 1);
        if (!Symbol("}"))
        {
            return null;
        }

        var after = TrailingComment();
        var tests = Tests();
        AfterPolicy();
        return new PolicySyntax(name, version)
        {
            At = body.At,
            On = body.On,
            Members = body.Members,
            Tests = tests,
            Remarks = remarks with { After = after },
            Inside = inside,
            Trailing = CommentsBefore(int.MaxValue),
        };
    }

    void AfterPolicy()
    {
        if (AtEnd)
        {
            return;
        }

        findings.Error("policy.syntax", $"nothing but tests may follow the policy, found {Shown()}", Current.Span,
            Is("policy") ? "publish each policy as a document of its own" : Is("}") ? "there is one `}` too many" : null);
    }

    sealed class BodySyntax
    {
        public AtSyntax? At;
        public readonly List<OnSyntax> On = [];
        public readonly List<MemberSyntax> Members = [];
    }

    BodySyntax Body()
    {
        var body = new BodySyntax();
        while (!AtEnd && !Is("}") && !findings.Full)
        {
            var start = index;
            if (!Item(body))
            {
                Recover(start);
            }
        }

        return body;
    }

    bool Item(BodySyntax body)
    {
        var start = Current.Span;
        if (Word("at"))
        {
            return At(body, start);
        }

        if (Word("on"))
        {
            return On(body, start);
        }

        if (Word("let"))
        {
            return Let(body);
        }

        if (Word("rule"))
        {
            return Rule(body);
        }

        return Expected("`at`, `on`, `let`, `rule` or `}`", Closest(["at", "on", "let", "rule"]));
    }

    bool At(BodySyntax body, Span start)
    {
        var points = new List<NameSyntax>();
        do
        {
            if (DottedName("a point such as `tool.before`") is not { } point)
            {
                return false;
            }

            points.Add(point);
        }
        while (Symbol(",", required: false));

        Place("at", start, body.At is not null, body.On.Count > 0 || body.Members.Count > 0);
        body.At ??= new AtSyntax(points, RemarksUpToHere());
        return true;
    }

    bool On(BodySyntax body, Span start)
    {
        NameSyntax? label = null;
        OnKind kind;
        if (Word("tool"))
        {
            kind = OnKind.Tool;
        }
        else if (Word("capsule"))
        {
            kind = OnKind.Capsule;
        }
        else if (Word("label"))
        {
            kind = OnKind.Label;
            label = Text("the label's name such as `\"tier\"`");
        }
        else
        {
            return Expected("`tool`, `capsule` or `label`", Closest(["tool", "capsule", "label"]));
        }

        if ((kind == OnKind.Label && label is null) || !Word("in", "`in`") || !TextList("patterns", PolicyLimits.Patterns, out var patterns))
        {
            return false;
        }

        var again = body.On.Exists(o => o.Kind == kind && o.Label?.Text == label?.Text);
        Place(kind == OnKind.Tool ? "on" : $"on {kind.ToString().ToLowerInvariant()}", start, again, body.Members.Count > 0);
        body.On.Add(new OnSyntax(kind, label, patterns, RemarksUpToHere()));
        return true;
    }

    /// <summary>Heads stand once and before the members, so that a reader sees first what a policy is about.</summary>
    void Place(string head, Span at, bool again, bool late)
    {
        if (again)
        {
            findings.Error("policy.duplicate-head", $"`{head}` stands twice", at, "put everything into the first one");
        }
        else if (late)
        {
            findings.Error("policy.order", $"`{head}` stands too late", at, "the order is `at`, `on`, then `let` and `rule`");
        }
    }

    bool Let(BodySyntax body)
    {
        if (Name("the name of the value") is not { } name || !Symbol("="))
        {
            return false;
        }

        var value = Expression();
        if (value is not null)
        {
            body.Members.Add(new LetSyntax(name, value, RemarksUpToHere()));
        }

        return value is not null;
    }

    ExpressionSyntax? Expression()
    {
        var start = index;
        var end = ExpressionReader.End(stream, start, findings, out var sound);
        if (end == start)
        {
            Expected("an expression");
            return null;
        }

        index = end;
        var span = new Span(stream.Tokens[start].Span.Start, stream.Tokens[end - 1].Span.End);
        return sound ? new ExpressionSyntax(ExpressionReader.Print(stream, start, end), span) : null;
    }

    /// <summary>Goes to the next place where a member may begin, past at least one token.</summary>
    void Recover(int start)
    {
        if (index == start)
        {
            index++;
        }

        var depth = 0;
        for (; !AtEnd; index++)
        {
            var text = Current.In(stream.Source);
            if (Current.Kind == TokenKind.Symbol && text[0] is '(' or '[' or '{')
            {
                depth++;
            }
            else if (Current.Kind == TokenKind.Symbol && text is ")" or "]" or "}")
            {
                if (depth == 0 && text is "}")
                {
                    break;
                }

                depth = Math.Max(0, depth - 1);
            }
            else if (Current.Kind == TokenKind.Word && text is "rule" or "let" && stream.Tokens[index + 1].Kind == TokenKind.Word)
            {
                break;
            }
        }

        CommentsBefore(index);
    }
}
