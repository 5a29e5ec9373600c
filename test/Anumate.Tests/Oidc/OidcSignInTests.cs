using System.Net.Http.Headers;
using Anumate.Client;
using Anumate.Tests.Http;

namespace Anumate.Tests.Oidc;

/// <summary>T11 at the host: people and programs of a real provider, over HTTP from the login page to the platform's answer.</summary>
public sealed class OidcSignInTests(OidcServer oidc)
{
    [Theory]
    [InlineData("RS256")]
    [InlineData("ES256")]
    [InlineData("EdDSA")]
    public async Task A_person_who_signs_in_at_the_issuer_is_a_principal_with_the_mapped_rights(string alg)
    {
        var o = await oidc.RunningAsync();
        var person = $"jane-{alg.ToLowerInvariant()}";
        await o.GiveAsync(person, ["urn:acme:operator", "unheard-of"], ["Finance:EU", "finance", "Other"]);
        var token = await o.Provider.TokenAsync(person, alg);
        var me = await MeAsync(o, token);

        Assert.Equal((o.Tenant.Id, person, PrincipalKind.User, CredentialKind.SignIn), (me.Tenant, me.Name, me.Kind, me.Credential));
        Assert.Equal([Role.Operator], me.Roles);
        Assert.Equal(["finance"], me.Groups);
        Assert.Equal(me.Principal, (await MeAsync(o, await o.Provider.TokenAsync(person, alg))).Principal);
        var alma = await o.Tenant.ClientAsync("alma");
        var stored = (await alma.Identity.GetPrincipalAsync(Caller.Self, me.Principal, default)).Value;
        Assert.Equal((person, true), (stored.Name, stored.Active));
        var records = await alma.Receipts.ListAuditAsync(Caller.Self, me.Principal.ToString(), new PageRequest(), default);
        Assert.Single(records.Items);
        Assert.Equal("conflict", (await Assert.ThrowsAsync<ProblemException>(() => alma.Identity.ResetSecretAsync(Caller.Self, me.Principal, default))).Problem.Code);
    }

    [Fact]
    public async Task Rights_follow_the_newest_token_and_an_older_one_does_not_bring_them_back()
    {
        var o = await oidc.RunningAsync();
        await o.GiveAsync("newt", ["urn:acme:admin"], ["Finance:EU"]);
        var older = await o.Provider.TokenAsync("newt");
        Assert.Equal([Role.Admin], (await MeAsync(o, older)).Roles);
        await o.GiveAsync("newt", ["urn:acme:viewer"]);
        var me = await MeAsync(o, await LaterAsync(older, () => o.Provider.TokenAsync("newt")));
        Assert.Equal([Role.Viewer], me.Roles);
        Assert.Empty(me.Groups);

        // What this process knew of the older token is forgotten with the event of the change.
        await UntilAsync(async () => (await MeAsync(o, older)).Roles is [Role.Viewer]);
        var alma = await o.Tenant.ClientAsync("alma");
        Assert.Equal([Role.Viewer], (await alma.Identity.GetPrincipalAsync(Caller.Self, me.Principal, default)).Value.Roles);
    }

    [Fact]
    public async Task T11_Whom_an_admin_deactivated_does_not_come_back_with_a_new_token()
    {
        var o = await oidc.RunningAsync();
        await o.GiveAsync("gone", ["urn:acme:operator"]);
        var token = await o.Provider.TokenAsync("gone");
        var me = await MeAsync(o, token);
        var alma = await o.Tenant.ClientAsync("alma");
        var before = await alma.Identity.GetPrincipalAsync(Caller.Self, me.Principal, default);
        await alma.Identity.UpdatePrincipalAsync(Caller.Self, me.Principal, new PrincipalUpdate(me.Roles, [], Active: false), before.Version, default);

        Assert.Equal(401, await StatusAsync(o, token));
        Assert.Equal(401, await StatusAsync(o, await o.Provider.TokenAsync("gone")));
    }

    [Fact]
    public async Task T11_A_name_of_the_tenant_is_not_taken_over_by_who_bears_it_at_the_issuer()
    {
        var o = await oidc.RunningAsync();
        await o.GiveAsync("alma", ["urn:acme:viewer"]);
        var me = await MeAsync(o, await o.Provider.TokenAsync("alma"));
        Assert.NotEqual(o.Tenant.Person("alma").Id, me.Principal);
        Assert.StartsWith("oidc-", me.Name);
        Assert.Equal([Role.Viewer], me.Roles);
    }

    [Fact]
    public async Task A_programs_token_is_no_persons_sign_in()
    {
        var o = await oidc.RunningAsync();
        await o.GiveAsync("robot", ["urn:acme:approver"], ["Finance:EU"]);
        var me = await MeAsync(o, await o.Provider.RobotTokenAsync());
        Assert.Equal((PrincipalKind.Service, CredentialKind.ApiKey), (me.Kind, me.Credential));
    }

    [Fact]
    public async Task T11_Tokens_for_others_of_no_tenant_of_ours_expired_or_for_the_client_sign_nobody_in()
    {
        var o = await oidc.RunningAsync();
        await o.GiveAsync("mallory", ["urn:acme:admin"]);
        var good = await o.Provider.TokenAsync("mallory");
        Assert.Equal(401, await StatusAsync(o, await o.Provider.TokenAsync("mallory", audience: "another-api")));
        Assert.Equal(401, await StatusAsync(o, await o.Provider.TokenAsync("mallory", alg: "PS256")));
        Assert.Equal(401, await StatusAsync(o, await o.Provider.IdTokenAsync("mallory")));
        Assert.Equal(401, await StatusAsync(o, good[..^4] + "AAAA"));
        var brief = await o.Provider.TokenAsync("mallory", seconds: 1);
        await UntilAsync(async () => await StatusAsync(o, brief) == 401);
        await o.GiveAsync("mallory", ["urn:acme:admin"], tenant: "T-2");
        Assert.Equal(401, await StatusAsync(o, await o.Provider.TokenAsync("mallory")));
        await o.GiveAsync("mallory", ["urn:acme:admin"], tenant: "acme");
        Assert.Equal(401, await StatusAsync(o, await o.Provider.TokenAsync("mallory")));
        await o.Provider.SetClaimsAsync("mallory", new { org = new[] { "T-1", "T-2" } });
        Assert.Equal(401, await StatusAsync(o, await o.Provider.TokenAsync("mallory")));
    }

    // On a provider of its own, whose keys it takes away.
    [Fact]
    public async Task T11_New_keys_are_found_and_withdrawn_ones_forgotten()
    {
        await using var o = await RunningOidc.StartAsync();
        await o.GiveAsync("kay", ["urn:acme:viewer"]);
        var before = await o.Provider.TokenAsync("kay");
        Assert.Equal(200, await StatusAsync(o, before));
        await o.Provider.RotateAsync();
        var after = await o.Provider.TokenAsync("kay");
        await UntilAsync(async () => await StatusAsync(o, after) == 200);
        await UntilAsync(async () => await StatusAsync(o, before) == 401);
        Assert.Equal(200, await StatusAsync(o, after));
    }

    static async Task<Me> MeAsync(RunningOidc o, string token) => await new AnumateClient(o.Server.Http, token).Identity.GetMeAsync(Caller.Self, default);

    static async Task<int> StatusAsync(RunningOidc o, string token)
    {
        var answer = await o.Server.Http.AskAsync("/v1/me", ("Authorization", new AuthenticationHeaderValue("Bearer", token).ToString()));
        Assert.True(answer.Status == 200 || answer.Problem.Code == "unauthenticated", $"answered {answer.Status}");
        return answer.Status;
    }

    static async Task UntilAsync(Func<Task<bool>> holds)
    {
        for (var attempt = 0; !await holds(); attempt++)
        {
            Assert.True(attempt < 600, "it never came to hold");
            await Task.Delay(50);
        }
    }

    // Tokens are issued by the second.
    static async Task<string> LaterAsync(string than, Func<Task<string>> token)
    {
        var next = await token();
        while (IssuedAt(next) <= IssuedAt(than))
        {
            await Task.Delay(100);
            next = await token();
        }

        return next;
    }

    static long IssuedAt(string token) =>
        System.Text.Json.JsonElement.Parse(System.Buffers.Text.Base64Url.DecodeFromChars(token.Split('.')[1])).GetProperty("iat").GetInt64();
}
