using System.Text;
using Anumate.Proofs;

namespace Anumate.Tests.Contracts;

/// <summary>What <see cref="ICapTokens"/> promises.</summary>
public abstract class CapTokensContract(Form form)
{
    static readonly string Tool = $"orders.get@{Digest.Of("tool"u8)}", Arguments = Digest.Of("arguments"u8).ToString();

    static NewCapToken Request(PlatformTenant t, int uses = 1, long epoch = 1, Id<Run>? run = null) => new(run ?? Id<Run>.New(TimeProvider.System), "step", 1, epoch,
        Digest.Of("plan"u8).ToString(), [new Grant(Tool, Arguments, uses)], TimeSpan.FromSeconds(60), t.Person("olga").Id);

    static SpendCapToken Use(NewCapToken request, CapToken token) =>
        new(token.Token, "connectors", request.Run, request.Step, request.Attempt, request.Epoch, Tool, Arguments);

    [Fact]
    public async Task A_token_is_spent_as_often_as_it_grants_and_listed_without_itself()
    {
        var t = await form.MakeTenantAsync();
        var tokens = t.Get<ICapTokens>();
        var request = Request(t, uses: 2);
        var token = await tokens.IssueAsync(t.Service("orchestrator"), request, default);
        await tokens.SpendAsync(t.Service("connectors"), Use(request, token), default);
        await tokens.SpendAsync(t.Service("connectors"), Use(request, token), default);
        var problem = (await Assert.ThrowsAsync<ProblemException>(() => tokens.SpendAsync(t.Service("connectors"), Use(request, token), default))).Problem;
        Assert.Equal(("captoken-refused", 403), (problem.Code, problem.Status));
        Assert.StartsWith("spent", problem.Detail);
        var record = Assert.Single((await tokens.ListAsync(await t.CallerAsync("vera"), request.Run, new PageRequest(), default)).Items);
        Assert.Equal((token.Id, 2, token.Expires), (record.Id, record.Uses, record.Expires));
        Assert.Equal(request.Grants, record.Grants);
    }

    [Fact]
    public async Task A_revoked_token_is_refused_and_revoking_twice_is_as_once()
    {
        var t = await form.MakeTenantAsync();
        var tokens = t.Get<ICapTokens>();
        var request = Request(t);
        var token = await tokens.IssueAsync(t.Service("orchestrator"), request, default);
        var olga = await t.CallerAsync("olga");
        await tokens.RevokeAsync(olga, token.Id, default);
        await tokens.RevokeAsync(olga, token.Id, default);
        var problem = (await Assert.ThrowsAsync<ProblemException>(() => tokens.SpendAsync(t.Service("connectors"), Use(request, token), default))).Problem;
        Assert.StartsWith("revoked", problem.Detail);
        Assert.Equal("not-found", await PlatformTenant.RefusalAsync(() => tokens.RevokeAsync(olga, Id<CapToken>.New(TimeProvider.System), default)));
    }

    [Fact]
    public async Task A_token_of_an_older_epoch_or_for_another_call_is_refused()
    {
        var t = await form.MakeTenantAsync();
        var tokens = t.Get<ICapTokens>();
        var old = Request(t);
        var token = await tokens.IssueAsync(t.Service("orchestrator"), old, default);
        foreach (var other in new[] { Use(old, token) with { Step = "other" }, Use(old, token) with { Attempt = 2 }, Use(old, token) with { ArgumentsDigest = Digest.Of("x"u8).ToString() }, Use(old, token) with { Audience = "x" } })
        {
            Assert.Equal("captoken-refused", await PlatformTenant.RefusalAsync(() => tokens.SpendAsync(t.Service("connectors"), other, default)));
        }

        await tokens.IssueAsync(t.Service("orchestrator"), Request(t, epoch: 2, run: old.Run), default);
        Assert.StartsWith("fenced", (await Assert.ThrowsAsync<ProblemException>(() => tokens.SpendAsync(t.Service("connectors"), Use(old, token), default))).Problem.Detail);
    }

    [Fact]
    public async Task Only_services_issue_and_spend()
    {
        var t = await form.MakeTenantAsync();
        var alma = await t.CallerAsync("alma");
        var request = Request(t);
        var token = await t.Get<ICapTokens>().IssueAsync(t.Service("orchestrator"), request, default);
        Assert.Equal("forbidden", await PlatformTenant.RefusalAsync(() => t.Get<ICapTokens>().IssueAsync(alma, request, default)));
        Assert.Equal("forbidden", await PlatformTenant.RefusalAsync(() => t.Get<ICapTokens>().SpendAsync(alma, Use(request, token), default)));
    }

    [Fact]
    public async Task Refuses_what_no_token_may_say()
    {
        var t = await form.MakeTenantAsync();
        foreach (var bad in new[] { Request(t) with { Lifetime = TimeSpan.FromSeconds(301) }, Request(t) with { PlanHash = "x" }, Request(t) with { Grants = [] }, Request(t) with { Grants = [new Grant("orders.*", null, 1)] } })
        {
            Assert.Equal("invalid-request", await PlatformTenant.RefusalAsync(() => t.Get<ICapTokens>().IssueAsync(t.Service("orchestrator"), bad, default)));
        }
    }

    [Fact]
    public async Task Its_keys_verify_a_token_without_asking_again()
    {
        var t = await form.MakeTenantAsync();
        var token = await t.Get<ICapTokens>().IssueAsync(t.Service("orchestrator"), Request(t), default);
        var keys = await t.Get<ICapTokens>().GetKeysAsync(default);
        Assert.True(Jwks.TryRead(Encoding.UTF8.GetBytes(keys.GetRawText()), "anumate/captoken", out var ring, out var fault), fault);
        var verified = CapTokenClaims.Verify(token.Token, new TokenExpectation { Type = TokenType.Capability, Audience = "connectors", Now = TimeProvider.System.GetUtcNow() }, ring!);
        Assert.True(verified.Ok, verified.Reason);
        Assert.Equal((t.Id, token.Id), (verified.Claims!.Tenant, verified.Claims.TokenId));
    }
}

public sealed class CapTokensServiceTests(TestServer server) : CapTokensContract(server);

public sealed class CapTokensOverHttpTests(OtherProcess other) : CapTokensContract(other);
