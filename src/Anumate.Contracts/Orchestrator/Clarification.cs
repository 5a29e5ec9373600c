using System.Text.Json;
using System.Text.Json.Serialization;

namespace Anumate;

/// <summary>What kind of answer a question wants; the words are Portia's.</summary>
[JsonConverter(typeof(WordConverter<ClarificationCategory>))]
public enum ClarificationCategory
{
    /// <summary>Something is to be done at a page.</summary>
    [JsonStringEnumMemberName("Action")]
    Action,

    /// <summary>A value is to be given.</summary>
    [JsonStringEnumMemberName("Input")]
    Input,

    /// <summary>One of the options is to be chosen.</summary>
    [JsonStringEnumMemberName("Multiple Choice")]
    MultipleChoice,

    /// <summary>A value is to be confirmed.</summary>
    [JsonStringEnumMemberName("Value Confirmation")]
    ValueConfirmation,

    /// <summary>A person is to say yes or no.</summary>
    [JsonStringEnumMemberName("User Verification")]
    UserVerification,

    /// <summary>Anything else.</summary>
    [JsonStringEnumMemberName("Custom")]
    Custom,
}

/// <summary>
/// An open question of a run to people. Whether a call happened is a <see cref="ClarificationCategory.MultipleChoice"/>: <c>done</c>,
/// <c>not_done</c> (it is made again under the same key) or <c>failed</c> (the step is given up).
/// </summary>
public sealed record Clarification(
    Id<Clarification> Id, Id<Run> Run, ClarificationCategory Category, string Step, string UserGuidance, IReadOnlyList<string> Options) : IEntity
{
    /// <inheritdoc/>
    public static string Prefix => "cla";

    /// <summary>The tool that was called.</summary>
    public string? Tool { get; init; }

    /// <summary>The key the tool was given with the call, to find it in the tool's own records.</summary>
    public string? IdempotencyKey { get; init; }
}

/// <summary>
/// An answer: one of the options. <see cref="Output"/> is what the tool would have answered; <c>done</c> needs it, except where a step is
/// undone, and it must fit the tool's output schema. <see cref="Note"/> says how the person knows.
/// </summary>
public sealed record AnswerClarification(string Response, JsonElement? Output = null, string? Note = null);

/// <summary>Problems of clarifications.</summary>
public static class ClarificationProblems
{
    /// <summary>409: it was answered, the tool's own answer came, or the run never asked it.</summary>
    public static ProblemException NotOpen(Id<Clarification> id) =>
        new Problem("clarification-not-open", 409, "The question is not open", $"`{id}` is not a question this run waits on (any more); get the run").Exception();

    /// <summary>403: programs and keys do not know what happened.</summary>
    public static ProblemException NotAPerson() =>
        new Problem("clarification-needs-person", 403, "A person must answer", "only a signed-in person says what became of a call, not a key or a program").Exception();

    /// <summary>422: the answer and its output do not go together.</summary>
    public static ProblemException AnswerInvalid(string reason) =>
        new Problem("clarification-answer-invalid", 422, "The answer is not valid", reason).Exception();
}
