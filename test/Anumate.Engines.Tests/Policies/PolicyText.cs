using System.Text;
using Anumate.PolicyEngine.Syntax;
using CsCheck;

namespace Anumate.Engines.Tests.Policies;

/// <summary>Reading, printing and generating policy documents for the tests.</summary>
static class PolicyText
{
    public const string Refunds = """
        policy payments.refunds version 3 {
          at tool.before
          on tool in ["payments.refund", "payments.*_void"]

          let amount = money(call.args.amount)

          rule finance allow when "finance" in actor.groups
          rule embargo deny because "sanctioned country" when call.args.country in ["KP", "IR"]
          rule large approval 2 of "controller" distinct_from actor within 4h when amount > money("5000 EUR")
        }

        """;

    /// <summary>A policy with the given members, for every tool.</summary>
    public static string With(params string[] members) => Named("test.policy", 1, members);

    public static string Named(string name, int version, params string[] members) =>
        $"policy {name} version {version} {{\n  at tool.before\n  {string.Join("\n  ", members)}\n}}\n";

    public static (PolicySyntax? Policy, IReadOnlyList<Diagnostic> Findings) Parse(string source)
    {
        var findings = new Findings(source);
        return (Parser.Parse(source, findings), findings.All);
    }

    public static PolicySyntax Sound(string source)
    {
        var (policy, findings) = Parse(source);
        Assert.Empty(findings);
        return policy!;
    }

    /// <summary>Everything a document says, without places: two documents are equal when these texts are.</summary>
    public static string Describe(PolicySyntax policy)
    {
        var text = new StringBuilder();
        text.AppendLine($"{policy.Name.Text}|{policy.Version}|{Describe(policy.Remarks)}|{string.Join('\n', policy.Inside)}|{string.Join('\n', policy.Trailing)}");
        text.AppendLine(policy.At is { } at ? $"at {string.Join('|', at.Points.Select(p => p.Text))} {Describe(at.Remarks)}" : "no at");
        foreach (var on in policy.On)
        {
            text.AppendLine($"on {on.Kind} {on.Label?.Text} {string.Join('|', on.Patterns.Select(p => p.Text))} {Describe(on.Remarks)}");
        }

        foreach (var member in policy.Members)
        {
            text.AppendLine(member switch
            {
                LetSyntax let => $"let {let.Name.Text} = {let.Value.Text} {Describe(let.Remarks)}",
                RuleSyntax rule => $"{rule.Name.Text} {rule.Kind} because {rule.Because?.Text ?? "-"} when {rule.When?.Text ?? "-"} {Describe(rule.Approval)} {Terms(rule)} {Describe(rule.Remarks)}",
                _ => throw new InvalidOperationException(),
            });
        }

        foreach (var test in policy.Tests)
        {
            text.AppendLine($"test {test.Policy.Text} {test.Title.Text} at {test.At?.Text} {Describe(test.Remarks)} {string.Join('|', test.Inside)}");
            text.AppendJoin("", test.Given.Select(g => $"given {g.Path.Text} = {g.Value.Text} {Describe(g.Remarks)}\n"));
            text.AppendJoin("", test.Cases.Select(Describe));
        }

        return text.ToString();
    }

    static string Describe(CaseSyntax one) => one switch
    {
        TableSyntax table => $"table {string.Join('|', table.Columns.Select(c => c.Text))} {Describe(table.Remarks)}\n"
            + string.Concat(table.Rows.Select(r =>
                $"{string.Join('|', r.Cells.Select(c => c?.Text ?? "-"))} {r.Verdict.Text} by {string.Join('|', r.By.Select(b => b.Text))} {Describe(r.Remarks)}\n")),
        NeverSyntax never => $"never {never.Verdict.Text} when {never.When.Text} {Describe(never.Remarks)}\n",
        _ => throw new InvalidOperationException(),
    };

    static string Terms(RuleSyntax rule) => string.Join(' ',
        $"waivable {rule.WaivableBy?.Text}",
        rule.Limit is { } l ? $"{l.Count} per {l.Per.Text} key {l.Key?.Text}" : "",
        rule.Window is { } w ? $"{w.Window.Text} zone {w.Zone.Text}" : "",
        rule.Require is { } r ? $"{r.Risk} {r.OrEqual} {r.NotOlderThan?.Text}" : "",
        string.Join(';', rule.Redactions.Select(d =>
            $"{d.Path.Text} {string.Join('|', d.Recognisers.Select(n => n.Text))} {d.Operator.Text} {string.Join('|', d.Arguments.Select(a => $"{a.Name.Text}={a.Value.Text}"))}")));

    static string Describe(Remarks remarks) => $"[{string.Join('\n', remarks.Before)}][{remarks.After}]";

    static string Describe(ApprovalSyntax? approval) => approval is null
        ? "-"
        : $"{approval.Quorum} of {string.Join('|', approval.Groups.Select(g => g.Text))} {approval.DistinctFromActor} {approval.Within?.Text}";

    static NameSyntax At(string text) => new(text, default);

    static readonly Gen<string> Name = Gen.OneOf("a", "b1", "large", "finance", "amount_due", "rules", "inside", "r", "b", "whenever");

    static readonly Gen<string> Comment = Gen.OneOf("// why", "//", "// ``quoted\" text'", "//// four", "// rule x deny");

    static readonly Gen<Remarks> SomeRemarks = Gen.Select(Comment.Array[0, 2], Comment.Null())
        .Select((before, after) => new Remarks(before, after));

    /// <summary>Expressions in the formatter's form, over the whole of CEL's syntax.</summary>
    public static readonly Gen<string> Expression = Gen.Recursive<string>((depth, self) => depth > 4
        ? Atom
        : Gen.OneOf(
            Atom,
            Gen.Select(self, Gen.OneOf("&&", "||", "==", "!=", "<", ">=", "+", "-", "*", "/", "%", "in"), self, (a, op, b) =>
                $"{a} {op} {b}"),
            self.Select(a => $"({a})"),
            self.Select(a => $"!{a}"),
            self.Select(a => $"-{a}"),
            Gen.Select(self, self, self, (a, b, c) => $"{a} ? {b} : {c}"),
            Gen.Select(self, self, (a, b) => $"[{a}, {b}]"),
            Gen.Select(self, self, (a, b) => $"{{{a}: {b}}}"),
            Gen.Select(self, self, (a, b) => $"size({a}, {b})"),
            Gen.Select(self, self, (a, b) => $"x.map(e, {a})[{b}].rule.let"),
            Gen.Select(self, self, (a, b) => $"{{\"k\": {a} ? {b} : 1, 2: 3}}")));

    static Gen<string> Atom =>
        Gen.OneOf("1", "1.5", "1e-3", "0x1F", "7u", "true", "actor.groups", "a", "\"in \\\" quotes\"", "'single'", "r'raw\\d'",
        "b\"bytes\"", "\"\"\"three \" \"\" deep\"\"\"", "call.args.amount", "f()", "actor.roles.exists(r, r == \"admin\")", ".5",
            "\"// no comment\"", "\"ünïcödé\"");

    static readonly Gen<ExpressionSyntax> AnyExpression = Expression.Select(e => new ExpressionSyntax(e, default));

    static readonly Gen<NameSyntax> Because = Gen.OneOf("sanctioned country", "quote \" and \\ slash", "", "// not a comment").Select(At);

    static readonly Gen<ApprovalSyntax> Approval = Gen.Select(Gen.Int[1, 50], Gen.OneOf("finance", "cfo-office", "x_1").Array[1, 3],
        Gen.Bool,
        Gen.OneOf("4h", "1h30m", "90s", "2d").Null())
            .Select((quorum, groups, distinct, within) => new ApprovalSyntax(quorum, default, [.. groups.Select(At)])
            {
                DistinctFromActor = distinct,
                Within = within is null ? null : At(within),
            });

    static readonly Gen<NameSyntax> Time = Gen.OneOf("4h", "1h30m", "90s", "2d").Select(At);

    static readonly Gen<LimitSyntax> Limit = Gen.Select(Gen.Int[1, 1_000], Time, Gen.OneOf("[]", "[actor.id]", "[actor.id, call.tool]").Null())
        .Select((count, per, key) => new LimitSyntax(count, default, per, key is null ? null : new ExpressionSyntax(key, default)));

    static readonly Gen<WindowSyntax> Window = Gen.Select(Gen.OneOf("Mon-Fri 08:00-18:00", "22:00-06:00; Sat,Sun 00:00-24:00", "x"),
        Gen.OneOf("Europe/Berlin", "UTC")).Select((window, zone) => new WindowSyntax(At(window), At(zone)));

    static readonly Gen<RequireSyntax> Require = Gen.Select(Gen.Int[0, 100].Nullable(), Gen.Bool, Time.Null())
        .Select((risk, orEqual, age) => new RequireSyntax(risk, risk is not null && orEqual, age));

    static readonly Gen<RedactionSyntax> Redaction = Gen.Select(
        Gen.OneOf("call.args.card", "result.**", "result.items.*.email", "data[\"odd name\"].*", "result"),
        Gen.OneOf("IBAN", "EMAIL", "nonsense").Array[0, 2], Gen.OneOf("drop", "mask", "token", "hash", "partial_date", "other"),
        Gen.Select(Gen.OneOf("first", "last", "keep"), Gen.OneOf("4", "year")).Array[0, 2])
        .Select((path, recognisers, op, arguments) => new RedactionSyntax(At(path), [.. recognisers.Select(At)], At(op),
            [.. arguments.Select(a => new ArgumentSyntax(At(a.Item1), At(a.Item2)))]));

    static readonly Gen<RuleSyntax> Rule =
        Gen.Select(Name, Gen.Enum<RuleKind>(), SomeRemarks, Because.Null(), AnyExpression.Null(), Gen.OneOf("compliance", "x").Null())
            .SelectMany((name, kind, remarks, because, when, group) => Gen.Select(Approval, Limit, Window, Require, Redaction.Array[1, 3])
                .Select((approval, limit, window, require, redactions) => new RuleSyntax(At(name), kind, remarks)
                {
                    Because = because,
                    When = when,
                    WaivableBy = group is null ? null : At(group),
                    Approval = kind == RuleKind.Approval ? approval : null,
                    Limit = kind == RuleKind.Limit ? limit : null,
                    Window = kind == RuleKind.Only ? window : null,
                    Require = kind == RuleKind.Require ? require : null,
                    Redactions = kind == RuleKind.Redact ? redactions : [],
                }));

    static readonly Gen<MemberSyntax> Member = Gen.OneOf(
        Gen.Select(Name, AnyExpression, SomeRemarks, (name, value, remarks) => (MemberSyntax)new LetSyntax(At(name), value, remarks)),
        Rule.Select(r => (MemberSyntax)r), Rule.Select(r => (MemberSyntax)r));

    static readonly Gen<NameSyntax> FactPath = Gen.OneOf("call.args.amount", "actor.groups", "now", "call.Tool_1").Select(At);

    static readonly Gen<NameSyntax> Verdict = Gen.OneOf("allow", "approval", "limit", "deny").Select(At);

    static readonly Gen<CaseSyntax> Table = Gen.Select(FactPath.Array[0, 3], SomeRemarks).SelectMany((columns, remarks) =>
        Gen.Select(AnyExpression.Null().Array[columns.Length], Verdict, Gen.OneOf("a", "large").Array[0, 2], SomeRemarks)
            .Select((cells, verdict, by, r) => new RowSyntax(cells, verdict, [.. by.Select(At)], default, r)).Array[1, 3]
            .Select(rows => (CaseSyntax)new TableSyntax(columns, rows, remarks)));

    static readonly Gen<CaseSyntax> Never = Gen.Select(Verdict, AnyExpression, SomeRemarks)
        .Select((verdict, when, remarks) => (CaseSyntax)new NeverSyntax(verdict, when, remarks));

    static readonly Gen<TestSyntax> Test = Gen.Select(Gen.OneOf("a", "payments.refunds"), Because, SomeRemarks,
        Gen.OneOf("tool.before", "nonsense").Null(), Gen.Select(FactPath, AnyExpression, SomeRemarks).Array[0, 2], Gen.OneOf(Table, Never).Array[0, 3], Comment.Array[0, 2])
        .Select((policy, title, remarks, at, given, cases, inside) => new TestSyntax(At(policy), title, remarks)
        {
            At = at is null ? null : At(at),
            Given = [.. given.Select(g => new GivenSyntax(g.Item1, g.Item2, g.Item3))],
            Cases = cases,
            Inside = inside,
        });

    static readonly Gen<OnSyntax> Head = Gen.Select(Gen.Enum<OnKind>(), Gen.OneOf("tier", "cost centre"), Gen.OneOf("a.b", "*", "payments.*_void").Array[1, 3], SomeRemarks)
        .Select((kind, label, patterns, remarks) =>
            new OnSyntax(kind, kind == OnKind.Label ? At(label) : null, [.. patterns.Select(At)], remarks));

    /// <summary>Documents that parse; they need not make sense.</summary>
    public static readonly Gen<PolicySyntax> Document = Gen.Select(
        Gen.Select(Gen.OneOf("a", "payments.refunds", "x.y.z_1"), Gen.Int[1, int.MaxValue]),
        Gen.Select(Gen.OneOf("tool.before", "run.start", "nonsense").Array[1, 3], SomeRemarks).Nullable(),
        Head.Array[0, 3], Member.Array[0, 6], Test.Array[0, 2], SomeRemarks, Comment.Array[0, 2], Comment.Array[0, 2])
        .Select((name, at, on, members, tests, remarks, inside, trailing) => new PolicySyntax(At(name.Item1), name.Item2)
        {
            At = at is { } a ? new AtSyntax([.. a.Item1.Select(At)], a.Item2) : null,
            On = [.. on.DistinctBy(o => (o.Kind, o.Label?.Text))],
            Members = members,
            Tests = tests,
            Remarks = remarks,
            Inside = inside,
            Trailing = trailing,
        });
}
