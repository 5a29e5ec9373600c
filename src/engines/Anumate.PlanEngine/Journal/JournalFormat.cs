using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Anumate.PlanEngine;

/// <summary>
/// How journal entries are stored: the kind in a column of its own, the body as one JSON object with its type version <c>v</c> and its
/// time <c>at</c> in milliseconds since 1970. What is written once stays readable; a changed entry gets the next <c>v</c> and its own reader.
/// Version 2 has what decisions say of answers; an entry without that is still of version 1, byte for byte.
/// </summary>
public static partial class JournalFormat
{
    static readonly JsonWriterOptions Options = new() { SkipValidation = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    [ThreadStatic]
    static Utf8JsonWriter? pooled;

    /// <summary>The body of an entry.</summary>
    public static byte[] Write(JournalEvent entry)
    {
        var buffer = new ArrayBufferWriter<byte>(256);
        Write(entry, buffer);
        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>Appends the body of an entry to a buffer.</summary>
    public static void Write(JournalEvent entry, IBufferWriter<byte> to)
    {
        var json = pooled ?? new Utf8JsonWriter(to, Options);
        pooled = null;
        json.Reset(to);
        json.WriteStartObject();
        json.WriteNumber("v"u8, VersionOf(entry));
        json.WriteNumber("at"u8, entry.At.ToUnixTimeMilliseconds());
        Members(json, entry);
        json.WriteEndObject();
        json.Flush();
        pooled = json;
    }

    static int VersionOf(JournalEvent entry) => entry is AttemptStarted { Demands.IsAbsent: false } or AttemptCompleted { AnswerDecision: not null }
        or AttemptCompleted { Outcome: AttemptOutcome.Withheld } or LookupCompleted { AnswerDecision: not null } or LookupCompleted { Outcome: LookupOutcome.Withheld }
        or ClarificationWasAnswered { AnswerDecision: not null } ? 2 : 1;

    static void Members(Utf8JsonWriter json, JournalEvent entry)
    {
        if (entry is StepEvent step)
        {
            json.WriteString("step"u8, step.Step);
        }

        if (entry is AttemptEvent attempt)
        {
            json.WriteNumber("attempt"u8, attempt.Attempt);
            Phase(json, attempt.Phase);
        }

        switch (entry)
        {
            case StepCompleted e:
                Value(json, "output"u8, e.Output);
                break;
            case RunStarted e:
                json.WriteString("plan_hash"u8, e.PlanHash);
                Value(json, "inputs"u8, e.Inputs);
                json.WriteString("inputs_digest"u8, e.InputsDigest);
                Value(json, "facts"u8, e.Facts);
                break;
            case RunCompleted e:
                json.WriteString("status"u8, Words.Ends.Of(e.Status));
                Value(json, "outputs"u8, e.Outputs);
                Text(json, "error"u8, e.Error);
                break;
            case AttemptStarted e:
                json.WriteString("args_digest"u8, e.ArgumentsDigest);
                Time(json, "deadline"u8, e.Deadline);
                Text(json, "decision"u8, e.DecisionDigest);
                Value(json, "demands"u8, e.Demands);
                break;
            case AttemptCompleted e:
                json.WriteString("outcome"u8, Words.Attempts.Of(e.Outcome));
                Value(json, "output"u8, e.Output);
                Text(json, "error"u8, e.Error);
                Text(json, "args_digest"u8, e.ArgumentsDigest);
                Text(json, "decision"u8, e.DecisionDigest);
                Text(json, "answer_decision"u8, e.AnswerDecision);
                break;
            default:
                Rare(json, entry);
                break;
        }
    }

    static void Rare(Utf8JsonWriter json, JournalEvent entry)
    {
        switch (entry)
        {
            case AttemptUnknown or TimerFired:
                break;
            case LookupCompleted e:
                json.WriteString("outcome"u8, Words.Lookups.Of(e.Outcome));
                Value(json, "output"u8, e.Output);
                Text(json, "error"u8, e.Error);
                Text(json, "answer_decision"u8, e.AnswerDecision);
                break;
            case StepSkipped e:
                json.WriteString("reason"u8, Words.Skips.Of(e.Reason));
                Text(json, "because"u8, e.Because);
                break;
            case StepFailed e:
                Phase(json, e.Phase);
                json.WriteString("code"u8, e.Code);
                json.WriteString("error"u8, e.Error);
                break;
            case StepDenied e:
                Phase(json, e.Phase);
                json.WriteString("decision"u8, e.DecisionDigest);
                json.WriteString("reason"u8, e.Reason);
                Text(json, "args_digest"u8, e.ArgumentsDigest);
                Text(json, "instead_of"u8, e.InsteadOf);
                break;
            case RetryScheduled e:
                Time(json, "due"u8, e.Due);
                break;
            case RunHalted e:
                json.WriteString("code"u8, e.Code);
                json.WriteString("error"u8, e.Error);
                break;
            case RunRecovered e:
                json.WriteNumber("epoch"u8, e.Epoch);
                break;
            default:
                People(json, entry);
                break;
        }
    }

    static void People(Utf8JsonWriter json, JournalEvent entry)
    {
        switch (entry)
        {
            case ApprovalWasRequested e:
                json.WriteString("id"u8, e.Id);
                json.WriteString("name"u8, e.Name);
                if (e.Step is not null)
                {
                    json.WriteString("step"u8, e.Step);
                    Phase(json, e.Phase);
                }

                Text(json, "args_digest"u8, e.ArgumentsDigest);
                Text(json, "decision"u8, e.DecisionDigest);
                break;
            case ApprovalWasDecided e:
                json.WriteString("id"u8, e.Id);
                json.WriteString("verdict"u8, Words.Verdicts.Of(e.Verdict));
                json.WriteStartArray("by"u8);
                foreach (var by in e.By)
                {
                    json.WriteStringValue(by);
                }

                json.WriteEndArray();
                break;
            case ClarificationWasRequested e:
                json.WriteString("id"u8, e.Id);
                json.WriteString("question"u8, e.Question);
                break;
            case ClarificationWasAnswered e:
                json.WriteString("id"u8, e.Id);
                json.WriteString("answer"u8, Words.Answers.Of(e.Answer));
                Value(json, "output"u8, e.Output);
                Text(json, "by"u8, e.By);
                Text(json, "note"u8, e.Note);
                Text(json, "answer_decision"u8, e.AnswerDecision);
                break;
            default:
                throw new ArgumentException($"`{entry.GetType().Name}` has no stored form", nameof(entry));
        }
    }

    /// <summary>«do» is not written: it is what nearly every entry is about.</summary>
    static void Phase(Utf8JsonWriter json, CallPhase phase)
    {
        if (phase is not CallPhase.Do)
        {
            json.WriteString("phase"u8, Words.Phases.Of(phase));
        }
    }

    static void Value(Utf8JsonWriter json, ReadOnlySpan<byte> name, Json value)
    {
        if (!value.IsAbsent)
        {
            json.WritePropertyName(name);
            json.WriteRawValue(value.Utf8.Span, skipInputValidation: true);
        }
    }

    static void Text(Utf8JsonWriter json, ReadOnlySpan<byte> name, string? text)
    {
        if (text is not null)
        {
            json.WriteString(name, text);
        }
    }

    static void Time(Utf8JsonWriter json, ReadOnlySpan<byte> name, DateTimeOffset time) => json.WriteNumber(name, time.ToUnixTimeMilliseconds());
}
