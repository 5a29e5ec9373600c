namespace Anumate.PlanEngine;

/// <summary>Where a step, or its compensation, stands.</summary>
public enum StepStatus
{
    /// <summary>Its turn has not come, or it may start.</summary>
    Pending,

    /// <summary>An attempt is under way.</summary>
    Running,

    /// <summary>An attempt ended without success; a retry or the end of the step is about to be appended.</summary>
    AttemptEnded,

    /// <summary>It waits for the time of its next attempt.</summary>
    WaitingRetry,

    /// <summary>It waits for an approval.</summary>
    WaitingApproval,

    /// <summary>The outcome of its attempt is unknown and is being found out.</summary>
    Unknown,

    /// <summary>The outcome of its attempt is unknown; a human was asked.</summary>
    WaitingClarification,

    Completed,
    Skipped,
    Failed,
    Denied,
}

/// <summary>An approval that was asked for; <see cref="Verdict"/> is null while it is open.</summary>
public sealed record ApprovalState(
    string Id, string Name, string? Step, CallPhase Phase, string? ArgumentsDigest, string? DecisionDigest, ApprovalVerdict? Verdict);

/// <summary>A question to a human that is open.</summary>
public sealed record ClarificationState(string Id, string Step, int Attempt, CallPhase Phase, string Question);

/// <summary>Why a run goes no further. <see cref="Ends"/> is the status it leads to if nothing is undone.</summary>
public sealed record RunFailure(RunStatus Ends, string? Step, string Code, string Error);

/// <summary>
/// The state of a run: what its journal says, and nothing else. Owned by one caller at a time; <see cref="Interpreter.Apply"/> changes it
/// in place. Which actions were handed out already is remembered beside it and is not part of it (<see cref="Snapshot"/>).
/// </summary>
public sealed partial class RunState
{
    internal readonly CallSlot[] Doing;
    internal CallSlot[]? Undoing;

    /// <summary>For each step, how many of its needs have not ended.</summary>
    internal readonly int[] Blocked;

    /// <summary>Steps whose needs have ended and that have not ended themselves, in the order in which they became so.</summary>
    internal readonly List<int> Open = [];

    /// <summary>Completed steps, and those whose answer is withheld, in the order of their completion.</summary>
    internal readonly List<int> Completion = [];

    internal readonly Json[] StepOutputs;
    internal readonly List<ApprovalState> ApprovalList = [];
    internal readonly List<ClarificationState> ClarificationList = [];
    internal int Ended;
    internal int OpenPeople;
    internal DateTimeOffset PeopleSince;
    internal DateTimeOffset? Deadline;
    internal bool Started;

    // Not part of the state: what was handed out or worked out already by this object.
    internal DateTimeOffset? Timer;
    internal bool EndTaken;
    internal bool GatesPassed;
    internal HashSet<string>? Asked;
    readonly Dictionary<PlanApproval, bool> demanded = [];

    internal RunStatus? EndStatus;

    RunState(ExecutablePlan plan, Id<Run> run)
    {
        Plan = plan;
        Run = run;
        var count = plan.Steps.Count;
        Doing = new CallSlot[count];
        Blocked = new int[count];
        StepOutputs = new Json[count];
        for (var i = 0; i < count; i++)
        {
            Blocked[i] = plan.Steps[i].Needs.Count;
            if (Blocked[i] == 0)
            {
                Open.Add(i);
            }
        }
    }

    /// <summary>A run of which nothing is journaled yet.</summary>
    public static RunState New(ExecutablePlan plan, Id<Run> run) => new(plan, run);

    public ExecutablePlan Plan { get; }

    public Id<Run> Run { get; }

    /// <summary>How many entries were applied: the number of the last one.</summary>
    public long Seq { get; internal set; }

    /// <summary>The latest time any entry brought.</summary>
    public DateTimeOffset Now { get; internal set; }

    /// <summary>The epoch of the last takeover; 0 before the first.</summary>
    public long Epoch { get; internal set; }

    /// <summary>Whether a takeover happened: from then on every attempt is recorded before it starts.</summary>
    public bool Recovered { get; internal set; }

    /// <summary>The run's inputs; absent before <see cref="RunStarted"/>.</summary>
    public Json Inputs { get; internal set; }

    public string InputsDigest { get; internal set; } = "";

    /// <summary>What the host put beside the start.</summary>
    public Json Facts { get; internal set; }

    /// <summary>Why the run goes no further, once a step was given up or denied, an approval refused, or the run halted.</summary>
    public RunFailure? Failure { get; internal set; }

    /// <summary>The capsule's outputs, once completed.</summary>
    public Json Outputs { get; internal set; }

    /// <summary>What the last entry of an ended run says went wrong.</summary>
    public string? Error { get; internal set; }

    public bool HasEnded => EndStatus is not null;

    /// <summary>Every approval that was asked for, in order.</summary>
    public IReadOnlyList<ApprovalState> Approvals => ApprovalList;

    /// <summary>Questions that wait for a human.</summary>
    public IReadOnlyList<ClarificationState> Clarifications => ClarificationList;

    /// <summary>Where the run stands.</summary>
    public RunStatus Status
    {
        get
        {
            if (EndStatus is { } end)
            {
                return end;
            }

            if (ClarificationList.Count > 0)
            {
                return RunStatus.WaitingClarification;
            }

            if (OpenPeople > 0 && Failure is null && RunningCalls == 0)
            {
                return RunStatus.WaitingApproval;
            }

            return Failure is not null && IsSettled && NextToUndo() >= 0 ? RunStatus.Compensating : RunStatus.Running;
        }
    }

    /// <summary>The steps as contracts show them, in the plan's order.</summary>
    public IReadOnlyList<RunStep> Steps => [.. Plan.Steps.Select(View)];

    /// <summary>The approvals asked for one call, in order; the last of a name counts.</summary>
    public IEnumerable<ApprovalState> ApprovalsOf(PlanStep step, CallPhase phase) =>
        ApprovalList.Where(a => a.Step == step.Id && a.Phase == phase);

    /// <summary>The output of a completed step; absent for any other.</summary>
    public Json OutputOf(PlanStep step) => StepOutputs[step.Index];

    /// <summary>The arguments of a call that was begun, as its expressions give them: before a policy redacts them.</summary>
    /// <exception cref="JournalException">They cannot be computed, so that no such call can have been begun.</exception>
    public Json ArgumentsOf(PlanStep step, CallPhase phase)
    {
        var arguments = (phase is CallPhase.Do ? step.Body : step.Compensation!).Evaluate(this);
        return arguments.Error is { } error ? throw new JournalException($"step `{step.Id}` has no arguments: {error}") : arguments.Json;
    }

    /// <summary>What is demanded of the answer of the current or last attempt; absent when nothing is.</summary>
    public Json DemandsOf(PlanStep step, CallPhase phase) => phase is CallPhase.Do ? Doing[step.Index].Demands : Undoing?[step.Index].Demands ?? default;

    public StepStatus StatusOf(PlanStep step, CallPhase phase = CallPhase.Do) =>
        phase is CallPhase.Do ? Doing[step.Index].Status : Undoing?[step.Index].Status ?? StepStatus.Pending;

    internal int RunningCalls
    {
        get
        {
            var running = 0;
            foreach (var i in Open)
            {
                running += Doing[i].Status is StepStatus.Running ? 1 : 0;
            }

            return running;
        }
    }

    internal ref CallSlot Slot(int step, CallPhase phase)
    {
        if (phase is CallPhase.Do)
        {
            return ref Doing[step];
        }

        Undoing ??= new CallSlot[Doing.Length];
        return ref Undoing[step];
    }

    /// <summary>No call of a step is under way and none has an outcome that is still to be found out.</summary>
    internal bool IsSettled
    {
        get
        {
            foreach (var i in Open)
            {
                if (MustConclude(i))
                {
                    return false;
                }
            }

            return true;
        }
    }

    /// <summary>Whether a step has a call that must come to an end before the run can wind up.</summary>
    internal bool MustConclude(int index) =>
        Doing[index].Status is StepStatus.Running or StepStatus.AttemptEnded or StepStatus.Unknown or StepStatus.WaitingClarification || MustSettle(index);

    /// <summary>
    /// A step that can be undone, of which it is not known whether it happened, and which may be attempted again: only that tells whether
    /// there is something to undo.
    /// </summary>
    internal bool MustSettle(int index)
    {
        ref readonly var slot = ref Doing[index];
        return slot is { Maybe: true, GivenUp: false, Status: StepStatus.AttemptEnded or StepStatus.WaitingRetry }
            && Plan.Steps[index].CompensationTool is not null && slot.Attempt < Plan.Steps[index].Retry.MaxAttempts;
    }

    /// <summary>The last step that has happened whose compensation has not ended; -1 when there is none.</summary>
    internal int NextToUndo()
    {
        for (var k = Completion.Count - 1; k >= 0 && Plan.OnFailure is OnFailure.Compensate; k--)
        {
            var i = Completion[k];
            if (Plan.Steps[i].CompensationTool is not null && (Undoing is null || !Undoing[i].HasEnded))
            {
                return i;
            }
        }

        return -1;
    }

    /// <summary>
    /// The next time at which something is due by itself; null when the run waits for answers only. What was due already and did not
    /// begin waits for something else (a free place among the calls), so time does not help it.
    /// </summary>
    public DateTimeOffset? NextDue
    {
        get
        {
            if (HasEnded)
            {
                return null;
            }

            var due = Failure is null && OpenPeople == 0 && Deadline > Now ? Deadline : null;
            foreach (var i in Open)
            {
                due = Sooner(due, Doing[i]);
            }

            return Undoing is not null && NextToUndo() is >= 0 and var undo ? Sooner(due, Undoing[undo]) : due;
        }
    }

    DateTimeOffset? Sooner(DateTimeOffset? due, in CallSlot slot)
    {
        var waits = slot.Due > Now && !slot.Taken
            && (slot.Status is StepStatus.WaitingRetry or StepStatus.Unknown || slot is { Status: StepStatus.Running, Dangling: true });
        return waits && (due is null || slot.Due < due) ? slot.Due : due;
    }

    /// <summary>Whether an approval is demanded: its condition holds, or fails to evaluate, which never opens a gate.</summary>
    internal bool Demands(PlanApproval approval)
    {
        if (approval.Condition is null)
        {
            return true;
        }

        if (!demanded.TryGetValue(approval, out var demands))
        {
            var (holds, error) = approval.Condition.Test(this);
            demanded[approval] = demands = holds || error is not null;
        }

        return demands;
    }

    /// <summary>How many steps were undone, and those that could not be, in the order of the attempt.</summary>
    internal (int Done, List<string> Stuck) Undone()
    {
        var (done, stuck) = (0, new List<string>());
        for (var k = Completion.Count - 1; k >= 0 && Undoing is not null; k--)
        {
            var status = Undoing[Completion[k]].Status;
            done += status is StepStatus.Completed ? 1 : 0;
            if (status is StepStatus.Failed or StepStatus.Denied)
            {
                stuck.Add(Plan.Steps[Completion[k]].Id);
            }
        }

        return (done, stuck);
    }

    RunStep View(PlanStep step)
    {
        ref readonly var slot = ref Doing[step.Index];
        var undone = Undoing is not null && Undoing[step.Index].Status is StepStatus.Completed;
        return new RunStep(step.Id, undone ? "compensated" : HasEnded && slot.Status is StepStatus.WaitingRetry ? "failed" : Word(slot.Status), slot.Attempt, slot.Error);
    }

    static string Word(StepStatus status) => status switch
    {
        StepStatus.Pending => "pending",
        StepStatus.Running or StepStatus.AttemptEnded => "running",
        StepStatus.Completed => "completed",
        StepStatus.Skipped => "skipped",
        StepStatus.Failed or StepStatus.Denied => "failed",
        _ => "waiting",
    };
}
