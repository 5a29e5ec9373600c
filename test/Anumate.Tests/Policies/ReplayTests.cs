using Anumate.Tests.GoldenPath;

namespace Anumate.Tests.Policies;

/// <summary>Versions tried on what really happened; in this process and over several.</summary>
public abstract class Replays(Form form, ToolProgram tools)
{
    static Caller Self => Caller.Self;

    static async Task<string> RefusalAsync(Func<Task> act) => (await Assert.ThrowsAsync<ProblemException>(act)).Problem.Code;

    static Task RecordedAsync(Automation a, int decisions) => Hosting.Processes.UntilAsync(
        async () => await a.Tenant.CountAsync("platform.decision") >= decisions, $"{decisions} decisions are recorded");

    [Fact]
    public async Task Says_which_recorded_decisions_a_version_would_change()
    {
        var a = await Automation.MakeAsync(await form.MakeTenantAsync(), tools);
        Assert.Equal(RunStatus.Completed, (await a.RunAsync(40)).Status);

        // A publication, a compilation, a start, and three calls.
        await RecordedAsync(a, 6);
        Assert.Equal(0, await a.Tenant.CountAsync("platform.decision", $"facts like '%{Automation.Email}%'"));
        var alma = await a.AsAsync("alma");
        var stricter = await alma.Policies.PublishAsync(Self, new PublishPolicy(
            (await Automation.ReadAsync("policy.pol")).Replace("version 3", "version 4").Replace("amount > 100000", "amount > 30")), default);
        var replay = await alma.Policies.ReplayAsync(Self, stricter.Id, new ReplayPolicy(), default);
        Assert.Equal(("payments.refunds", 4, 6, 0, 1), (replay.Policy, replay.Version, replay.Tried, replay.Unreadable, replay.Changed));
        var change = Assert.Single(replay.Changes);
        Assert.Equal(("tool.before", "tool payments.refund", Verdict.Allow, Verdict.Allow, Verdict.Deny), (change.Point, change.Subject, change.Recorded, change.Now, change.Then));
        Assert.Equal("`payments.refunds/cap` denies it: no refund above 100000", change.Reason);
        Assert.Equal([new ReplayCount(Verdict.Allow, Verdict.Deny, 1), new ReplayCount(Verdict.Allow, Verdict.Allow, 5)], replay.Counts);
        Assert.Equal(3, (await alma.Policies.ReplayAsync(Self, stricter.Id, new ReplayPolicy(Point: "tool.before"), default)).Tried);
        Assert.Equal(2, (await alma.Policies.ReplayAsync(Self, stricter.Id, new ReplayPolicy(Most: 2), default)).Tried);
        Assert.Equal(0, (await alma.Policies.ReplayAsync(Self, stricter.Id, new ReplayPolicy(To: TimeProvider.System.GetUtcNow().AddHours(-1)), default)).Tried);

        // A policy that would rule the tenant, tried before it does, and the same one watched.
        var wide = await alma.Policies.PublishAsync(Self, new PublishPolicy("policy wide version 1 {\n  at run.start\n  rule all approval 1 of \"finance\" within 1h\n  rule rest allow\n}", PolicyBinding.Tenant), default);
        await alma.Policies.SetBindingAsync(Self, new BindPolicy("wide", PolicyMode.Observe), default);
        replay = await alma.Policies.ReplayAsync(Self, wide.Id, new ReplayPolicy(Point: "run.start"), default);
        Assert.Equal((1, Verdict.Approval), (replay.Changed, replay.Changes[0].Then));
        Assert.Equal(5, await a.Tenant.CountAsync("platform.leaf", "convert_from(body, 'UTF8') like '%policy.replayed%'"));
    }

    [Fact]
    public async Task A_start_that_was_denied_is_tried_too()
    {
        var a = await Automation.MakeAsync(await form.MakeTenantAsync(), tools);
        var alma = await a.AsAsync("alma");
        var strict = await alma.Policies.PublishAsync(Self, new PublishPolicy("policy wide version 1 {\n  at run.start\n  rule all allow\n  rule big deny when inputs.amount > 30\n}", PolicyBinding.Tenant), default);
        await Hosting.Processes.UntilAsync(async () => await StartAsync(a) == "policy-denied", "the start is denied");
        await RecordedAsync(a, 3);
        var lax = await alma.Policies.PublishAsync(Self, new PublishPolicy("policy wide version 2 {\n  at run.start\n  rule all allow\n  rule big deny when inputs.amount > 50\n}", PolicyBinding.Tenant), default);
        var replay = await alma.Policies.ReplayAsync(Self, strict.Id, new ReplayPolicy(Point: "run.start"), default);
        Assert.Contains(replay.Changes, c => (c.Recorded, c.Now, c.Then) == (Verdict.Deny, Verdict.Allow, Verdict.Deny));
        Assert.Equal(0, (await alma.Policies.ReplayAsync(Self, lax.Id, new ReplayPolicy(Point: "run.start"), default)).Changed);

        static async Task<string?> StartAsync(Automation a)
        {
            try
            {
                await (await a.AsAsync("olga")).Orchestrator.ExecuteAsync(Self, new NewRun(a.Plan.PlanHash, Automation.Inputs(40)), default);
                return null;
            }
            catch (ProblemException e)
            {
                return e.Problem.Code;
            }
        }
    }

    [Fact]
    public async Task Only_who_may_see_such_values_tries_and_what_cannot_be_opened_is_passed_over()
    {
        var a = await Automation.MakeAsync(await form.MakeTenantAsync(), tools);
        await a.RunAsync(40);
        await RecordedAsync(a, 6);
        var alma = await a.AsAsync("alma");
        var policy = (await alma.Policies.ListAsync(Self, null, false, new(), default)).Items[0];
        foreach (var person in new[] { "ada", "amir", "vera", "olga" })
        {
            Assert.Equal("forbidden", await RefusalAsync(async () => await (await a.AsAsync(person)).Policies.ReplayAsync(Self, policy.Id, new ReplayPolicy(), default)));
        }

        Assert.Equal("invalid-request", await RefusalAsync(() => alma.Policies.ReplayAsync(Self, policy.Id, new ReplayPolicy(Most: 0), default)));
        Assert.Equal("invalid-request", await RefusalAsync(() => alma.Policies.ReplayAsync(Self, policy.Id, new ReplayPolicy(Point: "tool.never"), default)));
        Assert.Equal("policy-not-found", await RefusalAsync(() => alma.Policies.ReplayAsync(Self, Id<Policy>.New(TimeProvider.System), new ReplayPolicy(), default)));

        // Those of a publication and a compilation hold no value of a run.
        Assert.Equal(6, (await alma.Policies.ReplayAsync(Self, policy.Id, new ReplayPolicy(), default)).Tried);
        await using (var admin = new Npgsql.NpgsqlConnection(a.Tenant.Admin))
        {
            await admin.OpenAsync();
            await using var spoil = new Npgsql.NpgsqlCommand("update platform.decision set facts = facts || 'x' where tenant_id = $1 and key_of is not null", admin)
            {
                Parameters = { new() { Value = a.Tenant.Id.Value } },
            };
            Assert.Equal(4, await spoil.ExecuteNonQueryAsync());
        }

        var replay = await alma.Policies.ReplayAsync(Self, policy.Id, new ReplayPolicy(), default);
        Assert.Equal((2, 4), (replay.Tried, replay.Unreadable));
    }
}

/// <summary>Everything in one process.</summary>
public sealed class ReplayTests(TestServer server, ToolProgram tools) : Replays(server, tools);

/// <summary>Services in processes of their own.</summary>
public sealed class ReplaysOverProcessesTests(OtherProcess other, ToolProgram tools) : Replays(other, tools);
