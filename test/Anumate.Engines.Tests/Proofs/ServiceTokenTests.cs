using System.Buffers.Text;
using System.Collections.Frozen;
using System.Text;
using System.Text.Json.Nodes;
using Anumate.Proofs;

namespace Anumate.Engines.Tests.Proofs;

/// <summary>Tokens between processes: what must be refused before anybody asks whether the process may call at all.</summary>
public sealed class ServiceTokenTests
{
    static readonly DateTimeOffset Now = DateTimeOffset.FromUnixTimeSeconds(1_800_000_000);
    static readonly Ed25519Key Key = Ed25519Key.Import(Convert.FromHexString("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60"));
    static readonly KeyRing Ring = KeyRing.Of(ServiceTokenClaims.Issuer, Key.Public);

    static Guid Uuid(int n) => new(n, 0, 0x7000, [0x80, 0, 0, 0, 0, 0, 0, 0]);

    static Caller Olga(int groups = 2) => new()
    {
        Tenant = new Id<Tenant>(Uuid(1)),
        Principal = new Id<Principal>(Uuid(2)),
        Name = "olga",
        Kind = PrincipalKind.User,
        Credential = CredentialKind.Service,
        Roles = [Role.Operator],
        Groups = [.. Enumerable.Range(0, groups).Select(i => $"{i}".PadLeft(63, 'g'))],
        Scopes = Role.Scopes[Role.Admin].Union(Scope.OfServices).ToFrozenSet(),
        ActsFor = [new Id<Principal>(Uuid(3))],
        Correlation = "c-1",
        Via = "orchestrator",
    };

    static ServiceTokenClaims Claims() => new()
    {
        Process = "host/1", Audience = "approvals", TokenId = "t", IssuedAt = Now, Expires = Now.AddSeconds(30), Method = ServiceTokenClaims.MethodOf("approvals", "RequestAsync"), Caller = Olga(),
    };

    static string Code(string token, string audience = "approvals", string method = "approvals.request", int after = 0, KeyRing? ring = null) =>
        ServiceTokenClaims.Verify(token, audience, method, Now.AddSeconds(after), ring ?? Ring).Token.Code;

    static string SignedWith(Action<JsonObject> change)
    {
        var parts = Claims().Sign(Key).Split('.');
        var payload = (JsonObject)JsonNode.Parse(Base64Url.DecodeFromChars(parts[1]))!;
        change(payload);
        var signed = $"{parts[0]}.{Base64Url.EncodeToString(Encoding.UTF8.GetBytes(payload.ToJsonString()))}";
        return $"{signed}.{Base64Url.EncodeToString(Key.Sign(Encoding.ASCII.GetBytes(signed)))}";
    }

    [Fact]
    public void Carries_the_caller_whole()
    {
        var verified = ServiceTokenClaims.Verify(Claims().Sign(Key), "approvals", "approvals.request", Now, Ring);
        Assert.Equal("ok", verified.Token.Code);
        Assert.Equivalent(Olga(), verified.Claims!.Caller, strict: true);
        Assert.Equal("host/1", verified.Claims.Process);
    }

    [Fact]
    public void Is_known_by_its_header_alone()
    {
        Assert.True(Token.ClaimsToBe(TokenType.Service, Claims().Sign(Key)));
        Assert.False(Token.ClaimsToBe(TokenType.Access, Claims().Sign(Key)));
        Assert.All((string[])["", ".", "ank_x", "a.b.c", "e30.e30.", new string('A', 100_000)], text => Assert.False(Token.ClaimsToBe(TokenType.Service, text)));
    }

    [Theory]
    [InlineData("RequestAsync", "approvals.request")]
    [InlineData("GetToolsAsync", "approvals.get_tools")]
    [InlineData("Watch", "approvals.watch")]
    public void Names_a_method_in_one_way(string member, string name) => Assert.Equal(name, ServiceTokenClaims.MethodOf("approvals", member));

    [Fact]
    public void Holds_for_one_service_one_method_and_its_time()
    {
        var token = Claims().Sign(Key);
        Assert.Equal("token-audience", Code(token, audience: "captokens"));
        Assert.Equal("token-claims", Code(token, method: "approvals.decide"));
        Assert.Equal("token-not-yet-valid", Code(token, after: -60));
        Assert.Equal("token-expired", Code(token, after: 32));
        Assert.Equal("token-key-unknown", Code(token, ring: KeyRing.Empty));
        Assert.Equal("token-issuer", Code(token, ring: KeyRing.Of("anumate/captoken", Key.Public)));
        Assert.Throws<ArgumentException>(() => (Claims() with { Expires = Now.AddSeconds(61) }).Sign(Key));
    }

    [Fact]
    public void A_capability_or_access_token_is_none()
    {
        var claims = new TokenClaims { Issuer = ServiceTokenClaims.Issuer, Subject = "s", Audience = "approvals", TokenId = "t", IssuedAt = Now, Expires = Now.AddSeconds(30) };
        Assert.Equal("token-type", Code(Token.Sign(TokenType.Access, Key, claims)));
        Assert.Equal("token-type", Code(Token.Sign(TokenType.Capability, Key, claims)));
        Assert.Equal("token-claims", Code(Token.Sign(TokenType.Service, Key, claims)));
    }

    [Fact]
    public void Refuses_claims_that_are_missing_malformed_or_unknown()
    {
        Action<JsonObject>[] changes =
        [
            p => p.Remove("act"), p => p.Remove("cap"), p => p["cap"] = new JsonArray(), p => p["cap"] = new JsonArray("approvals.request", "approvals.decide"), p => p["cap"] = "approvals.request",
            p => p["cap"] = new JsonArray(1), p => p["tid"] = "ten_x", p => p["nbf"] = Now.ToUnixTimeSeconds(), p => p["act"] = null, p => p["act"] = new JsonArray(), p => p["act"]!["scopes"] = "all",
            p => p["act"]!["admin"] = true, p => ((JsonObject)p["act"]!).Remove("tenant"), p => p["act"]!["tenant"] = "prn_" + new string('0', 26), p => p["act"]!["kind"] = 1, p => p["act"]!["roles"] = null,
        ];
        Assert.All(changes, change => Assert.Equal("token-claims", Code(SignedWith(change))));
    }

    [Fact]
    public void Holds_a_caller_of_a_hundred_groups_and_refuses_to_sign_what_would_be_refused()
    {
        var token = (Claims() with { Caller = Olga(groups: 100) }).Sign(Key);
        Assert.True(token.Length > Token.MaxLength);
        Assert.Equal("ok", Code(token));
        Assert.Throws<ArgumentException>(() => (Claims() with { Caller = Olga(groups: 300) }).Sign(Key));
    }
}
