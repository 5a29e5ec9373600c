using System.Text;
using Anumate.PlanEngine;
using CsCheck;

namespace Anumate.Engines.Tests.Plans;

/// <summary>What holds for every plan and every history (DESIGN section 8), tried on random ones.</summary>
public sealed class InterpreterProperties
{
    static readonly Tool[] Tools =
    [
        A.Tool("t.read", ToolEffect.ReadOnly), A.Tool("t.put", ToolEffect.Idempotent), A.Tool("t.pay", ToolEffect.Effect, lookup: "/status"),
        A.Tool("t.ship", ToolEffect.Effect), A.Tool("t.unpay", ToolEffect.Effect, lookup: "/status"), A.Tool("t.unput", ToolEffect.Idempotent),
    ];

    static readonly Gen<string> Step =
        from kind in Gen.Int[0, 5]
        from attempts in Gen.Int[1, 3]
        from unknown in Gen.Int[0, 3].Select(i => new[] { "", "lookup", "fail", "ask" }[i])
        from undo in Gen.Int[0, 3].Select(i => new[] { "", "t.unpay", "t.unput", "t.ship" }[i])
        from skip in Gen.Int[0, 9]
        from failed in Gen.Bool
        select kind switch
        {
            0 => "pure: 1",
            1 => "pure: { a: \"${{ 1 + 1 }}\" }",
            _ => Call(Tools[kind - 2].Name, attempts, unknown, undo, failed),
        } + (skip == 9 ? ", when: 1 > 2" : "");

    static string Call(string tool, int attempts, string unknown, string undo, bool failed)
    {
        var text = new StringBuilder($"call: {tool}, retry: {{ max_attempts: {attempts}, on: [timeout, unavailable{(failed ? ", failed" : "")}] }}");
        if (unknown != "" && tool is "t.pay" or "t.ship" && !(unknown == "lookup" && tool == "t.ship") && unknown != "")
        {
            text.Append($", on_unknown: {unknown}");
        }

        return undo == "" ? text.ToString() : text.Append($", compensate: {{ call: {undo} }}").ToString();
    }

    static readonly Gen<ExecutablePlan> Plan =
        from steps in Step.List[1, 7]
        from edges in Gen.Int[0, 1 << 20].List[7]
        from reads in Gen.Int[0, 7].List[7]
        from parallel in Gen.Int[1, 4]
        from undo in Gen.Bool
        from gate in Gen.Int[0, 3]
        from timeout in Gen.Int[0, 3]
        select Compile(steps, edges, reads, parallel, undo, gate, timeout);

    static ExecutablePlan Compile(List<string> steps, List<int> edges, List<int> reads, int parallel, bool undo, int gate, int timeout)
    {
        var spec = new StringBuilder("  tools: [t.read, t.put, t.pay, t.ship, t.unpay, t.unput]\n  steps:\n");
        for (var i = 0; i < steps.Count; i++)
        {
            var needs = Enumerable.Range(0, i).Where(n => (edges[i] >> (2 * n) & 3) == 3).Select(n => $"s{n}");
            var reading = reads[i] < i && !steps[i].Contains("when") ? $", when: \"steps.s{reads[i]}.output == steps.s{reads[i]}.output\"" : "";
            spec.Append($"    - {{ id: s{i}, {steps[i]}, needs: [{string.Join(", ", needs)}]{reading} }}\n");
        }

        spec.Append($"  on_failure: {(undo ? "compensate" : "halt")}\n");
        spec.Append($"  limits: {{ max_parallel: {parallel}{(timeout == 3 ? ", timeout: 5s" : "")} }}\n");
        if (gate > 1)
        {
            spec.Append($"  approvals: [{{ id: boss, stages: [{{ group: bosses }}]{(gate == 3 ? $", before: s{steps.Count - 1}" : "")} }}]\n");
        }

        return A.Plan(spec.ToString(), Tools);
    }

    static readonly Gen<(ExecutablePlan Plan, List<int> Choices)> Histories = Gen.Select(Plan, Gen.Int[0, 1 << 16].List[0, 300]);

    [Fact]
    public void Every_run_ends_and_every_prefix_of_its_journal_replays_to_the_same_state() =>
        Histories.Sample(h => Assert.True(new Chaos(h.Plan, h.Choices).Run().State.HasEnded), iter: Runs.Of(40), print: Print);

    [Fact]
    public void No_effect_is_lost_or_doubled() => Histories.Sample(h =>
    {
        var world = new Chaos(h.Plan, h.Choices).Run();
        foreach (var step in h.Plan.Steps.Where(s => s.Kind is StepKind.Call))
        {
            var done = world.Executed.GetValueOrDefault((step.Id, CallPhase.Do));
            var undone = world.Executed.GetValueOrDefault((step.Id, CallPhase.Compensate));
            Assert.True(step.Tool!.Effect is not ToolEffect.Effect || done <= 1, $"step {step.Id} was done {done} times");
            Assert.True(step.CompensationTool?.Effect is not ToolEffect.Effect || undone <= 1, $"step {step.Id} was undone {undone} times");
            Assert.True(world.State.StatusOf(step) is not StepStatus.Completed || done >= 1, $"step {step.Id} is called completed and never was done");
            Assert.True(world.State.StatusOf(step, CallPhase.Compensate) is not StepStatus.Completed || undone >= 1, $"step {step.Id} was not undone");
        }
    }, iter: Runs.Of(40), print: Print);

    [Fact]
    public void What_was_done_and_can_be_undone_is_never_forgotten() => Histories.Sample(h =>
    {
        var world = new Chaos(h.Plan, h.Choices).Run();
        foreach (var step in h.Plan.Steps.Where(s => s.CompensationTool is not null && s.Tool!.Effect is not ToolEffect.ReadOnly))
        {
            if (world.Executed.ContainsKey((step.Id, CallPhase.Do)))
            {
                Assert.True(world.State.StatusOf(step) is StepStatus.Completed or StepStatus.Failed or StepStatus.Denied,
                    $"step {step.Id} took effect and is {world.State.StatusOf(step)}");
            }
        }
    }, iter: Runs.Of(40), print: Print);

    [Fact]
    public void Steps_are_undone_one_by_one_in_the_exact_reverse_order_of_their_completion() => Histories.Sample(h =>
    {
        var world = new Chaos(h.Plan, h.Choices).Run();
        var completed = world.Journal.OfType<StepEvent>().Where(Completes).Select(e => e.Step);
        var expected = completed.Where(s => h.Plan.Find(s)!.CompensationTool is not null).Reverse().ToList();
        var began = world.Journal.OfType<StepEvent>().Where(e => Phase(e) is CallPhase.Compensate).Select(e => e.Step).ToList();
        var order = began.Where((s, i) => i == 0 || began[i - 1] != s).ToList();
        if (world.State.Failure is null || h.Plan.OnFailure is OnFailure.Halt)
        {
            Assert.Empty(order);
        }
        else
        {
            Assert.Equal(expected, order);
        }
    }, iter: Runs.Of(40), print: Print);

    [Fact]
    public void No_call_is_attempted_more_often_than_its_rule_allows() => Histories.Sample(h =>
    {
        var world = new Chaos(h.Plan, h.Choices).Run();
        foreach (var attempt in world.Journal.OfType<AttemptEvent>())
        {
            Assert.InRange(attempt.Attempt, 1, h.Plan.Find(attempt.Step)!.Retry.MaxAttempts);
        }
    }, iter: Runs.Of(30), print: Print);

    [Fact]
    public void What_was_withheld_is_never_attempted_again() => Histories.Sample(h =>
    {
        var withheld = new HashSet<(string, CallPhase)>();
        foreach (var entry in new Chaos(h.Plan, h.Choices).Run().Journal.OfType<AttemptEvent>())
        {
            Assert.False(entry is AttemptStarted or RetryScheduled && withheld.Contains((entry.Step, entry.Phase)), $"step {entry.Step} goes on after its answer was withheld");
            if (entry is AttemptCompleted { Outcome: AttemptOutcome.Withheld } or LookupCompleted { Outcome: LookupOutcome.Withheld })
            {
                withheld.Add((entry.Step, entry.Phase));
            }
        }
    }, iter: Runs.Of(40), print: Print);

    static bool Completes(StepEvent entry) => entry switch
    {
        StepCompleted => true,
        AttemptCompleted a => a is { Phase: CallPhase.Do, Outcome: AttemptOutcome.Ok or AttemptOutcome.Withheld },
        LookupCompleted l => l is { Phase: CallPhase.Do, Outcome: LookupOutcome.Ok or LookupOutcome.Withheld },
        ClarificationWasAnswered c => c is { Phase: CallPhase.Do, Answer: ClarificationAnswer.Done },
        _ => false,
    };

    static CallPhase Phase(StepEvent entry) => entry switch
    {
        AttemptEvent a => a.Phase,
        StepFailed f => f.Phase,
        StepDenied d => d.Phase,
        _ => CallPhase.Do,
    };

    static string Print((ExecutablePlan Plan, List<int> Choices) history) =>
        $"{history.Plan.Canonical}\n{string.Join(", ", history.Choices)}";
}
