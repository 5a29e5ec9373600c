using System.Text.Json;
using System.Text.Json.Nodes;
using Anumate.PlanEngine;
using Anumate.Platform.Data;
using Anumate.Proofs;

namespace Anumate.Orchestrator;

/// <summary>What entries of the journal leave behind outside of it: leaves for the receipt, events for others.</summary>
sealed class RunRecords(Id<Tenant> tenant, Id<Run> run, ExecutablePlan plan, Caller requester, TimeProvider time)
{
    readonly string subject = run.ToString();

    public int ToolCalls { get; private set; }

    public void Count(JournalEvent entry) => ToolCalls += entry is AttemptCompleted ? 1 : 0;

    public IReadOnlyList<Leaf> LeavesOf(JournalEvent entry, RunState state) => entry switch
    {
        RunStarted e => [Audit("execution.started", e.At, e.InputsDigest)],
        AttemptStarted e => [Call(RunLeaf.Intent, e, new JsonObject { ["arguments"] = e.ArgumentsDigest, ["decision"] = e.DecisionDigest })],
        AttemptCompleted e => [Call(RunLeaf.Outcome, e, Outcome(e))],
        LookupCompleted { Outcome: not LookupOutcome.Unknown } e =>
            [Call(RunLeaf.Outcome, e, new JsonObject { ["outcome"] = "lookup_" + Word(e.Outcome.ToString()), ["answer_decision"] = e.AnswerDecision })],
        ClarificationWasAnswered e =>
            [Call(RunLeaf.Outcome, e, new JsonObject { ["outcome"] = "clarified_" + Word(e.Answer.ToString()), ["by"] = e.By, ["answer_decision"] = e.AnswerDecision })],
        StepDenied e => [Step("run.denied", e, new JsonObject { ["decision"] = e.DecisionDigest, ["arguments"] = e.ArgumentsDigest, ["instead_of"] = e.InsteadOf })],
        RunCompleted e => [Make("run.ended", e.At, null, new JsonObject { ["status"] = RunViews.Word(e.Status), ["plan"] = plan.Hash, ["inputs"] = state.InputsDigest })],
        _ => [],
    };

    public IReadOnlyList<OutboxEvent> EventsOf(JournalEvent entry, RunState state) => entry switch
    {
        RunStarted => [Event(new ExecutionStarted(run, plan.Hash, plan.Capsule, plan.CapsuleVersion))],
        AttemptCompleted { Phase: CallPhase.Do, Outcome: AttemptOutcome.Ok } e =>
            [Event(new ExecutionStepCompleted(run, e.Step, plan.Find(e.Step)?.Tool?.Name, "completed", e.Attempt, state.Seq))],
        AttemptCompleted { Phase: CallPhase.Do, Outcome: AttemptOutcome.Withheld } e =>
            [Event(new ExecutionStepCompleted(run, e.Step, plan.Find(e.Step)?.Tool?.Name, "withheld", e.Attempt, state.Seq))],
        StepDenied e => [Event(new ExecutionStepCompleted(run, e.Step, plan.Find(e.Step)?.Tool?.Name, "denied", 0, state.Seq))],
        RunCompleted e => [Event(new ExecutionCompleted(run, plan.Hash, e.Status, ToolCalls, state.Seq))],
        _ => [],
    };

    OutboxEvent Event<T>(T evt)
        where T : IEvent =>
        new(Guid.CreateVersion7(time.GetUtcNow()), T.EventType, evt.Sequence, JsonSerializer.SerializeToUtf8Bytes(evt, AnumateJson.Options.GetTypeInfo(typeof(T))));

    Leaf Audit(string action, DateTimeOffset at, string inputs)
    {
        var record = AuditRecord.Of(requester with { Via = "orchestrator" }, time, action, "run", subject) with
        {
            Run = run,
            Digests = new Dictionary<string, string> { ["plan"] = plan.Hash, ["inputs"] = inputs },
        };
        return Leaf.Of(record);
    }

    Leaf Call(string type, AttemptEvent e, JsonObject facts)
    {
        var tool = (e.Phase == CallPhase.Do ? plan.Find(e.Step)?.Tool : plan.Find(e.Step)?.CompensationTool)!;
        facts["tool"] = tool.Grant;
        return Make(type, e.At, $"{e.Step}/{Word(e.Phase.ToString())}/{e.Attempt}", facts);
    }

    Leaf Step(string type, StepEvent e, JsonObject facts)
    {
        facts["step"] = e.Step;
        return Make(type, e.At, null, facts);
    }

    Leaf Make(string type, DateTimeOffset at, string? call, JsonObject facts)
    {
        foreach (var absent in facts.Where(f => f.Value is null).Select(f => f.Key).ToList())
        {
            facts.Remove(absent);
        }

        var id = Id<Receipt>.New(time);
        return new Leaf(id, type, subject, run, new RunLeaf(id, tenant, run, type, at, call, facts).ToBytes(), at);
    }

    static JsonObject Outcome(AttemptCompleted e) => new()
    {
        ["outcome"] = Word(e.Outcome.ToString()),
        ["arguments"] = e.ArgumentsDigest,
        ["decision"] = e.DecisionDigest,
        ["answer_decision"] = e.AnswerDecision,
    };

    static string Word(string name) => JsonNamingPolicy.SnakeCaseLower.ConvertName(name);
}
