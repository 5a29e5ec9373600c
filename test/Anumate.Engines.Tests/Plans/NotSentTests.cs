using System.Text;
using Anumate.PlanEngine;

namespace Anumate.Engines.Tests.Plans;

/// <summary>Attempts of which nothing left for the tool.</summary>
public sealed class NotSentTests
{
    const string Why = "cannot connect to tool:80";

    static ExecutablePlan Plan(string retry, ToolEffect effect = ToolEffect.Effect, string after = "") => A.Plan($$"""
          tools: [t.pay, t.unpay, t.read]
          steps:
            - { id: pay, call: t.pay, retry: {{retry}}, compensate: { call: t.unpay } }
        {{after}}
        """, A.Tool("t.pay", effect), A.Tool("t.unpay", ToolEffect.Effect), A.Tool("t.read", ToolEffect.ReadOnly));

    static Simulation Unsent(ExecutablePlan plan, int times, string step = "pay", AttemptOutcome then = AttemptOutcome.Ok, CallPhase phase = CallPhase.Do)
    {
        var left = times;
        return new Simulation(plan, Json.EmptyObject)
        {
            Tool = call => call.Step.Id != step || call.Phase != phase ? (call.Step.Id == "after" ? AttemptOutcome.Failed : AttemptOutcome.Ok, "{}")
                : left-- > 0 ? (AttemptOutcome.NotSent, Why) : (then, "{}"),
        };
    }

    [Theory]
    [InlineData("{ max_attempts: 1 }", ToolEffect.Effect)]
    [InlineData("{ max_attempts: 2, on: [timeout] }", ToolEffect.Idempotent)]
    [InlineData("{ max_attempts: 3, on: [failed] }", ToolEffect.ReadOnly)]
    public void Are_made_again_whatever_the_rule_says_and_do_not_count(string retry, ToolEffect effect)
    {
        var run = Unsent(Plan(retry, effect), times: 20).Run();

        Assert.Equal(RunStatus.Completed, run.State.Status);
        Assert.Equal(Enumerable.Range(1, 21), run.Actions.OfType<StartCall>().Select(c => c.Attempt));
        Assert.All(run.Actions.OfType<StartCall>(), c => Assert.Equal(1, c.Counted));
        Assert.Empty(run.Actions.OfType<AskClarification>());
    }

    [Theory]
    [InlineData("{ max_attempts: 1 }", 21)]
    [InlineData("{ max_attempts: 4, on: [unavailable] }", 24)]
    [InlineData("{ max_attempts: 4, on: [failed] }", 21)]
    public void Beyond_a_bound_of_their_own_are_as_any_tool_that_is_not_there(string retry, int attempts)
    {
        var run = Unsent(Plan(retry), times: 100).Run();

        Assert.Equal(RunStatus.Failed, run.State.Status);
        Assert.Equal(attempts, run.Actions.OfType<StartCall>().Count());
        Assert.Equal(("tool-unavailable", $"{Why} after {attempts} attempts"), run.Journal.OfType<StepFailed>().Select(f => (f.Code, f.Error)).Single());
        Assert.Empty(run.Actions.OfType<AskClarification>());
    }

    [Fact]
    public void Leave_the_rule_all_of_its_attempts()
    {
        var run = Unsent(Plan("{ max_attempts: 3, on: [unavailable] }"), times: 20, then: AttemptOutcome.Unavailable).Run();

        Assert.Equal(RunStatus.Failed, run.State.Status);
        Assert.Equal([.. Enumerable.Repeat(1, 21), 2, 3], run.Actions.OfType<StartCall>().Select(c => c.Counted));
    }

    [Fact]
    public void Wait_longer_and_longer_and_what_is_sent_later_begins_with_the_first_wait()
    {
        var run = Unsent(Plan("{ max_attempts: 3, backoff: { initial: 1s, factor: 2, max: 10s, jitter: false }, on: [unavailable] }"), times: 5, then: AttemptOutcome.Unavailable).Run();

        var ended = run.Journal.OfType<AttemptCompleted>().Select(e => e.At);
        var waits = run.Journal.OfType<RetryScheduled>().Zip(ended, (retry, end) => (retry.Due - end).TotalSeconds);
        Assert.Equal([1, 2, 4, 8, 10, 1, 2], waits);
    }

    [Fact]
    public void Undo_all_the_same()
    {
        var run = Unsent(Plan("{ max_attempts: 1 }", after: "    - { id: after, call: t.read, needs: [pay] }"), times: 15, phase: CallPhase.Compensate).Run();

        Assert.Equal(RunStatus.Compensated, run.State.Status);
        Assert.Equal(16, run.Actions.OfType<StartCall>().Count(c => c.Phase is CallPhase.Compensate));
    }

    [Fact]
    public void Say_nothing_of_an_earlier_attempt_that_may_have_happened()
    {
        var outcomes = new Queue<AttemptOutcome>([AttemptOutcome.Timeout, .. Enumerable.Repeat(AttemptOutcome.NotSent, 21)]);
        var run = new Simulation(Plan("{ max_attempts: 2, on: [timeout] }", ToolEffect.Idempotent), Json.EmptyObject)
        {
            Tool = _ => (outcomes.Dequeue(), Why),
        }.Run();

        Assert.Equal(RunStatus.Failed, run.State.Status);
        Assert.Empty(outcomes);
        Assert.EndsWith("it may have happened", run.Journal.OfType<StepFailed>().Single().Error);
    }

    [Fact]
    public void A_takeover_counts_and_does_not_ask_about_what_was_never_sent()
    {
        var run = Unsent(Plan("{ max_attempts: 1 }"), times: 3);
        for (var turn = 0; turn < 3; turn++)
        {
            Assert.Single(run.Ask());
            run.Append(new AttemptStarted(run.Now, "pay", turn + 1, CallPhase.Do, "hmac:args", run.Now.AddSeconds(65)));
            run.Append(new AttemptCompleted(run.Now, "pay", turn + 1, CallPhase.Do, AttemptOutcome.NotSent, default, Why));
            run.Crash();
            var retry = Assert.IsType<RetryScheduled>(Assert.IsType<Append>(Interpreter.Next(run.State, run.Now)[0]).Event);
            run.Append(retry);
            run.Append(new TimerFired(retry.Due));
        }

        run.Append(new AttemptStarted(run.Now.AddHours(1), "pay", 4, CallPhase.Do, "hmac:args", run.Now.AddHours(2)));
        run.Crash();
        run.Run();
        Assert.Single(run.Actions.OfType<AskClarification>(), a => a.Attempt == 4);
    }

    [Fact]
    public void Are_stored_as_version_3_and_no_other_entry_is()
    {
        var entry = new AttemptCompleted(A.Start, "pay", 1, CallPhase.Do, AttemptOutcome.NotSent, default, Why, "hmac:a", "sha256:d");
        var body = Encoding.UTF8.GetString(JournalFormat.Write(entry));

        Assert.StartsWith("""{"v":3,""", body);
        Assert.Contains("\"outcome\":\"not_sent\"", body);
        Assert.Equal(entry, JournalFormat.Read(entry.Kind, Encoding.UTF8.GetBytes(body)));
        Assert.StartsWith("""{"v":1,""", Encoding.UTF8.GetString(JournalFormat.Write(entry with { Outcome = AttemptOutcome.Unavailable })));
        Assert.Throws<JournalException>(() => JournalFormat.Read("attempt_completed", Encoding.UTF8.GetBytes(body.Replace("\"v\":3", "\"v\":4"))));
        Assert.Throws<JournalException>(() => JournalFormat.Read("lookup_completed", """{"v":3,"at":0,"step":"pay","attempt":1,"outcome":"unknown"}"""u8.ToArray()));
    }
}
