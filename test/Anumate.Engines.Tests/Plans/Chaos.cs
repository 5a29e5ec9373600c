using Anumate.PlanEngine;

namespace Anumate.Engines.Tests.Plans;

/// <summary>
/// A world in which calls take effect early, late or never, answers get lost and processes die, all by a list of choices. It knows what
/// really happened, which the run does not. When the choices are used up, everything goes well, so that every run could end.
/// </summary>
sealed class Chaos
{
    static readonly TimeSpan SkewAndTimeout = TimeSpan.FromSeconds(35);

    static readonly Json Demands = Json.Parse("""[{"operator":"drop","path":"result.x"}]""");

    readonly ExecutablePlan plan;
    readonly Queue<int> choices;
    readonly List<RunAction> inHand = [];
    readonly List<Sent> sent = [];
    readonly List<JournalEvent> stored = [];
    DateTimeOffset now = A.Start;
    DateTimeOffset? timer;
    int crashes;

    /// <summary>A call on its way: what the tool will do, and the last moment at which it can.</summary>
    sealed record Sent(StartCall Call, bool Happens, AttemptOutcome Answer, DateTimeOffset Deadline, long Epoch)
    {
        public bool Done { get; set; }
    }

    public Chaos(ExecutablePlan plan, IEnumerable<int> choices)
    {
        this.plan = plan;
        this.choices = new Queue<int>(choices);
        State = RunState.New(plan, A.Run);
        Append(new RunStarted(now, plan.Hash, Json.EmptyObject, "hmac:inputs"));
    }

    public RunState State { get; private set; }

    public List<JournalEvent> Journal { get; } = [];

    /// <summary>How often each call really took effect.</summary>
    public Dictionary<(string Step, CallPhase Phase), int> Executed { get; } = [];

    public Chaos Run()
    {
        for (var turn = 0; !State.HasEnded; turn++)
        {
            Require(turn < 1_000, () => $"the run does not end:\n{State.Snapshot()}");
            Ask();
            var choice = Choose(20);
            var moving = sent.FindAll(s => !s.Done || s.Epoch == State.Epoch);
            if (choice == 19 && crashes < 8)
            {
                Crash();
            }
            else if (inHand.Count > 0 && (moving.Count == 0 || choice % 2 == 0))
            {
                var action = inHand[Choose(inHand.Count)];
                inHand.Remove(action);
                now += TimeSpan.FromMilliseconds(Choose(50));
                CarryOut(action);
            }
            else if (moving.Count > 0)
            {
                Proceed(moving[Choose(moving.Count)]);
            }
            else
            {
                Wait();
            }
        }

        return this;
    }

    int Choose(int below) => choices.TryDequeue(out var choice) ? choice % below : 0;

    void Append(JournalEvent entry)
    {
        Interpreter.Apply(State, entry);
        Journal.Add(entry);
        stored.Add(JournalFormat.Read(entry.Kind, JournalFormat.Write(entry)));
        AssertReplays();
    }

    /// <summary>Any prefix of the journal replays to the same state, which asks for nothing that is under way.</summary>
    void AssertReplays()
    {
        var replayed = RunState.New(plan, A.Run);
        foreach (var entry in stored)
        {
            Interpreter.Apply(replayed, entry);
        }

        Assert.Equal(State.Snapshot(), replayed.Snapshot());
        foreach (var action in Interpreter.Next(replayed, now))
        {
            var busy = action switch
            {
                StartCall c => replayed.StatusOf(c.Step, c.Phase) is not (StepStatus.Pending or StepStatus.WaitingRetry),
                AskApproval a => replayed.Approvals.Any(p => p.Name == a.Approval.Id && p.Step == a.Step?.Id),
                AskClarification c => replayed.StatusOf(c.Step, c.Phase) is StepStatus.WaitingClarification,
                Lookup l => replayed.StatusOf(l.Step, l.Phase) is not StepStatus.Unknown,
                _ => false,
            };
            Require(!busy, () => $"{action} is asked for although it is under way:\n{replayed.Snapshot()}");
        }
    }

    void Ask()
    {
        var actions = Interpreter.Next(State, now);
        foreach (var action in actions)
        {
            if (action is SetTimer set)
            {
                timer = set.Due;
            }
            else
            {
                inHand.Add(action);
            }
        }

        Assert.Empty(Interpreter.Next(State, now));
        var calls = inHand.OfType<StartCall>().Count(c => c.Phase is CallPhase.Do) + sent.Count(s => s.Epoch == State.Epoch && s.Call.Phase is CallPhase.Do);
        Require(State.Failure is not null || calls <= plan.Limits.MaxParallel, () => $"{calls} calls at once");
    }

    void CarryOut(RunAction action)
    {
        switch (action)
        {
            case Append a when Interpreter.Accepts(State, a.Event):
                Append(a.Event with { At = now });
                break;
            case Append _:
                break;
            case StartCall call:
                Send(call);
                break;
            case Lookup lookup:
                Require(lookup.Demands == Demands, () => "what was demanded of the answer is forgotten");
                var found = Choose(5) == 4 ? LookupOutcome.Unknown
                    : !Executed.ContainsKey((lookup.Step.Id, lookup.Phase)) ? LookupOutcome.NotFound
                    : Choose(6) == 5 ? LookupOutcome.Withheld : LookupOutcome.Ok;
                Append(new LookupCompleted(now, lookup.Step.Id, lookup.Attempt, lookup.Phase, found, found is LookupOutcome.Ok ? Json.EmptyObject : default));
                break;
            case AskApproval ask:
                var id = $"apr_{Journal.Count}";
                Append(new ApprovalWasRequested(now, id, ask.Approval.Id, ask.Step?.Id));
                now += TimeSpan.FromMinutes(Choose(60));
                var verdict = Choose(6) switch { 4 => ApprovalVerdict.Rejected, 5 => ApprovalVerdict.Expired, _ => ApprovalVerdict.Granted };
                Append(new ApprovalWasDecided(now, id, verdict, ["prn_a"]));
                break;
            case AskClarification ask:
                var question = $"clr_{Journal.Count}";
                Append(new ClarificationWasRequested(now, question, ask.Step.Id, ask.Attempt, ask.Phase, ask.Question));
                now += TimeSpan.FromMinutes(Choose(60));
                var done = Executed.ContainsKey((ask.Step.Id, ask.Phase));
                var answer = done ? ClarificationAnswer.Done : Choose(3) == 2 ? ClarificationAnswer.Failed : ClarificationAnswer.NotDone;
                Append(new ClarificationWasAnswered(now, question, ask.Step.Id, ask.Attempt, ask.Phase, answer, done ? Json.EmptyObject : default));
                break;
            default:
                throw new InvalidOperationException($"{action} is no action");
        }
    }

    void Send(StartCall call)
    {
        if (Choose(25) == 24)
        {
            Append(new StepDenied(now, call.Step.Id, call.Phase, "sha256:decision", "no"));
            return;
        }

        var deadline = now + TimeSpan.FromSeconds(Choose(60)) + SkewAndTimeout;
        if (call.RecordStart)
        {
            Append(new AttemptStarted(now, call.Step.Id, call.Attempt, call.Phase, "hmac:args", deadline, "sha256:decision", Demands));
        }

        var answer = Choose(8) switch { 4 => AttemptOutcome.Failed, 5 => AttemptOutcome.Unavailable, 6 or 7 => AttemptOutcome.Timeout, _ => AttemptOutcome.Ok };
        var happens = answer is AttemptOutcome.Ok || (answer is AttemptOutcome.Timeout && Choose(2) == 1);
        sent.Add(new Sent(call, happens, answer, deadline, State.Epoch));
    }

    /// <summary>First the tool acts, later its answer arrives, if the process that asked still lives.</summary>
    void Proceed(Sent call)
    {
        now += TimeSpan.FromMilliseconds(Choose(2_000));
        if (!call.Done)
        {
            Act(call);
        }
        else if (call.Epoch == State.Epoch)
        {
            Answer(call);
        }
    }

    void Act(Sent call)
    {
        call.Done = true;
        if (call.Happens && now < call.Deadline)
        {
            var key = (call.Call.Step.Id, call.Call.Phase);
            Executed[key] = Executed.GetValueOrDefault(key) + 1;
        }

        if (call.Epoch != State.Epoch)
        {
            sent.Remove(call);
        }
    }

    void Answer(Sent call)
    {
        sent.Remove(call);
        // A tool that acted only after the deadline did not act: its answer says so.
        var answer = call.Answer is AttemptOutcome.Ok && !Executed.ContainsKey((call.Call.Step.Id, call.Call.Phase)) ? AttemptOutcome.Timeout : call.Answer;
        answer = answer is AttemptOutcome.Ok && Choose(12) == 11 ? AttemptOutcome.Withheld : answer;
        var entry = new AttemptCompleted(now, call.Call.Step.Id, call.Call.Attempt, call.Call.Phase, answer, answer is AttemptOutcome.Ok ? Json.EmptyObject : default,
            answer is AttemptOutcome.Ok ? null : "no luck", AnswerDecision: Choose(3) == 2 ? "sha256:answer" : null);
        if (Interpreter.Accepts(State, entry))
        {
            Append(entry);
        }
    }

    void Wait()
    {
        Require(timer is not null, () => $"nothing to do and nothing to wait for:\n{State.Snapshot()}");
        now = timer.Value > now ? timer.Value : now;
        timer = null;
        Append(new TimerFired(now));
    }

    void Crash()
    {
        crashes++;
        inHand.Clear();
        timer = null;
        now += TimeSpan.FromSeconds(Choose(3));
        var epoch = State.Epoch + 1;
        State = RunState.New(plan, A.Run);
        foreach (var entry in Journal)
        {
            Interpreter.Apply(State, entry);
        }

        Append(new RunRecovered(now, epoch));
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
