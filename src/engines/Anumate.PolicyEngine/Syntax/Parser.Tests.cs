namespace Anumate.PolicyEngine.Syntax;

/// <summary>The tests that follow a policy, or make a document of their own.</summary>
sealed partial class Parser
{
    static readonly string[] Verdicts = ["allow", "approval", "limit", "deny"];

    /// <summary>A document of tests alone.</summary>
    public static IReadOnlyList<TestSyntax> ParseTests(string source, Findings findings)
    {
        var stream = new Lexer(source, findings).Read();
        if (!stream.Whole)
        {
            return [];
        }

        var parser = new Parser(stream, findings);
        var tests = parser.Tests();
        if (!parser.AtEnd)
        {
            parser.Expected("`test`");
        }
        else if (tests.Count == 0 && !findings.HasErrors)
        {
            parser.Expected("`test`");
        }

        return tests;
    }

    List<TestSyntax> Tests()
    {
        var tests = new List<TestSyntax>();
        while (!findings.Full && Is("test"))
        {
            index++;
            if (Test(RemarksUpToHere(trailing: false)) is { } test)
            {
                tests.Add(test);
            }
            else
            {
                RecoverTest();
            }
        }

        return tests;
    }

    TestSyntax? Test(Remarks remarks)
    {
        if (DottedName("the policy's name") is not { } policy || Text("the test's title in quotes") is not { } title || !Symbol("{"))
        {
            return null;
        }

        NameSyntax? at = null;
        var given = new List<GivenSyntax>();
        var cases = new List<CaseSyntax>();
        while (!Is("}"))
        {
            if (!TestItem(ref at, given, cases))
            {
                return null;
            }
        }

        var inside = CommentsBefore(index + 1);
        index++;
        return new TestSyntax(policy, title, remarks with { After = TrailingComment() }) { At = at, Given = given, Cases = cases, Inside = inside };
    }

    bool TestItem(ref NameSyntax? at, List<GivenSyntax> given, List<CaseSyntax> cases)
    {
        if (Word("at"))
        {
            Once(at is not null, "at", Current.Span);
            at = DottedName("a point such as `tool.before`");
            return at is not null;
        }

        if (Word("given"))
        {
            if (DottedName("a fact such as `call.tool`", isFact: true) is not { } path || !Symbol("=") || Expression() is not { } value)
            {
                return false;
            }

            given.Add(new GivenSyntax(path, value, RemarksUpToHere()));
            return true;
        }

        if (Word("never"))
        {
            if (VerdictWord() is not { } verdict || !Word("when", "`when`") || Expression() is not { } when)
            {
                return false;
            }

            cases.Add(new NeverSyntax(verdict, when, RemarksUpToHere()));
            return true;
        }

        return Word("table") ? Table(cases) : Expected("`at`, `given`, `table`, `never` or `}`", Closest(["at", "given", "table", "never"]));
    }

    NameSyntax? VerdictWord()
    {
        var word = Shown(quoted: false);
        if (!Verdicts.Contains(word))
        {
            Expected("`allow`, `limit`, `approval` or `deny`", Closest(Verdicts));
            return null;
        }

        return AnyWord("");
    }

    /// <summary>The columns up to <c>expect</c>, then rows of as many cells.</summary>
    bool Table(List<CaseSyntax> cases)
    {
        var columns = new List<NameSyntax>();
        var remarks = RemarksUpToHere(trailing: false);
        if (!Symbol("|"))
        {
            return false;
        }

        while (!Word("expect"))
        {
            if (DottedName("a fact such as `call.args.amount`, or `expect`", isFact: true) is not { } column || !Symbol("|"))
            {
                return false;
            }

            columns.Add(column);
        }

        if (!Symbol("|"))
        {
            return false;
        }

        remarks = remarks with { After = TrailingComment() };
        var rows = new List<RowSyntax>();
        while (Is("|"))
        {
            if (Row(columns.Count) is not { } row)
            {
                return false;
            }

            rows.Add(row);
        }

        if (rows.Count == 0)
        {
            return Expected("a row such as `| \"10 EUR\" | allow |`");
        }

        cases.Add(new TableSyntax(columns, rows, remarks));
        return true;
    }

    RowSyntax? Row(int count)
    {
        var span = Current.Span;
        index++;
        var cells = new List<ExpressionSyntax?>(count);
        for (var i = 0; i < count; i++)
        {
            if (Is("-") && stream.Tokens[index + 1].In(stream.Source) is "|")
            {
                index++;
                cells.Add(null);
            }
            else if (Expression() is { } cell)
            {
                cells.Add(cell);
            }
            else
            {
                return null;
            }

            if (!Symbol("|"))
            {
                return null;
            }
        }

        if (VerdictWord() is not { } verdict)
        {
            return null;
        }

        var by = new List<NameSyntax>();
        if (Word("by"))
        {
            do
            {
                if (Name("the rule's name") is not { } rule)
                {
                    return null;
                }

                by.Add(rule);
            }
            while (Symbol(",", required: false));
        }

        return Symbol("|") ? new RowSyntax(cells, verdict, by, span, RemarksUpToHere()) : null;
    }

    /// <summary>Goes to the next test.</summary>
    void RecoverTest()
    {
        while (!AtEnd && !(Is("test") && stream.Tokens[index + 1].Kind == TokenKind.Word))
        {
            index++;
        }

        CommentsBefore(index);
    }
}
