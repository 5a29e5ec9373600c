using Anumate.Tests.GoldenPath;

namespace Anumate.Tests.Contracts;

/// <summary>What <see cref="ICompiler"/> promises.</summary>
public abstract class CompilerContract(Form form, ToolProgram tools)
{
    [Fact]
    public async Task The_same_capsule_is_the_same_plan()
    {
        var a = await Automation.MakeAsync(await form.MakeTenantAsync(), tools);
        var (compiler, olga) = (a.Tenant.Get<ICompiler>(), await a.Tenant.CallerAsync("olga"));
        var again = await compiler.CompileAsync(olga, new CompileCapsule("refund-order"), default);
        Assert.Equal(a.Plan.PlanHash, again.PlanHash);
        var read = await compiler.GetPlanAsync(olga, again.PlanHash, default);
        Assert.Equal(again.Plan.GetRawText(), read.Plan.GetRawText());
        Assert.Equal(("refund-order", "1.0.0"), (read.Capsule, read.CapsuleVersion));
        var listed = Assert.Single((await compiler.ListPlansAsync(olga, new PageRequest(), default)).Items);
        Assert.Equal((again.PlanHash, 4), (listed.PlanHash, listed.Steps));
        Assert.Equal(1, await a.Tenant.CountAsync("platform.events", "type = 'plan.created'"));
    }

    [Fact]
    public async Task What_does_not_compile_says_where()
    {
        var t = await form.MakeTenantAsync();
        await Automation.RegisterAsync(t, tools);
        var ada = await t.CallerAsync("ada");
        await t.Get<IRegistry>().PublishAsync(ada, new PublishCapsule((await Automation.ReadAsync("capsule.yaml")).Replace(", comms.send_email]", "]", StringComparison.Ordinal)), default);
        await t.Get<IPolicies>().PublishAsync(ada, new PublishPolicy(await Automation.ReadAsync("policy.pol")), default);
        var problem = (await Assert.ThrowsAsync<ProblemException>(() => t.Get<ICompiler>().CompileAsync(ada, new CompileCapsule("refund-order@1.0.0"), default))).Problem;
        Assert.Equal(("compile-failed", 422), (problem.Code, problem.Status));
        Assert.Contains(problem.Diagnostics!, d => d.Severity == Severity.Error && d.Line > 1 && d.Message.Contains("comms.send_email", StringComparison.Ordinal));
        Assert.Equal(0, await t.CountAsync("compiler.plan"));
    }

    [Fact]
    public async Task What_is_not_there_is_not_found_and_compiling_needs_the_scope()
    {
        var (t, other) = (await form.MakeTenantAsync(), await Automation.MakeAsync(await form.MakeTenantAsync(), tools));
        var (compiler, olga, vera) = (t.Get<ICompiler>(), await t.CallerAsync("olga"), await t.CallerAsync("vera"));
        Assert.Equal("capsule-not-found", await PlatformTenant.RefusalAsync(() => compiler.CompileAsync(olga, new CompileCapsule("refund-order@1.0.0"), default)));
        Assert.Equal("plan-not-found", await PlatformTenant.RefusalAsync(() => compiler.GetPlanAsync(olga, other.Plan.PlanHash, default)));
        Assert.Equal("forbidden", await PlatformTenant.RefusalAsync(() => compiler.CompileAsync(vera, new CompileCapsule("a"), default)));
        Assert.Empty((await compiler.ListPlansAsync(olga, new PageRequest(), default)).Items);
    }
}

/// <summary>What <see cref="IGhostRuns"/> promises.</summary>
public abstract class GhostRunsContract(Form form, ToolProgram tools)
{
    [Fact]
    public async Task Simulates_without_any_effect_and_keeps_the_report()
    {
        var a = await Automation.MakeAsync(await form.MakeTenantAsync(), tools);
        var (ghosts, olga) = (a.Tenant.Get<IGhostRuns>(), await a.Tenant.CallerAsync("olga"));
        var ghost = await ghosts.SimulateAsync(olga, new NewGhostRun(a.Plan.PlanHash, Automation.Inputs(600)), default);
        Assert.Equal(PreflightVerdict.NeedsApproval, ghost.Report.Verdict);
        var approval = Assert.Single(ghost.Report.Approvals);
        Assert.Equal(["finn", "fiona"], approval.People.Order(StringComparer.Ordinal));
        Assert.True(approval.Reachable);
        Assert.Equal(["order", "decide", "refund", "tell"], ghost.Report.Steps.Select(s => s.Step));
        var read = await ghosts.GetAsync(olga, ghost.Id, default);
        Assert.Equal(System.Text.Json.JsonSerializer.Serialize(ghost, AnumateJson.Options), System.Text.Json.JsonSerializer.Serialize(read, AnumateJson.Options));
        Assert.Equal(0, await a.Tenant.CountAsync("captokens.token"));
    }

    [Fact]
    public async Task Knows_whether_it_was_made_with_exactly_these_inputs()
    {
        var a = await Automation.MakeAsync(await form.MakeTenantAsync(), tools);
        var (ghosts, olga) = (a.Tenant.Get<IGhostRuns>(), await a.Tenant.CallerAsync("olga"));
        var ghost = await ghosts.SimulateAsync(olga, new NewGhostRun(a.Plan.PlanHash, Automation.Inputs(40)), default);
        var service = olga.AsService("orchestrator");
        Assert.True(await ghosts.HasInputsAsync(service, ghost.Id, Automation.Inputs(40), default));
        Assert.False(await ghosts.HasInputsAsync(service, ghost.Id, Automation.Inputs(41), default));
    }

    [Fact]
    public async Task Lists_those_of_a_plan_newest_first_and_repeats_a_keyed_one()
    {
        var a = await Automation.MakeAsync(await form.MakeTenantAsync(), tools);
        var (ghosts, olga) = (a.Tenant.Get<IGhostRuns>(), await a.Tenant.CallerAsync("olga"));
        var first = await ghosts.SimulateAsync(olga, new NewGhostRun(a.Plan.PlanHash, Automation.Inputs(40)) { IdempotencyKey = "k" }, default);
        Assert.Equal(first.Id, (await ghosts.SimulateAsync(olga, new NewGhostRun(a.Plan.PlanHash, Automation.Inputs(40)) { IdempotencyKey = "k" }, default)).Id);
        await Task.Delay(3);
        var second = await ghosts.SimulateAsync(olga, new NewGhostRun(a.Plan.PlanHash, Automation.Inputs(41)), default);
        Assert.Equal([second.Id, first.Id], (await ghosts.ListAsync(olga, a.Plan.PlanHash, new PageRequest(), default)).Items.Select(g => g.Id));
        Assert.Empty((await ghosts.ListAsync(olga, "sha256:" + new string('0', 64), new PageRequest(), default)).Items);
    }

    [Fact]
    public async Task Refuses_inputs_that_do_not_fit_an_unknown_plan_and_who_may_not()
    {
        var a = await Automation.MakeAsync(await form.MakeTenantAsync(), tools);
        var (ghosts, olga, vera) = (a.Tenant.Get<IGhostRuns>(), await a.Tenant.CallerAsync("olga"), await a.Tenant.CallerAsync("vera"));
        Assert.Equal("inputs-invalid", await PlatformTenant.RefusalAsync(() => ghosts.SimulateAsync(olga, new NewGhostRun(a.Plan.PlanHash, Automation.Inputs(-1)), default)));
        Assert.Equal("plan-not-found", await PlatformTenant.RefusalAsync(() => ghosts.SimulateAsync(olga, new NewGhostRun("sha256:" + new string('0', 64), Automation.Inputs(1)), default)));
        Assert.Equal("forbidden", await PlatformTenant.RefusalAsync(() => ghosts.SimulateAsync(vera, new NewGhostRun(a.Plan.PlanHash, Automation.Inputs(1)), default)));
        Assert.Equal("not-found", await PlatformTenant.RefusalAsync(() => ghosts.GetAsync(olga, Id<GhostRun>.New(TimeProvider.System), default)));
    }
}

public sealed class CompilerServiceTests(TestServer server, ToolProgram tools) : CompilerContract(server, tools);

public sealed class CompilerOverHttpTests(OtherProcess other, ToolProgram tools) : CompilerContract(other, tools);

public sealed class GhostRunsServiceTests(TestServer server, ToolProgram tools) : GhostRunsContract(server, tools);

public sealed class GhostRunsOverHttpTests(OtherProcess other, ToolProgram tools) : GhostRunsContract(other, tools);
