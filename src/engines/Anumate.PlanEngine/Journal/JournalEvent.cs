namespace Anumate.PlanEngine;

/// <summary>Which of a step's two calls an attempt belongs to.</summary>
public enum CallPhase
{
    /// <summary>The step's own call.</summary>
    Do,

    /// <summary>The call that undoes it.</summary>
    Compensate,
}

/// <summary>How an attempt ended.</summary>
public enum AttemptOutcome
{
    /// <summary>The tool answered with an output that fits its schema.</summary>
    Ok,

    /// <summary>The tool refused or failed for good; nothing happened.</summary>
    Failed,

    /// <summary>The tool was not reached; nothing happened.</summary>
    Unavailable,

    /// <summary>No answer in time: it may have happened.</summary>
    Timeout,

    /// <summary>It happened, and a policy withholds the answer.</summary>
    Withheld,
}

/// <summary>What a status lookup said about an attempt of unknown outcome.</summary>
public enum LookupOutcome
{
    /// <summary>It happened, and this was its output.</summary>
    Ok,

    /// <summary>The tool refused it; nothing happened.</summary>
    Failed,

    /// <summary>The tool knows no such call: nothing happened.</summary>
    NotFound,

    /// <summary>The tool could not say.</summary>
    Unknown,

    /// <summary>It happened, and a policy withholds its output.</summary>
    Withheld,
}

/// <summary>How an approval ended.</summary>
public enum ApprovalVerdict
{
    Granted,
    Rejected,
    Expired,
}

/// <summary>A human's word on an attempt of unknown outcome.</summary>
public enum ClarificationAnswer
{
    /// <summary>It happened; the answer brings the output.</summary>
    Done,

    /// <summary>It did not happen: it may be tried again.</summary>
    NotDone,

    /// <summary>Give the step up.</summary>
    Failed,
}

/// <summary>Why a step was skipped.</summary>
public enum SkipReason
{
    /// <summary>Its condition was false.</summary>
    When,

    /// <summary>It reads the output of a step that was skipped.</summary>
    Absent,
}

/// <summary>
/// An entry of a run's journal. The journal is the truth of a run: applying its entries in order to <see cref="RunState.New"/> gives the
/// state, whatever process does it. Entries are stored byte for byte as <see cref="JournalFormat"/> writes them, for ever readable.
/// </summary>
/// <param name="At">When it was written, in whole milliseconds (finer parts are cut). This is how time reaches the interpreter.</param>
public abstract record JournalEvent(DateTimeOffset At)
{
    /// <summary>When it was written.</summary>
    public DateTimeOffset At { get; init; } = Milliseconds(At);

    /// <summary>The stored word for this kind of entry.</summary>
    public abstract string Kind { get; }

    internal static DateTimeOffset Milliseconds(DateTimeOffset time) => DateTimeOffset.FromUnixTimeMilliseconds(time.ToUnixTimeMilliseconds());
}

/// <summary>An entry about one step.</summary>
public abstract record StepEvent(DateTimeOffset At, string Step) : JournalEvent(At);

/// <summary>An entry about one attempt; attempts count from 1, for each phase anew.</summary>
public abstract record AttemptEvent(DateTimeOffset At, string Step, int Attempt, CallPhase Phase) : StepEvent(At, Step);

/// <summary>The run exists. <paramref name="Facts"/> is what the host wants to find again on replay (who asked, …); the interpreter does not look at it.</summary>
public sealed record RunStarted(DateTimeOffset At, string PlanHash, Json Inputs, string InputsDigest, Json Facts = default) : JournalEvent(At)
{
    public override string Kind => "run_started";
}

/// <summary>
/// An approval was asked for. Without a step it gates the whole run. <paramref name="DecisionDigest"/> is that of the policy decision that
/// demanded it, absent for an approval of the capsule.
/// </summary>
public sealed record ApprovalWasRequested(
    DateTimeOffset At, string Id, string Name, string? Step = null, CallPhase Phase = CallPhase.Do, string? ArgumentsDigest = null, string? DecisionDigest = null)
    : JournalEvent(At)
{
    public override string Kind => "approval_requested";
}

/// <summary>An approval ended. <paramref name="By"/> are the people whose word it was.</summary>
public sealed record ApprovalWasDecided(DateTimeOffset At, string Id, ApprovalVerdict Verdict, IReadOnlyList<string> By) : JournalEvent(At)
{
    public override string Kind => "approval_decided";
}

/// <summary>
/// An attempt is about to be made; durable before the call is sent. After <paramref name="Deadline"/> (token expiry + clock skew + call
/// timeout) the call cannot be under way any more: without an answer its outcome is then unknown. <paramref name="Demands"/> is what the
/// decision demands of the answer, for who gets it later; the interpreter hands it on and does not look at it.
/// </summary>
public sealed record AttemptStarted(
    DateTimeOffset At, string Step, int Attempt, CallPhase Phase, string ArgumentsDigest, DateTimeOffset Deadline, string? DecisionDigest = null,
    Json Demands = default) : AttemptEvent(At, Step, Attempt, Phase)
{
    public DateTimeOffset Deadline { get; init; } = Milliseconds(Deadline);

    public override string Kind => "attempt_started";
}

/// <summary>
/// An attempt ended. A call that needs no <see cref="AttemptStarted"/> carries its arguments' digest and decision here.
/// <paramref name="AnswerDecision"/> is the digest of the decision about the answer, where policies speak of it.
/// </summary>
public sealed record AttemptCompleted(
    DateTimeOffset At, string Step, int Attempt, CallPhase Phase, AttemptOutcome Outcome, Json Output = default, string? Error = null,
    string? ArgumentsDigest = null, string? DecisionDigest = null, string? AnswerDecision = null) : AttemptEvent(At, Step, Attempt, Phase)
{
    public override string Kind => "attempt_completed";
}

/// <summary>The deadline of a call that must not be repeated has passed without an answer.</summary>
public sealed record AttemptUnknown(DateTimeOffset At, string Step, int Attempt, CallPhase Phase) : AttemptEvent(At, Step, Attempt, Phase)
{
    public override string Kind => "attempt_unknown";
}

/// <summary>The tool was asked what became of an attempt.</summary>
public sealed record LookupCompleted(
    DateTimeOffset At, string Step, int Attempt, CallPhase Phase, LookupOutcome Outcome, Json Output = default, string? Error = null,
    string? AnswerDecision = null) : AttemptEvent(At, Step, Attempt, Phase)
{
    public override string Kind => "lookup_completed";
}

/// <summary>A human was asked what became of an attempt.</summary>
public sealed record ClarificationWasRequested(DateTimeOffset At, string Id, string Step, int Attempt, CallPhase Phase, string Question)
    : AttemptEvent(At, Step, Attempt, Phase)
{
    public override string Kind => "clarification_requested";
}

/// <summary>The human answered; <paramref name="Output"/> only with <see cref="ClarificationAnswer.Done"/>.</summary>
public sealed record ClarificationWasAnswered(
    DateTimeOffset At, string Id, string Step, int Attempt, CallPhase Phase, ClarificationAnswer Answer, Json Output = default, string? By = null,
    string? Note = null, string? AnswerDecision = null) : AttemptEvent(At, Step, Attempt, Phase)
{
    public override string Kind => "clarification_answered";
}

/// <summary>A step without a call has its value.</summary>
public sealed record StepCompleted(DateTimeOffset At, string Step, Json Output) : StepEvent(At, Step)
{
    public override string Kind => "step_completed";
}

/// <summary>A step is not taken; <paramref name="Because"/> names the skipped step whose output it would read.</summary>
public sealed record StepSkipped(DateTimeOffset At, string Step, SkipReason Reason, string? Because = null) : StepEvent(At, Step)
{
    public override string Kind => "step_skipped";
}

/// <summary>A step (or its compensation) is given up. <paramref name="Code"/> is stable.</summary>
public sealed record StepFailed(DateTimeOffset At, string Step, CallPhase Phase, string Code, string Error) : StepEvent(At, Step)
{
    public override string Kind => "step_failed";
}

/// <summary>A policy denied a step's call.</summary>
public sealed record StepDenied(DateTimeOffset At, string Step, CallPhase Phase, string DecisionDigest, string Reason, string? ArgumentsDigest = null)
    : StepEvent(At, Step)
{
    /// <summary>The digest of the decision that would have let it pass, had a limit that it demanded not been used up.</summary>
    public string? InsteadOf { get; init; }

    public override string Kind => "step_denied";
}

/// <summary>The attempt of this number is made when <paramref name="Due"/> has come.</summary>
public sealed record RetryScheduled(DateTimeOffset At, string Step, int Attempt, CallPhase Phase, DateTimeOffset Due) : AttemptEvent(At, Step, Attempt, Phase)
{
    public DateTimeOffset Due { get; init; } = Milliseconds(Due);

    public override string Kind => "retry_scheduled";
}

/// <summary>The time that <see cref="SetTimer"/> asked for has come.</summary>
public sealed record TimerFired(DateTimeOffset At) : JournalEvent(At)
{
    public override string Kind => "timer_fired";
}

/// <summary>The run cannot go on for a reason of its own (its time is over, its outputs cannot be computed): nothing new is started.</summary>
public sealed record RunHalted(DateTimeOffset At, string Code, string Error) : JournalEvent(At)
{
    public override string Kind => "run_halted";
}

/// <summary>Another process took the run over, or the same one had to read it again. From here on every attempt is recorded before it starts.</summary>
public sealed record RunRecovered(DateTimeOffset At, long Epoch) : JournalEvent(At)
{
    public override string Kind => "run_recovered";
}

/// <summary>The run has ended; the last entry.</summary>
public sealed record RunCompleted(DateTimeOffset At, RunStatus Status, Json Outputs = default, string? Error = null) : JournalEvent(At)
{
    public override string Kind => "run_completed";
}
