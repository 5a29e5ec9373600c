namespace Anumate.PlanEngine;

/// <summary>A journal that does not fit its plan or itself: it was altered, or the code that wrote it is wrong.</summary>
public sealed class JournalException(string message) : Exception(message);

/// <summary>
/// What a journal means. <see cref="Apply"/> takes an entry into the state; <see cref="Next(RunState, DateTimeOffset)"/> says what is to be done now. Both are pure:
/// they read no clock, do no I/O, and give the same for the same journal in every process.
/// </summary>
/// <remarks>
/// INVARIANT: Apply depends on the plan, the state and the entry only, and never on which actions were handed out.
/// </remarks>
public static partial class Interpreter
{
    /// <summary>Takes the next entry of the journal into the state (in place) and returns it.</summary>
    /// <exception cref="JournalException">The entry cannot follow what was applied before; the state is unchanged.</exception>
    public static RunState Apply(RunState state, JournalEvent entry)
    {
        if (Refusal(state, entry) is { } reason)
        {
            throw new JournalException($"entry {state.Seq + 1} (`{entry.Kind}`) cannot follow: {reason}");
        }

        state.Seq++;
        state.Now = entry.At > state.Now ? entry.At : state.Now;
        switch (entry)
        {
            case RunStarted e: Start(state, e); break;
            case AttemptStarted e: Begin(state, e); break;
            case AttemptCompleted e: End(state, e); break;
            case AttemptUnknown e: Lose(state, e); break;
            case LookupCompleted e: Find(state, e); break;
            case RetryScheduled e: Schedule(state, e); break;
            case StepCompleted e: Complete(state, Index(state, e.Step), e.Output); break;
            case StepSkipped e: Finish(state, Index(state, e.Step), CallPhase.Do, StepStatus.Skipped, null); break;
            case StepFailed e: Fail(state, e.Step, e.Phase, StepStatus.Failed, e.Code, e.Error); break;
            case StepDenied e: Fail(state, e.Step, e.Phase, StepStatus.Denied, "policy-denied", e.Reason); break;
            case ApprovalWasRequested e: Ask(state, e); break;
            case ApprovalWasDecided e: Decide(state, e); break;
            case ClarificationWasRequested e: Ask(state, e); break;
            case ClarificationWasAnswered e: Answer(state, e); break;
            case RunHalted e: Stop(state, new RunFailure(RunStatus.Failed, null, e.Code, e.Error)); break;
            case TimerFired: state.Timer = null; break;
            case RunRecovered e: Recover(state, e); break;
            case RunCompleted e: (state.EndStatus, state.Outputs, state.Error) = (e.Status, e.Outputs, e.Error); break;
            default: throw new JournalException($"`{entry.GetType().Name}` is not an entry this version knows");
        }

        return state;
    }

    /// <summary>Whether the entry can follow what was applied before. A late or doubled answer cannot: drop it, do not journal it.</summary>
    public static bool Accepts(RunState state, JournalEvent entry) => Refusal(state, entry) is null;

    static int Index(RunState state, string step) => state.Plan.Find(step)!.Index;

    static void Start(RunState state, RunStarted e)
    {
        state.Started = true;
        state.Inputs = e.Inputs;
        state.InputsDigest = e.InputsDigest;
        state.Facts = e.Facts;
        state.Deadline = state.Plan.Limits.Timeout is { } limit ? state.Now + limit : null;
    }

    static void Begin(RunState state, AttemptStarted e)
    {
        ref var slot = ref state.Slot(Index(state, e.Step), e.Phase);
        slot.Status = StepStatus.Running;
        slot.Attempt = e.Attempt;
        slot.Due = e.Deadline;
        slot.Dangling = false;
        slot.Again = false;
        slot.AtOnce = false;
        slot.Lookups = 0;
        slot.Error = null;
        slot.Demands = e.Demands;
        // The call is being carried out: Taken stays as it is, since it is the same action going on.
    }

    static void End(RunState state, AttemptCompleted e)
    {
        var index = Index(state, e.Step);
        if (e.Outcome is AttemptOutcome.Ok)
        {
            state.Slot(index, e.Phase).Attempt = e.Attempt;
            Succeed(state, index, e.Phase, e.Output);
            return;
        }

        if (e.Outcome is AttemptOutcome.Withheld)
        {
            Withhold(state, index, e, e.Error);
            return;
        }

        ref var slot = ref state.Slot(index, e.Phase);
        slot.Taken = false;
        slot.Outcome = e.Outcome;
        slot.Error = Told(state, index, e.Phase, e.Error);
        if (e.Outcome is AttemptOutcome.Timeout && Tool(state, index, e.Phase).Effect is ToolEffect.Effect)
        {
            slot.Dangling = true;
            return;
        }

        slot.Attempt = e.Attempt;
        slot.Maybe |= e.Outcome is AttemptOutcome.Timeout;
        EndAttempt(state, ref slot, e.Step, e.Phase, again: false);
    }

    /// <summary>What a tool said, unless it may repeat sensitive values: that stays in the journal, sealed.</summary>
    static string? Told(RunState state, int index, CallPhase phase, string? error) =>
        error is null || !state.Plan.Steps[index].IsGuarded(phase) ? error : $"`{Tool(state, index, phase).Name}` gave a reason that is sealed";

    static void EndAttempt(RunState state, ref CallSlot slot, string step, CallPhase phase, bool again)
    {
        slot.Status = StepStatus.AttemptEnded;
        slot.Again = again;
        slot.Dangling = false;
        slot.Due = default;
        slot.Taken = false;
        CloseClarifications(state, step, phase);
    }

    /// <summary>
    /// It happened, and the run may not know what came of it: the step fails and is not made again. As something that was done it is undone with
    /// the rest, as far as that needs no output. Nobody reads the output of an undoing call, so that one is simply over.
    /// </summary>
    static void Withhold(RunState state, int index, AttemptEvent e, string? reason)
    {
        ref var slot = ref state.Slot(index, e.Phase);
        slot.Attempt = e.Attempt;
        if (e.Phase is CallPhase.Compensate)
        {
            Finish(state, index, e.Phase, StepStatus.Completed, null);
            return;
        }

        slot.Outcome = AttemptOutcome.Withheld;
        slot.Maybe = false;
        slot.Error = reason;
        EndAttempt(state, ref slot, e.Step, e.Phase, again: false);
        slot.GivenUp = true;
        state.Completion.Add(index);
    }

    static void Lose(RunState state, AttemptUnknown e)
    {
        ref var slot = ref state.Slot(Index(state, e.Step), e.Phase);
        slot.Status = StepStatus.Unknown;
        slot.Outcome = AttemptOutcome.Timeout;
        slot.Maybe = true;
        slot.Dangling = false;
        slot.Due = default;
        slot.Lookups = 0;
        slot.Taken = false;
    }

    static void Find(RunState state, LookupCompleted e)
    {
        var index = Index(state, e.Step);
        ref var slot = ref state.Slot(index, e.Phase);
        slot.Taken = false;
        switch (e.Outcome)
        {
            case LookupOutcome.Ok:
                Succeed(state, index, e.Phase, e.Output);
                break;
            case LookupOutcome.Withheld:
                Withhold(state, index, e, e.Error);
                break;
            case LookupOutcome.Failed:
                slot.Outcome = AttemptOutcome.Failed;
                slot.Maybe = false;
                slot.Error = Told(state, index, e.Phase, e.Error);
                EndAttempt(state, ref slot, e.Step, e.Phase, again: false);
                break;
            case LookupOutcome.NotFound:
                slot.Outcome = AttemptOutcome.Unavailable;
                slot.Maybe = false;
                slot.Error = "the tool knows no such call";
                EndAttempt(state, ref slot, e.Step, e.Phase, again: true);
                break;
            default:
                slot.Lookups++;
                slot.Error = Told(state, index, e.Phase, e.Error);
                slot.Due = state.Now + Backoff.Delay(state, state.Plan.Steps[index], slot.Lookups, e.Phase);
                break;
        }
    }

    static void Schedule(RunState state, RetryScheduled e)
    {
        ref var slot = ref state.Slot(Index(state, e.Step), e.Phase);
        slot.Status = StepStatus.WaitingRetry;
        slot.Due = e.Due;
        slot.Taken = false;
    }

    static void Succeed(RunState state, int index, CallPhase phase, Json output)
    {
        if (phase is CallPhase.Do)
        {
            Complete(state, index, output);
        }
        else
        {
            Finish(state, index, phase, StepStatus.Completed, null);
        }
    }

    static void Complete(RunState state, int index, Json output)
    {
        state.StepOutputs[index] = output;
        state.Completion.Add(index);
        Finish(state, index, CallPhase.Do, StepStatus.Completed, null);
    }

    static void Finish(RunState state, int index, CallPhase phase, StepStatus status, string? error)
    {
        ref var slot = ref state.Slot(index, phase);
        slot.Status = status;
        slot.Error = error;
        slot.Dangling = false;
        slot.Due = default;
        slot.Taken = false;
        CloseClarifications(state, state.Plan.Steps[index].Id, phase);
        if (phase is CallPhase.Compensate)
        {
            return;
        }

        state.Ended++;
        state.Open.Remove(index);
        foreach (var dependent in state.Plan.Steps[index].Dependents)
        {
            if (--state.Blocked[dependent] == 0)
            {
                state.Open.Add(dependent);
            }
        }
    }

    static void Fail(RunState state, string step, CallPhase phase, StepStatus status, string code, string error)
    {
        Finish(state, Index(state, step), phase, status, error);
        if (phase is CallPhase.Do)
        {
            Stop(state, new RunFailure(status is StepStatus.Denied ? RunStatus.Denied : RunStatus.Failed, step, code, error));
        }
    }

    static void Ask(RunState state, ApprovalWasRequested e)
    {
        // A new request of the same name for the same subject replaces the one before: its decision is void.
        var earlier = state.ApprovalList.FindIndex(a => a.Name == e.Name && a.Step == e.Step && a.Phase == e.Phase && a.Id != e.Id);
        if (earlier >= 0)
        {
            if (state.ApprovalList[earlier].Verdict is null)
            {
                People(state, -1);
            }

            state.ApprovalList.RemoveAt(earlier);
        }

        state.ApprovalList.Add(new ApprovalState(e.Id, e.Name, e.Step, e.Phase, e.ArgumentsDigest, e.DecisionDigest, null));
        People(state, +1);
        if (e.Step is not null)
        {
            ref var slot = ref state.Slot(Index(state, e.Step), e.Phase);
            slot.Status = StepStatus.WaitingApproval;
            slot.Taken = false;
        }
    }

    static void Decide(RunState state, ApprovalWasDecided e)
    {
        var at = state.ApprovalList.FindIndex(a => a.Id == e.Id);
        var approval = state.ApprovalList[at] = state.ApprovalList[at] with { Verdict = e.Verdict };
        People(state, -1);
        if (e.Verdict is not ApprovalVerdict.Granted)
        {
            Refuse(state, approval, e.Verdict);
            return;
        }

        if (approval.Step is { } step && !state.ApprovalList.Any(a => a.Step == step && a.Phase == approval.Phase && a.Verdict is null))
        {
            ref var slot = ref state.Slot(Index(state, step), approval.Phase);
            slot.Status = slot.Attempt == 0 ? StepStatus.Pending : StepStatus.WaitingRetry;
            slot.Due = default;
            slot.Taken = false;
        }
    }

    static void Refuse(RunState state, ApprovalState approval, ApprovalVerdict verdict)
    {
        var (ends, word) = verdict is ApprovalVerdict.Rejected ? (RunStatus.Rejected, "rejected") : (RunStatus.Denied, "expired");
        var (code, error) = ($"approval-{word}", $"approval `{approval.Name}` was {word}".Replace("was expired", "expired"));
        if (approval.Step is { } step)
        {
            Finish(state, Index(state, step), approval.Phase, StepStatus.Denied, error);
        }

        if (approval.Phase is CallPhase.Do)
        {
            Stop(state, new RunFailure(ends, approval.Step, code, error));
        }
    }

    static void Ask(RunState state, ClarificationWasRequested e)
    {
        state.ClarificationList.Add(new ClarificationState(e.Id, e.Step, e.Attempt, e.Phase, e.Question));
        People(state, +1);
        ref var slot = ref state.Slot(Index(state, e.Step), e.Phase);
        slot.Status = StepStatus.WaitingClarification;
        slot.Taken = false;
    }

    static void Answer(RunState state, ClarificationWasAnswered e)
    {
        var index = Index(state, e.Step);
        if (e.Answer is ClarificationAnswer.Done)
        {
            Succeed(state, index, e.Phase, e.Output);
            return;
        }

        ref var slot = ref state.Slot(index, e.Phase);
        var tryAgain = e.Answer is ClarificationAnswer.NotDone;
        slot.Outcome = tryAgain ? AttemptOutcome.Unavailable : AttemptOutcome.Failed;
        slot.Maybe = !tryAgain;
        slot.Error = tryAgain ? "a person said that it did not happen" : "a person gave the step up";
        EndAttempt(state, ref slot, e.Step, e.Phase, again: tryAgain);
        slot.GivenUp = !tryAgain;
    }

    /// <summary>The first reason counts. An end that was handed out before is void: it did not know of this.</summary>
    static void Stop(RunState state, RunFailure failure)
    {
        if (state.Failure is null)
        {
            state.Failure = failure;
            state.EndTaken = false;
        }
    }

    static void CloseClarifications(RunState state, string step, CallPhase phase)
    {
        for (var i = state.ClarificationList.Count - 1; i >= 0; i--)
        {
            if (state.ClarificationList[i].Step == step && state.ClarificationList[i].Phase == phase)
            {
                state.ClarificationList.RemoveAt(i);
                People(state, -1);
            }
        }
    }

    /// <summary>The run's clock stands still while people are asked.</summary>
    static void People(RunState state, int change)
    {
        if (state.OpenPeople == 0)
        {
            state.PeopleSince = state.Now;
        }

        state.OpenPeople += change;
        if (state.OpenPeople == 0)
        {
            state.Deadline += state.Now - state.PeopleSince;
        }
    }

    static void Recover(RunState state, RunRecovered e)
    {
        state.Recovered = true;
        state.Epoch = e.Epoch;
        state.Timer = null;
        state.EndTaken = false;
        state.Asked = null;
        Recover(state, state.Doing, CallPhase.Do);
        if (state.Undoing is { } undoing)
        {
            Recover(state, undoing, CallPhase.Compensate);
        }
    }

    static void Recover(RunState state, CallSlot[] slots, CallPhase phase)
    {
        for (var i = 0; i < slots.Length; i++)
        {
            ref var slot = ref slots[i];
            slot.Taken = false;
            if (slot.Status is not StepStatus.Running)
            {
                continue;
            }

            if (Tool(state, i, phase).Effect is ToolEffect.Effect)
            {
                slot.Dangling = true;
                continue;
            }

            slot.Outcome = AttemptOutcome.Timeout;
            slot.Maybe = true;
            slot.Error = "the process that made the call ended";
            EndAttempt(state, ref slot, state.Plan.Steps[i].Id, phase, again: true);
            slot.AtOnce = true;
        }
    }
}
