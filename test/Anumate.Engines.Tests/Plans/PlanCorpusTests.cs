using System.Text;
using System.Text.Json;
using Anumate.PlanEngine;

namespace Anumate.Engines.Tests.Plans;

/// <summary>
/// A capsule, its plan and the journal of a run as release 0.1 stores them (test/corpus/v1), read and replayed by this one. A file there is
/// never changed; ANUMATE_WRITE_CORPUS makes a missing one.
/// </summary>
public sealed class PlanCorpusTests
{
    static readonly string Folder = Path.Combine(Repository.Root, "test", "corpus", "v1");

    static byte[] Kept(string name, Func<byte[]> today)
    {
        var path = Path.Combine(Folder, name);
        if (Environment.GetEnvironmentVariable("ANUMATE_WRITE_CORPUS") is not null && !File.Exists(path))
        {
            File.WriteAllBytes(path, today());
        }

        return File.ReadAllBytes(path);
    }

    static CapsuleDocument Capsule()
    {
        var reading = CapsuleReader.Read(Kept("capsule.yaml", () => Encoding.UTF8.GetBytes(A.RefundOrder.Source)));
        Assert.Empty(reading.Diagnostics);
        return reading.Capsule!;
    }

    static ExecutablePlan Plan() => PlanFormat.Read(Kept("plan.json", () => A.RefundOrder.Plan.Canonical.Utf8.ToArray()));

    [Fact]
    public void A_capsule_of_this_release_compiles_to_the_plan_it_had()
    {
        var compilation = PlanCompiler.Compile(Capsule(), A.RefundOrder.Lock);
        Assert.Empty(compilation.Diagnostics);
        Assert.Equal(Encoding.UTF8.GetString(Kept("plan.json", () => A.RefundOrder.Plan.Canonical.Utf8.ToArray())), compilation.Plan!.Canonical.ToString());
    }

    [Fact]
    public void A_plan_of_this_release_is_read_under_the_hash_it_had() =>
        Assert.Equal(Encoding.UTF8.GetString(Kept("plan.sha256", () => Encoding.UTF8.GetBytes(Plan().Hash))), Plan().Hash);

    [Fact]
    public void A_journal_of_this_release_replays_to_the_end_it_had()
    {
        var journal = Entries(Kept("journal.ndjson", Journal));
        var state = RunState.New(Plan(), A.Run);
        foreach (var entry in journal)
        {
            Assert.True(Interpreter.Accepts(state, entry), $"{entry.Kind} is not accepted any more");
            Interpreter.Apply(state, entry);
        }

        Assert.Equal(RunStatus.Compensated, state.Status);
        Assert.Equal(["order", "decide", "refund", "tell"], state.Steps.Select(s => s.Step));
        Assert.Contains(journal, e => e is ApprovalWasDecided { Verdict: ApprovalVerdict.Granted });
        Assert.Contains(journal, e => e is RunRecovered);
        Assert.Contains(journal, e => e is AttemptCompleted { Phase: CallPhase.Compensate, Outcome: AttemptOutcome.Ok });
    }

    [Fact]
    public void What_is_written_of_the_journal_today_is_what_was_read()
    {
        foreach (var line in Encoding.UTF8.GetString(Kept("journal.ndjson", Journal)).TrimEnd('\n').Split('\n'))
        {
            Assert.Equal(line, Line(Entries(Encoding.UTF8.GetBytes(line))[0]));
        }
    }

    /// <summary>A refund of 600 that is approved, survives a takeover, and is taken back because the customer cannot be told.</summary>
    static byte[] Journal()
    {
        var run = new Simulation(A.RefundOrder.Plan, A.RefundOrder.Inputs(600))
        {
            Tool = call => call.Tool.Name switch
            {
                "orders.get" => (AttemptOutcome.Ok, """{"id":"A-1001","status":"paid","charge":"ch_A-1001","total":1200,"currency":"EUR"}"""),
                "payments.refund" => (AttemptOutcome.Ok, """{"id":"re_1","charge":"ch_A-1001","amount":600,"currency":"EUR"}"""),
                "payments.cancel_refund" => (AttemptOutcome.Ok, """{"id":"re_1","canceled":true}"""),
                _ => (AttemptOutcome.Failed, "no mailbox"),
            },
        };
        run.Ask();
        run.Crash();
        run.Run();
        return Encoding.UTF8.GetBytes(string.Concat(run.Journal.Select(e => Line(e) + "\n")));
    }

    static string Line(JournalEvent entry) => $$"""{"kind":"{{entry.Kind}}","body":{{Encoding.UTF8.GetString(JournalFormat.Write(entry))}}}""";

    static List<JournalEvent> Entries(byte[] lines) => [.. Encoding.UTF8.GetString(lines).TrimEnd('\n').Split('\n').Select(line =>
    {
        using var document = JsonDocument.Parse(line);
        return JournalFormat.Read(document.RootElement.GetProperty("kind").GetString()!, Encoding.UTF8.GetBytes(document.RootElement.GetProperty("body").GetRawText()));
    })];
}
