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
        text.AppendLine(policy.On is { } on ? $"on {string.Join('|', on.Patterns.Select(p => p.Text))} {Describe(on.Remarks)}" : "no on");
        foreach (var member in policy.Members)
        {
            text.AppendLine(member switch
            {
                LetSyntax let => $"let {let.Name.Text} = {let.Value.Text} {Describe(let.Remarks)}",
                RuleSyntax rule => $"{rule.Name.Text} {rule.Kind} because {rule.Because?.Text ?? "-"} when {rule.When?.Text ?? "-"} {Describe(rule.Approval)} {Describe(rule.Remarks)}",
                _ => throw new InvalidOperationException(),
            });
        }

        return text.ToString();
    }

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

    static readonly Gen<MemberSyntax> Member = Gen.OneOf(
        Gen.Select(Name, AnyExpression, SomeRemarks, (name, value, remarks) => (MemberSyntax)new LetSyntax(At(name), value, remarks)),
        Gen.Select(Name, Gen.Enum<RuleKind>(), SomeRemarks, Because.Null(), AnyExpression.Null(), Approval)
            .Select((name, kind, remarks, because, when, approval) =>
            (MemberSyntax)new RuleSyntax(At(name), kind, remarks)
            {
                Because = because, When = when, Approval = kind == RuleKind.Approval
                ? approval : null
            }));

    /// <summary>Documents that parse; they need not make sense.</summary>
    public static readonly Gen<PolicySyntax> Document = Gen.Select(Gen.OneOf("a", "payments.refunds", "x.y.z_1"), Gen.Int[1, int.MaxValue],
        Gen.Select(Gen.OneOf("tool.before", "run.start", "nonsense").Array[1, 3], SomeRemarks).Nullable(),
            Gen.Select(Gen.OneOf("a.b", "*", "payments.*_void").Array[1, 3], SomeRemarks).Nullable(),
        Member.Array[0, 6], SomeRemarks, Comment.Array[0, 2], Comment.Array[0, 2])
        .Select((name, version, at, on, members, remarks, inside, trailing) => new PolicySyntax(At(name), version)
        {
            At = at is { } a ? new AtSyntax([.. a.Item1.Select(At)], a.Item2) : null,
            On = on is { } o ? new OnSyntax([.. o.Item1.Select(At)], o.Item2) : null,
            Members = members,
            Remarks = remarks,
            Inside = inside,
            Trailing = trailing,
        });
}
