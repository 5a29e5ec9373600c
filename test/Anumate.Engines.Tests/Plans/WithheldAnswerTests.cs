using System.Text;
using Anumate.PlanEngine;

namespace Anumate.Engines.Tests.Plans;

/// <summary>A call that was made and whose answer a policy withholds.</summary>
public sealed class WithheldAnswerTests
{
    const string Why = "`t.pay` did what it was asked, and its answer is withheld";

    static ExecutablePlan Plan(string undo) => A.Plan($$"""
          tools: [t.pay, t.unpay, t.read]
          steps:
            - { id: look, call: t.read }
            - { id: pay, call: t.pay, needs: [look], retry: { max_attempts: 5, on: [timeout, unavailable, failed] }, compensate: { call: t.unpay{{undo}} } }
            - { id: after, call: t.read, needs: [pay] }
        """, A.Tool("t.pay", ToolEffect.Effect, lookup: "/status"), A.Tool("t.unpay", ToolEffect.Idempotent), A.Tool("t.read", ToolEffect.ReadOnly));

    static Simulation Withholding(ExecutablePlan plan, CallPhase phase = CallPhase.Do) => new(plan, Json.EmptyObject)
    {
        Tool = call => call.Phase == phase && call.Tool.Name is "t.pay" or "t.unpay" && call.Phase == phase ? (AttemptOutcome.Withheld, Why)
            : call.Step.Id == "after" ? (AttemptOutcome.Failed, "no") : (AttemptOutcome.Ok, """{"id":"p1"}"""),
    };

    [Fact]
    public void Fails_its_step_is_not_repeated_and_is_undone()
    {
        var run = Withholding(Plan("")).Run();

        Assert.Equal(RunStatus.Compensated, run.State.Status);
        Assert.Equal(("answer-withheld", Why), run.Journal.OfType<StepFailed>().Select(f => (f.Code, f.Error)).Single());
        Assert.Equal(["look", "pay", "pay"], run.Actions.OfType<StartCall>().Select(c => c.Step.Id));
        Assert.Equal("compensated", run.State.Steps.Single(s => s.Step == "pay").Status);
    }

    [Fact]
    public void What_cannot_be_undone_without_it_is_said_to_be_left()
    {
        var run = Withholding(Plan(", with: { id: \"${{ steps.pay.output.id }}\" }")).Run();

        Assert.Equal(RunStatus.Failed, run.State.Status);
        Assert.EndsWith("not undone: `pay`", run.State.Error);
        Assert.Equal(2, run.Actions.OfType<StartCall>().Count());
    }

    [Fact]
    public void Of_an_undoing_call_nobody_misses_it()
    {
        var run = Withholding(Plan(""), CallPhase.Compensate).Run();
        Assert.Equal(RunStatus.Compensated, run.State.Status);
        Assert.Single(run.Journal.OfType<StepFailed>(), f => f.Step == "after");
    }

    [Fact]
    public void Found_out_later_it_is_withheld_as_well_and_the_one_who_asks_knows_what_was_demanded()
    {
        var demands = Json.Parse("""[{"path":"result"}]""");
        var run = new Simulation(Plan(""), Json.EmptyObject) { Lookups = l => l.Demands == demands ? (LookupOutcome.Withheld, Why) : (LookupOutcome.Ok, "{}") };
        run.Append(new AttemptCompleted(run.Now, "look", 1, CallPhase.Do, AttemptOutcome.Ok, Json.EmptyObject));
        run.Append(new AttemptStarted(run.Now, "pay", 1, CallPhase.Do, "hmac:args", run.Now.AddSeconds(60), "sha256:decision", demands));
        run.Crash();
        Assert.Equal(demands, run.State.DemandsOf(run.State.Plan.Find("pay")!, CallPhase.Do));
        run.Run();

        Assert.Equal(RunStatus.Compensated, run.State.Status);
        Assert.DoesNotContain(run.Actions.OfType<StartCall>(), c => c.Step.Id == "pay" && c.Phase is CallPhase.Do);
    }

    [Fact]
    public void Entries_that_say_something_of_answers_are_of_version_2_and_others_of_version_1()
    {
        JournalEvent[] second =
        [
            new AttemptStarted(A.Start, "pay", 1, CallPhase.Do, "hmac:a", A.Start, "sha256:d", Json.Parse("[1]")),
            new AttemptCompleted(A.Start, "pay", 1, CallPhase.Do, AttemptOutcome.Ok, Json.EmptyObject, null, "hmac:a", "sha256:d", "sha256:e"),
            new AttemptCompleted(A.Start, "pay", 1, CallPhase.Do, AttemptOutcome.Withheld, default, "why"),
            new LookupCompleted(A.Start, "pay", 1, CallPhase.Compensate, LookupOutcome.Withheld, default, "why", "sha256:e"),
            new ClarificationWasAnswered(A.Start, "clr_1", "pay", 1, CallPhase.Do, ClarificationAnswer.Done, Json.EmptyObject, "prn_a", "n", "sha256:e"),
        ];
        foreach (var entry in second)
        {
            var body = Encoding.UTF8.GetString(JournalFormat.Write(entry));
            Assert.StartsWith("""{"v":2,""", body);
            Assert.Equal(entry, JournalFormat.Read(entry.Kind, Encoding.UTF8.GetBytes(body)));
        }

        var first = JournalFormat.Write(new AttemptStarted(A.Start, "pay", 1, CallPhase.Do, "hmac:a", A.Start, "sha256:d"));
        Assert.StartsWith("""{"v":1,""", Encoding.UTF8.GetString(first));
        Assert.Throws<JournalException>(() => Read("attempt_started", """{"v":1,"at":0,"step":"pay","attempt":1,"args_digest":"a","deadline":0,"demands":[]}"""));
        Assert.Throws<JournalException>(() => Read("step_failed", """{"v":2,"at":0,"step":"pay","code":"c","error":"e"}"""));
        Assert.Throws<JournalException>(() => Read("attempt_started", """{"v":3,"at":0,"step":"pay","attempt":1,"args_digest":"a","deadline":0}"""));

        static JournalEvent Read(string kind, string body) => JournalFormat.Read(kind, Encoding.UTF8.GetBytes(body));
    }
}
