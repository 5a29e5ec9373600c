using Anumate.PlanEngine;

namespace Anumate.Engines.Tests.Plans;

public sealed class RefundOrderTests
{
    [Fact]
    public void The_sample_compiles_without_a_finding()
    {
        var reading = CapsuleReader.Read(A.RefundOrder.Source);
        Assert.Empty(reading.Diagnostics);
        var compilation = PlanCompiler.Compile(reading.Capsule!, A.RefundOrder.Lock);
        Assert.Empty(compilation.Diagnostics);
        Assert.Equal(["order", "decide", "refund", "tell"], compilation.Plan!.Steps.Select(s => s.Id));
        Assert.Equal([0, 1, 2, 3], compilation.Plan.Steps.Select(s => s.Level));
    }

    [Fact]
    public void A_small_refund_runs_through_without_asking_anybody()
    {
        var run = Refund(60).Run();
        Assert.Equal(RunStatus.Completed, run.State.Status);
        Assert.Equal("""{"message_id":"msg_1","refund_id":"re_1","tier":"medium"}""", run.State.Outputs.ToString());
        Assert.Empty(run.State.Approvals);
        Assert.Equal(["orders.get", "payments.refund", "comms.send_email"], run.Actions.OfType<StartCall>().Select(c => c.Tool.Name));
        Assert.Equal("""{"amount":60,"charge":"ch_A-1001","currency":"EUR","reference":"refund of order A-1001"}""",
            run.Actions.OfType<StartCall>().ElementAt(1).Arguments.ToString());
    }

    [Fact]
    public void A_large_refund_waits_for_finance_before_its_first_step()
    {
        var run = Refund(600);
        var ask = Assert.IsType<AskApproval>(run.Ask()[0]);
        Assert.Equal(("finance", 2, TimeSpan.FromHours(4)), (ask.Approval.Id, ask.Approval.Stages[0].Quorum, ask.Approval.Stages[0].Within));
        run.Run();
        Assert.Equal(RunStatus.Completed, run.State.Status);
        Assert.IsType<ApprovalWasDecided>(run.Journal[2]);
    }

    [Theory]
    [InlineData(60, ApprovalVerdict.Granted, RunStatus.Completed)]
    [InlineData(600, ApprovalVerdict.Granted, RunStatus.Completed)]
    [InlineData(60, ApprovalVerdict.Rejected, RunStatus.Rejected)]
    [InlineData(60, ApprovalVerdict.Expired, RunStatus.Denied)]
    public void What_a_policy_asks_people_at_the_start_holds_every_step_back(double amount, ApprovalVerdict verdict, RunStatus ends)
    {
        var run = Refund(amount);
        run.Append(new ApprovalWasRequested(run.Now, "apr_policy", "run.start:p/large", DecisionDigest: "sha256:d"));
        Assert.Equal(RunStatus.WaitingApproval, run.State.Status);
        Assert.DoesNotContain(run.Ask(), a => a is StartCall or Append);
        run.Crash();
        Assert.DoesNotContain(run.Ask(), a => a is StartCall or Append);
        run.Append(new ApprovalWasDecided(run.Now, "apr_policy", verdict, ["prn_a"]));
        Assert.Equal(ends, run.Run().State.Status);
        Assert.Equal(verdict is ApprovalVerdict.Granted, run.Actions.OfType<StartCall>().Any());
    }

    [Fact]
    public void A_denial_in_place_of_another_decision_names_it_in_the_journal()
    {
        var denied = new StepDenied(A.Start, "refund", CallPhase.Do, "sha256:b", "used up", "hmac:args") { InsteadOf = "sha256:a" };
        Assert.Equal(denied, JournalFormat.Read(denied.Kind, JournalFormat.Write(denied)));
        Assert.DoesNotContain("instead_of", System.Text.Encoding.UTF8.GetString(JournalFormat.Write(denied with { InsteadOf = null })));
    }

    [Fact]
    public void A_rejected_refund_calls_no_tool()
    {
        var run = Refund(600, people: ApprovalVerdict.Rejected).Run();
        Assert.Equal(RunStatus.Rejected, run.State.Status);
        Assert.Empty(run.Actions.OfType<StartCall>());
    }

    [Fact]
    public void An_order_that_is_not_paid_is_not_refunded_and_nobody_is_told()
    {
        var run = Refund(60, status: "open").Run();
        Assert.Equal(RunStatus.Completed, run.State.Status);
        Assert.Equal("""{"tier":"medium"}""", run.State.Outputs.ToString());
        Assert.Equal(
            [new StepSkipped(default, "refund", SkipReason.When), new StepSkipped(default, "tell", SkipReason.Absent, "refund")],
            run.Journal.OfType<StepSkipped>().Select(s => s with { At = default }));
    }

    [Fact]
    public void When_the_customer_cannot_be_told_the_refund_is_taken_back()
    {
        var run = Refund(60, mail: AttemptOutcome.Failed).Run();
        Assert.Equal(RunStatus.Compensated, run.State.Status);
        var undo = Assert.Single(run.Actions.OfType<StartCall>(), c => c.Phase is CallPhase.Compensate);
        Assert.Equal(("payments.cancel_refund", """{"refund":"re_1"}"""), (undo.Tool.Name, undo.Arguments.ToString()));
    }

    [Fact]
    public void A_host_that_reads_the_run_again_does_not_wait_for_an_answer_that_is_lost()
    {
        var lost = true;
        var run = new Simulation(A.RefundOrder.Plan, A.RefundOrder.Inputs(60))
        {
            Tool = call => call.Tool.Name switch
            {
                "orders.get" => (AttemptOutcome.Ok, """{"id":"A-1001","status":"paid","charge":"ch_A-1001","total":1200,"currency":"EUR"}"""),
                "payments.refund" when lost => throw new InvalidOperationException("nobody hears the answer"),
                _ => (AttemptOutcome.Ok, """{"id":"msg_1"}"""),
            },
            Lookups = _ => (LookupOutcome.Ok, """{"id":"re_1","charge":"ch_A-1001","amount":60,"currency":"EUR"}"""),
        };
        run.Crash();
        Assert.Throws<InvalidOperationException>(() => run.Run());
        run.Crash(sameProcess: true);
        lost = false;

        Assert.Equal(RunStatus.Completed, run.Run().State.Status);
        Assert.Single(run.Actions.OfType<Lookup>());
        Assert.Single(run.Actions.OfType<StartCall>(), c => c.Tool.Name == "payments.refund");
    }

    [Fact]
    public void What_the_mail_server_says_about_a_customer_is_not_repeated()
    {
        var run = Refund(60, mail: AttemptOutcome.Failed).Run();
        Assert.Contains(run.Journal.OfType<AttemptCompleted>(), a => a.Error == "no mailbox for ann@example.org");
        Assert.DoesNotContain("ann@", run.State.Error);
        Assert.DoesNotContain("ann@", string.Concat(run.State.Steps));
        Assert.DoesNotContain("ann@", string.Concat(run.Journal.OfType<StepFailed>()));
    }

    [Fact]
    public void The_address_reaches_the_mail_tool_only()
    {
        var plan = A.RefundOrder.Plan;
        var flow = Assert.Single(plan.Flows);
        Assert.Equal(("inputs.email", "tell", "comms.send_email", "/to"), (flow.Field, flow.Step, flow.Tool, flow.Argument));
        Assert.Equal("/email", Assert.Single(plan.SensitiveInputs).Pointer);
        Assert.Equal("/to", Assert.Single(plan.Find("tell")!.SensitiveArguments).Pointer);
        Assert.Empty(plan.Find("refund")!.SensitiveArguments);
        Assert.Empty(plan.SensitiveOutputs);
    }

    static Simulation Refund(double amount, string status = "paid", AttemptOutcome mail = AttemptOutcome.Ok, ApprovalVerdict people = ApprovalVerdict.Granted) =>
        new(A.RefundOrder.Plan, A.RefundOrder.Inputs(amount))
        {
            People = _ => people,
            Tool = call => call.Tool.Name switch
            {
                "orders.get" => (AttemptOutcome.Ok, $$"""{"id":"A-1001","status":"{{status}}","charge":"ch_A-1001","total":1200,"currency":"EUR"}"""),
                "payments.refund" => (AttemptOutcome.Ok, $$"""{"id":"re_1","charge":"ch_A-1001","amount":{{amount}},"currency":"EUR"}"""),
                "payments.cancel_refund" => (AttemptOutcome.Ok, """{"id":"re_1","canceled":true}"""),
                _ => (mail, mail is AttemptOutcome.Ok ? """{"id":"msg_1"}""" : "no mailbox for ann@example.org"),
            },
        };
}
