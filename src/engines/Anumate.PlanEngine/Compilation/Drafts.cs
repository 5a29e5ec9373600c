using Anumate.Cel;
using Anumate.Schemas.Documents;

namespace Anumate.PlanEngine;

/// <summary>A capsule on its way to a plan.</summary>
sealed record PlanDraft(
    CapsuleDocument Capsule, InputsDraft Inputs, ToolDrafts Tools, IReadOnlyList<PlanPolicy> Policies, IReadOnlyList<StepDraft> Steps,
    IReadOnlyList<OutputDraft> Outputs, IReadOnlyList<ApprovalDraft> Approvals);

/// <summary>An expression or template in a capsule: a string with a place. What it reads is known before what its types are.</summary>
sealed class ExpressionDraft(StringNode node, bool isTemplate)
{
    public StringNode Node => node;

    public bool IsTemplate => isTemplate;

    /// <summary>False when it does not even parse, or reads what there is not; no use in typing it then.</summary>
    public bool IsSound { get; set; }

    /// <summary>Steps whose output it reads.</summary>
    public IReadOnlyList<string> Reads { get; set; } = [];

    /// <summary>Steps it cannot do without.</summary>
    public IReadOnlyList<string> Requires { get; set; } = [];

    /// <summary>Steps it can do without, since it asks whether they have an output.</summary>
    public IReadOnlyList<string> Tested => [.. Reads.Except(Requires)];

    /// <summary>The paths it reads.</summary>
    public IReadOnlyList<CelPath> References { get; set; } = [];

    /// <summary>The typed expression, once typed without an error.</summary>
    public CelExpression? Typed { get; set; }

    public CelCompilation Compile(CelEnvironment environment) =>
        isTemplate ? environment.CompileTemplate(node.Value) : environment.Compile(node.Value);
}

/// <summary>A value of a capsule with the expressions in it, by node.</summary>
sealed class ValueDraft
{
    public ValueDraft(DocumentNode? node)
    {
        Node = node;
        Collect(node);
    }

    /// <summary>Null: an empty object.</summary>
    public DocumentNode? Node { get; }

    public Dictionary<DocumentNode, ExpressionDraft> Expressions { get; } = [];

    public IEnumerable<string> Requires => Expressions.Values.SelectMany(e => e.Requires);

    public CelType Type { get; set; } = CelType.Dyn;

    void Collect(DocumentNode? node)
    {
        switch (node)
        {
            case StringNode text when text.Value.Contains("${{", StringComparison.Ordinal):
                Expressions.Add(text, new ExpressionDraft(text, isTemplate: true));
                break;
            case ObjectNode map:
                foreach (var member in map.Members)
                {
                    Collect(member.Value);
                }

                break;
            case ArrayNode list:
                foreach (var item in list.Items)
                {
                    Collect(item);
                }

                break;
            default:
                break;
        }
    }
}

/// <summary>A step on its way to a plan.</summary>
sealed class StepDraft
{
    public StepDraft(CapsuleStep source, int index, ToolDrafts tools)
    {
        (Source, Index) = (source, index);
        Tool = source.Call is null ? null : tools.Resolve(source.Call);
        Undo = source.CompensationCall is null ? null : tools.Resolve(source.CompensationCall);
        Body = new ValueDraft(source.Body);
        Compensation = source.CompensationCall is null ? null : new ValueDraft(source.CompensationWith);
        When = source.When is null ? null : new ExpressionDraft(source.When, isTemplate: false);
    }

    public CapsuleStep Source { get; }

    public string Id => Source.Id;

    /// <summary>The place in the capsule.</summary>
    public int Index { get; }

    public ToolDraft? Tool { get; }

    public ToolDraft? Undo { get; }

    public ValueDraft Body { get; }

    public ValueDraft? Compensation { get; }

    public ExpressionDraft? When { get; }

    /// <summary>Steps that end before this one begins.</summary>
    public HashSet<StepDraft> Needs { get; } = [];

    /// <summary>Steps without whose output it is skipped.</summary>
    public HashSet<StepDraft> Reads { get; } = [];

    public int Level { get; set; }

    public CelType OutputType { get; set; } = CelType.Dyn;

    public OnUnknown OnUnknown => Decide(Tool, Source.OnUnknown);

    public OnUnknown CompensationOnUnknown => Decide(Undo, null);

    public StepLineage Lineage { get; private set; } = StepLineage.None;

    /// <summary>The steps this one's expressions are typed against, in a stable order.</summary>
    public IEnumerable<(string, CelType)> Scope => Needs.OrderBy(n => n.Index).Select(n => (n.Id, n.OutputType));

    public void Follow(Lineage lineage) => Lineage = lineage.Of(this);

    static OnUnknown Decide(ToolDraft? tool, OnUnknown? written) =>
        tool?.Tool.Effect is not ToolEffect.Effect ? OnUnknown.Retry
        : written ?? (tool.HasLookup ? OnUnknown.Lookup : OnUnknown.Ask);
}

/// <summary>An output of the capsule on its way to a plan.</summary>
sealed class OutputDraft(Member member)
{
    public string Name => member.Key;

    public ValueDraft Value { get; } = new(member.Value);

    public IReadOnlyList<Taint> Lineage { get; set; } = [];

    public static List<OutputDraft> All(ObjectNode? outputs) => [.. outputs?.Members.Select(m => new OutputDraft(m)) ?? []];
}

/// <summary>An approval on its way to a plan.</summary>
sealed class ApprovalDraft
{
    public ApprovalDraft(CapsuleApproval source, Dictionary<string, StepDraft> steps, Findings findings)
    {
        Source = source;
        When = source.When is null ? null : new ExpressionDraft(source.When, isTemplate: false);
        if (source.Before is { } before && !steps.TryGetValue(before.Value, out var step))
        {
            findings.Add(before.Error("capsule.unknown-step", $"there is no step `{before.Value}`", Schemas.DidYouMean.Suggest(before.Value, steps.Keys)));
        }
        else
        {
            Before = source.Before is null ? null : steps[source.Before.Value];
        }
    }

    public CapsuleApproval Source { get; }

    public StepDraft? Before { get; }

    public ExpressionDraft? When { get; }
}
