using System.Text.Json;
using Anumate.Identity;
using Anumate.Platform.Data;
using Anumate.Platform.Hosting;
using Anumate.Platform.Secrets;
using Anumate.Proofs;
using Anumate.Tests.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;

namespace Anumate.Tests.Identity;

public sealed class CredentialTests(TestServer server)
{
    [Fact]
    public async Task Sign_in_says_the_same_whatever_was_wrong()
    {
        var t = await server.NewTenantAsync();
        var good = t.SecretOf("olga");
        SignIn[] bad =
        [
            new("nosuch", "olga", good), new(t.Name, "nobody", good), new(t.Name, "vera", good), new(t.Name, "olga", good[..^1] + (good[^1] == '0' ? '1' : '0')),
            new(t.Name, "olga", ""), new("", "", ""), new(t.Name, "Olga", good), new(t.Name + "\u0000", "olga", good), new(t.Name, "olga'--", good),
        ];
        var answers = new HashSet<string>();
        foreach (var attempt in bad)
        {
            var problem = await Assert.ThrowsAsync<ProblemException>(() => t.Get<IIdentity>().SignInAsync(attempt, default));
            Assert.Equal(401, problem.Problem.Status);
            answers.Add(problem.Problem.Detail);
        }

        Assert.Single(answers);
    }

    [Fact]
    public async Task An_access_token_names_who_and_where_and_no_rights()
    {
        var t = await server.NewTenantAsync();
        var token = await t.TokenAsync("finn");
        var jwks = (await t.Server.Http.AskAsync("/v1/jwks")).Json<JsonElement>();
        var key = Assert.Single(jwks.GetProperty("keys").EnumerateArray());
        Assert.Equal("Ed25519", key.GetProperty("crv").GetString());
        Assert.False(key.TryGetProperty("d", out _));

        var ring = await t.Get<SigningKeys>().RingAsync(SigningPurpose.AccessToken, default);
        var verified = Token.Verify(token, new TokenExpectation { Type = TokenType.Access, Audience = "anumate", Now = TimeProvider.System.GetUtcNow() }, ring);
        Assert.True(verified.Ok, verified.Reason);
        Assert.Equal(key.GetProperty("kid").GetString(), verified.Kid);
        Assert.Equal(t.Person("finn").Id.ToString(), verified.Claims.Subject);
        Assert.Equal(["kind", "name", "tid"], verified.Claims.Others.Keys.Order(StringComparer.Ordinal));
        Assert.Equal(t.Id.ToString(), verified.Claims.Others["tid"].GetString());
        Assert.True(verified.Claims.Expires - verified.Claims.IssuedAt <= TimeSpan.FromHours(12));
    }

    [Fact]
    public async Task Tokens_signed_for_anything_else_sign_nobody_in()
    {
        var t = await server.NewTenantAsync();
        var keys = t.Get<SigningKeys>();
        var now = TimeProvider.System.GetUtcNow();
        var claims = new TokenClaims
        {
            Issuer = SigningKeys.NameOf(SigningPurpose.AccessToken), Subject = t.Person("alma").Id.ToString(), Audience = "anumate", TokenId = "x", IssuedAt = now, Expires = now.AddMinutes(1),
            Others = new Dictionary<string, JsonElement> { ["tid"] = JsonSerializer.SerializeToElement(t.Id.ToString()) },
        };
        var access = await keys.CurrentAsync(SigningPurpose.AccessToken, default);
        using var stranger = Ed25519Key.New(System.Security.Cryptography.RandomNumberGenerator.Create());
        var good = Token.Sign(TokenType.Access, access, claims);
        Assert.NotNull(await t.Get<IIdentity>().AuthenticateAsync(good, "c", default));

        string[] bad =
        [
            Token.Sign(TokenType.Access, stranger, claims),
            Token.Sign(TokenType.Access, await keys.CurrentAsync(SigningPurpose.CapToken, default), claims),
            Token.Sign(TokenType.Service, access, claims),
            Token.Sign(TokenType.Access, access, claims with { Audience = "other" }),
            Token.Sign(TokenType.Access, access, claims with { Issuer = "other" }),
            Token.Sign(TokenType.Access, access, claims with { IssuedAt = now.AddHours(-2), Expires = now.AddHours(-1) }),
            Token.Sign(TokenType.Access, access, claims with { Subject = Id<Principal>.New(TimeProvider.System).ToString() }),
            Token.Sign(TokenType.Access, access, claims with { Others = new Dictionary<string, JsonElement> { ["tid"] = JsonSerializer.SerializeToElement(Id<Tenant>.New(TimeProvider.System).ToString()) } }),
            Token.Sign(TokenType.Access, access, claims with { Others = new Dictionary<string, JsonElement>() }),
            good + "x", good[..^2], " " + good,
        ];
        foreach (var token in bad)
        {
            Assert.Null(await t.Get<IIdentity>().AuthenticateAsync(token, "c", default));
        }
    }

    [Fact]
    public async Task A_token_of_one_tenant_is_nobody_in_another()
    {
        var (a, b) = (await server.NewTenantAsync(), await server.NewTenantAsync());
        using var http = await a.HttpAsync("alma");
        var answer = await http.AskAsync($"/v1/principals/{b.Person("vera").Id}");
        Assert.Equal((404, "not-found"), (answer.Status, answer.Problem.Code));
    }

    [Fact]
    public async Task Only_hashes_of_secrets_are_stored()
    {
        var t = await server.NewTenantAsync();
        var key = await t.Get<IIdentity>().CreateApiKeyAsync(await t.CallerAsync("olga"), new NewApiKey("k") { IdempotencyKey = "once" }, default);
        await using var admin = new Npgsql.NpgsqlConnection(TestDatabase.Current.Admin);
        await admin.OpenAsync();
        await using var dump = new Npgsql.NpgsqlCommand("""
            select string_agg(t, ' ') from (
                select k::text t from identity.api_key k where tenant_id = $1 union all select p::text from identity.principal p where tenant_id = $1
                union all select i::text from platform.idempotency i where tenant_id = $1 union all select e::text from platform.events e where tenant_id = $1) x
            """, admin)
        { Parameters = { new() { Value = t.Id.Value } } };
        var stored = (string)(await dump.ExecuteScalarAsync())!;
        Assert.Contains(Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(key.Secret!))), stored);
        Assert.DoesNotContain(key.Secret![^64..], stored);
        Assert.DoesNotContain(t.SecretOf("olga")[4..], stored);
    }

    [Fact]
    public async Task The_last_use_of_a_key_is_written_out_of_band()
    {
        var t = await server.NewTenantAsync();
        var olga = await t.CallerAsync("olga");
        var key = await t.Get<IIdentity>().CreateApiKeyAsync(olga, new NewApiKey("k"), default);
        Assert.Null((await t.Get<IIdentity>().ListApiKeysAsync(olga, new PageRequest(), default)).Items.Single().LastUsed);
        var before = TimeProvider.System.GetUtcNow().AddMilliseconds(-1);
        await t.Get<IIdentity>().AuthenticateAsync(key.Secret!, "c", default);
        await t.Get<LastUse>().WriteAsync(default);
        Assert.InRange((await t.Get<IIdentity>().ListApiKeysAsync(olga, new PageRequest(), default)).Items.Single().LastUsed!.Value, before, TimeProvider.System.GetUtcNow());
    }

    [Fact]
    public void What_was_looked_up_is_believed_for_two_seconds_at_most_and_never_past_its_end()
    {
        var time = new FakeTimeProvider();
        var cache = new CredentialCache(new IdentityOptions(), time);
        var caller = PlatformCaller.For(Id<Tenant>.New(time), "identity", "c") with { Principal = Id<Principal>.New(time) };
        cache.Keep("a", new KnownCaller(caller, null, null));
        cache.Keep("b", new KnownCaller(caller, null, time.GetUtcNow().AddSeconds(1)));
        time.Advance(TimeSpan.FromSeconds(1.9));
        Assert.True(cache.TryGet("a", out _));
        Assert.False(cache.TryGet("b", out _));
        time.Advance(TimeSpan.FromSeconds(0.2));
        Assert.False(cache.TryGet("a", out _));
    }

    [Fact]
    public void A_full_cache_makes_room()
    {
        var time = new FakeTimeProvider();
        var cache = new CredentialCache(new IdentityOptions { CredentialCacheSize = 16 }, time);
        var caller = new KnownCaller(PlatformCaller.For(Id<Tenant>.New(time), "identity", "c"), null, null);
        for (var i = 0; i < 1000; i++)
        {
            cache.Keep($"k{i}", caller);
        }

        Assert.True(Enumerable.Range(0, 1000).Count(i => cache.TryGet($"k{i}", out _)) <= 16);
    }

    [Fact]
    public async Task A_tenant_is_created_by_the_platform_alone_with_all_or_nothing()
    {
        var t = await server.NewTenantAsync();
        var identity = t.Get<IIdentity>();
        var alma = await t.CallerAsync("alma");
        Assert.Equal("forbidden", (await Assert.ThrowsAsync<ProblemException>(() => identity.CreateTenantAsync(alma, new NewTenant("other", []), default))).Problem.Code);
        Assert.Equal("forbidden", (await Assert.ThrowsAsync<ProblemException>(() => identity.FindTenantAsync(alma, t.Name, default))).Problem.Code);

        var platform = PlatformCaller.For(default, "identity", "test");
        Assert.Equal(t.Id, (await identity.FindTenantAsync(platform, t.Name, default))!.Id);
        Assert.Null(await identity.FindTenantAsync(platform, "no-such-tenant", default));
        Assert.Equal("tenant-exists", (await Assert.ThrowsAsync<ProblemException>(() => identity.CreateTenantAsync(platform, new NewTenant(t.Name, []), default))).Problem.Code);
        var name = $"{t.Name}-b";
        await Assert.ThrowsAsync<ProblemException>(() => identity.CreateTenantAsync(platform, new NewTenant(name, [new NewPrincipal("a", PrincipalKind.User, ["root"], [])]), default));
        await Assert.ThrowsAsync<ProblemException>(() => identity.CreateTenantAsync(platform,
            new NewTenant(name, [new NewPrincipal("a", PrincipalKind.User, [], []), new NewPrincipal("a", PrincipalKind.User, [], [])]), default));
        Assert.Null(await identity.FindTenantAsync(platform, name, default));
    }

    [Fact]
    public async Task Nobody_reads_tenants_by_listing()
    {
        var t = await server.NewTenantAsync();
        Assert.Single(await t.Get<Db>().For(t.Id).ListAsync("select name from identity.tenant", r => r.GetString(0), default));
        Assert.Empty(await t.Get<Db>().ForPlatform().ListAsync("select name from identity.tenant", r => r.GetString(0), default));
    }
}
