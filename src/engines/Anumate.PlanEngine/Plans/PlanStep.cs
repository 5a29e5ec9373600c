using Anumate.Cel;
using Anumate.Schemas;

namespace Anumate.PlanEngine;

/// <summary>A step of a plan.</summary>
public sealed class PlanStep
{
    internal PlanStep(Template body, int[] reads) => (Body, Reads) = (body, reads);

    /// <summary>The place in <see cref="ExecutablePlan.Steps"/>.</summary>
    public required int Index { get; init; }

    public required string Id { get; init; }

    /// <summary>0 for a step that waits for no other.</summary>
    public required int Level { get; init; }

    public required StepKind Kind { get; init; }

    /// <summary>The steps that end before this one begins, by index.</summary>
    public required IReadOnlyList<int> Needs { get; init; }

    /// <summary>The tool of a call step.</summary>
    public PlanTool? Tool { get; init; }

    /// <summary>The tool that undoes the step, if it can be undone.</summary>
    public PlanTool? CompensationTool { get; init; }

    /// <summary>How long an answer to one attempt is waited for.</summary>
    public required TimeSpan Timeout { get; init; }

    public required RetryRule Retry { get; init; }

    public required OnUnknown OnUnknown { get; init; }

    /// <summary>What the step's capability tokens may grant: <c>tool@digest</c>, its own tool and the compensating one.</summary>
    public required IReadOnlyList<string> Grants { get; init; }

    /// <summary>Where the step's output holds values of sensitive fields.</summary>
    public required IReadOnlyList<SensitivePath> SensitiveOutput { get; init; }

    /// <summary>Where the call's arguments hold values of sensitive fields.</summary>
    public required IReadOnlyList<SensitivePath> SensitiveArguments { get; init; }

    /// <summary>The same for the compensating call.</summary>
    public required IReadOnlyList<SensitivePath> SensitiveCompensation { get; init; }

    /// <summary>Whether a call of this phase is given sensitive values: then what the tool says may repeat them.</summary>
    internal bool IsGuarded(CallPhase phase) => (phase is CallPhase.Do ? SensitiveArguments : SensitiveCompensation).Count > 0;

    /// <summary>The condition; null: the step is always taken.</summary>
    internal Template.Condition? When { get; init; }

    /// <summary>The arguments of the call, or the value of a pure step.</summary>
    internal Template Body { get; }

    /// <summary>The arguments of the compensating call.</summary>
    internal Template? Compensation { get; init; }

    internal OnUnknown CompensationOnUnknown { get; init; }

    internal CelType OutputType { get; init; } = CelType.Dyn;

    /// <summary>Steps whose output this one cannot do without: it is skipped when one of them is.</summary>
    internal int[] Reads { get; }

    /// <summary>Steps that wait for this one; set when all steps are known.</summary>
    internal int[] Dependents { get; set; } = [];

    /// <summary>The capsule's approvals before this step; set when all approvals are known.</summary>
    internal PlanApproval[] Approvals { get; set; } = [];
}

/// <summary>
/// An approval the capsule demands. <see cref="Before"/> is the step it gates; null: the whole run. It is asked for when its condition
/// (over what is known at that point) holds or fails to evaluate.
/// </summary>
public sealed class PlanApproval
{
    internal PlanApproval()
    {
    }

    public required string Id { get; init; }

    public required string Title { get; init; }

    public PlanStep? Before { get; init; }

    /// <summary>The source of the condition; null: always.</summary>
    public string? When { get; init; }

    public required IReadOnlyList<PlanStage> Stages { get; init; }

    internal Template.Condition? Condition { get; init; }
}
