using System.Text.Json;
using Anumate.PlanEngine;
using Anumate.Platform.Redactions;
using Anumate.PolicyEngine;
using Microsoft.Extensions.Logging;

namespace Anumate.Orchestrator;

/// <summary>What policies make of a call: the arguments that people approve and tools get, the answer that the run may know.</summary>
sealed partial class LiveRun
{
    // An answer beyond this size is looked at outside of the turns of the shard, whose other runs go on meanwhile.
    const int LargeAnswer = 64 * 1024;

    static readonly TimeSpan AskAgainAfter = TimeSpan.FromSeconds(1);

    /// <summary>
    /// The answer of a call that was made. It must not get lost for want of somebody who decides about it: while policies or keys cannot be
    /// reached it waits here. What can never be decided is withheld.
    /// </summary>
    async Task<KnownAnswer> KnowAsync(RunContext c, Func<PolicyFacts> facts, IReadOnlyList<RedactionDemand> demands, Json output)
    {
        var isLarge = output.Utf8.Length > LargeAnswer;
        var made = isLarge ? facts() : null;
        while (true)
        {
            try
            {
                return isLarge ? await Task.Run(() => AskAsync(() => made!)) : await AskAsync(facts);
            }
            catch (ProblemException e) when (IsHere(c) && !IsFinal(e.Problem))
            {
                Undecided(c.Run, e.Problem.Detail);
                await Task.Delay(AskAgainAfter, services.Time);
            }
            catch (ProblemException e) when (IsHere(c))
            {
                return new KnownAnswer(default, null, e.Problem.Detail);
            }
        }

        Task<KnownAnswer> AskAsync(Func<PolicyFacts> about) =>
            services.Redaction.AfterAsync(c.Requester, c.Place, about, c.Plan.PolicyDigests, demands, output, default).AsTask();
    }

    static string Withheld(PlanTool tool, string why) => $"`{tool.Name}` did what it was asked, and its answer is withheld: {why}";

    static PolicyFacts FactsOf(RunContext c, PlanStep step, PlanTool tool, CallPhase phase) =>
        c.PolicyFacts.WithCall(c.Tenant, tool.Name, tool.Effect, c.State.ArgumentsOf(step, phase).ToElement());

    /// <summary>What the decision about a call demands of its answer, kept for who learns the answer after a crash.</summary>
    static Json DemandsOfAnswer(Decision decision) => PolicyRedaction.At(CallRedaction.Answer, decision.Redactions) is { Count: > 0 } demands
        ? Json.Of(JsonSerializer.SerializeToElement(demands, OrchestratorJson.Default.IReadOnlyListRedactionDemand))
        : default;

    static IReadOnlyList<RedactionDemand> Demands(Json kept) =>
        kept.IsAbsent ? [] : JsonSerializer.Deserialize(kept.Utf8.Span, OrchestratorJson.Default.IReadOnlyListRedactionDemand)!;

    /// <summary>The arguments that an approval of the capsule is about: those that would be sent. Where a policy stands against the call, it is not made in any case.</summary>
    async ValueTask<Json> ToApproveAsync(RunContext c, AskApproval ask)
    {
        var tool = ask.Step!.Tool!;
        var decision = await services.Gate.DecideAsync(c.Requester, PolicyPoint.ToolBefore,
            c.PolicyFacts.WithCall(c.Tenant, tool.Name, tool.Effect, ask.Arguments.ToElement()), c.Plan.PolicyDigests, default);
        var (sent, misfit) = await services.Redaction.BeforeAsync(c.Place, decision, tool, ask.Arguments, default);
        return misfit is null ? sent : ask.Arguments;
    }

    /// <summary>An approval of the capsule that was given for other arguments: policies redact them otherwise since. People are asked anew.</summary>
    static PlanApproval? OtherArgumentsApproved(RunContext c, StartCall call, string digest) =>
        c.State.ApprovalsOf(call.Step, call.Phase).FirstOrDefault(a => a is { DecisionDigest: null, Verdict: ApprovalVerdict.Granted } && a.ArgumentsDigest != digest) is { } other
            ? c.Plan.Plan.Approvals.FirstOrDefault(a => a.Id == other.Name)
            : null;

    [LoggerMessage(LogLevel.Warning, "{Run} holds the answer of a call until it can be decided about: {Reason}")]
    private partial void Undecided(Id<Run> run, string reason);
}
