namespace Anumate.Tests.Policies;

/// <summary>Of the contract: how a policy goes on, and how it ends.</summary>
public abstract partial class PolicyContractTests
{
    Task<PolicyVersion> UpdateAsync(Id<Policy> id, int version, long ifMatch, string rule = "rule all allow", string name = "a") =>
        kit.Service.UpdateAsync(kit.Author, id, new PolicyText(PolicyKit.Document(name, version, rule)), ifMatch, default);

    [Fact]
    public async Task An_update_is_the_next_version_and_has_whom_it_rules_from_the_first()
    {
        var first = await kit.PublishAsync("a", 1, PolicyBinding.Tenant);
        var next = await UpdateAsync(first.Id, 2, 1);
        Assert.Equal(("a", 2, PolicyBinding.Tenant), (next.Name, next.Version, next.Binding));
        Assert.Equal(next, await kit.Service.GetAsync(kit.Viewer, next.Id, default));
        Assert.Equal(first, await kit.Service.GetAsync(kit.Viewer, first.Id, default));
        Assert.Equal([next], (await kit.Service.GetBundleAsync(kit.Viewer, [], default)).Tenant);
        Assert.Equal((2, 2), (await kit.CountAsync("platform.events", "type = 'policy.published'"), await kit.CountAsync("platform.leaf", "subject like 'pol_%'")));

        // Any version names the policy, and numbers may be left out.
        Assert.Equal(7, (await UpdateAsync(first.Id, 7, 2)).Version);
    }

    [Fact]
    public async Task An_update_of_what_changed_meanwhile_is_refused_and_one_sent_again_is_not()
    {
        var first = await kit.PublishAsync("a");
        var second = await UpdateAsync(first.Id, 2, 1);
        Assert.Equal(second, await UpdateAsync(first.Id, 2, 1));
        Assert.Equal("version-conflict", (await RefusalAsync(() => UpdateAsync(first.Id, 2, 1, "rule other allow"))).Code);
        Assert.Equal("version-conflict", (await RefusalAsync(() => UpdateAsync(first.Id, 3, 1))).Code);
        Assert.Equal("policy-not-newer", (await RefusalAsync(() => UpdateAsync(first.Id, 2, 2))).Code);
        Assert.Equal("invalid-request", (await RefusalAsync(() => UpdateAsync(first.Id, 3, 2, name: "b"))).Code);
        Assert.Equal("policy-invalid", (await RefusalAsync(() => UpdateAsync(first.Id, 3, 2, "rule x alow"))).Code);
        Assert.Equal("policy-not-found", (await RefusalAsync(() => UpdateAsync(Id<Policy>.New(TimeProvider.System), 3, 2))).Code);
        Assert.Equal(2, await kit.CountAsync("policies.policy_version"));
    }

    [Fact]
    public async Task Of_updates_at_once_one_is_the_next_version()
    {
        var first = await kit.PublishAsync("a");
        var results = await Task.WhenAll(Enumerable.Range(0, 8).Select(async i =>
        {
            try
            {
                return (await UpdateAsync(first.Id, 2 + i, 1, $"rule r{i} allow")).Version.ToString();
            }
            catch (ProblemException e)
            {
                return e.Problem.Code;
            }
        }));
        Assert.Equal(7, results.Count(r => r == "version-conflict"));
        Assert.Equal(2, await kit.CountAsync("policies.policy_version"));
    }

    [Fact]
    public async Task A_deleted_policy_rules_nothing_and_plans_that_pinned_it_still_find_it()
    {
        var (t, c) = (await kit.PublishAsync("t", 1, PolicyBinding.Tenant), await kit.PublishAsync("c"));
        await kit.Service.DeleteAsync(kit.Author, t.Id, default);
        await kit.Service.DeleteAsync(kit.Author, c.Id, default);
        await kit.Service.DeleteAsync(kit.Author, c.Id, default);

        var bundle = await kit.Service.GetBundleAsync(kit.Viewer, [c.Digest], default);
        Assert.Empty(bundle.Tenant);
        Assert.Equal(c.Id, Assert.Single(bundle.Pinned).Id);
        Assert.Equal("policy-not-found", (await RefusalAsync(() => kit.Service.ResolveAsync(kit.Viewer, ["c"], default))).Code);
        Assert.Equal("policy-not-found", (await RefusalAsync(() => kit.Service.ResolveAsync(kit.Viewer, ["c@1"], default))).Code);
        Assert.Empty((await kit.Service.ListAsync(kit.Viewer, null, false, new(), default)).Items);
        Assert.Equal(2, (await kit.Service.ListAsync(kit.Viewer, null, true, new(), default)).Items.Count);
        Assert.NotNull((await kit.Service.GetAsync(kit.Viewer, c.Id, default)).Deleted);
        Assert.Equal((2, 2), (await kit.CountAsync("platform.events", "type = 'policy.deleted'"),
            await kit.CountAsync("platform.leaf", "convert_from(body, 'UTF8') like '%policy.deleted%'")));
    }

    [Fact]
    public async Task A_deleted_policy_comes_back_with_a_version_of_its_own()
    {
        var first = await kit.PublishAsync("t", 1, PolicyBinding.Tenant);
        await kit.Service.DeleteAsync(kit.Author, first.Id, default);
        Assert.Equal("policy-deleted", (await RefusalAsync(() => kit.PublishAsync("t", 1, PolicyBinding.Tenant))).Code);
        Assert.Equal("policy-deleted", (await RefusalAsync(() => UpdateAsync(first.Id, 2, 1, name: "t"))).Code);
        Assert.Equal("policy-binding-changed", (await RefusalAsync(() => kit.PublishAsync("t", 2, PolicyBinding.Capsule))).Code);
        Assert.Empty((await kit.Service.GetBundleAsync(kit.Viewer, [], default)).Tenant);

        var second = await kit.PublishAsync("t", 2, PolicyBinding.Tenant);
        Assert.Equal([second], (await kit.Service.GetBundleAsync(kit.Viewer, [], default)).Tenant);
        Assert.Equal(2, (await kit.Service.ListAsync(kit.Viewer, "t", false, new(), default)).Items.Count);
    }

    [Fact]
    public async Task Nothing_of_another_tenant_is_updated_or_deleted()
    {
        var mine = await kit.PublishAsync("a");
        var other = await MakeAsync();
        await other.PublishAsync("a");
        Assert.Equal("policy-not-found", (await RefusalAsync(() => other.Service.UpdateAsync(
            other.Author, mine.Id, new PolicyText(PolicyKit.Document("a", 2, "rule all allow")), 1, default))).Code);
        Assert.Equal("policy-not-found", (await RefusalAsync(() => other.Service.DeleteAsync(other.Author, mine.Id, default))).Code);
        Assert.Equal("policy-not-found", (await RefusalAsync(() => other.Service.TestVersionAsync(other.Viewer, mine.Id, new TestPolicy(), default))).Code);
        Assert.Null((await kit.Service.GetAsync(kit.Viewer, mine.Id, default)).Deleted);
        Assert.Equal(1, await kit.CountAsync("policies.policy_version"));
    }
}
