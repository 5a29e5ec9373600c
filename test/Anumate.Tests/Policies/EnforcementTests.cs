using System.Text.Json;
using Anumate.Tests.GoldenPath;

namespace Anumate.Tests.Policies;

/// <summary>Rules that demand something are carried out on the golden path; tried in this process and over several.</summary>
public abstract class Enforcement(Form form, ToolProgram tools)
{
    static Caller Self => Caller.Self;

    async Task<Automation> UnderAsync(string point, params string[] rules)
    {
        var a = await Automation.MakeAsync(await form.MakeTenantAsync(), tools);
        await RuleAsync(a, point, 1, rules);
        return a;
    }

    static async Task RuleAsync(Automation a, string point, int version, params string[] rules)
    {
        var source = $"policy tenant.wide version {version} {{\n  at {point}\n  rule others allow\n  {string.Join("\n  ", rules)}\n}}";
        var policy = await (await a.AsAsync("ada")).Policies.PublishAsync(Self, new PublishPolicy(source, PolicyBinding.Tenant), default);

        // The gates hear of it a moment later.
        var olga = await a.AsAsync("olga");
        await Hosting.Processes.UntilAsync(async () => (await olga.Policies.GetBundleAsync(Self, [], default)).Tenant.Any(p => p.Id == policy.Id), "the policy rules");
        await Task.Delay(1_000);
    }

    static async Task<Run> StartAsync(Automation a, string? key = null, Id<GhostRun>? ghost = null) =>
        await (await a.AsAsync("olga")).Orchestrator.ExecuteAsync(Self, new NewRun(a.Plan.PlanHash, Automation.Inputs(40), ghost) { IdempotencyKey = key }, default);

    static async Task<Problem> RefusedAsync(Func<Task> act) => (await Assert.ThrowsAsync<ProblemException>(act)).Problem;

    static async Task<IReadOnlyList<JsonElement>> JournalAsync(Automation a, Run run, string kind)
    {
        var found = new List<JsonElement>();
        await foreach (var e in (await a.AsAsync("olga")).Orchestrator.WatchAsync(Self, run.Id, 0, false, default))
        {
            if (e.Kind == kind)
            {
                found.Add(e.Body);
            }
        }

        return found;
    }

    [Fact]
    public async Task So_many_runs_start_and_one_sent_again_is_not_counted_again()
    {
        var a = await UnderAsync("run.start", "rule burst limit 2 per 1h key [actor.id]");
        var first = await StartAsync(a, "k1");
        Assert.Equal(first.Id, (await StartAsync(a, "k1")).Id);
        await StartAsync(a);
        var problem = await RefusedAsync(() => StartAsync(a));
        Assert.Equal("policy-denied", problem.Code);
        Assert.StartsWith("`tenant.wide/burst` limits it to 2 in 1h, which are used up until ", problem.Detail);
        Assert.Equal(first.Id, (await StartAsync(a, "k1")).Id);
        Assert.Equal(2, await a.Tenant.CountAsync("platform.limit_taken"));
        Assert.Equal(2, await a.Tenant.CountAsync("orchestrator.run"));

        // Of somebody else it is the first.
        await (await a.AsAsync("alma")).Orchestrator.ExecuteAsync(Self, new NewRun(a.Plan.PlanHash, Automation.Inputs(40)), default);
    }

    [Fact]
    public async Task So_many_calls_are_made_and_the_next_is_denied_on_the_record()
    {
        var a = await UnderAsync("tool.before", "rule burst limit 1 per 1h key [call.tool] when call.tool == \"payments.refund\"");
        Assert.Equal(RunStatus.Completed, (await a.RunAsync(40)).Status);
        var second = await a.RunAsync(40);
        Assert.Equal(RunStatus.Denied, second.Status);
        Assert.StartsWith("step `refund`: `tenant.wide/burst` limits it to 1 in 1h", second.Error);
        var denied = Assert.Single(await JournalAsync(a, second, "step_denied"));
        Assert.StartsWith("sha256:", denied.GetProperty("instead_of").GetString());
        Assert.NotEqual(denied.GetProperty("decision").GetString(), denied.GetProperty("instead_of").GetString());
        Assert.Equal(1, await a.Tenant.CountAsync("platform.limit_taken"));
        Assert.Equal(1, await a.Tenant.CountAsync("platform.leaf", "type = 'run.denied' and convert_from(body, 'UTF8') like '%instead_of%'"));
    }

    [Theory]
    [InlineData("run.start")]
    [InlineData("tool.before")]
    public async Task Nothing_happens_without_the_report_that_is_required(string point)
    {
        var a = await UnderAsync(point, "rule tried require preflight risk <= 100 not older than 1h");
        var olga = await a.AsAsync("olga");
        Assert.Contains("`tenant.wide/tried` asks for preflight", await WhyDeniedAsync(null));

        // The simulation is not kept from being made by what asks for it.
        var ghost = await olga.GhostRuns.SimulateAsync(Self, new NewGhostRun(a.Plan.PlanHash, Automation.Inputs(40)), default);
        Assert.Equal(PreflightVerdict.Ready, ghost.Report.Verdict);
        Assert.Equal(RunStatus.Completed, (await a.SettledAsync(await StartAsync(a, ghost: ghost.Id))).Status);

        Assert.True(ghost.Report.Risk.Score > 0);
        await RuleAsync(a, point, 2, $"rule tried require preflight risk < {ghost.Report.Risk.Score}");
        Assert.Contains("`tenant.wide/tried` asks for preflight", await WhyDeniedAsync(ghost.Id));

        async Task<string> WhyDeniedAsync(Id<GhostRun>? report)
        {
            if (point == "run.start")
            {
                return (await RefusedAsync(() => StartAsync(a, ghost: report))).Detail;
            }

            var run = await a.SettledAsync(await StartAsync(a, ghost: report));
            Assert.Equal(RunStatus.Denied, run.Status);
            return run.Error!;
        }
    }

    [Fact]
    public async Task A_run_begins_when_the_people_that_a_policy_names_have_approved_its_start()
    {
        var a = await UnderAsync("run.start", "rule two approval 2 of \"finance\" distinct_from actor within 1h");
        var ghost = await (await a.AsAsync("olga")).GhostRuns.SimulateAsync(Self, new NewGhostRun(a.Plan.PlanHash, Automation.Inputs(40)), default);
        Assert.Equal((PreflightVerdict.NeedsApproval, "run.start", 2), (ghost.Report.Verdict, ghost.Report.Approvals.Single().Id, ghost.Report.Approvals.Single().Quorum));

        var run = await a.SettledAsync(await StartAsync(a, "k1"));
        Assert.Equal(RunStatus.WaitingApproval, run.Status);
        Assert.Equal(run.Id, (await StartAsync(a, "k1")).Id);
        Assert.Equal(1, await a.Tenant.CountAsync("approvals.approval"));
        Assert.Empty(await JournalAsync(a, run, "attempt_completed"));
        await DecideAsync("finn", true);
        Assert.Equal(RunStatus.WaitingApproval, (await a.SettledAsync(run)).Status);
        await DecideAsync("fiona", true);
        Assert.Equal(RunStatus.Completed, (await a.EndedAsync(run)).Status);

        run = await a.SettledAsync(await StartAsync(a));
        await DecideAsync("finn", false);
        run = await a.EndedAsync(run);
        Assert.Equal(RunStatus.Rejected, run.Status);
        Assert.Empty(await JournalAsync(a, run, "attempt_completed"));

        async Task DecideAsync(string person, bool approve) =>
            await (await a.AsAsync(person)).Approvals.DecideAsync(Self, run.WaitingFor[0], new DecideApproval(approve), default);
    }

    [Fact]
    public async Task An_approval_of_a_start_is_void_when_the_policies_decide_otherwise_by_then()
    {
        var a = await UnderAsync("run.start", "rule one approval 1 of \"finance\" within 1h");
        var run = await a.SettledAsync(await StartAsync(a));
        await RuleAsync(a, "run.start", 2, "rule one approval 1 of \"finance\" within 1h", "rule closed deny because \"closed\"");
        await (await a.AsAsync("finn")).Approvals.DecideAsync(Self, run.WaitingFor[0], new DecideApproval(true), default);
        run = await a.EndedAsync(run);
        Assert.Equal(RunStatus.Rejected, run.Status);
        Assert.Empty(await JournalAsync(a, run, "attempt_completed"));
    }
}

/// <summary>Everything in one process.</summary>
public sealed class EnforcementTests(TestServer server, ToolProgram tools) : Enforcement(server, tools);

/// <summary>Services in processes of their own.</summary>
public sealed class EnforcementOverProcessesTests(OtherProcess other, ToolProgram tools) : Enforcement(other, tools);
