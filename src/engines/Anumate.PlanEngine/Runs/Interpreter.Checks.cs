namespace Anumate.PlanEngine;

public static partial class Interpreter
{
    static PlanTool Tool(RunState state, int index, CallPhase phase) =>
        phase is CallPhase.Do ? state.Plan.Steps[index].Tool! : state.Plan.Steps[index].CompensationTool!;

    /// <summary>
    /// Whether an attempt must be durable before it is sent: always for an effect; for a change that could have to be undone, since a
    /// crash must not hide that it was made; and for everything after the first takeover, so that a call that kills the process is counted.
    /// </summary>
    static bool MustRecordStart(RunState state, PlanStep step, PlanTool tool, CallPhase phase) =>
        state.Recovered || tool.Effect is ToolEffect.Effect
        || (phase is CallPhase.Do && tool.Effect is ToolEffect.Idempotent && step.CompensationTool is not null);

    /// <summary>Why an entry cannot follow; null when it can.</summary>
    static string? Refusal(RunState state, JournalEvent entry)
    {
        if (state.HasEnded)
        {
            return "the run has ended";
        }

        if (entry is RunStarted start)
        {
            return state.Started ? "the run has started already"
                : start.PlanHash != state.Plan.Hash ? $"it is a run of plan `{start.PlanHash}`, not of `{state.Plan.Hash}`"
                : start.Inputs.IsAbsent ? "it has no inputs" : null;
        }

        return !state.Started ? "the run has not started" : entry switch
        {
            ClarificationWasAnswered e => !state.ClarificationList.Exists(c => c.Id == e.Id && c.Step == e.Step && c.Attempt == e.Attempt && c.Phase == e.Phase) ? $"no clarification `{e.Id}` is open"
                : e.Answer is ClarificationAnswer.Done && e.Output.IsAbsent ? "the answer `done` needs the output" : null,
            StepEvent e => StepRefusal(state, e),
            ApprovalWasRequested e => ApprovalRefusal(state, e),
            ApprovalWasDecided e => state.ApprovalList.Exists(a => a.Id == e.Id && a.Verdict is null) ? null : $"no approval `{e.Id}` is open",
            // The same epoch again: its host had to read the run once more, and what was under way is as unknown as after a takeover.
            RunRecovered e => e.Epoch >= state.Epoch ? null : $"epoch {e.Epoch} is below {state.Epoch}",
            RunHalted => state.Failure is null ? null : "the run goes no further already",
            RunCompleted e => e.Status is RunStatus.Completed or RunStatus.Failed or RunStatus.Compensated or RunStatus.Rejected or RunStatus.Denied
                ? null : $"`{e.Status}` is no end",
            _ => null,
        };
    }

    static string? StepRefusal(RunState state, StepEvent entry)
    {
        if (state.Plan.Find(entry.Step) is not { } step)
        {
            return $"the plan has no step `{entry.Step}`";
        }

        var phase = entry switch
        {
            AttemptEvent e => e.Phase,
            StepFailed e => e.Phase,
            StepDenied e => e.Phase,
            _ => CallPhase.Do,
        };
        if (PhaseRefusal(state, step, phase) is { } refusal)
        {
            return refusal;
        }

        ref readonly var slot = ref state.Slot(step.Index, phase);
        if (slot.HasEnded)
        {
            return $"step `{step.Id}` has ended";
        }

        if (entry is AttemptEvent or StepDenied && (phase is CallPhase.Do ? step.Tool : step.CompensationTool) is not { })
        {
            return $"step `{step.Id}` makes no such call";
        }

        var fits = entry switch
        {
            AttemptStarted e => slot.Status is StepStatus.Pending or StepStatus.WaitingRetry && e.Attempt == slot.Attempt + 1,
            AttemptCompleted e => Completes(state, step, slot, e),
            AttemptUnknown e => slot is { Status: StepStatus.Running, Dangling: true } && e.Attempt == slot.Attempt && Later(state.Now, e.At) >= slot.Due,
            LookupCompleted e => slot.Status is StepStatus.Unknown && e.Attempt == slot.Attempt && (e.Outcome is not LookupOutcome.Ok || !e.Output.IsAbsent),
            ClarificationWasRequested e => slot.Status is StepStatus.Unknown && e.Attempt == slot.Attempt,
            RetryScheduled e => slot.Status is StepStatus.AttemptEnded or StepStatus.Unknown && e.Attempt == slot.Attempt + 1,
            StepCompleted e => step.Kind is StepKind.Pure && slot.Status is StepStatus.Pending && !e.Output.IsAbsent,
            StepSkipped => slot.Status is StepStatus.Pending,
            StepDenied => slot.Status is StepStatus.Pending or StepStatus.WaitingRetry,
            StepFailed => slot.Status is StepStatus.Pending or StepStatus.WaitingRetry or StepStatus.AttemptEnded or StepStatus.Unknown,
            _ => false,
        };
        return fits ? null : $"step `{step.Id}` is {slot.Status} after attempt {slot.Attempt}";
    }

    static string? PhaseRefusal(RunState state, PlanStep step, CallPhase phase)
    {
        if (phase is CallPhase.Do)
        {
            return state.Blocked[step.Index] > 0 ? $"step `{step.Id}` waits for other steps" : null;
        }

        return state.Failure is null ? "nothing is to be undone"
            : step.CompensationTool is null ? $"step `{step.Id}` cannot be undone"
            : !state.Doing[step.Index].HasHappened ? $"step `{step.Id}` was not completed" : null;
    }

    static bool Completes(RunState state, PlanStep step, in CallSlot slot, AttemptCompleted e)
    {
        if (e.Outcome is AttemptOutcome.Ok && e.Output.IsAbsent)
        {
            return false;
        }

        return slot.Status switch
        {
            StepStatus.Running => e.Attempt == slot.Attempt && !(slot.Dangling && e.Outcome is AttemptOutcome.Timeout),
            StepStatus.Unknown or StepStatus.WaitingClarification => e.Attempt == slot.Attempt && e.Outcome is not AttemptOutcome.Timeout,
            // Without a recorded start only what may go unrecorded, or what was never sent.
            StepStatus.Pending or StepStatus.WaitingRetry => e.Attempt == slot.Attempt + 1
                && (e.Outcome is AttemptOutcome.Failed or AttemptOutcome.Unavailable
                    || !MustRecordStart(state, step, Tool(state, step.Index, e.Phase), e.Phase)),
            _ => false,
        };
    }

    static string? ApprovalRefusal(RunState state, ApprovalWasRequested e)
    {
        if (state.ApprovalList.Exists(a => a.Id == e.Id))
        {
            return $"approval `{e.Id}` was requested already";
        }

        if (e.Step is null)
        {
            return null;
        }

        if (state.Plan.Find(e.Step) is not { } step)
        {
            return $"the plan has no step `{e.Step}`";
        }

        return PhaseRefusal(state, step, e.Phase)
            ?? (state.Slot(step.Index, e.Phase).Status is StepStatus.Pending or StepStatus.WaitingRetry or StepStatus.WaitingApproval
                ? null : $"step `{step.Id}` has begun or ended");
    }

    static DateTimeOffset Later(DateTimeOffset a, DateTimeOffset b) => a > b ? a : b;
}
