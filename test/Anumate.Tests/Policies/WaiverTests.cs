using Anumate.Tests.GoldenPath;
using Npgsql;

namespace Anumate.Tests.Policies;

/// <summary>Waivers, and violations on the golden path; tried in this process and over several.</summary>
public abstract class Waivers(Form form, ToolProgram tools)
{
    static Caller Self => Caller.Self;

    static DateTimeOffset Tomorrow => TimeProvider.System.GetUtcNow().AddDays(1);

    async Task<Automation> ClosedAsync()
    {
        var a = await Automation.MakeAsync(await form.MakeTenantAsync(), tools);
        const string source = "policy closing version 1 {\n  at run.start\n  rule others allow\n  rule closed deny because \"closed\" waivable by \"finance\"\n  rule never deny when capsule.name == \"x\"\n}";
        await (await a.AsAsync("ada")).Policies.PublishAsync(Self, new PublishPolicy(source, PolicyBinding.Tenant), default);
        await UntilAsync(a, "policy-denied");
        return a;
    }

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

    // The gates hear of a change a moment later.
    static Task UntilAsync(Automation a, string? code) => Hosting.Processes.UntilAsync(async () => await StartAsync(a) == code, $"a start ends with {code ?? "a run"}");

    static async Task<string> RefusalAsync(Func<Task> act) => (await Assert.ThrowsAsync<ProblemException>(act)).Problem.Code;

    [Fact]
    public async Task A_member_of_the_group_lifts_a_rule_for_one_subject_and_takes_it_back()
    {
        var a = await ClosedAsync();
        var finn = await a.AsAsync("finn");
        var waiver = await finn.Policies.WaiveAsync(Self, new NewPolicyWaiver("closing/closed", "capsule refund-order", Tomorrow, "the auditor asked for it"), default);
        Assert.Equal(("finance", "finn"), (waiver.Group, waiver.Name));
        Assert.Contains("payload", waiver.Signature);
        await UntilAsync(a, null);
        Assert.Equal([waiver], (await finn.Policies.ListWaiversAsync(Self, "closing/closed", new(), default)).Items);
        Assert.Empty((await finn.Policies.ListWaiversAsync(Self, "closing/other", new(), default)).Items);

        Assert.Equal("waiver-not-entitled", await RefusalAsync(async () => await (await a.AsAsync("olga")).Policies.RevokeWaiverAsync(Self, waiver.Id, default)));
        await (await a.AsAsync("fiona")).Policies.RevokeWaiverAsync(Self, waiver.Id, default);
        await UntilAsync(a, "policy-denied");
        Assert.NotNull((await finn.Policies.ListWaiversAsync(Self, null, new(), default)).Items[0].Revoked);
        Assert.Equal((1, 1), (await a.Tenant.CountAsync("platform.events", "type = 'waiver.granted'"), await a.Tenant.CountAsync("platform.events", "type = 'waiver.revoked'")));
    }

    [Fact]
    public async Task Nobody_else_lifts_a_rule_and_no_other_rule_is_lifted()
    {
        var a = await ClosedAsync();
        var finn = await a.AsAsync("finn");
        var good = new NewPolicyWaiver("closing/closed", "capsule refund-order", Tomorrow, "why");
        foreach (var person in new[] { "olga", "ada", "alma" })
        {
            Assert.Equal("waiver-not-entitled", await RefusalAsync(async () => await (await a.AsAsync(person)).Policies.WaiveAsync(Self, good, default)));
        }

        var key = await finn.Identity.CreateApiKeyAsync(Self, new NewApiKey("k"), default);
        var program = new Client.AnumateClient(a.Tenant.Http, key.Secret);
        Assert.Equal("waiver-not-entitled", await RefusalAsync(() => program.Policies.WaiveAsync(Self, good, default)));
        Assert.Equal("waiver-not-entitled", await RefusalAsync(() => finn.Policies.WaiveAsync(Self, good with { Subject = $"actor {a.Tenant.Person("finn").Id}" }, default)));
        Assert.Equal("rule-not-waivable", await RefusalAsync(() => finn.Policies.WaiveAsync(Self, good with { Rule = "closing/never" }, default)));
        Assert.Equal("rule-not-waivable", await RefusalAsync(() => finn.Policies.WaiveAsync(Self, good with { Rule = "closing/none" }, default)));
        Assert.Equal("policy-not-found", await RefusalAsync(() => finn.Policies.WaiveAsync(Self, good with { Rule = "none/closed" }, default)));
        foreach (var bad in new[] { good with { Rule = "closing" }, good with { Reason = "" }, good with { Expires = Tomorrow.AddDays(-2) }, good with { Expires = Tomorrow.AddDays(91) },
            good with { Subject = "capsule *" }, good with { Subject = "capsule" }, good with { Subject = "run refund" }, good with { Subject = "actor finn" }, good with { Subject = "group x" } })
        {
            Assert.Equal("invalid-request", await RefusalAsync(() => finn.Policies.WaiveAsync(Self, bad, default)));
        }

        // Of another subject it lifts nothing here.
        await finn.Policies.WaiveAsync(Self, good with { Subject = "capsule other" }, default);
        await Task.Delay(1_000);
        Assert.Equal("policy-denied", await StartAsync(a));
    }

    [Fact]
    public async Task A_waiver_that_was_altered_lifts_nothing()
    {
        var a = await ClosedAsync();
        var finn = await a.AsAsync("finn");
        await finn.Policies.WaiveAsync(Self, new NewPolicyWaiver("closing/closed", "capsule other-order", Tomorrow, "why"), default);
        await using (var admin = new NpgsqlConnection(a.Tenant.Admin))
        {
            await admin.OpenAsync();
            await using var edit = new NpgsqlCommand("update policies.waiver set body = replace(body::text, 'other-order', 'refund-order')::json where tenant_id = $1", admin)
            {
                Parameters = { new() { Value = a.Tenant.Id.Value } },
            };
            Assert.Equal(1, await edit.ExecuteNonQueryAsync());
        }

        Assert.Empty((await finn.Policies.GetBundleAsync(Self, [], default)).Waivers);
    }

    [Fact]
    public async Task What_is_denied_is_counted_and_an_alert_tells_of_it()
    {
        var a = await ClosedAsync();
        var ada = await a.AsAsync("ada");
        var alert = await ada.Policies.AlertAsync(Self, new NewPolicyAlert(3, TimeSpan.FromHours(1), TimeSpan.FromHours(1), "closing"), default);
        for (var i = 0; i < 3; i++)
        {
            Assert.Equal("policy-denied", await StartAsync(a));
        }

        await Hosting.Processes.UntilAsync(async () => (await ada.Policies.ListAlertsAsync(Self, new(), default)).Items[0].Fired is not null, "the alert tells");
        var violations = (await ada.Policies.ListViolationsAsync(Self, new ViolationFilter("closing", "closed", "run.start", "capsule refund-order", PolicyMode.Enforce), new(), default)).Items;
        Assert.True(violations.Sum(v => v.Count) >= 3);
        Assert.All(violations, v => Assert.Equal(("`closing/closed` denies it: closed", a.Tenant.Person("olga").Id), (v.Sample.Reason, v.Sample.Actor)));
        var told = Assert.Single((await ada.Events.ListAsync(Self, new EventFilter(Type: "policy.alert"), new(), default)).Items);
        Assert.Equal(alert.Id.ToString(), told.Subject);
    }
}

/// <summary>Everything in one process.</summary>
public sealed class WaiverTests(TestServer server, ToolProgram tools) : Waivers(server, tools);

/// <summary>Services in processes of their own.</summary>
public sealed class WaiversOverProcessesTests(OtherProcess other, ToolProgram tools) : Waivers(other, tools);
