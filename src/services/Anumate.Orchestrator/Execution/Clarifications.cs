using System.Text;
using Anumate.PlanEngine;
using Anumate.Schemas;

namespace Anumate.Orchestrator;

/// <summary>Questions about calls of unknown outcome, and what a person may answer.</summary>
static class Clarifications
{
    const int LongestNote = 1000;

    static readonly Dictionary<string, ClarificationAnswer> Words = new()
    {
        ["done"] = ClarificationAnswer.Done, ["not_done"] = ClarificationAnswer.NotDone, ["failed"] = ClarificationAnswer.Failed,
    };

    static readonly string[] Options = [.. Words.Keys];

    /// <summary>A stored id as the typed one; the first version wrote the bare UUID.</summary>
    public static Id<Clarification> IdOf(string stored) =>
        Id<Clarification>.TryParse(stored, null, out var id) ? id : new Id<Clarification>(Guid.ParseExact(stored, "n"));

    public static Clarification Of(RunState state, ClarificationState asked, Func<CallKey, string> key) =>
        new(IdOf(asked.Id), state.Run, ClarificationCategory.MultipleChoice, asked.Step, asked.Question, Options)
        {
            Tool = ToolOf(state.Plan, asked).Name, IdempotencyKey = key(new CallKey(asked.Step, 0, asked.Phase, 0)),
        };

    /// <summary>What can be said of an answer without the question.</summary>
    public static ClarificationAnswer Read(AnswerClarification request)
    {
        if (!Words.TryGetValue(request.Response, out var answer))
        {
            throw ClarificationProblems.AnswerInvalid($"`{request.Response}` is not one of {string.Join(", ", Options)}");
        }

        if (request.Note is { Length: > LongestNote })
        {
            throw ClarificationProblems.AnswerInvalid($"a note has at most {LongestNote} characters");
        }

        return answer == ClarificationAnswer.Done || request.Output is null
            ? answer
            : throw ClarificationProblems.AnswerInvalid("only `done` has an output");
    }

    /// <summary>The output that the run goes on with; absent where the answer has none.</summary>
    /// <exception cref="ProblemException">It is missing, or the tool could not have answered so.</exception>
    public static Json OutputOf(ExecutablePlan plan, ClarificationState asked, ClarificationAnswer answer, byte[]? given)
    {
        if (answer != ClarificationAnswer.Done)
        {
            return default;
        }

        if (given is null)
        {
            // Nothing reads what an undoing call gave back.
            return asked.Phase is CallPhase.Compensate ? Json.EmptyObject
                : throw ClarificationProblems.AnswerInvalid($"`done` needs the output of `{ToolOf(plan, asked).Name}`: the steps after it read it");
        }

        var tool = ToolOf(plan, asked);
        var output = Json.Parse(given);
        return Schema.Compile(tool.OutputSchema, SchemaOptions.Strict).Schema?.Validate(output.ToElement()) is { Count: > 0 } errors
            ? throw ClarificationProblems.AnswerInvalid($"the output does not fit the output schema of `{tool.Name}`: {errors[0].InstancePath} {errors[0].Message}")
            : output;
    }

    public static byte[]? Bytes(AnswerClarification request) => request.Output is { } output ? Encoding.UTF8.GetBytes(output.GetRawText()) : null;

    /// <summary>The call that was asked about.</summary>
    public static (PlanStep Step, PlanTool Tool) CallOf(ExecutablePlan plan, ClarificationState asked)
    {
        var step = plan.Find(asked.Step)!;
        return (step, (asked.Phase is CallPhase.Do ? step.Tool : step.CompensationTool)!);
    }

    static PlanTool ToolOf(ExecutablePlan plan, ClarificationState asked) => CallOf(plan, asked).Tool;
}
