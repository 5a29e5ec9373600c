namespace Anumate.Tests.Contracts;

/// <summary>What <see cref="IRegistry"/> promises.</summary>
public abstract class RegistryContract(Form form)
{
    static PublishCapsule Document(string name, string version, string title = "A sample") => new($$"""
        apiVersion: anumate.io/v1
        kind: Capsule
        metadata: { name: {{name}}, version: {{version}}, title: {{title}}, owner: ada }
        spec:
          inputs: { type: object }
          tools: [orders.get]
          steps:
            - { id: order, call: orders.get, with: {} }
        """);

    [Fact]
    public async Task Publishes_a_version_and_gives_it_back_by_id_and_by_reference()
    {
        var t = await form.MakeTenantAsync();
        var registry = t.Get<IRegistry>();
        var (ada, vera) = (await t.CallerAsync("ada"), await t.CallerAsync("vera"));
        var published = await registry.PublishAsync(ada, Document("a", "1.2.0"), default);
        Assert.Equal(("a", "1.2.0", "A sample", "ada", ada.Principal), (published.Name, published.Version, published.Title, published.Owner, published.PublishedBy));
        Assert.StartsWith("sha256:", published.Digest);
        foreach (var read in new[] { await registry.GetAsync(vera, published.Id, default), await registry.ResolveAsync(vera, "a@1.2.0", default), await registry.ResolveAsync(vera, "a", default) })
        {
            Assert.Equal((published.Id, published.Digest, published.Source), (read.Id, read.Digest, read.Source));
            Assert.Contains("\"payload\"", read.Signature);
        }
    }

    [Fact]
    public async Task A_name_alone_is_its_highest_version_whenever_it_was_published()
    {
        var t = await form.MakeTenantAsync();
        var registry = t.Get<IRegistry>();
        var ada = await t.CallerAsync("ada");
        foreach (var version in new[] { "1.9.0", "1.10.0", "1.2.0" })
        {
            await registry.PublishAsync(ada, Document("a", version), default);
        }

        Assert.Equal("1.10.0", (await registry.ResolveAsync(ada, "a", default)).Version);
    }

    [Fact]
    public async Task A_published_version_never_changes_and_the_same_content_is_the_same_version()
    {
        var t = await form.MakeTenantAsync();
        var registry = t.Get<IRegistry>();
        var ada = await t.CallerAsync("ada");
        var first = await registry.PublishAsync(ada, Document("a", "1.0.0"), default);
        Assert.Equal(first.Id, (await registry.PublishAsync(ada, Document("a", "1.0.0"), default)).Id);
        Assert.Equal("capsule-version-exists", await PlatformTenant.RefusalAsync(() => registry.PublishAsync(ada, Document("a", "1.0.0", "Another"), default)));
        Assert.Equal(1, await t.CountAsync("platform.events", "type = 'capsule.published'"));
    }

    [Fact]
    public async Task A_document_that_is_no_capsule_is_refused_with_its_places()
    {
        var t = await form.MakeTenantAsync();
        var registry = t.Get<IRegistry>();
        var ada = await t.CallerAsync("ada");
        var problem = (await Assert.ThrowsAsync<ProblemException>(() => registry.PublishAsync(ada, new PublishCapsule("kind: Capsule\nmetdata: {}\n"), default))).Problem;
        Assert.Equal(("capsule-invalid", 422), (problem.Code, problem.Status));
        Assert.Contains(problem.Diagnostics!, d => d.Line == 2);
        Assert.Equal(0, await t.CountAsync("registry.capsule"));
    }

    [Fact]
    public async Task A_key_repeats_the_first_answer_and_serves_no_other_content()
    {
        var t = await form.MakeTenantAsync();
        var registry = t.Get<IRegistry>();
        var ada = await t.CallerAsync("ada");
        var request = Document("a", "1.0.0") with { IdempotencyKey = "k" };
        Assert.Equal((await registry.PublishAsync(ada, request, default)).Id, (await registry.PublishAsync(ada, request, default)).Id);
        Assert.Equal("idempotency-mismatch", await PlatformTenant.RefusalAsync(() => registry.PublishAsync(ada, Document("b", "1.0.0") with { IdempotencyKey = "k" }, default)));
    }

    [Fact]
    public async Task Lists_newest_first_in_pages_and_by_name()
    {
        var t = await form.MakeTenantAsync();
        var registry = t.Get<IRegistry>();
        var ada = await t.CallerAsync("ada");
        foreach (var name in new[] { "a", "b", "c" })
        {
            await registry.PublishAsync(ada, Document(name, "1.0.0"), default);
            await Task.Delay(3);
        }

        var first = await registry.ListAsync(ada, null, new PageRequest(Limit: 2), default);
        Assert.Equal(["c", "b"], first.Items.Select(c => c.Name));
        var second = await registry.ListAsync(ada, null, new PageRequest(first.Next, 2), default);
        Assert.Equal(["a"], second.Items.Select(c => c.Name));
        Assert.Null(second.Next);
        Assert.Equal(["b"], (await registry.ListAsync(ada, "b", new PageRequest(), default)).Items.Select(c => c.Name));
        Assert.Equal("invalid-request", await PlatformTenant.RefusalAsync(() => registry.ListAsync(ada, null, new PageRequest("nonsense"), default)));
    }

    [Fact]
    public async Task What_is_not_there_and_what_is_anothers_is_not_found_and_publishing_needs_the_scope()
    {
        var (t, other) = (await form.MakeTenantAsync(), await form.MakeTenantAsync());
        var registry = t.Get<IRegistry>();
        var theirs = await other.Get<IRegistry>().PublishAsync(await other.CallerAsync("ada"), Document("theirs", "1.0.0"), default);
        var vera = await t.CallerAsync("vera");
        Assert.Equal("capsule-not-found", await PlatformTenant.RefusalAsync(() => registry.GetAsync(vera, theirs.Id, default)));
        Assert.Equal("capsule-not-found", await PlatformTenant.RefusalAsync(() => registry.ResolveAsync(vera, "theirs@1.0.0", default)));
        Assert.Equal("forbidden", await PlatformTenant.RefusalAsync(() => registry.PublishAsync(vera, Document("a", "1.0.0"), default)));
    }

    [Fact]
    public async Task A_service_reads_for_the_one_it_acts_for()
    {
        var t = await form.MakeTenantAsync();
        var published = await t.Get<IRegistry>().PublishAsync(await t.CallerAsync("ada"), Document("a", "1.0.0"), default);
        var acting = (await t.CallerAsync("amir")).AsService("compiler");
        Assert.Equal(published.Id, (await t.Get<IRegistry>().ResolveAsync(acting, "a", default)).Id);
        Assert.Equal("forbidden", await PlatformTenant.RefusalAsync(() => t.Get<IRegistry>().PublishAsync(acting, Document("b", "1.0.0"), default)));
    }
}

public sealed class RegistryServiceTests(TestServer server) : RegistryContract(server);

public sealed class RegistryOverHttpTests(OtherProcess other) : RegistryContract(other);
