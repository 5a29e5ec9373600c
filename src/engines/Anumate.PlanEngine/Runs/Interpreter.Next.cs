namespace Anumate.PlanEngine;

public static partial class Interpreter
{
    const int LookupsBeforeAsking = 5;

    /// <summary>
    /// Adds what is to be done now to <paramref name="actions"/>, each thing once per state object. <paramref name="now"/> only dates the
    /// entries among them; what is due is decided by the times the journal brought.
    /// </summary>
    public static void Next(RunState state, DateTimeOffset now, List<RunAction> actions)
    {
        if (!state.Started || state.HasEnded)
        {
            return;
        }

        var turn = new Turn(state, now, actions);
        if (state.Failure is null)
        {
            turn.GoOn();
        }
        else
        {
            turn.WindUp();
        }

        turn.SetTimer();
    }

    /// <summary>What is to be done now, as a new list.</summary>
    public static IReadOnlyList<RunAction> Next(RunState state, DateTimeOffset now)
    {
        var actions = new List<RunAction>();
        Next(state, now, actions);
        return actions;
    }

    /// <summary>One call of <see cref="Next(RunState, DateTimeOffset, List{RunAction})"/>.</summary>
    readonly struct Turn(RunState state, DateTimeOffset now, List<RunAction> actions)
    {
        ExecutablePlan Plan => state.Plan;

        public void GoOn()
        {
            if (state.EndTaken)
            {
                return;
            }

            if (state.Deadline is { } deadline && state.OpenPeople == 0 && state.Now >= deadline)
            {
                state.EndTaken = true;
                actions.Add(new Append(new RunHalted(now, "timed-out", $"the run took longer than {Durations.Text(Plan.Limits.Timeout!.Value)}")));
                return;
            }

            if (!GatesAreOpen())
            {
                return;
            }

            if (state.Ended == Plan.Steps.Count)
            {
                Finish();
                return;
            }

            var free = Plan.Limits.MaxParallel - CallsUnderWay();
            // By index: a step that is skipped or computed is appended, not applied, so the list does not change meanwhile.
            for (var k = 0; k < state.Open.Count; k++)
            {
                Advance(state.Open[k], ref free);
            }
        }

        int CallsUnderWay()
        {
            var count = 0;
            foreach (var i in state.Open)
            {
                ref readonly var slot = ref state.Doing[i];
                count += slot.Status is StepStatus.Running || (slot.Taken && slot.Status is StepStatus.Pending or StepStatus.WaitingRetry) ? 1 : 0;
            }

            return count;
        }

        /// <summary>Approvals of the run as a whole: asked for at the start, and nothing begins before all are granted.</summary>
        bool GatesAreOpen()
        {
            if (state.GatesPassed)
            {
                return true;
            }

            var open = true;
            foreach (var approval in Plan.Approvals)
            {
                if (approval.Before is not null || !state.Demands(approval))
                {
                    continue;
                }

                var asked = state.ApprovalList.Find(a => a.Name == approval.Id && a.Step is null);
                open &= asked?.Verdict is ApprovalVerdict.Granted;
                if (asked is null && (state.Asked ??= []).Add(approval.Id))
                {
                    actions.Add(new AskApproval(approval, null, default));
                }
            }

            // A policy may have asked too, in the run's first commit: of that the plan knows nothing.
            open &= state.ApprovalList.TrueForAll(a => a.Step is not null || a.Verdict is ApprovalVerdict.Granted);
            return state.GatesPassed = open;
        }

        void Advance(int index, ref int free)
        {
            ref var slot = ref state.Doing[index];
            if (slot.Taken)
            {
                return;
            }

            if (slot.Status is StepStatus.Pending)
            {
                Begin(Plan.Steps[index], ref slot, ref free);
            }
            else
            {
                Continue(Plan.Steps[index], ref slot, CallPhase.Do, ref free);
            }
        }

        void Begin(PlanStep step, ref CallSlot slot, ref int free)
        {
            if (!slot.Admitted)
            {
                if (Skips(step) is { } verdict)
                {
                    Take(ref slot, verdict);
                    return;
                }

                slot.Admitted = true;
            }

            if (step.Kind is StepKind.Pure)
            {
                if (ApprovalsGranted(step, ref slot, default))
                {
                    var value = step.Body.Evaluate(state);
                    Take(ref slot, value.Error is { } error
                        ? new StepFailed(now, step.Id, CallPhase.Do, "value-failed", error)
                        : new StepCompleted(now, step.Id, value.Json));
                }
            }
            else if (free > 0)
            {
                Call(step, ref slot, CallPhase.Do, ref free);
            }
        }

        /// <summary>The entry that ends a step before it begins; null when it begins.</summary>
        JournalEvent? Skips(PlanStep step)
        {
            foreach (var needed in step.Reads)
            {
                if (state.Doing[needed].Status is StepStatus.Skipped)
                {
                    return new StepSkipped(now, step.Id, SkipReason.Absent, Plan.Steps[needed].Id);
                }
            }

            if (step.When is null)
            {
                return null;
            }

            var (holds, error) = step.When.Test(state);
            return error is not null ? new StepFailed(now, step.Id, CallPhase.Do, "when-failed", error)
                : holds ? null : new StepSkipped(now, step.Id, SkipReason.When);
        }

        void Call(PlanStep step, ref CallSlot slot, CallPhase phase, ref int free)
        {
            var (body, tool) = phase is CallPhase.Do ? (step.Body, step.Tool!) : (step.Compensation!, step.CompensationTool!);
            var arguments = body.Evaluate(state);
            if (arguments.Error is { } error)
            {
                Take(ref slot, new StepFailed(now, step.Id, phase, "arguments-failed", error));
                return;
            }

            if (tool.Misfit(arguments.Json, step.IsGuarded(phase)) is { } misfit)
            {
                Take(ref slot, new StepFailed(now, step.Id, phase, "arguments-invalid", misfit));
                return;
            }

            if (phase is CallPhase.Do && !ApprovalsGranted(step, ref slot, arguments.Json))
            {
                return;
            }

            free--;
            slot.Taken = true;
            actions.Add(new StartCall(step, tool, slot.Attempt + 1, phase, arguments.Json, MustRecordStart(state, step, tool, phase),
                phase is CallPhase.Do ? step.SensitiveArguments : step.SensitiveCompensation));
        }

        /// <summary>The capsule's approvals before this step: asked for when it could begin otherwise.</summary>
        bool ApprovalsGranted(PlanStep step, ref CallSlot slot, Json arguments)
        {
            foreach (var approval in step.Approvals)
            {
                if (!state.Demands(approval))
                {
                    continue;
                }

                var asked = state.ApprovalList.Find(a => a.Name == approval.Id && a.Step == step.Id && a.Phase is CallPhase.Do);
                if (asked is null)
                {
                    // One at a time: the request moves the step to WaitingApproval, its grant brings it back here.
                    slot.Taken = true;
                    actions.Add(new AskApproval(approval, step, arguments));
                    return false;
                }
            }

            return true;
        }

        /// <summary>A call that has begun: what its last answer, or the time, asks for.</summary>
        void Continue(PlanStep step, ref CallSlot slot, CallPhase phase, ref int free)
        {
            switch (slot.Status)
            {
                case StepStatus.Running when slot.Dangling && state.Now >= slot.Due:
                    Take(ref slot, new AttemptUnknown(now, step.Id, slot.Attempt, phase));
                    break;
                case StepStatus.AttemptEnded:
                    Take(ref slot, AfterAttempt(step, slot, phase));
                    break;
                case StepStatus.WaitingRetry when state.Now >= slot.Due && free > 0:
                    Call(step, ref slot, phase, ref free);
                    break;
                case StepStatus.Unknown when state.Now >= slot.Due:
                    FindOut(step, ref slot, phase);
                    break;
                default:
                    break;
            }
        }

        JournalEvent AfterAttempt(PlanStep step, in CallSlot slot, CallPhase phase)
        {
            var rule = step.Retry;
            // While winding up, nothing is tried again but what tells whether there is something to undo.
            var settling = state.Failure is not null && phase is CallPhase.Do;
            var retried = settling ? state.MustSettle(step.Index) : slot.Again || (rule.On & Condition(slot.Outcome)) != 0;
            if (slot.GivenUp || !retried || slot.Attempt >= rule.MaxAttempts)
            {
                var after = slot.Attempt == 1 ? "" : $" after {slot.Attempt} attempts";
                return new StepFailed(now, step.Id, phase, Code(slot.Outcome), $"{slot.Error ?? Code(slot.Outcome)}{after}{(slot.Maybe ? "; it may have happened" : "")}");
            }

            var wait = slot.AtOnce ? TimeSpan.Zero : Backoff.Delay(state, step, slot.Attempt, phase);
            return new RetryScheduled(now, step.Id, slot.Attempt + 1, phase, state.Now + wait);
        }

        void FindOut(PlanStep step, ref CallSlot slot, CallPhase phase)
        {
            var tool = Tool(state, step.Index, phase);
            var way = phase is CallPhase.Do ? step.OnUnknown : step.CompensationOnUnknown;
            switch (way)
            {
                case OnUnknown.Lookup when slot.Lookups < LookupsBeforeAsking:
                    slot.Taken = true;
                    actions.Add(new Lookup(step, tool, slot.Attempt, phase, slot.Demands));
                    break;
                case OnUnknown.Retry when slot.Attempt < step.Retry.MaxAttempts
                        && (state.Failure is null || phase is CallPhase.Compensate || step.CompensationTool is not null):
                    Take(ref slot, new RetryScheduled(now, step.Id, slot.Attempt + 1, phase, state.Now + Backoff.Delay(state, step, slot.Attempt, phase)));
                    break;
                case OnUnknown.Retry or OnUnknown.Fail:
                    Take(ref slot, new StepFailed(now, step.Id, phase, "outcome-unknown", $"it is not known whether `{tool.Name}` happened"));
                    break;
                default:
                    slot.Taken = true;
                    actions.Add(new AskClarification(step, tool, slot.Attempt, phase, Question(step, tool, phase)));
                    break;
            }
        }

        /// <summary>After a failure: what is under way ends, what was done is undone, the run ends.</summary>
        public void WindUp()
        {
            var free = int.MaxValue;
            var settled = true;
            for (var k = 0; k < state.Open.Count; k++)
            {
                var i = state.Open[k];
                ref var slot = ref state.Doing[i];
                var finding = state.MustConclude(i);
                var calling = slot.Taken && slot.Status is StepStatus.Pending or StepStatus.WaitingRetry && Plan.Steps[i].Kind is StepKind.Call;
                settled &= !finding && !calling;
                if (finding && !slot.Taken)
                {
                    Continue(Plan.Steps[i], ref slot, CallPhase.Do, ref free);
                }
            }

            if (!settled || state.EndTaken)
            {
                return;
            }

            var next = state.NextToUndo();
            if (next < 0)
            {
                End();
                return;
            }

            ref var undo = ref state.Slot(next, CallPhase.Compensate);
            if (!undo.Taken && undo.Status is StepStatus.Pending)
            {
                Call(Plan.Steps[next], ref undo, CallPhase.Compensate, ref free);
            }
            else if (!undo.Taken)
            {
                Continue(Plan.Steps[next], ref undo, CallPhase.Compensate, ref free);
            }
        }

        void Finish()
        {
            var outputs = Plan.Outputs.Evaluate(state);
            state.EndTaken = true;
            actions.Add(new Append(outputs.Error is { } error
                ? new RunHalted(now, "outputs-failed", error)
                : new RunCompleted(now, RunStatus.Completed, outputs.Json)));
        }

        void End()
        {
            var failure = state.Failure!;
            var (undone, stuck) = state.Undone();
            var ends = failure.Ends is RunStatus.Failed && undone > 0 && stuck.Count == 0 ? RunStatus.Compensated : failure.Ends;
            var error = failure.Step is null ? failure.Error : $"step `{failure.Step}`: {failure.Error}";
            state.EndTaken = true;
            actions.Add(new Append(new RunCompleted(now, ends, default,
                stuck.Count == 0 ? error : $"{error}; not undone: {string.Join(", ", stuck.Select(s => $"`{s}`"))}")));
        }

        public void SetTimer()
        {
            var due = state.NextDue;
            if (due != state.Timer)
            {
                state.Timer = due;
                actions.Add(new SetTimer(due));
            }
        }

        void Take(ref CallSlot slot, JournalEvent entry)
        {
            slot.Taken = true;
            actions.Add(new Append(entry));
        }

        static RetryOn Condition(AttemptOutcome outcome) => outcome switch
        {
            AttemptOutcome.Timeout => RetryOn.Timeout,
            AttemptOutcome.Unavailable => RetryOn.Unavailable,
            _ => RetryOn.Failed,
        };

        static string Code(AttemptOutcome outcome) => outcome switch
        {
            AttemptOutcome.Timeout => "tool-timeout",
            AttemptOutcome.Unavailable => "tool-unavailable",
            AttemptOutcome.Withheld => "answer-withheld",
            _ => "tool-failed",
        };

        static string Question(PlanStep step, PlanTool tool, CallPhase phase) =>
            phase is CallPhase.Do
                ? $"step `{step.Id}` called `{tool.Name}` and no answer came: did it happen?"
                : $"undoing step `{step.Id}` called `{tool.Name}` and no answer came: did it happen?";
    }
}
