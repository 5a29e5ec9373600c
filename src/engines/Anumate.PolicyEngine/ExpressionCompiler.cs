using Anumate.Cel;
using Anumate.PolicyEngine.Syntax;

namespace Anumate.PolicyEngine;

/// <summary>
/// Compiles a policy's expressions with the facts of one point. A named value sees those defined before it, a rule sees all.
/// </summary>
sealed class ExpressionCompiler
{
    readonly string source;
    readonly Findings findings;
    readonly string prefix;
    readonly HashSet<string> undefined;
    readonly List<(string Name, IReadOnlyList<int> Needs)> lets = [];

    public ExpressionCompiler(string source, PolicySyntax policy, PolicyPoint point, Findings findings)
    {
        (this.source, this.findings) = (source, findings);
        prefix = policy.At!.Points.Count > 1 ? $"at `{point}`: " : "";
        undefined = [.. policy.Lets.Select(l => l.Name.Text)];
        Environment = Without(point.Environment, [.. policy.Lets.Select(l => l.Name.Text).Where(PolicyPoint.MayBeHidden.Contains)]);
    }

    /// <summary>
    /// A value may have the name of a fact that is younger than the policy; then the policy keeps its meaning and cannot see the fact.
    /// </summary>
    static CelEnvironment Without(CelEnvironment environment, HashSet<string> hidden) => hidden.Count == 0
        ? environment
        : new(environment.Variables.Select(v => hidden.Contains(v.Name) ? v with { Name = $"@{v.Name}" } : v));

    public CelEnvironment Environment { get; private set; }

    /// <summary>The steps that all expressions together are expected to take.</summary>
    public long Cost { get; private set; }

    /// <summary>
    /// Compiles a named value and declares it; one that does not compile is declared without a type, so that its uses are no findings too.
    /// </summary>
    public CompiledLet? Let(LetSyntax let)
    {
        var value = Compile(let.Value.Span, expected: null);
        var slot = Environment.Variables.Count;
        undefined.Remove(let.Name.Text);
        if (Environment.IndexOf(let.Name.Text) < 0)
        {
            lets.Add((let.Name.Text, Needs(value)));
            Environment = Environment.With(let.Name.Text, value?.Code.ResultType ?? CelType.Dyn);
        }

        return value is null ? null : new CompiledLet(value, slot);
    }

    /// <summary>
    /// The operands of the condition's outermost <c>&amp;&amp;</c>, each by itself: so a decision knows which of them failed.
    /// </summary>
    public Expression[] Clauses(RuleSyntax rule, out int[] needs)
    {
        needs = [];
        if (rule.When is not { } when)
        {
            return [];
        }

        var clauses = new List<Expression>();
        foreach (var part in ExpressionReader.Conjuncts(when.Span.Of(source)))
        {
            if (Compile(new Span(when.Span.Start + part.Start, when.Span.Start + part.End), CelType.Bool) is { } clause)
            {
                clauses.Add(clause);
            }
        }

        needs = [.. clauses.SelectMany(Needs).Distinct().Order()];
        return [.. clauses];
    }

    /// <summary>The key of a limit, and the named values it needs beside those given.</summary>
    public Expression? Key(ExpressionSyntax key, ref int[] needs)
    {
        var compiled = Compile(key.Span, CelType.List(CelType.Dyn));
        needs = [.. needs.Union(Needs(compiled)).Order()];
        return compiled;
    }

    Expression? Compile(Span span, CelType? expected)
    {
        var text = span.Of(source);
        var blank = text.Length - text.TrimStart().Length;
        var compilation = Environment.Compile(text[blank..], findings.PositionOf(span.Start + blank), expected);
        if (compilation.Expression is not { } code)
        {
            Explain(compilation, text, span);
            return null;
        }

        findings.Add(compilation.Diagnostics, prefix);

        Cost += code.EstimatedCost;
        if (code.EstimatedCost > PolicyLimits.Steps)
        {
            findings.Error("policy.cost", $"this is expected to take {code.EstimatedCost} steps; {PolicyLimits.Steps} are allowed",
                new Span(span.Start + blank, span.End),
                "do not nest macros over long lists");
        }

        return new Expression(ExpressionReader.Print(text), code);
    }

    void Explain(CelCompilation compilation, string text, Span span)
    {
        if (ExpressionReader.Names(text).FirstOrDefault(undefined.Contains) is { } later)
        {
            findings.Add([Diagnostic.Error("policy.let-order", $"the value `{later}` is not defined yet", "",
                findings.PositionOf(span.Start),
                "a value sees those defined before it, and not itself; move its `let` up")], "");
        }
        else
        {
            findings.Add(compilation.Diagnostics, prefix);
        }
    }

    /// <summary>The named values an expression looks at, and those they look at.</summary>
    IReadOnlyList<int> Needs(Expression? expression)
    {
        var needs = new SortedSet<int>();
        foreach (var reference in expression?.Code.References ?? [])
        {
            var index = lets.FindIndex(l => l.Name == reference.Variable);
            if (index >= 0)
            {
                needs.Add(index);
                needs.UnionWith(lets[index].Needs);
            }
        }

        return [.. needs];
    }
}
