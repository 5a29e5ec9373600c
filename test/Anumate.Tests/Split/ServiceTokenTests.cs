using System.Net.Http.Headers;
using Anumate.Platform.Data;
using Anumate.Platform.Hosting;
using Microsoft.Extensions.Logging.Abstractions;

namespace Anumate.Tests.Split;

/// <summary>What a process can do with its key, and what it cannot.</summary>
public sealed class ServiceTokenTests(TestServer server, TestDatabase database)
{
    static async Task<(int Status, string Body)> AskAsync(PlatformTenant t, HttpMethod method, string route, string token, string? body = null)
    {
        using var request = new HttpRequestMessage(method, new Uri(route, UriKind.Relative));
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        request.Content = body is null ? null : new StringContent(body, System.Text.Encoding.UTF8, "application/json");
        using var answer = await t.Http.SendAsync(request);
        return ((int)answer.StatusCode, await answer.Content.ReadAsStringAsync());
    }

    /// <summary>A key as of a process that hosts these services, enrolled with its own database role.</summary>
    async Task<ProcessKey> KeyAsync(params string[] services)
    {
        var options = database.Options with { AppRole = $"anumate_key_{services[0]}" };
        await Bootstrap.AddLoginAsync(database.Server, options, services, default);
        var key = new ProcessKey(new Db(options, TimeProvider.System), new HostedServices(services), TimeProvider.System, NullLogger<ProcessKey>.Instance);
        await key.StartingAsync(default);
        return key;
    }

    [Fact]
    public async Task A_process_calls_what_its_services_call_and_nothing_else()
    {
        var t = await server.NewTenantAsync();
        using var compiler = await KeyAsync("compiler");
        var olga = (await t.CallerAsync("olga")).AsService("compiler");
        Assert.Equal(404, (await AskAsync(t, HttpMethod.Get, "/v1/capsules/resolve?reference=nosuch", compiler.Issue(olga, "registry", "ResolveAsync"))).Status);
        Assert.Equal(200, (await AskAsync(t, HttpMethod.Get, "/v1/plans", compiler.Issue(olga, "compiler", "ListPlansAsync"))).Status);
        var refused = await AskAsync(t, HttpMethod.Post, "/v1/captokens", compiler.Issue(olga, "captokens", "IssueAsync"), "{}");
        Assert.Equal(401, refused.Status);
        Assert.Contains("no service of the calling process calls `captokens`", refused.Body);
    }

    [Fact]
    public async Task A_token_is_for_one_method_of_one_service()
    {
        var t = await server.NewTenantAsync();
        using var orchestrator = await KeyAsync("orchestrator");
        var service = t.Service("orchestrator");
        Assert.Equal(200, (await AskAsync(t, HttpMethod.Get, "/v1/connectors", orchestrator.Issue(service, "connectors", "ListAsync"))).Status);
        foreach (var token in new[] { orchestrator.Issue(service, "connectors", "PutAsync"), orchestrator.Issue(service, "approvals", "ListAsync"), orchestrator.Issue(service, "connectors", "ListAsync")[..^4] + "AAAA" })
        {
            Assert.Equal(401, (await AskAsync(t, HttpMethod.Get, "/v1/connectors", token)).Status);
        }
    }

    [Fact]
    public async Task A_key_that_nobody_enrolled_or_that_was_withdrawn_opens_nothing()
    {
        var t = await server.NewTenantAsync();
        using var stranger = new ProcessKey(database.Db, new HostedServices(["orchestrator"]), TimeProvider.System, NullLogger<ProcessKey>.Instance);
        Assert.Equal(401, (await AskAsync(t, HttpMethod.Get, "/v1/connectors", stranger.Issue(t.Service("orchestrator"), "connectors", "ListAsync"))).Status);
        using var gone = await KeyAsync("orchestrator");
        await gone.StoppedAsync(default);
        Assert.Equal(401, (await AskAsync(t, HttpMethod.Get, "/v1/connectors", gone.Issue(t.Service("orchestrator"), "connectors", "ListAsync"))).Status);
    }

    [Fact]
    public async Task No_process_decides_in_a_persons_name_whatever_its_token_says()
    {
        var t = await server.NewTenantAsync();
        using var orchestrator = await KeyAsync("orchestrator");
        var finn = await t.CallerAsync("finn");
        var answer = await AskAsync(t, HttpMethod.Post, $"/v1/approvals/{Id<Approval>.New(TimeProvider.System)}/decision", orchestrator.Issue(finn, "approvals", "DecideAsync"), """{"approve":true}""");
        Assert.Equal(403, answer.Status);
        Assert.Contains("the principal's own credential", answer.Body);
    }

    [Fact]
    public async Task Only_a_process_asks_whose_a_credential_is()
    {
        var t = await server.NewTenantAsync();
        using var events = await KeyAsync("events");
        var body = $$"""{"credential":"{{await t.TokenAsync("olga")}}","correlation":"c-1"}""";
        Assert.Equal(403, (await AskAsync(t, HttpMethod.Post, "/v1/authenticate", await t.TokenAsync("alma"), body)).Status);
        var (status, answer) = await AskAsync(t, HttpMethod.Post, "/v1/authenticate", events.Issue(Caller.Self, "identity", "AuthenticateAsync"), body);
        Assert.Equal(200, status);
        Assert.Contains(t.Person("olga").Id.ToString(), answer);

        // Everything else of Identity is not for a service that does not call it.
        Assert.Equal(401, (await AskAsync(t, HttpMethod.Get, "/v1/principals", events.Issue(t.Service("events"), "identity", "ListPrincipalsAsync"))).Status);
    }

    [Fact]
    public async Task A_refused_process_is_no_answer_of_the_service_and_may_be_asked_again()
    {
        var t = await server.NewTenantAsync();
        using var events = await KeyAsync("events");
        var transport = new Client.Transport(t.Http, (caller, method, _) => ValueTask.FromResult<string?>(events.Issue(caller, "captokens", method)), "the service `captokens`");
        var problem = (await Assert.ThrowsAsync<ProblemException>(() => new Client.CapTokensClient(transport).RevokeAsync(t.Service("events"), Id<CapToken>.New(TimeProvider.System), default))).Problem;
        Assert.Equal(("unavailable", true), (problem.Code, problem.Transient));
    }

    [Fact]
    public async Task The_scopes_of_the_caller_count_as_in_process()
    {
        var t = await server.NewTenantAsync();
        using var orchestrator = await KeyAsync("orchestrator");
        var vera = await t.CallerAsync("vera");
        Assert.Equal(403, (await AskAsync(t, HttpMethod.Post, "/v1/captokens", orchestrator.Issue(vera, "captokens", "IssueAsync"), "{}")).Status);
        Assert.Equal(400, (await AskAsync(t, HttpMethod.Post, "/v1/captokens", orchestrator.Issue(vera.AsService("orchestrator"), "captokens", "IssueAsync"), "{}")).Status);
    }

    [Fact]
    public async Task A_process_hosts_only_what_its_database_role_serves()
    {
        var options = database.Options with { AppRole = "anumate_key_metering" };
        await Bootstrap.AddLoginAsync(database.Server, options, ["metering"], default);
        await using var db = new Db(options, TimeProvider.System);
        using var key = new ProcessKey(db, new HostedServices(["metering", "captokens"]), TimeProvider.System, NullLogger<ProcessKey>.Instance);
        var refusal = await Assert.ThrowsAsync<SetupException>(() => key.StartingAsync(default));
        Assert.Contains("not a member of `anumate_captokens`", refusal.Message);

        // And the database holds to that, whatever the process thinks.
        var breach = await Assert.ThrowsAnyAsync<Exception>(() => db.ForPlatform().Run(
            "insert into platform.service_key (kid, service, public_key, created, expires) values ('forged', 'captokens', '', now(), now())").SaveAsync(default));
        Assert.Contains("42501", breach.ToString());
    }
}
