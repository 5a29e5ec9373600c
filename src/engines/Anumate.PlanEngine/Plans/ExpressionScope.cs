using Anumate.Cel;

namespace Anumate.PlanEngine;

/// <summary>
/// What expressions of a capsule may read: <c>inputs</c> and <c>steps.X.output</c>. Each expression is typed against the steps that end
/// before it is evaluated, and only those.
/// </summary>
static class ExpressionScope
{
    public const int Inputs = 0;
    public const int Steps = 1;
    public const string Output = "output";

    /// <summary>The scope without types: for values at run time, and for finding out what an expression reads.</summary>
    public static CelEnvironment Base { get; } = new(new CelVariable("inputs", CelType.Dyn), new CelVariable("steps", CelType.Dyn));

    /// <summary>
    /// The scope of one expression. Where it asks <c>has(steps.x.output)</c> the checker makes sure that it reads the output only then;
    /// elsewhere the output is there, as the step is skipped when it is not.
    /// </summary>
    public static CelEnvironment Typed(CelType inputs, IEnumerable<(string Id, CelType Output)> steps, ICollection<string>? tested = null) => new(
        new CelVariable("inputs", inputs),
        new CelVariable("steps", CelType.Object(steps.Select(s => KeyValuePair.Create(
            s.Id, new CelField(CelType.Object([KeyValuePair.Create(Output, new CelField(s.Output, tested?.Contains(s.Id) is not true))]), true))))));

    /// <summary>The steps whose output an expression reads.</summary>
    public static IEnumerable<string> Reads(CelExpression expression) =>
        expression.References.Where(r => r.Variable == "steps" && r.Fields.Count > 0).Select(r => r.Fields[0]).Distinct();

    /// <summary>
    /// The steps without whose output an expression cannot be evaluated: those it reads, except where it asks <c>has(steps.x.output)</c>,
    /// which says that it knows what to do without.
    /// </summary>
    public static IEnumerable<string> Requires(CelExpression expression)
    {
        var tested = expression.Tested.Where(r => r.Variable == "steps" && r.Fields is [_, Output]).Select(r => r.Fields[0]);
        return Reads(expression).Except(tested);
    }
}
