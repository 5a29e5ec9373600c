using Anumate.PlanEngine;

namespace Anumate.Engines.Tests.Plans;

/// <summary>
/// Carries out what the interpreter asks for, against scripted tools and people, and keeps the journal. Time passes only when there is
/// nothing else to do.
/// </summary>
sealed class Simulation
{
    readonly Queue<RunAction> waiting = new();
    DateTimeOffset? timer;

    public Simulation(ExecutablePlan plan, Json inputs)
    {
        State = RunState.New(plan, A.Run);
        Now = A.Start;
        Append(new RunStarted(Now, plan.Hash, inputs, "hmac:inputs"));
    }

    public RunState State { get; private set; }

    public DateTimeOffset Now { get; private set; }

    public List<JournalEvent> Journal { get; } = [];

    public List<RunAction> Actions { get; } = [];

    /// <summary>Answers a call: outcome and output. By default every call succeeds with <c>{}</c>.</summary>
    public Func<StartCall, (AttemptOutcome Outcome, string Output)> Tool { get; init; } = _ => (AttemptOutcome.Ok, "{}");

    public Func<Lookup, (LookupOutcome Outcome, string Output)> Lookups { get; init; } = _ => (LookupOutcome.Ok, "{}");

    public Func<AskApproval, ApprovalVerdict> People { get; init; } = _ => ApprovalVerdict.Granted;

    public Func<AskClarification, ClarificationAnswer> Person { get; init; } = _ => ClarificationAnswer.NotDone;

    /// <summary>What a policy says of a call: null allows; otherwise the reason of the denial.</summary>
    public Func<StartCall, string?> Policy { get; init; } = _ => null;

    public TimeSpan Step { get; init; } = TimeSpan.FromMilliseconds(10);

    public void Append(JournalEvent entry)
    {
        Interpreter.Apply(State, entry);
        Journal.Add(entry);
    }

    public Simulation Run(int limit = 10_000)
    {
        for (var i = 0; !State.HasEnded; i++)
        {
            Require(i < limit, () => $"the run does not end:\n{State.Snapshot()}");
            Ask();
            if (waiting.TryDequeue(out var action))
            {
                Now += Step;
                CarryOut(action);
            }
            else
            {
                Require(timer is not null, () => $"nothing to do and nothing to wait for:\n{State.Snapshot()}");
                Now = timer.Value > Now ? timer.Value : Now;
                timer = null;
                Append(new TimerFired(Now));
            }
        }

        return this;
    }

    /// <summary>Asks for actions and takes them in hand without carrying them out.</summary>
    public IReadOnlyList<RunAction> Ask()
    {
        var actions = Interpreter.Next(State, Now);
        Actions.AddRange(actions);
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

        return actions;
    }

    /// <summary>The process dies: what was in hand is forgotten; another one takes over from the journal, or the same one reads it again.</summary>
    public void Crash(bool sameProcess = false)
    {
        waiting.Clear();
        timer = null;
        var epoch = State.Epoch + (sameProcess ? 0 : 1);
        State = Replay(Journal);
        Append(new RunRecovered(Now, epoch));
    }

    public RunState Replay(IEnumerable<JournalEvent> journal)
    {
        var state = RunState.New(State.Plan, State.Run);
        foreach (var entry in journal)
        {
            Interpreter.Apply(state, JournalFormat.Read(entry.Kind, JournalFormat.Write(entry)));
        }

        return state;
    }

    void CarryOut(RunAction action)
    {
        switch (action)
        {
            case Append a:
                Append(a.Event);
                break;
            case StartCall call when Policy(call) is { } reason:
                Append(new StepDenied(Now, call.Step.Id, call.Phase, "sha256:decision", reason));
                break;
            case StartCall call:
                if (call.RecordStart)
                {
                    Append(new AttemptStarted(Now, call.Step.Id, call.Attempt, call.Phase, "hmac:args", Now + TimeSpan.FromSeconds(65)));
                    Now += Step;
                }

                var (outcome, output) = Tool(call);
                Append(new AttemptCompleted(Now, call.Step.Id, call.Attempt, call.Phase, outcome,
                    outcome is AttemptOutcome.Ok ? Json.Parse(output) : default, outcome is AttemptOutcome.Ok ? null : output));
                break;
            case Lookup lookup:
                var (found, value) = Lookups(lookup);
                Append(new LookupCompleted(Now, lookup.Step.Id, lookup.Attempt, lookup.Phase, found, found is LookupOutcome.Ok ? Json.Parse(value) : default));
                break;
            case AskApproval ask:
                var id = $"apr_{Journal.Count}";
                Append(new ApprovalWasRequested(Now, id, ask.Approval.Id, ask.Step?.Id, CallPhase.Do, ask.Arguments.IsAbsent ? null : "hmac:args"));
                Now += TimeSpan.FromMinutes(5);
                Append(new ApprovalWasDecided(Now, id, People(ask), ["prn_a", "prn_b"]));
                break;
            case AskClarification ask:
                var clarification = $"clr_{Journal.Count}";
                Append(new ClarificationWasRequested(Now, clarification, ask.Step.Id, ask.Attempt, ask.Phase, ask.Question));
                Now += TimeSpan.FromHours(1);
                var answer = Person(ask);
                Append(new ClarificationWasAnswered(Now, clarification, ask.Step.Id, ask.Attempt, ask.Phase, answer, answer is ClarificationAnswer.Done ? Json.EmptyObject : default));
                break;
            default:
                throw new InvalidOperationException($"{action} is no action");
        }
    }

    /// <summary>An assertion whose text is made only when it fails.</summary>
    static void Require([System.Diagnostics.CodeAnalysis.DoesNotReturnIf(false)] bool condition, Func<string> otherwise)
    {
        if (!condition)
        {
            throw Xunit.Sdk.FailException.ForFailure(otherwise());
        }
    }
}
