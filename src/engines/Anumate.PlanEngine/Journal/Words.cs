using Anumate.Schemas;

namespace Anumate.PlanEngine;

/// <summary>The words under which enumerations are stored in plans and journals. Stored for ever: add, never change.</summary>
static class Words
{
    public static readonly Words<CallPhase> Phases = new(("do", CallPhase.Do), ("compensate", CallPhase.Compensate));

    public static readonly Words<AttemptOutcome> Attempts = new(
        ("ok", AttemptOutcome.Ok), ("failed", AttemptOutcome.Failed), ("unavailable", AttemptOutcome.Unavailable), ("timeout", AttemptOutcome.Timeout),
        ("withheld", AttemptOutcome.Withheld));

    public static readonly Words<LookupOutcome> Lookups = new(
        ("ok", LookupOutcome.Ok), ("failed", LookupOutcome.Failed), ("not_found", LookupOutcome.NotFound), ("unknown", LookupOutcome.Unknown),
        ("withheld", LookupOutcome.Withheld));

    public static readonly Words<ApprovalVerdict> Verdicts = new(
        ("granted", ApprovalVerdict.Granted), ("rejected", ApprovalVerdict.Rejected), ("expired", ApprovalVerdict.Expired));

    public static readonly Words<ClarificationAnswer> Answers = new(
        ("done", ClarificationAnswer.Done), ("not_done", ClarificationAnswer.NotDone), ("failed", ClarificationAnswer.Failed));

    public static readonly Words<SkipReason> Skips = new(("when", SkipReason.When), ("absent", SkipReason.Absent));

    public static readonly Words<RunStatus> Ends = new(
        ("completed", RunStatus.Completed), ("failed", RunStatus.Failed), ("compensated", RunStatus.Compensated),
        ("rejected", RunStatus.Rejected), ("denied", RunStatus.Denied));

    public static readonly Words<ToolEffect> Effects = new(
        ("effect", ToolEffect.Effect), ("idempotent", ToolEffect.Idempotent), ("read_only", ToolEffect.ReadOnly));

    public static readonly Words<StepKind> Kinds = new(("call", StepKind.Call), ("pure", StepKind.Pure));

    public static readonly Words<OnFailure> Failures = new(("compensate", OnFailure.Compensate), ("halt", OnFailure.Halt));

    public static readonly Words<OnUnknown> Unknowns = new(
        ("lookup", OnUnknown.Lookup), ("retry", OnUnknown.Retry), ("fail", OnUnknown.Fail), ("ask", OnUnknown.Ask));

    public static readonly Words<Sensitivity> Classes = new(("pii", Sensitivity.Pii), ("secret", Sensitivity.Secret));

    public static readonly Words<RetryOn> Retries = new(
        ("timeout", RetryOn.Timeout), ("unavailable", RetryOn.Unavailable), ("failed", RetryOn.Failed));
}

/// <summary>The words of one enumeration, both ways.</summary>
sealed class Words<T>(params (string Word, T Value)[] words)
    where T : struct, Enum
{
    public IEnumerable<string> All => words.Select(w => w.Word);

    public string Of(T value)
    {
        foreach (var (word, v) in words)
        {
            if (EqualityComparer<T>.Default.Equals(v, value))
            {
                return word;
            }
        }

        throw new ArgumentOutOfRangeException(nameof(value), value, "has no stored word");
    }

    public T? Find(string? word)
    {
        foreach (var (w, value) in words)
        {
            if (w == word)
            {
                return value;
            }
        }

        return null;
    }
}
