namespace Anumate.PolicyEngine.Syntax;

/// <summary>A name or word with its place.</summary>
public sealed record NameSyntax(string Text, Span Span);

/// <summary>
/// An expression as written. <see cref="Text"/> has the blanks of the formatter, so two spellings of the same tokens are equal;
/// <see cref="Span"/> is where the author wrote it.
/// </summary>
public sealed record ExpressionSyntax(string Text, Span Span);

/// <summary>Comments that belong to a part of the document: lines before it, and one at the end of its last line.</summary>
public sealed record Remarks(IReadOnlyList<string> Before, string? After)
{
    /// <summary>No comments.</summary>
    public static Remarks None { get; } = new([], null);
}

/// <summary>A policy document: what the parser makes and the formatter prints.</summary>
public sealed record PolicySyntax(NameSyntax Name, int Version)
{
    /// <summary><c>at</c>: the points it speaks for.</summary>
    public required AtSyntax? At { get; init; }

    /// <summary><c>on …</c>: the tools, capsules and labels it speaks for; all of them when empty.</summary>
    public IReadOnlyList<OnSyntax> On { get; init; } = [];

    /// <summary>Named values and rules, in the order written.</summary>
    public required IReadOnlyList<MemberSyntax> Members { get; init; }

    /// <summary>The tests after the policy.</summary>
    public IReadOnlyList<TestSyntax> Tests { get; init; } = [];

    /// <summary>Comments before the policy, and on the line of its closing brace.</summary>
    public Remarks Remarks { get; init; } = Remarks.None;

    /// <summary>Comments before the closing brace.</summary>
    public IReadOnlyList<string> Inside { get; init; } = [];

    /// <summary>Comments after the policy.</summary>
    public IReadOnlyList<string> Trailing { get; init; } = [];

    /// <summary>The rules, in the order written.</summary>
    public IEnumerable<RuleSyntax> Rules => Members.OfType<RuleSyntax>();

    /// <summary>The named values, in the order written.</summary>
    public IEnumerable<LetSyntax> Lets => Members.OfType<LetSyntax>();

    /// <summary>The head that names tools, if there is one.</summary>
    public OnSyntax? Tools => On.FirstOrDefault(o => o.Kind == OnKind.Tool);
}

/// <summary><c>at tool.before, run.start</c>.</summary>
public sealed record AtSyntax(IReadOnlyList<NameSyntax> Points, Remarks Remarks);

/// <summary><c>on tool in ["payments.*"]</c>, <c>on capsule in ["refund-*"]</c>, <c>on label "tier" in ["gold"]</c>.</summary>
public sealed record OnSyntax(OnKind Kind, NameSyntax? Label, IReadOnlyList<NameSyntax> Patterns, Remarks Remarks);

/// <summary>What a head of a policy is about.</summary>
public enum OnKind
{
    /// <summary>The tool that is called.</summary>
    Tool,

    /// <summary>The capsule by name.</summary>
    Capsule,

    /// <summary>A label of the capsule.</summary>
    Label,
}

/// <summary>A named value or a rule.</summary>
public abstract record MemberSyntax(NameSyntax Name, Remarks Remarks);

/// <summary><c>let amount = money(call.args.amount)</c>.</summary>
public sealed record LetSyntax(NameSyntax Name, ExpressionSyntax Value, Remarks Remarks) : MemberSyntax(Name, Remarks);

/// <summary>A rule: its kind and what every kind may carry.</summary>
public sealed record RuleSyntax(NameSyntax Name, RuleKind Kind, Remarks Remarks) : MemberSyntax(Name, Remarks)
{
    /// <summary>The terms of an <c>approval</c> rule.</summary>
    public ApprovalSyntax? Approval { get; init; }

    /// <summary>The terms of a <c>limit</c> rule.</summary>
    public LimitSyntax? Limit { get; init; }

    /// <summary>The terms of an <c>only</c> rule.</summary>
    public WindowSyntax? Window { get; init; }

    /// <summary>What a <c>redact</c> rule redacts.</summary>
    public IReadOnlyList<RedactionSyntax> Redactions { get; init; } = [];

    /// <summary>The terms of a <c>require</c> rule.</summary>
    public RequireSyntax? Require { get; init; }

    /// <summary><c>because "…"</c>.</summary>
    public NameSyntax? Because { get; init; }

    /// <summary><c>waivable by "…"</c>: the group whose members may lift it.</summary>
    public NameSyntax? WaivableBy { get; init; }

    /// <summary><c>when …</c>; always, when absent.</summary>
    public ExpressionSyntax? When { get; init; }
}

/// <summary><c>2 of ["controller", "finance"] distinct_from actor within 4h</c>.</summary>
public sealed record ApprovalSyntax(int Quorum, Span QuorumSpan, IReadOnlyList<NameSyntax> Groups)
{
    /// <summary>Whether the actor does not count.</summary>
    public bool DistinctFromActor { get; init; }

    /// <summary>How long it may wait, as written (<c>4h</c>, <c>1h30m</c>).</summary>
    public NameSyntax? Within { get; init; }
}

/// <summary><c>20 per 1h key [actor.id, call.tool]</c>; without a key all count together.</summary>
public sealed record LimitSyntax(int Count, Span CountSpan, NameSyntax Per, ExpressionSyntax? Key);

/// <summary><c>in window "Mon-Fri 08:00-18:00" zone "Europe/Berlin"</c>.</summary>
public sealed record WindowSyntax(NameSyntax Window, NameSyntax Zone);

/// <summary><c>result.** where pii(IBAN, EMAIL) with mask(last: 4)</c>.</summary>
public sealed record RedactionSyntax(NameSyntax Path, IReadOnlyList<NameSyntax> Recognisers, NameSyntax Operator, IReadOnlyList<ArgumentSyntax> Arguments);

/// <summary><c>last: 4</c>, <c>keep: year</c>.</summary>
public sealed record ArgumentSyntax(NameSyntax Name, NameSyntax Value);

/// <summary><c>preflight risk &lt; 50 not older than 24h</c>.</summary>
public sealed record RequireSyntax(int? Risk, bool OrEqual, NameSyntax? NotOlderThan);

/// <summary>A test of the policy: facts that are given, tables of cases, and what must never be.</summary>
public sealed record TestSyntax(NameSyntax Policy, NameSyntax Title, Remarks Remarks)
{
    /// <summary><c>at tool.before</c>: the point; the policy's first one when absent.</summary>
    public NameSyntax? At { get; init; }

    /// <summary>Facts that hold for every case.</summary>
    public IReadOnlyList<GivenSyntax> Given { get; init; } = [];

    /// <summary>Tables and properties, in the order written.</summary>
    public IReadOnlyList<CaseSyntax> Cases { get; init; } = [];

    /// <summary>Comments before the closing brace.</summary>
    public IReadOnlyList<string> Inside { get; init; } = [];
}

/// <summary><c>given call.args.country = "DE"</c>.</summary>
public sealed record GivenSyntax(NameSyntax Path, ExpressionSyntax Value, Remarks Remarks);

/// <summary>A table or a property of a test.</summary>
public abstract record CaseSyntax(Remarks Remarks);

/// <summary>A table: a column for each fact, and what is expected.</summary>
public sealed record TableSyntax(IReadOnlyList<NameSyntax> Columns, IReadOnlyList<RowSyntax> Rows, Remarks Remarks) : CaseSyntax(Remarks);

/// <summary>A row: a value for each column (null for a fact that is absent), and the verdict with the rules that must have matched.</summary>
public sealed record RowSyntax(IReadOnlyList<ExpressionSyntax?> Cells, NameSyntax Verdict, IReadOnlyList<NameSyntax> By, Span Span, Remarks Remarks);

/// <summary><c>never allow when call.tenant != actor.tenant</c>.</summary>
public sealed record NeverSyntax(NameSyntax Verdict, ExpressionSyntax When, Remarks Remarks) : CaseSyntax(Remarks);
