using System.Text.Json;
using Anumate.Platform.Policies;
using Anumate.Platform.Secrets;
using Anumate.PolicyEngine;
using Anumate.Tests.EventLog;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;

namespace Anumate.Tests.Policies;

public sealed class PolicyGateTests(TestDatabase database)
{
    sealed class Setting
    {
        public Setting(TestDatabase database)
        {
            Kit = new LocalPolicies(database.Tenant());
            Door = new Door(Kit.Service);
            Violations = new ViolationLog(database.Db, Kit.Time, NullLogger<ViolationLog>.Instance);
            Hosts = new HostReports(database.Db, Kit.Time);
            Mix = new DecisionMix(database.Db, Kit.Time);
            var vault = new RunVault(database.Db, new TenantKeys(database.Db, MasterKey.Fleeting(), Kit.Time), Kit.Time);
            Notes = new PolicyNotes(Violations, new DecisionLog(database.Db, vault, Kit.Time), Mix, Hosts);
            Gate = new PolicyGate(Door, new CompiledPolicies(), new BundleSeal(database.Keys(Kit.Time)), new Limits(database.Db, Kit.Time), Notes, Kit.Time, NullLogger<PolicyGate>.Instance);
        }

        public LocalPolicies Kit { get; }

        public Door Door { get; }

        public ViolationLog Violations { get; }

        public HostReports Hosts { get; }

        public DecisionMix Mix { get; }

        public PolicyNotes Notes { get; }

        public PolicyGate Gate { get; }

        public ValueTask<Decision> CallAsync(ToolEffect effect = ToolEffect.Effect, params string[] pinned)
        {
            var caller = Kit.As(Role.Operator);
            var facts = PolicyFacts.Of(caller).WithRun(Id<Run>.New(Kit.Time), caller.Principal).WithCall(caller.Tenant, "payments.refund", effect, JsonDocument.Parse("{}").RootElement);
            return Gate.DecideAsync(caller, PolicyPoint.ToolBefore, facts, pinned, default);
        }
    }

    readonly Setting on = new(database);

    [Fact]
    public async Task Decides_by_the_tenants_current_and_the_pinned_policies()
    {
        var pinned = await on.Kit.PublishAsync("c", 1);
        Assert.Equal(Verdict.Deny, (await on.CallAsync()).Verdict);
        Assert.Equal(Verdict.Allow, (await on.CallAsync(pinned: pinned.Digest)).Verdict);

        await on.Kit.PublishAsync("t", 1, PolicyBinding.Tenant, "rule all allow", "rule none deny because \"closed\"");
        on.Gate.Forget(on.Kit.Tenant);
        Assert.Equal("`t/none` denies it: closed", (await on.CallAsync(pinned: pinned.Digest)).Reason);
    }

    [Fact]
    public async Task What_is_watched_blocks_nothing_and_is_told_with_what_was_denied()
    {
        await on.Kit.PublishAsync("t", 1, PolicyBinding.Tenant);
        await on.Kit.PublishAsync("new", 1, PolicyBinding.Tenant, "rule none deny because \"closed\"");
        await on.Kit.Service.SetBindingAsync(on.Kit.Author, new BindPolicy("new", PolicyMode.Warn), default);
        for (var i = 0; i < 3; i++)
        {
            var decision = await on.CallAsync();
            Assert.Equal(Verdict.Allow, decision.Verdict);
            Assert.Equal(new WatchedRule("new", 1, "none", Verdict.Deny, PolicyMode.Warn, "closed"), Assert.Single(decision.Watched));
        }

        await on.Kit.Service.SetBindingAsync(on.Kit.Author, new BindPolicy("new", PolicyMode.Enforce), default);
        on.Gate.Forget(on.Kit.Tenant);
        Assert.Equal(Verdict.Deny, (await on.CallAsync()).Verdict);
        Assert.Equal(0, await on.Kit.CountAsync("platform.events", "type = 'policy.violated'"));

        await on.Violations.TellAsync(default);
        await on.Violations.TellAsync(default);
        var told = await on.Kit.ListAsync("select body from platform.events where type = 'policy.violated' order by position",
            r => JsonSerializer.Deserialize<PolicyViolated>(r.GetFieldValue<byte[]>(0), AnumateJson.Options)!);
        Assert.Equal([("new", "none", "tool payments.refund", PolicyMode.Warn, 3L), ("new", "none", "tool payments.refund", PolicyMode.Enforce, 1L)],
            told.Select(v => (v.Policy, v.Rule, v.Of, v.Mode, v.Count)).OrderBy(v => v.Mode));
    }

    [Fact]
    public async Task A_binding_for_a_capsule_goes_before_that_of_the_tenant()
    {
        await on.Kit.PublishAsync("t", 1, PolicyBinding.Tenant);
        var pinned = await on.Kit.PublishAsync("c", 1, PolicyBinding.Capsule, "rule all allow", "rule none deny");
        await on.Kit.Service.SetBindingAsync(on.Kit.Author, new BindPolicy("c", PolicyMode.Observe), default);
        await on.Kit.Service.SetBindingAsync(on.Kit.Author, new BindPolicy("c", PolicyMode.Enforce, "strict"), default);
        var caller = on.Kit.As(Role.Operator);
        var facts = PolicyFacts.Of(caller).WithCall(caller.Tenant, "payments.refund", ToolEffect.Effect, JsonDocument.Parse("{}").RootElement);
        foreach (var (capsule, verdict) in new[] { ("loose", Verdict.Allow), ("strict", Verdict.Deny), ("other", Verdict.Allow) })
        {
            var about = facts.WithCapsule(capsule, "1.0.0", new Dictionary<string, string>());
            Assert.Equal(verdict, (await on.Gate.DecideAsync(caller, PolicyPoint.ToolBefore, about, [pinned.Digest], default)).Verdict);
        }
    }

    [Fact]
    public async Task A_newer_version_of_a_pinned_policy_does_not_reach_the_plan()
    {
        var pinned = await on.Kit.PublishAsync("c", 1);
        await on.Kit.PublishAsync("c", 2, PolicyBinding.Capsule, "rule all allow", "rule none deny");
        on.Gate.Forget(on.Kit.Tenant);
        Assert.Equal(Verdict.Allow, (await on.CallAsync(pinned: pinned.Digest)).Verdict);
    }

    [Fact]
    public async Task Asks_once_and_then_decides_by_itself()
    {
        var pinned = await on.Kit.PublishAsync("c", 1);
        for (var i = 0; i < 50; i++)
        {
            await on.CallAsync(pinned: pinned.Digest);
        }

        Assert.Equal(1, on.Door.Calls);
    }

    [Fact]
    public async Task Confirms_what_is_older_than_five_seconds()
    {
        await on.Kit.PublishAsync("t", 1, PolicyBinding.Tenant);
        Assert.Equal(Verdict.Allow, (await on.CallAsync()).Verdict);
        await on.Kit.PublishAsync("t", 2, PolicyBinding.Tenant, "rule all allow", "rule none deny");
        on.Kit.Time.Advance(TimeSpan.FromSeconds(4.9));
        Assert.Equal(Verdict.Allow, (await on.CallAsync()).Verdict);
        on.Kit.Time.Advance(TimeSpan.FromSeconds(0.2));
        Assert.Equal(Verdict.Deny, (await on.CallAsync()).Verdict);
        Assert.Equal(2, on.Door.Calls);
    }

    [Fact]
    public async Task A_bundle_not_confirmed_for_ten_seconds_denies_what_has_an_effect()
    {
        await on.Kit.PublishAsync("t", 1, PolicyBinding.Tenant);
        Assert.Equal(Verdict.Allow, (await on.CallAsync()).Verdict);
        on.Door.Shut = true;
        on.Kit.Time.Advance(TimeSpan.FromSeconds(9.9));
        Assert.Equal(Verdict.Allow, (await on.CallAsync()).Verdict);
        on.Kit.Time.Advance(TimeSpan.FromSeconds(0.2));
        var decision = await on.CallAsync();
        Assert.Equal(Verdict.Deny, decision.Verdict);
        Assert.Contains("not confirmed", decision.Reason);
        Assert.Equal("unavailable",
            (await Assert.ThrowsAsync<ProblemException>(() => on.CallAsync(ToolEffect.ReadOnly).AsTask())).Problem.Code);

        on.Door.Shut = false;
        Assert.Equal(Verdict.Allow, (await on.CallAsync()).Verdict);
    }

    [Fact]
    public async Task After_news_the_old_bundle_decides_nothing()
    {
        await on.Kit.PublishAsync("t", 1, PolicyBinding.Tenant);
        Assert.Equal(Verdict.Allow, (await on.CallAsync()).Verdict);
        on.Gate.Forget(on.Kit.Tenant);
        on.Door.Shut = true;
        Assert.Equal(Verdict.Deny, (await on.CallAsync()).Verdict);
    }

    [Fact]
    public async Task A_bundle_fetched_while_a_policy_was_published_is_not_used()
    {
        await on.Kit.PublishAsync("t", 1, PolicyBinding.Tenant);
        on.Door.Meanwhile = async () =>
        {
            await on.Kit.PublishAsync("t", 2, PolicyBinding.Tenant, "rule all allow", "rule none deny");
            on.Gate.Forget(on.Kit.Tenant);
        };
        Assert.Equal(Verdict.Deny, (await on.CallAsync()).Verdict);
        Assert.Equal(2, on.Door.Calls);
    }

    [Fact]
    public async Task Tenants_do_not_share_what_rules_them()
    {
        var other = new Setting(database);
        await on.Kit.PublishAsync("t", 1, PolicyBinding.Tenant);
        var gate = on.Gate;
        var caller = other.Kit.As(Role.Operator);
        Assert.Equal(Verdict.Allow, (await on.CallAsync()).Verdict);
        var facts = PolicyFacts.Of(caller)
            .WithCall(caller.Tenant, "payments.refund", ToolEffect.Effect, JsonDocument.Parse("{}").RootElement);
        Assert.Equal(Verdict.Deny, (await gate.DecideAsync(caller, PolicyPoint.ToolBefore, facts, [], default)).Verdict);
    }

    [Fact]
    public async Task A_pinned_policy_that_does_not_exist_is_no_licence()
    {
        var e = await Assert.ThrowsAsync<ProblemException>(() => on.CallAsync(pinned: "sha256:00").AsTask());
        Assert.Equal("policy-not-found", e.Problem.Code);
    }

    [Fact]
    public async Task A_stored_policy_that_was_tampered_with_denies_everything()
    {
        await on.Kit.PublishAsync("t", 1, PolicyBinding.Tenant, "rule all allow", "rule none deny when call.args.amount > 5");
        await using (var admin = new Npgsql.NpgsqlConnection(database.Admin))
        {
            await admin.OpenAsync();
            await using var edit = new Npgsql.NpgsqlCommand("update policies.policy_version set source = replace(source, '> 5', '> 50') where tenant_id = $1", admin)
            {
                Parameters = { new() { Value = on.Kit.Tenant.Value } },
            };
            Assert.Equal(1, await edit.ExecuteNonQueryAsync());
        }

        var decision = await on.CallAsync(ToolEffect.ReadOnly);
        Assert.Equal(Verdict.Deny, decision.Verdict);
        Assert.Contains("`t` version 1 cannot be used", decision.Reason);
    }

    [Fact]
    public async Task Hears_of_a_policy_that_another_process_published()
    {
        await on.Kit.PublishAsync("t", 1, PolicyBinding.Tenant);
        // The gate's clock stands still, so that only the news can reach it.
        await using var host = await EventHost.StartAsync(database.Options, services =>
            services.AddSingleton<IPolicies>(on.Door).AddSingleton(on.Notes).AddSingleton(on.Gate).AddPolicyGate().AddPolicyGate());
        Assert.Equal(Verdict.Allow, (await on.CallAsync()).Verdict);

        await on.Kit.PublishAsync("t", 2, PolicyBinding.Tenant, "rule all allow", "rule none deny");
        for (var i = 0; i < 1_000 && (await on.CallAsync()).Verdict != Verdict.Deny; i++)
        {
            await Task.Delay(10);
        }

        Assert.Equal(Verdict.Deny, (await on.CallAsync()).Verdict);
        Assert.Equal(2, on.Door.Calls);
    }

    [Fact]
    public async Task Decides_by_no_bundle_that_was_altered_or_is_another_tenants()
    {
        var other = new Setting(database);
        await on.Kit.PublishAsync("t", 1, PolicyBinding.Tenant, "rule all allow", "rule none deny");
        await other.Kit.PublishAsync("t", 1, PolicyBinding.Tenant);
        on.Door.Change = bundle => bundle with { Tenant = [] };
        Assert.Contains("not confirmed", (await on.CallAsync()).Reason);
        on.Door.Change = bundle => PolicyBundles.Of([], []) with { Signature = bundle.Signature };
        Assert.Contains("not confirmed", (await on.CallAsync()).Reason);
        var theirs = await other.Kit.Service.GetBundleAsync(other.Kit.Viewer, [], default);
        on.Door.Change = _ => theirs;
        Assert.Contains("not confirmed", (await on.CallAsync()).Reason);
        on.Door.Change = null;
        Assert.Equal("`t/none` denies it", (await on.CallAsync()).Reason);
    }

    [Fact]
    public async Task Fetches_what_changed_before_it_is_asked()
    {
        await on.Kit.PublishAsync("t", 1, PolicyBinding.Tenant);
        await on.Gate.RefreshAsync(on.Kit.Tenant, default);
        Assert.Equal(0, on.Door.Calls);
        await on.CallAsync();
        await on.Kit.PublishAsync("t", 2, PolicyBinding.Tenant, "rule all allow", "rule none deny");
        on.Gate.Forget(on.Kit.Tenant);
        await on.Gate.RefreshAsync(on.Kit.Tenant, default);
        Assert.Equal(2, on.Door.Calls);
        Assert.Equal(Verdict.Deny, (await on.CallAsync()).Verdict);
        Assert.Equal(2, on.Door.Calls);

        // What cannot be fetched is fetched when it is asked for.
        on.Gate.Forget(on.Kit.Tenant);
        on.Door.Shut = true;
        await on.Gate.RefreshAsync(on.Kit.Tenant, default);
        on.Door.Shut = false;
        Assert.Equal(Verdict.Deny, (await on.CallAsync()).Verdict);
    }

    [Fact]
    public async Task Reports_by_what_it_decides_and_what_it_decided()
    {
        await on.Kit.PublishAsync("t", 1, PolicyBinding.Tenant);
        for (var i = 0; i < 3; i++)
        {
            await on.CallAsync();
        }

        await on.Hosts.TellAsync(default);
        var hosts = await on.Kit.Service.GetHostsAsync(on.Kit.Viewer, default);
        Assert.Equal((HostReports.Process, true), (hosts.Hosts.Single().Process, hosts.Hosts[0].Current));
        await on.Kit.PublishAsync("t", 2, PolicyBinding.Tenant);
        Assert.False((await on.Kit.Service.GetHostsAsync(on.Kit.Viewer, default)).Hosts.Single().Current);
        on.Gate.Forget(on.Kit.Tenant);
        await on.Gate.RefreshAsync(on.Kit.Tenant, default);
        await on.Hosts.TellAsync(default);
        Assert.True((await on.Kit.Service.GetHostsAsync(on.Kit.Viewer, default)).Hosts.Single().Current);

        await on.Mix.WriteAsync(default);
        await on.CallAsync();
        await on.Mix.WriteAsync(default);
        Assert.Equal([("tool.before", "allow", 4L)], await on.Kit.ListAsync("select point, verdict, count from platform.policy_mix", r => (r.GetString(0), r.GetString(1), r.GetInt64(2))));
    }

    [Fact]
    public async Task Tells_once_that_a_run_is_ruled_by_a_version_that_is_not_the_current_one()
    {
        var pinned = await on.Kit.PublishAsync("c", 1);
        await on.CallAsync(pinned: pinned.Digest);
        on.Gate.Heard(on.Kit.Tenant, "c", 1);
        await on.CallAsync(pinned: pinned.Digest);
        await on.Violations.TellAsync(default);
        Assert.Equal(0, await on.Kit.CountAsync("platform.events", "type = 'policy.violated'"));

        on.Gate.Heard(on.Kit.Tenant, "c", 2);
        await on.CallAsync(pinned: pinned.Digest);
        await on.CallAsync(pinned: pinned.Digest);
        await on.Violations.TellAsync(default);
        var told = await on.Kit.FirstAsync("select body from platform.events where type = 'policy.violated'",
            r => JsonSerializer.Deserialize<PolicyViolated>(r.GetFieldValue<byte[]>(0), AnumateJson.Options)!);
        Assert.Equal(("c", "drift.plan", PolicyMode.Observe, 1L), (told!.Policy, told.Point, told.Mode, told.Count));
    }

    [Fact]
    public async Task Many_at_once_ask_once()
    {
        await on.Kit.PublishAsync("t", 1, PolicyBinding.Tenant);
        var decisions = await Task.WhenAll(Enumerable.Range(0, 32).Select(_ => Task.Run(async () => await on.CallAsync())));
        Assert.All(decisions, d => Assert.Equal(Verdict.Allow, d.Verdict));
        Assert.Equal(1, on.Door.Calls);
    }
}
