using System.Text;
using Anumate.Cel;
using Anumate.PolicyEngine.Checks;
using Anumate.PolicyEngine.Syntax;

namespace Anumate.PolicyEngine;

/// <summary>A policy that was checked and made ready to decide.</summary>
public sealed class CompiledPolicy
{
    internal CompiledPolicy(PolicySyntax syntax, IReadOnlyList<PolicyScope> scopes)
    {
        Syntax = syntax;
        Scopes = scopes;
        Text = Formatter.Print(syntax);
        Digest = Proofs.Digest.Of(Encoding.UTF8.GetBytes(Formatter.PrintRuling(syntax))).ToString();
        Patterns = syntax.Tools?.Patterns.Select(p => new ToolPattern(p.Text)).ToList();
    }

    public string Name => Syntax.Name.Text;

    public int Version => Syntax.Version;

    /// <summary>The formatted text, tests included.</summary>
    public string Text { get; }

    /// <summary>The digest of the formatted text without its tests: two spellings of the same policy have the same one.</summary>
    public string Digest { get; }

    /// <summary>The document.</summary>
    public PolicySyntax Syntax { get; }

    /// <summary>Its rules at each of its points, and where they stand in the document.</summary>
    public IEnumerable<(PolicyPoint Point, string Rule, RuleKind Kind, Position Place)> Rules =>
        Scopes.SelectMany(s => s.Rules.Select(r => (s.Point, r.Name, r.Kind, r.Place)));

    /// <summary>The group that may lift a rule; null when nobody may, or there is no such rule.</summary>
    public string? WaivableBy(string rule) => Syntax.Rules.FirstOrDefault(r => r.Name.Text == rule)?.WaivableBy?.Text;

    internal IReadOnlyList<ToolPattern>? Patterns { get; }

    /// <summary>The tests of its document.</summary>
    internal IReadOnlyList<Testing.PlacedTest> Tests { get; init; } = [];

    /// <summary>One entry for each point it speaks at.</summary>
    internal IReadOnlyList<PolicyScope> Scopes { get; }

    /// <summary>Parses, checks and compiles a document.</summary>
    public static PolicyCheck Check(string source) => Checker.Check(source, null);

    /// <summary>The same with the static checks, for an author: what the policy says and most likely should not.</summary>
    public static PolicyCheck Check(string source, PolicyWorld world) => Checker.Check(source, world);
}

/// <summary>What became of a document: a policy when there is no error, and the findings in any case.</summary>
public sealed record PolicyCheck(CompiledPolicy? Policy, IReadOnlyList<Diagnostic> Diagnostics);

/// <summary>A policy at one point: its values and rules, typed with that point's facts.</summary>
sealed class PolicyScope(PolicyPoint point, PolicySyntax policy, CelEnvironment environment, CompiledLet[] lets,
    CompiledRule[] rules)
{
    public PolicyPoint Point => point;

    public string Policy => policy.Name.Text;

    public int Version => policy.Version;

    /// <summary>The capsules it speaks for (label null), and the values of labels; each must fit.</summary>
    public IReadOnlyList<(string? Label, ToolPattern[] Patterns)> Heads { get; } =
        [.. policy.On.Where(o => o.Kind != OnKind.Tool).Select(o => (o.Label?.Text, o.Patterns.Select(p => new ToolPattern(p.Text)).ToArray()))];

    /// <summary>The variables of its expressions: the point's facts in their order, then the named values.</summary>
    public CelEnvironment Environment => environment;

    public CompiledLet[] Lets => lets;

    public CompiledRule[] Rules => rules;
}

/// <summary>A named value. It is computed when the first rule needs it.</summary>
sealed record CompiledLet(Expression Value, int Slot);

/// <summary>
/// A part of a policy that is evaluated by itself: a named value, or one of the conditions that a rule's <c>when</c> joins with
/// <c>&amp;&amp;</c>.
/// </summary>
sealed record Expression(string Text, CelExpression Code)
{
    public CelResult Evaluate(CelBindings bindings) => Code.Evaluate(bindings, PolicyLimits.Steps);
}

/// <summary>
/// A rule ready to decide. <see cref="Needs"/>: the named values it looks at, itself or through others, in the order of their definition.
/// </summary>
sealed record CompiledRule(string Name, RuleKind Kind, Expression[] Clauses, int[] Needs)
{
    /// <summary>The only tools it can match for, as far as a clause of its own says so; null when it may match for any.</summary>
    public IReadOnlySet<string>? Tools { get; } = ToolClause.Of(Clauses);

    /// <summary>All clauses in one, for compiled code; null when it can say nothing of them.</summary>
    public CelCondition? Condition { get; init; }

    /// <summary>Whether more than the condition decides what becomes of it: who waives it, what time it is, a key.</summary>
    public bool NeedsFacts => WaivableBy is not null || Kind is RuleKind.Limit or RuleKind.Only or RuleKind.Require;

    /// <summary>What a decision says of it when it matched.</summary>
    public required MatchedRule Matched { get; init; }

    /// <summary>Where its name stands in the document.</summary>
    public Position Place { get; init; }

    /// <summary>What it demands when it matched, for an approval rule.</summary>
    public ApprovalDemand? Demand { get; init; }

    public LimitTerms? Limit { get; init; }

    public TimeWindow? Window { get; init; }

    public RequireTerms? Require { get; init; }

    public IReadOnlyList<RedactionDemand> Redactions { get; init; } = [];

    /// <summary>The group that may lift it; null when nobody may.</summary>
    public string? WaivableBy { get; init; }

    /// <summary><c>policy/rule</c>.</summary>
    public string FullName => field ??= $"{Matched.Policy}/{Name}";
}
