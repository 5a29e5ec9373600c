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

    /// <summary><c>on tool in […]</c>: the tools it speaks for; all of them when absent.</summary>
    public OnSyntax? On { get; init; }

    /// <summary>Named values and rules, in the order written.</summary>
    public required IReadOnlyList<MemberSyntax> Members { get; init; }

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
}

/// <summary><c>at tool.before, run.start</c>.</summary>
public sealed record AtSyntax(IReadOnlyList<NameSyntax> Points, Remarks Remarks);

/// <summary><c>on tool in ["payments.*"]</c>.</summary>
public sealed record OnSyntax(IReadOnlyList<NameSyntax> Patterns, Remarks Remarks);

/// <summary>A named value or a rule.</summary>
public abstract record MemberSyntax(NameSyntax Name, Remarks Remarks);

/// <summary><c>let amount = money(call.args.amount)</c>.</summary>
public sealed record LetSyntax(NameSyntax Name, ExpressionSyntax Value, Remarks Remarks) : MemberSyntax(Name, Remarks);

/// <summary>A rule: its kind and what every kind may carry.</summary>
public sealed record RuleSyntax(NameSyntax Name, RuleKind Kind, Remarks Remarks) : MemberSyntax(Name, Remarks)
{
    /// <summary>The terms of an <c>approval</c> rule.</summary>
    public ApprovalSyntax? Approval { get; init; }

    /// <summary><c>because "…"</c>.</summary>
    public NameSyntax? Because { get; init; }

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

/// <summary>What a rule does when it matches.</summary>
public enum RuleKind
{
    /// <summary>It may happen.</summary>
    Allow,

    /// <summary>It must not happen.</summary>
    Deny,

    /// <summary>People must say yes first.</summary>
    Approval,
}
