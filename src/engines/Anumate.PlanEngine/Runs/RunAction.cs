using Anumate.Schemas;

namespace Anumate.PlanEngine;

/// <summary>
/// Something the interpreter wants done. Whoever carries it out answers with journal entries. Actions are asked for once: by one
/// <see cref="RunState"/> object, and again by a state that was replayed if the journal does not show them under way.
/// </summary>
public abstract record RunAction;

/// <summary>
/// Append this entry: it follows from what is in the journal already. If other entries came first and it can no longer follow
/// (<see cref="Interpreter.Accepts"/>), drop it.
/// </summary>
public sealed record Append(JournalEvent Event) : RunAction;

/// <summary>The parts of an idempotency key besides tenant and run. Generation rises only on an operator's retry, never with the attempt.</summary>
public readonly record struct CallKey(string StepPath, int Iteration, CallPhase Phase, int Generation);

/// <summary>
/// Make a call: decide by policy, then answer with <see cref="StepDenied"/>, <see cref="ApprovalWasRequested"/> or the attempt.
/// When <paramref name="RecordStart"/> is set, <see cref="AttemptStarted"/> must be durable before anything is sent; then
/// <see cref="AttemptCompleted"/>. Approvals of this call stand in <see cref="RunState.ApprovalsOf"/>.
/// </summary>
/// <param name="Arguments">Canonical bytes that fit the tool's input schema.</param>
/// <param name="Sensitive">Where the arguments hold values of sensitive fields.</param>
public sealed record StartCall(
    PlanStep Step, PlanTool Tool, int Attempt, CallPhase Phase, Json Arguments, bool RecordStart, IReadOnlyList<SensitivePath> Sensitive) : RunAction
{
    public CallKey Key => new(Step.Id, 0, Phase, 0);

    /// <summary>How long an answer is waited for.</summary>
    public TimeSpan Timeout => Step.Timeout;
}

/// <summary>
/// Ask the tool what became of a call; answer with <see cref="LookupCompleted"/>. <paramref name="Demands"/> is what its
/// <see cref="AttemptStarted"/> says is demanded of the answer.
/// </summary>
public sealed record Lookup(PlanStep Step, PlanTool Tool, int Attempt, CallPhase Phase, Json Demands = default) : RunAction
{
    public CallKey Key => new(Step.Id, 0, Phase, 0);
}

/// <summary>
/// Ask for an approval of the capsule; answer with <see cref="ApprovalWasRequested"/>, later <see cref="ApprovalWasDecided"/>. Without a step
/// it is for the run as a whole; with one, <paramref name="Arguments"/> are those of its call (absent for a pure step).
/// </summary>
public sealed record AskApproval(PlanApproval Approval, PlanStep? Step, Json Arguments) : RunAction;

/// <summary>Ask a human what became of a call; answer with <see cref="ClarificationWasRequested"/>, later <see cref="ClarificationWasAnswered"/>.</summary>
public sealed record AskClarification(PlanStep Step, PlanTool Tool, int Attempt, CallPhase Phase, string Question) : RunAction;

/// <summary>Answer with <see cref="TimerFired"/> once this time has come. It replaces the timer set before; null: there is nothing to wait for.</summary>
public sealed record SetTimer(DateTimeOffset? Due) : RunAction;
