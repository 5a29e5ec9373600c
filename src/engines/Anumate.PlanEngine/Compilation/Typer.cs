using Anumate.Cel;
using Anumate.Schemas.Documents;

namespace Anumate.PlanEngine;

/// <summary>Types the expressions of steps in running order: by then the types of everything they read are known.</summary>
sealed class Typer(CelType inputs, Findings findings)
{
    readonly CelType inputs = inputs;
    readonly CelEnvironment onlyInputs = ExpressionScope.Typed(inputs, []);

    /// <summary>The steps an expression is typed against; those with nothing special share one environment.</summary>
    sealed class Scope(Typer typer, IEnumerable<(string Id, CelType Output)> steps)
    {
        readonly List<(string, CelType)> steps = [.. steps];
        CelEnvironment? shared;

        public CelEnvironment For(ExpressionDraft expression) =>
            steps.Count == 0 ? typer.onlyInputs
            : expression.Tested.Count > 0 ? ExpressionScope.Typed(typer.inputs, steps, [.. expression.Tested])
            : shared ??= ExpressionScope.Typed(typer.inputs, steps);
    }

    public void Type(StepDraft step)
    {
        var scope = new Scope(this, step.Scope);
        if (step.When is { } when)
        {
            Type(when, scope, CelType.Bool);
        }

        Type(step.Body, scope);
        step.OutputType = step.Source.Kind is StepKind.Pure ? step.Body.Type : step.Tool?.OutputType ?? CelType.Dyn;
        if (step.Compensation is { } compensation)
        {
            Type(compensation, new Scope(this, step.Scope.Append((step.Id, step.OutputType))));
        }

        if (step.Tool is { } tool)
        {
            new ArgumentChecker(tool, step.Body, findings).Check(step.Source.Call!);
        }

        if (step.Undo is { } undo)
        {
            new ArgumentChecker(undo, step.Compensation!, findings).Check(step.Source.CompensationCall!);
        }

        Behaviour(step);
    }

    public void Type(OutputDraft output, IReadOnlyList<StepDraft> steps)
    {
        var read = output.Value.Expressions.Values.SelectMany(e => e.Reads).ToHashSet(StringComparer.Ordinal);
        Type(output.Value, new Scope(this, steps.Where(s => read.Contains(s.Id)).Select(s => (s.Id, s.OutputType))));
    }

    public void Type(ApprovalDraft approval)
    {
        if (approval.When is { } when)
        {
            Type(when, new Scope(this, approval.Before?.Scope ?? []), CelType.Bool);
        }
    }

    void Type(ValueDraft value, Scope scope)
    {
        foreach (var expression in value.Expressions.Values)
        {
            Type(expression, scope, null);
        }

        value.Type = TypeOf(value, value.Node);
    }

    void Type(ExpressionDraft expression, Scope scope, CelType? expected)
    {
        if (!expression.IsSound)
        {
            return;
        }

        var environment = scope.For(expression);
        var compiled = expression.IsTemplate
            ? environment.CompileTemplate(expression.Node.Value, expected: expected)
            : environment.Compile(expression.Node.Value, expected: expected);
        findings.Add(compiled.Diagnostics.Select(d => Places.Of(d, expression.Node)));
        expression.Typed = compiled.Expression;
    }

    static CelType TypeOf(ValueDraft value, DocumentNode? node) => node switch
    {
        null => CelType.Object([]),
        _ when value.Expressions.TryGetValue(node, out var expression) => expression.Typed?.ResultType ?? CelType.Dyn,
        ObjectNode map => CelType.Object(map.Members.Select(m => KeyValuePair.Create(m.Key, new CelField(TypeOf(value, m.Value), true)))),
        ArrayNode list => CelType.List(Common([.. list.Items.Select(i => TypeOf(value, i))])),
        StringNode => CelType.String,
        BooleanNode => CelType.Bool,
        NumberNode number => number.IsInteger ? CelType.Int : CelType.Double,
        NullNode => CelType.Null,
        _ => CelType.Dyn,
    };

    static CelType Common(CelType[] types) => types.Length > 0 && types.All(t => t.Equals(types[0])) ? types[0] : CelType.Dyn;

    /// <summary>What a step says about failure must fit what its tools can do.</summary>
    void Behaviour(StepDraft step)
    {
        if (step.Source is { OnUnknown: { } written, OnUnknownNode: { } node } && step.Tool is { } tool)
        {
            if (tool.Tool.Effect is not ToolEffect.Effect)
            {
                findings.Add(node.Warning("capsule.needless", $"`{tool.Tool.Name}` is {Words.Effects.Of(tool.Tool.Effect)}: it is simply called again", "remove `on_unknown`"));
            }
            else if (written is OnUnknown.Lookup && !tool.HasLookup)
            {
                findings.Add(node.Error("capsule.no-lookup", $"`{tool.Tool.Name}` cannot be asked what became of a call", "use `ask`, `fail` or `retry`"));
            }
        }

        if (step is { Undo: not null, Tool.Tool.Effect: ToolEffect.ReadOnly })
        {
            findings.Add(step.Source.CompensationCall!.Warning("capsule.needless", $"`{step.Tool.Tool.Name}` changes nothing that could be undone", "remove `compensate`"));
        }
        else if (step.Undo?.Tool.Effect is ToolEffect.ReadOnly)
        {
            findings.Add(step.Source.CompensationCall!.Warning("capsule.needless", $"`{step.Undo.Tool.Name}` changes nothing, so it undoes nothing"));
        }
    }
}
