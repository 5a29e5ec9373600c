using Anumate.PlanEngine;
using Anumate.Platform.Redactions;

namespace Anumate.GhostRuns;

/// <summary>What is assumed on one path: how calls end and what people say. Everything else is real.</summary>
sealed record Assumption(string Text)
{
    /// <summary>The step whose own call fails for good.</summary>
    public string? FailingStep { get; init; }

    public ApprovalVerdict People { get; init; } = ApprovalVerdict.Granted;
}

/// <summary>What the world of a simulation answers: policies for real, outputs made up.</summary>
interface IWorld
{
    ValueTask<Decision> DecideAsync(StartCall call, CancellationToken ct);

    /// <summary>Why what redaction leaves of the arguments cannot be sent; null when it can.</summary>
    ValueTask<string?> MisfitAsync(StartCall call, Decision decision, CancellationToken ct);

    /// <summary>The answer as a run would know it.</summary>
    ValueTask<KnownAnswer> AnswerAsync(StartCall call, Decision decision, CancellationToken ct);
}

/// <summary>
/// One path through a plan: the very interpreter that runs plans, fed with simulated outcomes under a clock of its own. Nothing outside
/// changes.
/// </summary>
sealed class Simulation(ExecutablePlan plan, Id<Run> run, Json inputs, string inputsDigest, Assumption assumed, IWorld world)
{
    // Far more than any plan of 5,000 steps with its retries can need; a guard against a loop of our own making.
    const int MostTurns = 200_000;

    static readonly TimeSpan CallTakes = TimeSpan.FromMilliseconds(100), PeopleTake = TimeSpan.FromMinutes(5);

    readonly Queue<RunAction> waiting = new();
    DateTimeOffset now = DateTimeOffset.UnixEpoch;
    DateTimeOffset? timer;

    public RunState State { get; } = RunState.New(plan, run);

    /// <summary>Policy decisions by step, of the steps' own calls.</summary>
    public Dictionary<string, Decision> Decisions { get; } = [];

    /// <summary>Approvals that were asked for, in order: the capsule's by name, a policy's by the decision.</summary>
    public List<(AskApproval? Capsule, StartCall? Call, Decision? Decision)> Asked { get; } = [];

    public List<string> Compensated { get; } = [];

    public async Task<Simulation> RunAsync(CancellationToken ct)
    {
        Append(new RunStarted(now, plan.Hash, inputs, inputsDigest));
        var actions = new List<RunAction>();
        for (var turn = 0; !State.HasEnded && turn < MostTurns; turn++)
        {
            ct.ThrowIfCancellationRequested();
            actions.Clear();
            Interpreter.Next(State, now, actions);
            foreach (var action in actions)
            {
                if (action is SetTimer set)
                {
                    timer = set.Due;
                }
                else
                {
                    waiting.Enqueue(action);
                }
            }

            if (waiting.TryDequeue(out var next))
            {
                await CarryOutAsync(next, ct);
            }
            else if (timer is { } due)
            {
                now = due > now ? due : now;
                timer = null;
                Append(new TimerFired(now));
            }
            else
            {
                break;
            }
        }

        return this;
    }

    async ValueTask CarryOutAsync(RunAction action, CancellationToken ct)
    {
        switch (action)
        {
            case Append a:
                Append(a.Event);
                break;
            case StartCall call:
                await CallAsync(call, ct);
                break;
            case AskApproval ask:
                Asked.Add((ask, null, null));
                People($"{Asked.Count}", ask.Approval.Id, ask.Step?.Id, CallPhase.Do, null);
                break;
            case AskClarification ask:
                Append(new ClarificationWasRequested(now, "1", ask.Step.Id, ask.Attempt, ask.Phase, ask.Question));
                Append(new ClarificationWasAnswered(now, "1", ask.Step.Id, ask.Attempt, ask.Phase, ClarificationAnswer.Failed));
                break;
            case Lookup lookup:
                Append(new LookupCompleted(now, lookup.Step.Id, lookup.Attempt, lookup.Phase, LookupOutcome.NotFound));
                break;
        }
    }

    async ValueTask CallAsync(StartCall call, CancellationToken ct)
    {
        var decision = await world.DecideAsync(call, ct);
        if (call.Phase == CallPhase.Do)
        {
            Decisions[call.Step.Id] = decision;
        }

        if (decision.Verdict == Verdict.Deny)
        {
            Append(new StepDenied(now, call.Step.Id, call.Phase, decision.Digest, decision.Reason));
            return;
        }

        if (await world.MisfitAsync(call, decision, ct) is { } misfit)
        {
            Append(new StepDenied(now, call.Step.Id, call.Phase, decision.Digest, misfit));
            return;
        }

        if (decision.Verdict == Verdict.Approval
            && !State.ApprovalsOf(call.Step, call.Phase).Any(a => a.Verdict == ApprovalVerdict.Granted && a.DecisionDigest == decision.Digest))
        {
            Asked.Add((null, call, decision));
            People($"{Asked.Count}", $"{call.Step.Id}:policy", call.Step.Id, call.Phase, decision.Digest);
            return;
        }

        if (call.RecordStart)
        {
            Append(new AttemptStarted(now, call.Step.Id, call.Attempt, call.Phase, "simulated", now + call.Timeout));
        }

        now += CallTakes;
        if (call.Phase == CallPhase.Do && call.Step.Id == assumed.FailingStep)
        {
            Append(new AttemptCompleted(now, call.Step.Id, call.Attempt, call.Phase, AttemptOutcome.Failed, default, "assumed to fail"));
            return;
        }

        if (call.Phase == CallPhase.Compensate)
        {
            Compensated.Add(call.Step.Id);
        }

        var answer = await world.AnswerAsync(call, decision, ct);
        Append(answer.Withheld is { } why
            ? new AttemptCompleted(now, call.Step.Id, call.Attempt, call.Phase, AttemptOutcome.Withheld, default, why)
            : new AttemptCompleted(now, call.Step.Id, call.Attempt, call.Phase, AttemptOutcome.Ok, answer.Output));
    }

    void People(string id, string name, string? step, CallPhase phase, string? decision)
    {
        Append(new ApprovalWasRequested(now, id, name, step, phase, step is null ? null : "simulated", decision));
        now += PeopleTake;
        Append(new ApprovalWasDecided(now, id, assumed.People, []));
    }

    void Append(JournalEvent entry)
    {
        if (Interpreter.Accepts(State, entry))
        {
            Interpreter.Apply(State, entry);
        }
    }
}
