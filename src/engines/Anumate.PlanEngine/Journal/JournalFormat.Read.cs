using System.Text.Json;

namespace Anumate.PlanEngine;

public static partial class JournalFormat
{
    /// <summary>Reads an entry as any version wrote it.</summary>
    /// <exception cref="JournalException">The kind or its version is not known, or the body is not what was written.</exception>
    public static JournalEvent Read(string kind, ReadOnlyMemory<byte> body)
    {
        try
        {
            using var document = JsonDocument.Parse(body, new JsonDocumentOptions { MaxDepth = 2 * AnumateJson.MaxDepth, AllowDuplicateProperties = false });
            var members = new Body(kind, document.RootElement);
            var entry = Entry(members);
            members.AllWereRead();
            return entry;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException or ProblemException or ArgumentException or OverflowException)
        {
            throw new JournalException($"the body of a `{kind}` entry is not readable: {e.Message}");
        }
    }

    static JournalEvent Entry(Body b) => b.Kind switch
    {
        "run_started" => new RunStarted(b.At, b.Text("plan_hash"), b.Value("inputs"), b.Text("inputs_digest"), b.ValueOrAbsent("facts")),
        "run_completed" => new RunCompleted(b.At, b.Word("status", Words.Ends), b.ValueOrAbsent("outputs"), b.TextOrNull("error")),
        "run_halted" => new RunHalted(b.At, b.Text("code"), b.Text("error")),
        "run_recovered" => new RunRecovered(b.At, b.Number("epoch")),
        "timer_fired" => new TimerFired(b.At),
        "step_completed" => new StepCompleted(b.At, b.Step, b.Value("output")),
        "step_skipped" => new StepSkipped(b.At, b.Step, b.Word("reason", Words.Skips), b.TextOrNull("because")),
        "step_failed" => new StepFailed(b.At, b.Step, b.Phase, b.Text("code"), b.Text("error")),
        "step_denied" => new StepDenied(b.At, b.Step, b.Phase, b.Text("decision"), b.Text("reason"), b.TextOrNull("args_digest")) { InsteadOf = b.TextOrNull("instead_of") },
        "attempt_started" => new AttemptStarted(
            b.At, b.Step, b.Attempt, b.Phase, b.Text("args_digest"), b.Time("deadline"), b.TextOrNull("decision"), b.Since(2) ? b.ValueOrAbsent("demands") : default),
        "attempt_completed" => new AttemptCompleted(
            b.At, b.Step, b.Attempt, b.Phase, b.Word("outcome", Words.Attempts), b.ValueOrAbsent("output"), b.TextOrNull("error"),
            b.TextOrNull("args_digest"), b.TextOrNull("decision"), b.AnswerDecision),
        "attempt_unknown" => new AttemptUnknown(b.At, b.Step, b.Attempt, b.Phase),
        "lookup_completed" => new LookupCompleted(
            b.At, b.Step, b.Attempt, b.Phase, b.Word("outcome", Words.Lookups), b.ValueOrAbsent("output"), b.TextOrNull("error"), b.AnswerDecision),
        "retry_scheduled" => new RetryScheduled(b.At, b.Step, b.Attempt, b.Phase, b.Time("due")),
        "approval_requested" => new ApprovalWasRequested(
            b.At, b.Text("id"), b.Text("name"), b.TextOrNull("step"), b.Phase, b.TextOrNull("args_digest"), b.TextOrNull("decision")),
        "approval_decided" => new ApprovalWasDecided(b.At, b.Text("id"), b.Word("verdict", Words.Verdicts), b.Texts("by")),
        "clarification_requested" => new ClarificationWasRequested(b.At, b.Text("id"), b.Step, b.Attempt, b.Phase, b.Text("question")),
        "clarification_answered" => new ClarificationWasAnswered(
            b.At, b.Text("id"), b.Step, b.Attempt, b.Phase, b.Word("answer", Words.Answers), b.ValueOrAbsent("output"), b.TextOrNull("by"), b.TextOrNull("note"), b.AnswerDecision),
        _ => throw new JournalException($"`{b.Kind}` is not a kind of entry that this version knows: it was written by a newer one"),
    };

    /// <summary>The members of a body; one that nobody reads is an error, since it was not written by this format.</summary>
    sealed class Body
    {
        readonly JsonElement root;
        readonly long version;
        int read;

        public Body(string kind, JsonElement root)
        {
            (Kind, this.root) = (kind, root);
            version = Number("v");
            if (version != 1 && !(version == 2 && kind is "attempt_started" or "attempt_completed" or "lookup_completed" or "clarification_answered"))
            {
                throw new JournalException($"version {version} of `{kind}` is not known: it was written by a newer version");
            }

            At = Time("at");
        }

        public string Kind { get; }

        public DateTimeOffset At { get; }

        public string Step => Text("step");

        public int Attempt => checked((int)Number("attempt"));

        public CallPhase Phase => Find("phase") is { } word ? Words.Phases.Find(word.GetString()) ?? throw NotKnown("phase") : CallPhase.Do;

        public string? AnswerDecision => Since(2) ? TextOrNull("answer_decision") : null;

        /// <summary>Whether the entry is of this version or a later one.</summary>
        public bool Since(int first) => version >= first;

        public void AllWereRead()
        {
            if (root.EnumerateObject().Count() != read)
            {
                throw new JournalException($"the body of a `{Kind}` entry has members that version {version} does not know");
            }
        }

        public string Text(string name) => Need(name).GetString() ?? throw new FormatException($"`{name}` is null");

        public string? TextOrNull(string name) => Find(name)?.GetString();

        public long Number(string name) => Need(name).GetInt64();

        public DateTimeOffset Time(string name) => DateTimeOffset.FromUnixTimeMilliseconds(Number(name));

        public Json Value(string name) => Json.Of(Need(name));

        public Json ValueOrAbsent(string name) => Find(name) is { } value ? Json.Of(value) : default;

        public T Word<T>(string name, Words<T> words)
            where T : struct, Enum => words.Find(Text(name)) ?? throw NotKnown(name);

        public IReadOnlyList<string> Texts(string name) => [.. Need(name).EnumerateArray().Select(t => t.GetString()!)];

        JsonElement Need(string name) => Find(name) ?? throw new FormatException($"`{name}` is missing");

        JsonElement? Find(string name)
        {
            if (!root.TryGetProperty(name, out var value))
            {
                return null;
            }

            read++;
            return value;
        }

        static FormatException NotKnown(string name) => new($"`{name}` has a word that is not known");
    }
}
