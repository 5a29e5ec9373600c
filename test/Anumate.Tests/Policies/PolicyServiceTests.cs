using System.Text.Json;

namespace Anumate.Tests.Policies;

/// <summary>What the contract promises; run against the service in this process and against client, HTTP and service.</summary>
public abstract partial class PolicyContractTests : IAsyncLifetime
{
    PolicyKit kit = null!;

    private protected abstract ValueTask<PolicyKit> MakeAsync();

    public async ValueTask InitializeAsync() => kit = await MakeAsync();

    public ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        return ValueTask.CompletedTask;
    }

    const string OfPolicies = "type like 'policy.%'";

    static async Task<Problem> RefusalAsync(Func<Task> act) => (await Assert.ThrowsAsync<ProblemException>(act)).Problem;

    [Fact]
    public async Task Publishes_a_version_and_gives_it_back()
    {
        var published = await kit.PublishAsync("payments.refunds", 3);
        Assert.Equal(("payments.refunds", 3, PolicyBinding.Capsule, kit.Author.Principal),
            (published.Name, published.Version, published.Binding, published.PublishedBy));
        Assert.StartsWith("sha256:", published.Digest);
        Assert.Equal(published, await kit.Service.GetAsync(kit.Viewer, published.Id, default));
    }

    [Fact]
    public async Task Tells_the_event_and_leaves_the_audit_record_with_the_version()
    {
        var published = await kit.PublishAsync("a", binding: PolicyBinding.Tenant);
        var (type, subject, body) = await kit.FirstAsync("select type, subject, body from platform.events where type like 'policy.%'",
            r => (r.GetString(0), r.GetString(1), r.GetFieldValue<string>(2)));
        Assert.Equal(("policy.published", published.Id.ToString()), (type, subject));
        Assert.Equal(new PolicyPublished(published.Id, "a", 1, PolicyBinding.Tenant, published.Digest),
            JsonSerializer.Deserialize<PolicyPublished>(body!, AnumateJson.Options));
        var leaf = await kit.FirstAsync("select body from platform.leaf where type = 'audit.record' and subject like 'pol_%'",
            r => System.Text.Encoding.UTF8.GetString(r.GetFieldValue<byte[]>(0)));
        var record = JsonDocument.Parse(leaf!).RootElement;
        Assert.Equal("policy.published", record.GetProperty("action").GetString());
        Assert.Equal(published.Id.ToString(), record.GetProperty("object").GetProperty("id").GetString());
    }

    [Fact]
    public async Task A_document_that_is_not_valid_is_refused_with_places_and_writes_nothing()
    {
        var problem = await RefusalAsync(() =>
            kit.Service.PublishAsync(kit.Author, new PublishPolicy("policy a version 1 {\n  at tool.before\n  rule x alow\n}"), default));
        Assert.Equal(("policy-invalid", 422), (problem.Code, problem.Status));
        Assert.Equal((3, 10), (problem.Diagnostics![0].Line, problem.Diagnostics[0].Column));
        Assert.Equal((0, 0, 0),
            (await kit.CountAsync("policies.policy"), await kit.CountAsync("platform.events", OfPolicies), await kit.CountAsync("platform.leaf", "subject like 'pol_%'")));
    }

    [Fact]
    public async Task The_same_version_in_another_spelling_is_published_already()
    {
        var first = await kit.PublishAsync("a");
        var again = await kit.Service.PublishAsync(kit.Author, new PublishPolicy("policy a version 1 { at tool.before rule all allow }"),
            default);
        Assert.Equal(first, again);
        Assert.Equal((1, 1, 1),
            (await kit.CountAsync("policies.policy_version"), await kit.CountAsync("platform.events", OfPolicies),
            await kit.CountAsync("platform.leaf", "subject like 'pol_%'")));
    }

    [Fact]
    public async Task A_published_version_never_changes()
    {
        var first = await kit.PublishAsync("a");
        var problem = await RefusalAsync(() => kit.PublishAsync("a", 1, PolicyBinding.Capsule, "rule all deny", "rule other allow"));
        Assert.Equal(("policy-version-exists", 409), (problem.Code, problem.Status));
        Assert.Equal(first, await kit.Service.GetAsync(kit.Viewer, first.Id, default));
    }

    [Fact]
    public async Task Whom_a_policy_rules_never_changes()
    {
        await kit.PublishAsync("a", 1, PolicyBinding.Tenant);
        var problem = await RefusalAsync(() => kit.PublishAsync("a", 2, PolicyBinding.Capsule));
        Assert.Equal("policy-binding-changed", problem.Code);
        Assert.Equal(1, await kit.CountAsync("policies.policy_version"));
    }

    [Fact]
    public async Task Published_at_once_by_many_it_is_one_version()
    {
        var results = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => kit.PublishAsync("a")));
        Assert.Single(results.Select(r => r.Id).Distinct());
        Assert.Equal(1, await kit.CountAsync("platform.events", OfPolicies));
    }

    [Fact]
    public async Task A_repeated_request_is_answered_as_before_and_its_key_serves_no_other()
    {
        var request = new PublishPolicy(PolicyKit.Document("a", 1, "rule all allow")) { IdempotencyKey = "k1" };
        var first = await kit.Service.PublishAsync(kit.Author, request, default);
        Assert.Equal(first, await kit.Service.PublishAsync(kit.Author, request, default));
        var problem = await RefusalAsync(() =>
            kit.Service.PublishAsync(kit.Author, request with { Source = PolicyKit.Document("b", 1, "rule all allow") }, default));
        Assert.Equal(("idempotency-mismatch", 422), (problem.Code, problem.Status));
        Assert.Equal(1, await kit.CountAsync("policies.policy_version"));
    }

    [Fact]
    public async Task Writing_needs_the_scope()
    {
        foreach (var role in Role.All)
        {
            var caller = kit.As(role);
            var theirs = await kit.PublishAsync(role);
            Func<Task>[] writes =
            [
                () => kit.Service.PublishAsync(caller, new PublishPolicy(PolicyKit.Document($"{role}.own", 1, "rule all allow")), default),
                () => kit.Service.UpdateAsync(caller, theirs.Id, new PolicyText(PolicyKit.Document(role, 2, "rule all allow")), 1, default),
                () => kit.Service.DeleteAsync(caller, theirs.Id, default),
            ];
            foreach (var write in writes)
            {
                if (role is Role.Author or Role.Admin)
                {
                    await write();
                }
                else
                {
                    Assert.Equal("forbidden", (await RefusalAsync(write)).Code);
                }
            }
        }
    }

    [Fact]
    public async Task Lists_newest_first_in_pages_and_by_name()
    {
        var published = new List<PolicyVersion>();
        for (var i = 1; i <= 5; i++)
        {
            published.Add(await kit.PublishAsync("a", i));
            await kit.TickAsync();
        }

        await kit.PublishAsync("b");
        var first = await kit.Service.ListAsync(kit.Viewer, "a", false, new PageRequest(Limit: 3), default);
        Assert.Equal([5, 4, 3], first.Items.Select(p => p.Version));
        var second = await kit.Service.ListAsync(kit.Viewer, "a", false, new PageRequest(first.Next, 3), default);
        Assert.Equal([2, 1], second.Items.Select(p => p.Version));
        Assert.Null(second.Next);
        Assert.Equal(6, (await kit.Service.ListAsync(kit.Viewer, null, false, new(), default)).Items.Count);
    }

    [Fact]
    public async Task Resolves_references_all_or_nothing()
    {
        var (a1, a3, b2) = (await kit.PublishAsync("a", 1), await kit.PublishAsync("a", 3), await kit.PublishAsync("b", 2));
        Assert.Equal([a3, a1, a3, b2, a3], await kit.Service.ResolveAsync(kit.Viewer, ["a", "a@1", "a@^3", "b", "a"], default));
        Assert.Empty(await kit.Service.ResolveAsync(kit.Viewer, [], default));
        var problem = await RefusalAsync(() => kit.Service.ResolveAsync(kit.Viewer, ["a", "a@2"], default));
        Assert.Equal(("policy-not-found", 404, "no policy `a@2`"), (problem.Code, problem.Status, problem.Detail));
    }

    [Theory]
    [InlineData("")]
    [InlineData("A")]
    [InlineData("a@")]
    [InlineData("a@0")]
    [InlineData("a@1.2")]
    [InlineData("a@^^1")]
    [InlineData("a@99999999999")]
    [InlineData("a'; drop table policies.policy; --")]
    public async Task Refuses_what_is_no_reference(string reference) =>
        Assert.Equal("invalid-request", (await RefusalAsync(() => kit.Service.ResolveAsync(kit.Viewer, [reference], default))).Code);

    [Fact]
    public async Task Refuses_null_and_too_much_in_a_list()
    {
        Assert.Equal("invalid-request", (await RefusalAsync(() => kit.Service.ResolveAsync(kit.Viewer, ["a", null!], default))).Code);
        Assert.Equal("invalid-request", (await RefusalAsync(() => kit.Service.GetBundleAsync(kit.Viewer, [null!], default))).Code);
        Assert.Equal("invalid-request", (await RefusalAsync(() => kit.Service.GetBundleAsync(kit.Viewer, ["\0"], default))).Code);
        Assert.Equal("invalid-request",
            (await RefusalAsync(() => kit.Service.ResolveAsync(kit.Viewer, [.. Enumerable.Repeat("a", 101)], default))).Code);
    }

    [Fact]
    public async Task The_bundle_has_the_current_version_of_each_tenant_policy_and_the_pinned_ones()
    {
        await kit.PublishAsync("t", 1, PolicyBinding.Tenant);
        var t2 = await kit.PublishAsync("t", 2, PolicyBinding.Tenant);
        var (c1, c2) = (await kit.PublishAsync("c", 1), await kit.PublishAsync("c", 2));
        var bundle = await kit.Service.GetBundleAsync(kit.Viewer, [c1.Digest, c1.Digest], default);
        Assert.Equal([t2], bundle.Tenant);
        Assert.Equal([c1], bundle.Pinned);
        Assert.Equal(bundle.Digest, (await kit.Service.GetBundleAsync(kit.Viewer, [c1.Digest], default)).Digest);
        Assert.NotEqual(bundle.Digest, (await kit.Service.GetBundleAsync(kit.Viewer, [c2.Digest], default)).Digest);
        Assert.Equal("policy-not-found",
            (await RefusalAsync(() => kit.Service.GetBundleAsync(kit.Viewer, [c1.Digest, "sha256:00"], default))).Code);
    }

    [Fact]
    public async Task No_tenant_sees_anothers_policies()
    {
        var mine = await kit.PublishAsync("a", 1, PolicyBinding.Tenant);
        var other = await MakeAsync();
        Assert.Equal("policy-not-found", (await RefusalAsync(() => other.Service.GetAsync(other.Viewer, mine.Id, default))).Code);
        Assert.Equal("policy-not-found", (await RefusalAsync(() => other.Service.ResolveAsync(other.Viewer, ["a"], default))).Code);
        Assert.Equal("policy-not-found",
            (await RefusalAsync(() => other.Service.GetBundleAsync(other.Viewer, [mine.Digest], default))).Code);
        Assert.Empty((await other.Service.ListAsync(other.Viewer, null, false, new(), default)).Items);
        Assert.Empty((await other.Service.GetBundleAsync(other.Viewer, [], default)).Tenant);

        // The same name in another tenant is another policy.
        var theirs = await other.PublishAsync("a", 1, PolicyBinding.Capsule);
        Assert.NotEqual(mine.Id, theirs.Id);
    }

    [Fact]
    public async Task Evaluates_the_named_policies_together_with_the_tenants()
    {
        await kit.PublishAsync("c", 1, PolicyBinding.Capsule, "rule all allow",
            "rule big approval 1 of \"finance\" within 1h when call.args.amount > 500");
        var facts = PolicyKit.Facts("""{"call":{"tool":"payments.refund","args":{"amount":900}}}""");
        var request = new EvaluatePolicy("tool.before", facts, ["c"]);
        var decision = await kit.Service.EvaluateAsync(kit.Viewer, request, default);
        Assert.Equal(Verdict.Approval, decision.Verdict);
        Assert.Equal("c/big", Assert.Single(decision.Approvals).Rule);
        Assert.Equal(Verdict.Deny, (await kit.Service.EvaluateAsync(kit.Viewer, request with { Policies = [] }, default)).Verdict);

        await kit.PublishAsync("t", 1, PolicyBinding.Tenant, "rule all allow", "rule stop deny when call.args.amount > 800");
        decision = await kit.Service.EvaluateAsync(kit.Viewer, request, default);
        Assert.Equal(Verdict.Deny, decision.Verdict);
        Assert.Equal("`t/stop` denies it", decision.Reason);
        Assert.Equal((await kit.Service.GetBundleAsync(kit.Viewer,
            [(await kit.Service.ResolveAsync(kit.Viewer, ["c"], default))[0].Digest], default)).Digest, decision.Bundle);
    }

    [Theory]
    [InlineData("tool.after", "{}")]
    [InlineData("nonsense", "{}")]
    [InlineData("tool.before", "{}")]
    [InlineData("tool.before", "[1]")]
    [InlineData("tool.before", "{\"call\":{\"tool\":\"a.b\"},\"weather\":{}}")]
    [InlineData("run.start", "{\"call\":{\"tool\":\"a.b\"}}")]
    public async Task Refuses_a_trial_that_makes_no_sense(string point, string facts) =>
        Assert.Equal("invalid-request",
            (await RefusalAsync(() =>
            kit.Service.EvaluateAsync(kit.Viewer, new EvaluatePolicy(point, PolicyKit.Facts(facts), []), default))).Code);

    [Fact]
    public async Task What_a_reader_cannot_see_and_what_is_too_much_are_findings()
    {
        var problem = await RefusalAsync(() =>
            kit.Service.PublishAsync(kit.Author, new PublishPolicy("policy a version 1 {\n  // \u0001\n  at tool.before\n  rule x allow\n}"),
            default));
        Assert.Equal("policy.character", problem.Diagnostics![0].Code);
        problem = await RefusalAsync(() => kit.Service.PublishAsync(kit.Author, new PublishPolicy(new string('(', 300_000)), default));
        Assert.Equal("policy.too-large", problem.Diagnostics![0].Code);
    }
}

public sealed class PolicyServiceTests(TestDatabase database) : PolicyContractTests
{
    private protected override ValueTask<PolicyKit> MakeAsync() => new(new LocalPolicies(database.Tenant()));

    [Fact]
    public async Task Reading_needs_the_scope()
    {
        var kit = await MakeAsync();
        var nobody = kit.Viewer with { Scopes = System.Collections.Frozen.FrozenSet<string>.Empty };
        var trial = new EvaluatePolicy("tool.before", PolicyKit.Facts("{}"), []);
        Func<Task>[] reads =
        [
            () => kit.Service.ListAsync(nobody, null, false, new(), default), () => kit.Service.GetAsync(nobody, default, default),
            () => kit.Service.GetBundleAsync(nobody, [], default), () => kit.Service.ResolveAsync(nobody, ["a"], default),
            () => kit.Service.EvaluateAsync(nobody, trial, default), () => kit.Service.CheckAsync(nobody, new PolicyText(""), default),
            () => kit.Service.FormatAsync(nobody, new PolicyText(""), default), () => kit.Service.TestAsync(nobody, new TestPolicyText(""), default),
            () => kit.Service.TestVersionAsync(nobody, default, new TestPolicy(), default),
        ];
        foreach (var read in reads)
        {
            Assert.Equal("forbidden", (await Assert.ThrowsAsync<ProblemException>(read)).Problem.Code);
        }
    }
}
