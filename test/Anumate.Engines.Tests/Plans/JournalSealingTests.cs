using System.Text;
using System.Text.Json;
using Anumate.PlanEngine;
using Anumate.Schemas;

namespace Anumate.Engines.Tests.Plans;

/// <summary>What of a journal is sealed before it is stored: everything personal, and only at its places. Sealing here is writing backwards.</summary>
public sealed class JournalSealingTests
{
    const string Email = "ann@example.org";

    static Json Seal(Json value) => Json.Parse($"\"{Convert.ToBase64String(value.Utf8.Span)}\"");

    static Json Open(Json value) => Json.Parse(Convert.FromBase64String(value.ToElement().GetString()!));

    [Fact]
    public void No_entry_of_the_sample_shows_the_address_and_every_one_comes_back()
    {
        var run = Refund(A.RefundOrder.Inputs(60)).Run();
        Assert.Contains(run.Journal, e => Text(e).Contains(Email, StringComparison.Ordinal));
        foreach (var entry in run.Journal)
        {
            var closed = JournalSealing.Map(run.State.Plan, entry, Seal);
            Assert.DoesNotContain(Email, Text(closed));
            Assert.Equal(Text(entry), Text(JournalSealing.Map(run.State.Plan, closed, Open)));
        }
    }

    [Fact]
    public void What_a_tool_wrote_about_a_call_that_was_given_the_address_is_closedtoo()
    {
        var plan = A.RefundOrder.Plan;
        var attempt = new AttemptCompleted(A.Start, "tell", 1, CallPhase.Do, AttemptOutcome.Failed, default, $"no mailbox {Email}");
        var asked = new LookupCompleted(A.Start, "tell", 1, CallPhase.Do, LookupOutcome.Failed, default, $"no mailbox {Email}");
        foreach (var entry in (JournalEvent[])[attempt, asked])
        {
            var closed = JournalSealing.Map(plan, entry, Seal);
            Assert.DoesNotContain(Email, Text(closed));
            Assert.Equal(Text(entry), Text(JournalSealing.Map(plan, closed, Open)));
        }

        // A call that was given nothing of it keeps its words.
        var other = attempt with { Step = "order", Error = "no such order" };
        Assert.Equal(Text(other), Text(JournalSealing.Map(plan, other, Seal)));
    }

    [Fact]
    public void Places_reach_through_objects_and_arrays_and_leave_the_rest_as_it_is()
    {
        var value = Json.Parse("""{"a":[{"mail":"x","n":1},{"mail":"y","n":2}],"b":{"deep":{"c":3}},"d":4}""");
        IReadOnlyList<SensitivePath> places = [.. new[] { "a/*/mail", "b/**", "nowhere" }.Select(p => new SensitivePath(p.Split('/'), Sensitivity.Pii))];
        var closed = JournalSealing.Replace(value, places, _ => Json.Null);
        Assert.Equal("""{"a":[{"mail":null,"n":1},{"mail":null,"n":2}],"b":null,"d":4}""", closed.ToString());
        Assert.True(JournalSealing.Replace(default, places, Seal).IsAbsent);
    }

    [Fact]
    public void Inputs_that_do_not_fit_are_named()
    {
        var plan = A.RefundOrder.Plan;
        var read = plan.ReadInputs(JsonElement.Parse("""{"order_id":"A-1","amount":1,"currency":"EUR","email":"a@example.com"}"""));
        Assert.True(read.IsValid, string.Join("; ", read.Diagnostics.Select(d => d.Message)));
        var wrong = plan.ReadInputs(JsonElement.Parse("""{"order_id":"A-1","amount":"many","currency":"EUR","email":"a@example.com"}"""));
        Assert.False(wrong.IsValid);
        Assert.Contains(wrong.Diagnostics, d => d.Code == "inputs.type" && d.Path == "/amount");
        Assert.False(plan.ReadInputs(JsonElement.Parse("""{"amount":1e400}""")).IsValid);
    }

    static string Text(JournalEvent entry) => Encoding.UTF8.GetString(JournalFormat.Write(entry));

    static Simulation Refund(Json inputs) => new(A.RefundOrder.Plan, inputs)
    {
        Tool = call => (AttemptOutcome.Ok, call.Tool.Name switch
        {
            "orders.get" => """{"id":"A-1001","status":"paid","charge":"ch_A-1001","total":1200,"currency":"EUR"}""",
            "payments.refund" => """{"id":"re_1"}""",
            _ => """{"id":"msg_1"}""",
        }),
    };
}
