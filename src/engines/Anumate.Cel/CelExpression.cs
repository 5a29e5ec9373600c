namespace Anumate.Cel;

/// <summary>A compiled expression: immutable, safe to evaluate on many threads at once.</summary>
public sealed class CelExpression
{
    /// <summary>The steps an evaluation may take unless told otherwise; a few milliseconds' worth.</summary>
    public const long DefaultBudget = 1_000_000;

    readonly Code code;
    readonly long straight;
    readonly int slots;
    readonly Node node;
    readonly bool isTemplate;

    internal CelExpression(string source, Node node, bool isTemplate, Checker.Outcome outcome, Findings findings)
    {
        Source = source;
        this.node = node;
        this.isTemplate = isTemplate;
        ResultType = outcome.Type;
        References = outcome.References;
        Tested = outcome.Tested;
        Facts = outcome.Facts;
        EstimatedCost = Costs.Estimate(outcome.Root);
        straight = Costs.Straight(outcome.Root);
        slots = outcome.Slots;
        Root = outcome.Root;
        code = new Emitter(findings).Emit(outcome.Root);
    }

    /// <summary>The source as it was given.</summary>
    public string Source { get; }

    /// <summary>The type of the result, as far as the checker knows it.</summary>
    public CelType ResultType { get; }

    /// <summary>The paths the expression may read, each once, in the order of the source.</summary>
    public IReadOnlyList<CelPath> References { get; }

    /// <summary>Those of them that the expression asks for with <c>has(…)</c>.</summary>
    public IReadOnlyList<CelPath> Tested { get; }

    /// <summary>The text and the expressions a template is made of; an expression is one part.</summary>
    public IReadOnlyList<CelPart> Parts => [.. (node is Template template ? template.Parts : [node]).Select(CelPart.Of)];

    /// <summary>The expression as a comparison of a path with constants; null when it is anything else.</summary>
    public CelComparison? Comparison => CelComparison.Of(node);

    /// <summary>The constants that stand in the expression, texts and numbers, each once.</summary>
    public IReadOnlyList<CelValue> Constants => [.. CelComparison.Literals(node).Distinct()];

    /// <summary>The optional fields that are there when the result is true.</summary>
    internal IReadOnlyList<string> Facts { get; }

    /// <summary>The checked expression, for those who make other code from it.</summary>
    internal Typed Root { get; }

    /// <summary>The steps to expect when every list of unknown length has 100 elements.</summary>
    public long EstimatedCost { get; }

    /// <summary>
    /// Evaluates. Every expected outcome, among them an exceeded budget and data of the wrong type, is a result; the bindings must
    /// come from the environment the expression was compiled in, or from one that extends it.
    /// </summary>
    public CelResult Evaluate(CelBindings bindings, long budget = DefaultBudget)
    {
        if (straight > budget)
        {
            return new(Frame.Exhausted());
        }

        var frame = new Frame(bindings.Values, slots == 0 ? [] : new CelValue[slots], budget - straight);
        var value = code(ref frame);
        return new(frame.IsExhausted ? Frame.Exhausted() : value);
    }

    /// <summary>The expression in canonical form: one space around operators, no needless parentheses, double quotes.</summary>
    public override string ToString() => isTemplate ? Printer.PrintTemplate(node) : Printer.Print(node);
}
