using System.Text;
using Anumate.PlanEngine;
using Anumate.Schemas;

namespace Anumate.Orchestrator;

/// <summary>What a person may answer to a question about a call of unknown outcome.</summary>
static class Clarifications
{
    const int LongestNote = 1000;

    /// <summary>A stored id as the typed one; the first version wrote the bare UUID.</summary>
    public static Id<Clarification> IdOf(string stored) =>
        Id<Clarification>.TryParse(stored, null, out var id) ? id : new Id<Clarification>(Guid.ParseExact(stored, "n"));

    public static void Check(AnswerClarification request)
    {
        if (request.Note is { Length: > LongestNote })
        {
            throw ClarificationProblems.AnswerInvalid($"a note has at most {LongestNote} characters");
        }

        if (request.Answer != ClarificationAnswer.Done && request.Output is not null)
        {
            throw ClarificationProblems.AnswerInvalid("only the answer `done` has an output");
        }
    }

    /// <summary>The output that the run goes on with, as bytes; null where the answer has none.</summary>
    /// <exception cref="ProblemException">It is missing, or the tool could not have answered so.</exception>
    public static byte[]? OutputOf(ExecutablePlan plan, Clarification asked, AnswerClarification request)
    {
        if (request.Answer != ClarificationAnswer.Done)
        {
            return null;
        }

        if (asked.Compensating)
        {
            // Nothing reads what an undoing call gave back.
            return request.Output is { } given ? Encoding.UTF8.GetBytes(given.GetRawText()) : "{}"u8.ToArray();
        }

        if (request.Output is not { } output)
        {
            throw ClarificationProblems.AnswerInvalid($"`done` needs the output of `{asked.Tool}`: the steps after it read it");
        }

        var schema = Schema.Compile(plan.Find(asked.Step)!.Tool!.OutputSchema, SchemaOptions.Strict).Schema;
        return schema?.Validate(output) is { Count: > 0 } errors
            ? throw ClarificationProblems.AnswerInvalid($"the output does not fit the output schema of `{asked.Tool}`: {errors[0].InstancePath} {errors[0].Message}")
            : Encoding.UTF8.GetBytes(output.GetRawText());
    }
}
