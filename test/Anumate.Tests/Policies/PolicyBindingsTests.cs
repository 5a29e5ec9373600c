namespace Anumate.Tests.Policies;

/// <summary>Of the contract: how strictly policies are meant, and the lists that they read.</summary>
public abstract partial class PolicyContractTests
{
    static EvaluatePolicy Call(string arguments, params string[] policies) =>
        new("tool.before", PolicyKit.Facts($$$"""{"call":{"tool":"a.b","args":{{{arguments}}}},"capsule":{"name":"refund"}}"""), policies);

    [Fact]
    public async Task A_policy_that_is_only_watched_blocks_nothing_and_says_what_it_would()
    {
        await kit.PublishAsync("t", 1, PolicyBinding.Tenant);
        await kit.PublishAsync("strict", 2, PolicyBinding.Tenant, "rule big deny because \"too much\" when call.args.amount > 5", "rule ask approval 1 of \"x\" within 1h");
        Assert.Equal(Verdict.Deny, (await kit.Service.EvaluateAsync(kit.Viewer, Call("""{"amount":9}"""), default)).Verdict);

        var bound = await kit.Service.SetBindingAsync(kit.Author, new BindPolicy("strict", PolicyMode.Observe), default);
        var decision = await kit.Service.EvaluateAsync(kit.Viewer, Call("""{"amount":9}"""), default);
        Assert.Equal(Verdict.Allow, decision.Verdict);
        Assert.Equal([new WatchedRule("strict", 2, "ask", Verdict.Approval, PolicyMode.Observe), new WatchedRule("strict", 2, "big", Verdict.Deny, PolicyMode.Observe, "too much")],
            decision.Watched);
        Assert.Equal(["ask"], (await kit.Service.EvaluateAsync(kit.Viewer, Call("""{"amount":1}"""), default)).Watched.Select(w => w.Rule));

        // For one capsule it holds.
        await kit.Service.SetBindingAsync(kit.Author, new BindPolicy("strict", PolicyMode.Enforce, "refund"), default);
        decision = await kit.Service.EvaluateAsync(kit.Viewer, Call("""{"amount":9}"""), default);
        Assert.Equal((Verdict.Deny, 0), (decision.Verdict, decision.Watched.Count));
        await kit.Service.DeleteBindingAsync(kit.Author, bound.Id, default);
        Assert.Equal("not-found", (await RefusalAsync(() => kit.Service.DeleteBindingAsync(kit.Author, bound.Id, default))).Code);
    }

    [Fact]
    public async Task Policies_that_are_only_watched_deny_nothing_by_their_silence_and_allow_nothing()
    {
        await kit.PublishAsync("quiet", 1, PolicyBinding.Tenant, "rule few allow when call.args.amount < 5");
        await kit.Service.SetBindingAsync(kit.Author, new BindPolicy("quiet", PolicyMode.Warn), default);
        var request = Call("""{"amount":9}""", "c");
        await kit.PublishAsync("c");
        var decision = await kit.Service.EvaluateAsync(kit.Viewer, request, default);
        Assert.Equal(Verdict.Allow, decision.Verdict);
        var watched = Assert.Single(decision.Watched);
        Assert.Equal(("quiet", null, Verdict.Deny, PolicyMode.Warn), (watched.Policy, watched.Rule, watched.Verdict, watched.Mode));
        Assert.Empty((await kit.Service.EvaluateAsync(kit.Viewer, Call("""{"amount":1}""", "c"), default)).Watched);
        Assert.Equal(Verdict.Deny, (await kit.Service.EvaluateAsync(kit.Viewer, Call("""{"amount":1}"""), default)).Verdict);
    }

    [Fact]
    public async Task A_binding_is_set_once_for_a_policy_and_a_capsule_and_is_part_of_the_bundle()
    {
        await kit.PublishAsync("t", 1, PolicyBinding.Tenant);
        var before = await kit.Service.GetBundleAsync(kit.Viewer, [], default);
        var first = await kit.Service.SetBindingAsync(kit.Author, new BindPolicy("t", PolicyMode.Observe), default);
        var again = await kit.Service.SetBindingAsync(kit.Author, new BindPolicy("t", PolicyMode.Warn), default);
        await kit.TickAsync();
        var other = await kit.Service.SetBindingAsync(kit.Author, new BindPolicy("t", PolicyMode.Observe, "refund"), default);
        Assert.Equal(first.Id, again.Id);
        Assert.Equal([other, again], (await kit.Service.ListBindingsAsync(kit.Viewer, "t", new(), default)).Items);
        Assert.Empty((await kit.Service.ListBindingsAsync(kit.Viewer, "u", new(), default)).Items);
        var bundle = await kit.Service.GetBundleAsync(kit.Viewer, [], default);
        Assert.Equal([again, other], bundle.Bindings);
        Assert.NotEqual(before.Digest, bundle.Digest);
        Assert.Equal((3, 3), (await kit.CountAsync("platform.events", "type = 'policy.bound'"),
            await kit.CountAsync("platform.leaf", "convert_from(body, 'UTF8') like '%policy.bound%'")));

        await kit.Service.DeleteBindingAsync(kit.Author, first.Id, default);
        await kit.Service.DeleteBindingAsync(kit.Author, other.Id, default);
        Assert.Equal(before.Digest, (await kit.Service.GetBundleAsync(kit.Viewer, [], default)).Digest);
    }

    [Fact]
    public async Task Refuses_bindings_and_lists_that_make_no_sense()
    {
        await kit.PublishAsync("t", 1, PolicyBinding.Tenant);
        Assert.Equal("policy-not-found", (await RefusalAsync(() => kit.Service.SetBindingAsync(kit.Author, new BindPolicy("u", PolicyMode.Warn), default))).Code);
        Assert.Equal("invalid-request", (await RefusalAsync(() => kit.Service.SetBindingAsync(kit.Author, new BindPolicy("t", PolicyMode.Warn, ""), default))).Code);
        Assert.Equal("forbidden", (await RefusalAsync(() => kit.Service.SetBindingAsync(kit.Viewer, new BindPolicy("t", PolicyMode.Warn), default))).Code);
        foreach (var (name, values) in new (string, string[])[] { ("A", ["x"]), ("", ["x"]), ("1a", ["x"]), ("a.b", ["x"]), ("a", [""]), ("a", [new string('x', 257)]) })
        {
            Assert.Equal("invalid-request", (await RefusalAsync(() => kit.Service.PutListAsync(kit.Author, new PutPolicyList(name, values), default))).Code);
        }

        await kit.Service.PutListAsync(kit.Author, new PutPolicyList("many", [.. Enumerable.Range(0, 15_000).Select(i => $"{i}")]), default);
        Assert.Equal("invalid-request",
            (await RefusalAsync(() => kit.Service.PutListAsync(kit.Author, new PutPolicyList("more", [.. Enumerable.Range(0, 6_000).Select(i => $"{i}")]), default))).Code);
        Assert.Equal("forbidden", (await RefusalAsync(() => kit.Service.PutListAsync(kit.Viewer, new PutPolicyList("a", ["x"]), default))).Code);
    }

    [Fact]
    public async Task Policies_read_the_lists_of_their_tenant_and_fail_without()
    {
        await kit.PublishAsync("t", 1, PolicyBinding.Tenant, "rule all allow", "rule embargo deny when call.args.country in lists.sanctioned");
        Assert.Equal("t/embargo", await WhoDeniesAsync("DE"));
        var list = await kit.Service.PutListAsync(kit.Author, new PutPolicyList("sanctioned", ["KP", "IR", "KP"]), default);
        Assert.Equal(["KP", "IR"], list.Values);
        Assert.Null(await WhoDeniesAsync("DE"));
        Assert.Equal("t/embargo", await WhoDeniesAsync("IR"));

        var replaced = await kit.Service.PutListAsync(kit.Author, new PutPolicyList("sanctioned", ["DE"]), default);
        Assert.Equal(list.Id, replaced.Id);
        Assert.Equal([replaced.Id], (await kit.Service.ListListsAsync(kit.Viewer, new(), default)).Items.Select(l => l.Id));
        Assert.Equal("t/embargo", await WhoDeniesAsync("DE"));
        Assert.Null(await WhoDeniesAsync("IR"));

        // Of another tenant it is none.
        var other = await MakeAsync();
        Assert.Empty((await other.Service.GetBundleAsync(other.Viewer, [], default)).Lists);
        Assert.Equal("not-found", (await RefusalAsync(() => other.Service.DeleteListAsync(other.Author, list.Id, default))).Code);
        await kit.Service.DeleteListAsync(kit.Author, list.Id, default);
        Assert.Equal("t/embargo", await WhoDeniesAsync("IR"));

        async Task<string?> WhoDeniesAsync(string country)
        {
            var decision = await kit.Service.EvaluateAsync(kit.Viewer, Call($$"""{"country":"{{country}}"}"""), default);
            return decision.Matched.Where(m => m.Verdict == Verdict.Deny).Select(m => $"{m.Policy}/{m.Rule}").FirstOrDefault();
        }
    }

    [Fact]
    public async Task Alerts_are_set_up_listed_and_taken_away()
    {
        var first = await kit.Service.AlertAsync(kit.Author, new NewPolicyAlert(10, TimeSpan.FromMinutes(5), TimeSpan.FromHours(1)), default);
        await kit.TickAsync();
        var second = await kit.Service.AlertAsync(kit.Author, new NewPolicyAlert(1, TimeSpan.FromDays(1), TimeSpan.Zero, "t", PolicyMode.Observe), default);
        Assert.Equal([second, first], (await kit.Service.ListAlertsAsync(kit.Viewer, new(), default)).Items);
        await kit.Service.DeleteAlertAsync(kit.Author, first.Id, default);
        Assert.Equal([second], (await kit.Service.ListAlertsAsync(kit.Viewer, new(), default)).Items);
        Assert.Equal("not-found", (await RefusalAsync(() => kit.Service.DeleteAlertAsync(kit.Author, first.Id, default))).Code);
        Assert.Equal("forbidden", (await RefusalAsync(() => kit.Service.AlertAsync(kit.Viewer, new NewPolicyAlert(1, TimeSpan.FromMinutes(1), TimeSpan.Zero), default))).Code);
        foreach (var bad in new[] { new NewPolicyAlert(0, TimeSpan.FromMinutes(1), TimeSpan.Zero), new(1, TimeSpan.FromSeconds(9), TimeSpan.Zero), new(1, TimeSpan.FromDays(8), TimeSpan.Zero),
            new(1, TimeSpan.FromMinutes(1), TimeSpan.FromSeconds(-1)) })
        {
            Assert.Equal("invalid-request", (await RefusalAsync(() => kit.Service.AlertAsync(kit.Author, bad, default))).Code);
        }
    }
}
