using System.Text.Json;
using Anumate.Proofs;
using Anumate.Tests.GoldenPath;

namespace Anumate.Tests.Contracts;

/// <summary>What <see cref="IConnectors"/> promises; the tools are a program of their own.</summary>
public abstract class ConnectorsContract(Form form, ToolProgram tools)
{
    static readonly byte[] Salt = new byte[32];

    async Task<PutConnector> DocumentAsync()
    {
        var document = (PutConnector)JsonSerializer.Deserialize(await Automation.ReadAsync("tools.json"), AnumateJson.Options.GetTypeInfo(typeof(PutConnector)))!;
        return document with { BaseUrl = tools.Address };
    }

    async Task<(PlatformTenant T, IConnectors Connectors, Tool Tool)> WithToolsAsync(string tool = "orders.get")
    {
        var t = await form.MakeTenantAsync();
        var connectors = t.Get<IConnectors>();
        var connector = await connectors.PutAsync(await t.CallerAsync("alma"), await DocumentAsync(), default);
        return (t, connectors, connector.Tools.Single(c => c.Name == tool));
    }

    [Fact]
    public async Task Registers_tools_and_gives_them_back()
    {
        var t = await form.MakeTenantAsync();
        var connectors = t.Get<IConnectors>();
        var (alma, vera) = (await t.CallerAsync("alma"), await t.CallerAsync("vera"));
        var document = await DocumentAsync();
        var put = await connectors.PutAsync(alma, document, default);
        Assert.Equal(document.Tools.Select(c => c.Name).Order(StringComparer.Ordinal), put.Tools.Select(c => c.Name).Order(StringComparer.Ordinal));
        Assert.Equal(put.Tools.Select(c => c.Digest).Order(), (await connectors.GetAsync(vera, put.Id, default)).Tools.Select(c => c.Digest).Order());
        Assert.Equal([put.Id], (await connectors.ListAsync(vera, new PageRequest(), default)).Items.Select(c => c.Id));
        var first = await connectors.ListToolsAsync(vera, new PageRequest(Limit: 1), default);
        var second = await connectors.ListToolsAsync(vera, new PageRequest(first.Next, 200), default);
        Assert.Equal(put.Tools.Select(c => c.Name).Order(StringComparer.Ordinal), first.Items.Concat(second.Items).Select(c => c.Name));

        // The same again is the same connector.
        Assert.Equal(put.Id, (await connectors.PutAsync(alma, document, default)).Id);
    }

    [Fact]
    public async Task Leaves_unknown_names_out_of_the_answer()
    {
        var (t, connectors, tool) = await WithToolsAsync();
        var found = await connectors.GetToolsAsync(t.Service("compiler"), ["nosuch.tool", tool.Name], default);
        Assert.Equal(tool.Digest, Assert.Single(found).Digest);
        Assert.Empty(await connectors.GetToolsAsync(t.Service("compiler"), [], default));
        Assert.Equal("invalid-request", await PlatformTenant.RefusalAsync(() => connectors.GetToolsAsync(t.Service("compiler"), [.. Enumerable.Repeat("a.b", 501)], default)));
    }

    [Fact]
    public async Task Refuses_a_connector_that_makes_no_sense_and_who_may_not_register()
    {
        var t = await form.MakeTenantAsync();
        var document = await DocumentAsync();
        var alma = await t.CallerAsync("alma");
        Assert.Equal("connector-invalid", await PlatformTenant.RefusalAsync(() => t.Get<IConnectors>().PutAsync(alma, document with { BaseUrl = "ftp://x" }, default)));
        var olga = await t.CallerAsync("olga");
        Assert.Equal("forbidden", await PlatformTenant.RefusalAsync(() => t.Get<IConnectors>().PutAsync(olga, document, default)));
        Assert.Equal(0, await t.CountAsync("connectors.connector"));
    }

    [Fact]
    public async Task Calls_a_tool_under_a_token_once()
    {
        var (t, connectors, tool) = await WithToolsAsync();
        var call = await CallAsync(t, tool, """{"id":"A-1001"}""");
        var result = await connectors.CallAsync(t.Service("orchestrator"), call, default);
        Assert.Equal(ToolOutcome.Ok, result.Outcome);
        Assert.Equal("A-1001", result.Output!.Value.GetProperty("id").GetString());
        Assert.Null(result.Error);
        Assert.True(result.Duration > TimeSpan.Zero);
        Assert.Equal("captoken-refused", await PlatformTenant.RefusalAsync(() => connectors.CallAsync(t.Service("orchestrator"), call, default)));
    }

    [Fact]
    public async Task Sends_nothing_but_what_the_token_names()
    {
        var (t, connectors, tool) = await WithToolsAsync();
        var call = await CallAsync(t, tool, """{"id":"A-1001"}""");
        Assert.Equal("captoken-refused", await PlatformTenant.RefusalAsync(() => connectors.CallAsync(t.Service("orchestrator"), call with { Arguments = """{"id":"A-1002"}"""u8.ToArray() }, default)));
        Assert.Equal("tool-changed", await PlatformTenant.RefusalAsync(() => connectors.CallAsync(t.Service("orchestrator"), call with { Tool = $"{tool.Name}@{Digest.Of("other"u8)}" }, default)));
        var alma = await t.CallerAsync("alma");
        Assert.Equal("forbidden", await PlatformTenant.RefusalAsync(() => connectors.CallAsync(alma, call, default)));
    }

    [Fact]
    public async Task Asks_a_tool_what_became_of_a_call()
    {
        var (t, connectors, tool) = await WithToolsAsync("payments.refund");
        var call = await CallAsync(t, tool, """{"amount":5,"charge":"ch_A-1001","currency":"EUR","reference":"r"}""");
        var lookup = new ToolLookup(call.Tool, call.IdempotencyKey, TimeSpan.FromSeconds(10));
        Assert.Equal(ToolOutcome.NotFound, (await connectors.LookupAsync(t.Service("orchestrator"), lookup, default)).Outcome);
        var result = await connectors.CallAsync(t.Service("orchestrator"), call, default);
        var found = await connectors.LookupAsync(t.Service("orchestrator"), lookup, default);
        Assert.Equal((result.Outcome, result.Output!.Value.GetRawText()), (found.Outcome, found.Output!.Value.GetRawText()));
    }

    [Fact]
    public async Task Anothers_connector_is_not_found()
    {
        var (_, _, tool) = await WithToolsAsync();
        var t = await form.MakeTenantAsync();
        var vera = await t.CallerAsync("vera");
        Assert.Equal("not-found", await PlatformTenant.RefusalAsync(() => t.Get<IConnectors>().GetAsync(vera, tool.Connector, default)));
        Assert.Empty((await t.Get<IConnectors>().ListToolsAsync(vera, new PageRequest(), default)).Items);
    }

    static async Task<ToolCall> CallAsync(PlatformTenant t, Tool tool, string arguments)
    {
        var bytes = System.Text.Encoding.UTF8.GetBytes(arguments);
        var reference = $"{tool.Name}@{tool.Digest}";
        var run = Id<Run>.New(TimeProvider.System);
        var token = await t.Get<ICapTokens>().IssueAsync(t.Service("orchestrator"), new NewCapToken(run, "step", 1, 1, Digest.Of("plan"u8).ToString(),
            [new Grant(reference, SaltedDigest.Of(Salt, bytes).ToString(), 1)], TimeSpan.FromSeconds(60), t.Person("olga").Id), default);
        return new ToolCall(token.Token, reference, bytes, Salt, $"key-{run}", run, "step", 1, 1, TimeSpan.FromSeconds(10));
    }
}

public sealed class ConnectorsServiceTests(TestServer server, ToolProgram tools) : ConnectorsContract(server, tools);

public sealed class ConnectorsOverHttpTests(OtherProcess other, ToolProgram tools) : ConnectorsContract(other, tools);
