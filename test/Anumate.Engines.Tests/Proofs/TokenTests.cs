using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Anumate.Proofs;

namespace Anumate.Engines.Tests.Proofs;

/// <summary>The attacks on capability tokens (C numbers) that pure verification must refuse.</summary>
public sealed class TokenTests
{
    static readonly DateTimeOffset Now = DateTimeOffset.FromUnixTimeSeconds(1_800_000_000);
    static readonly Ed25519Key Key = Ed25519Key.Import(Convert.FromHexString("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60"));
    static readonly Ed25519Key OtherKey = Ed25519Key.Import(new byte[32]);
    static readonly KeyRing Ring = KeyRing.Of("captokens", Key.Public);
    static readonly TokenExpectation Expected = new()
    {
        Type = TokenType.Capability,
        Audience = "connectors",
        Now = Now,
        Skew = TimeSpan.FromSeconds(2)
    };
    static readonly string Header = $$"""{"alg":"EdDSA","kid":"{{Key.Kid}}","typ":"cap+jwt"}""";
    static readonly string Refund = "payments.refund@" + Digest.Of("schema"u8);

    static Guid Uuid(int n) => new(n, 0, 0x7000, [0x80, 0, 0, 0, 0, 0, 0, 0]);

    static CapTokenClaims Claims() => new()
    {
        Issuer = "captokens",
        Subject = new Id<Principal>(Uuid(1)),
        Audience = "connectors",
        Tenant = new Id<Tenant>(Uuid(2)),
        TokenId = new Id<CapToken>(Uuid(3)),
        IssuedAt = Now,
        NotBefore = Now,
        Expires = Now.AddSeconds(300),
        Run = new Id<Run>(Uuid(4)),
        Step = "refund",
        Attempt = 1,
        Epoch = 3,
        PlanHash = Digest.Of("plan"u8),
        Capabilities = [new Capability(Refund, 1) { ArgsDigest = Digest.Of("args"u8).ToString() }],
        Actors = ["agent", "orchestrator"],
        Depth = 2,
    };

    static string B64(string text) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(text));

    static string B64(byte[] bytes) => Base64Url.EncodeToString(bytes);

    static string Signed(string header, string payload) => Sign($"{B64(header)}.{B64(payload)}");

    static string Sign(string signed) => $"{signed}.{B64(Key.Sign(Encoding.ASCII.GetBytes(signed)))}";

    static JsonObject Payload()
    {
        var token = Claims().Sign(Key);
        return (JsonObject)JsonNode.Parse(Base64Url.DecodeFromChars(token.Split('.')[1]))!;
    }

    static string SignedWith(Action<JsonObject> change)
    {
        var payload = Payload();
        change(payload);
        return Signed(Header, payload.ToJsonString());
    }

    static string Code(string token, TokenExpectation? expected = null, KeyRing? ring = null) =>
        CapTokenClaims.Verify(token, expected ?? Expected, ring ?? Ring).Code;

    [Fact]
    public void A_signed_capability_token_verifies_and_reads_back()
    {
        var claims = Claims() with { Parent = new Id<CapToken>(Uuid(9)) };
        var verification = CapTokenClaims.Verify(claims.Sign(Key), Expected, Ring);
        Assert.True(verification.Ok, verification.Reason);
        Assert.Equal("ok", verification.Code);
        Assert.Equal(Key.Kid, verification.Token.Kid);
        Assert.Equivalent(claims, verification.Claims, strict: true);
    }

    [Fact]
    public void Service_and_access_tokens_carry_other_claims()
    {
        var claims = new TokenClaims
        {
            Issuer = "captokens",
            Subject = "orchestrator",
            Audience = "connectors",
            TokenId = "t",
            IssuedAt = Now,
            Expires = Now.AddSeconds(60),
            Others = new Dictionary<string, JsonElement> { ["act"] = JsonElement.Parse("""{"sub":"prn_1"}""") },
        };
        var verification = Token.Verify(Token.Sign(TokenType.Service, Key, claims), Expected with { Type = TokenType.Service }, Ring);
        Assert.True(verification.Ok);
        Assert.Equal("prn_1", verification.Claims.Others["act"].GetProperty("sub").GetString());
        Assert.Null(verification.Claims.NotBefore);
        Assert.True(Token.Verify(Token.Sign(TokenType.Access, Key, claims with { Expires = Now.AddHours(12) }),
            Expected with { Type = TokenType.Access }, Ring).Ok);
    }

    [Fact]
    public void Verifies_the_signature_of_the_JOSE_cookbook()
    {
        var example = ProofVectors.Json("jose-cookbook", "curve25519", "jws.json");
        var key = example.GetProperty("input").GetProperty("key");
        var pair = Ed25519Key.Import(Base64Url.DecodeFromChars(key.GetProperty("d").GetString()));
        var signing = example.GetProperty("signing");
        var input = Encoding.ASCII.GetBytes(signing.GetProperty("sig-input").GetString()!);
        Assert.Equal(key.GetProperty("x").GetString(), pair.Public.X);
        Assert.Equal(signing.GetProperty("sig").GetString(), B64(pair.Sign(input)));
        Assert.True(pair.Public.Verify(input, Base64Url.DecodeFromChars(signing.GetProperty("sig").GetString())));

        // RFC 8037 A.3
        Assert.Equal("kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k", pair.Kid);
    }

    [Theory]
    [InlineData("none")]
    [InlineData("NoNe")]
    [InlineData("HS256")]
    [InlineData("ES256")]
    [InlineData("eddsa")]
    [InlineData("Ed25519")]
    public void C1_Refuses_any_other_algorithm(string alg)
    {
        Assert.Equal("token-header", Code(Signed(Header.Replace("EdDSA", alg, StringComparison.Ordinal), Payload().ToJsonString())));
        var unsigned = $"{B64(Header.Replace("EdDSA", alg, StringComparison.Ordinal))}.{B64(Payload().ToJsonString())}";
        Assert.Equal("token-malformed", Code(unsigned + "."));
        var hmac = HMACSHA256.HashData(Key.Public.Span, Encoding.ASCII.GetBytes(unsigned));
        Assert.Equal("token-malformed", Code($"{unsigned}.{B64(hmac)}"));
    }

    [Theory]
    [InlineData("\"jwk\":{\"kty\":\"OKP\"}")]
    [InlineData("\"jku\":\"https://evil.example/keys\"")]
    [InlineData("\"x5u\":\"https://evil.example/cert\"")]
    [InlineData("\"crit\":[\"b64\"],\"b64\":false")]
    [InlineData("\"b64\":false")]
    [InlineData("\"cty\":\"JWT\"")]
    [InlineData("\"x\":1")]
    public void C2_Refuses_any_header_besides_the_three(string member) =>
        Assert.Equal("token-header", Code(Signed($"{Header[..^1]},{member}}}", Payload().ToJsonString())));

    [Fact]
    public void C3_Refuses_a_wrong_missing_or_hostile_kid()
    {
        var payload = Payload().ToJsonString();
        Assert.Equal("token-key-unknown", Code(Signed(Header.Replace(Key.Kid, OtherKey.Kid, StringComparison.Ordinal), payload)));
        Assert.Equal("token-key-unknown", Code(Signed(Header.Replace(Key.Kid, "../../etc/passwd", StringComparison.Ordinal), payload)));
        Assert.Equal("token-key-unknown", Code(Signed(Header.Replace(Key.Kid, "' or 1=1 --", StringComparison.Ordinal), payload)));
        Assert.Equal("token-header", Code(Signed("""{"alg":"EdDSA","typ":"cap+jwt"}""", payload)));
        Assert.Equal("token-header", Code(Signed($$"""{"alg":"EdDSA","kid":["{{Key.Kid}}"],"typ":"cap+jwt"}""", payload)));
        Assert.Equal("token-key-unknown", Code(Claims().Sign(Key), ring: KeyRing.Empty));

        // Another issuer's key, known and valid, is still not the key of this issuer.
        var other = new KeyRing([new TrustedKey(Key.Public, "captokens"), new TrustedKey(OtherKey.Public, "someone-else")]);
        Assert.Equal("token-issuer", Code(Claims().Sign(OtherKey), ring: other));
        Assert.Equal("token-signature",
            Code(Signed(Header.Replace(Key.Kid, OtherKey.Kid, StringComparison.Ordinal), payload), ring: other));
    }

    [Theory]
    [InlineData("\"at+jwt\"", "token-type")]
    [InlineData("\"svc+jwt\"", "token-type")]
    [InlineData("\"JWT\"", "token-type")]
    [InlineData("\"CAP+JWT\"", "token-type")]
    [InlineData("\"application/cap+jwt\"", "token-type")]
    [InlineData("null", "token-type")]
    public void C4_Refuses_another_kind_of_token(string typ, string code) =>
        Assert.Equal(code, Code(Signed(Header.Replace("\"cap+jwt\"", typ, StringComparison.Ordinal), Payload().ToJsonString())));

    [Fact]
    public void C4_Refuses_a_missing_kind_and_a_capability_shown_as_access()
    {
        Assert.Equal("token-header", Code(Signed($$"""{"alg":"EdDSA","kid":"{{Key.Kid}}"}""", Payload().ToJsonString())));
        Assert.Equal("token-type", Token.Verify(Claims().Sign(Key), Expected with { Type = TokenType.Access }, Ring).Code);
    }

    [Fact]
    public void C5_Refuses_any_second_spelling_of_the_same_token()
    {
        var token = Claims().Sign(Key);
        var parts = token.Split('.');
        var last = token[^1];
        var sibling = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".IndexOf(last, StringComparison.Ordinal) ^ 1;
        string[] hostile =
        [
            token + "=", token + "==", $"{parts[0]}==.{parts[1]}.{parts[2]}", token + "\n", " " + token, token + " ",
                token.Replace('.', '\n'), token + ".",
            token + "." + parts[2], "." + token, $"{parts[0]}..{parts[2]}", $"{parts[0]}.{parts[2]}",
                $"{parts[0]}.{parts[1]}.{parts[2]}.{parts[1]}.{parts[2]}",
            token.Replace('-', '+').Replace('_', '/'), token[..^1],
                token[..^1] + "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"[sibling],
            token[..^1] + "é", "", ".", "..", parts[0],
            $$"""{"payload":"{{parts[1]}}","protected":"{{parts[0]}}","signature":"{{parts[2]}}"}""", "Bearer " + token,
        ];
        Assert.All(hostile.Where(h => h != token), h => Assert.Equal("token-malformed", Code(h)));
        Assert.Equal("ok", Code(token));
        Assert.Equal(1, hostile.Count(h => h.StartsWith(parts[0] + "." + parts[1] + "." + parts[2][..^1], StringComparison.Ordinal)
            && h.Length == token.Length && h[^1] is not 'é'));
    }

    [Theory]
    [InlineData("""{"alg":"EdDSA","alg":"EdDSA","kid":"KID","typ":"cap+jwt"}""")]
    [InlineData("""{"alg":"EdDSA","\u0061lg":"EdDSA","kid":"KID","typ":"cap+jwt"}""")]
    public void C6_Refuses_duplicate_headers(string header) =>
        Assert.Equal("token-malformed", Code(Signed(header.Replace("KID", Key.Kid, StringComparison.Ordinal), Payload().ToJsonString())));

    [Theory]
    [InlineData("aud", "[\"connectors\"]")]
    [InlineData("aud", "[\"connectors\",\"other\"]")]
    [InlineData("aud", "\"\"")]
    [InlineData("exp", "\"1800000300\"")]
    [InlineData("exp", "1800000300.0")]
    [InlineData("exp", "1.8000003e9")]
    [InlineData("exp", "-1")]
    [InlineData("exp", "999999999999999")]
    [InlineData("exp", "null")]
    [InlineData("exp", "true")]
    [InlineData("iat", "\"1800000000\"")]
    [InlineData("nbf", "1800000000.5")]
    [InlineData("nbf", "null")]
    [InlineData("iss", "1")]
    [InlineData("sub", "[]")]
    [InlineData("sub", "\"someone\"")]
    [InlineData("jti", "\"t1\"")]
    [InlineData("tid", "\"ten_1\"")]
    [InlineData("run", "7")]
    [InlineData("step", "\"\"")]
    [InlineData("attempt", "0")]
    [InlineData("attempt", "1.5")]
    [InlineData("attempt", "\"1\"")]
    [InlineData("epoch", "-1")]
    [InlineData("plan_hash", "\"sha256:00\"")]
    [InlineData("dep", "100")]
    [InlineData("cap", "[]")]
    [InlineData("cap", "{}")]
    [InlineData("cap", "[{\"tool\":\"payments.refund\",\"max_uses\":1}]")]
    [InlineData("act", "{\"sub\":\"a\",\"x\":1}")]
    [InlineData("act", "\"a\"")]
    [InlineData("scope", "\"everything\"")]
    public void C6_Refuses_claims_of_a_wrong_type_or_range_and_unknown_ones(string claim, string value) =>
        Assert.Equal("token-claims", Code(SignedWith(p => p[claim] = JsonNode.Parse(value))));

    [Fact]
    public void C6_Refuses_duplicate_and_missing_claims()
    {
        var payload = Payload().ToJsonString();
        Assert.Equal("token-malformed", Code(Signed(Header, payload[..^1] + ",\"exp\":1800000300}")));
        Assert.Equal("token-malformed", Code(Signed(Header, payload[..^1] + ",\"e\\u0078p\":1800000300}")));
        Assert.Equal("token-malformed",
            Code(Signed(Header, payload.Replace("\"max_uses\":1", "\"max_uses\":1,\"max_uses\":9", StringComparison.Ordinal))));
        Assert.Equal("token-malformed", Code(Signed(Header, payload.Replace("1800000300", "9007199254740993", StringComparison.Ordinal))));
        Assert.All(Payload().Select(p => p.Key).Where(name => name != "act"), name =>
            Assert.Equal("token-claims", Code(SignedWith(p => p.Remove(name)))));
        Assert.Equal("token-claims", Code(Signed(Header, "[]")));
    }

    [Fact]
    public void C7_Refuses_a_life_over_300_seconds_whoever_signed_it()
    {
        Assert.Throws<ArgumentException>(() => (Claims() with { Expires = Now.AddSeconds(301) }).Sign(Key));
        Assert.Equal("token-lifetime", Code(SignedWith(p => p["exp"] = 1_800_000_301)));
        Assert.Equal("token-claims", Code(SignedWith(p => p["exp"] = 1_800_000_000)));
        foreach (var (type, seconds) in new[] { (TokenType.Service, 60), (TokenType.Access, 12 * 3600) })
        {
            var header = Header.Replace("cap+jwt", type.Typ, StringComparison.Ordinal);
            var expected = Expected with { Type = type };
            var payload = $$"""{"iss":"captokens","sub":"s","aud":"connectors","jti":"t","iat":1800000000,"exp":{{1_800_000_000L + seconds}}}""";
            Assert.Equal("ok", Token.Verify(Signed(header, payload), expected, Ring).Code);
            payload = payload.Replace($"{1_800_000_000L + seconds}", $"{1_800_000_001L + seconds}", StringComparison.Ordinal);
            Assert.Equal("token-lifetime", Token.Verify(Signed(header, payload), expected, Ring).Code);
        }
    }

    [Fact]
    public void C7_Refuses_outside_of_its_time_to_the_second()
    {
        var token = (Claims() with { Expires = Now.AddSeconds(60) }).Sign(Key);
        string At(double seconds) => Code(token, Expected with { Now = Now.AddSeconds(seconds) });
        Assert.Equal("ok", At(61.999));
        Assert.Equal("token-expired", At(62));
        Assert.Equal("token-expired", At(1e9));
        Assert.Equal("ok", At(-2));
        Assert.Equal("token-not-yet-valid", At(-2.001));
        Assert.Equal("token-not-yet-valid", At(-3600));
        Assert.Equal("token-not-yet-valid", Code((Claims() with { NotBefore = Now.AddSeconds(10) }).Sign(Key)));
        Assert.Equal("token-expired", Code(token, Expected with { Now = Now.AddSeconds(60), Skew = TimeSpan.Zero }));
        Assert.Throws<ArgumentException>(() => Code(token, Expected with { Skew = TimeSpan.FromSeconds(5.1) }));
        Assert.Throws<ArgumentException>(() => Code(token, Expected with { Skew = TimeSpan.FromSeconds(-1) }));
    }

    [Fact]
    public void C8_Refuses_another_audience_issuer_or_tenant()
    {
        var token = Claims().Sign(Key);
        Assert.Equal("token-audience", Code(token, Expected with { Audience = "policies" }));
        Assert.Equal("token-audience", Code(token, Expected with { Audience = "Connectors" }));
        Assert.Equal("token-issuer", Code(token, Expected with { Issuer = "identity" }));
        Assert.Equal("token-issuer", Code(token, ring: KeyRing.Of("identity", Key.Public)));
        Assert.Equal("tid", Claims().MismatchWith(new Id<Tenant>(Uuid(99)), Claims().Run, "refund", 1, 3, Claims().PlanHash));
    }

    [Fact]
    public void C9_Names_the_run_step_attempt_epoch_or_plan_that_differs()
    {
        var c = Claims();
        Assert.Null(c.MismatchWith(c.Tenant, c.Run, "refund", 1, 3, c.PlanHash));
        Assert.Null(c.MismatchWith(c.Tenant, c.Run, "refund", 1, 3, null));
        Assert.Equal("run", c.MismatchWith(c.Tenant, new Id<Run>(Uuid(5)), "refund", 1, 3, c.PlanHash));
        Assert.Equal("step", c.MismatchWith(c.Tenant, c.Run, "Refund", 1, 3, c.PlanHash));
        Assert.Equal("attempt", c.MismatchWith(c.Tenant, c.Run, "refund", 2, 3, c.PlanHash));
        Assert.Equal("epoch", c.MismatchWith(c.Tenant, c.Run, "refund", 1, 4, c.PlanHash));
        Assert.Equal("plan_hash", c.MismatchWith(c.Tenant, c.Run, "refund", 1, 3, Digest.Of("edited"u8)));
    }

    [Fact]
    public void C10_Permits_exactly_the_tool_and_version_it_names()
    {
        var args = Digest.Of("args"u8).ToString();
        var c = Claims();
        Assert.NotNull(c.Find(Refund, args));
        string version = Refund[Refund.IndexOf('@', StringComparison.Ordinal)..];
        Assert.All(
            new[] { "payments.void" + version, "Payments.refund" + version, "payments.refund", "payments.refun" + version,
                "payments.refunds" + version, "payments.*" + version, "*", "", "payments.refund" + version.ToUpperInvariant(),
                    "payments.refund@" + Digest.Of("other"u8), "p\u0430yments.refund" + version, Refund + " " },
            tool => Assert.Null(c.Find(tool, args)));
        Assert.All(
            new[] { "payments.*" + version, "Payments.refund" + version, "p\u0430yments.refund" + version, "payments..refund" + version,
                "payments.refund\n" + version, ".x" + version, version, "payments.refund@latest" },
            tool => Assert.Throws<ArgumentException>(() => (c with { Capabilities = [new Capability(tool, 1)] }).Sign(Key)));
    }

    [Fact]
    public void C11_Permits_only_the_arguments_of_the_digest_in_any_order()
    {
        static string DigestOf(string json) => Digest.Of(CanonicalJson.Write(Encoding.UTF8.GetBytes(json))).ToString();
        var capability = new Capability(Refund, 1) { ArgsDigest = DigestOf("""{"amount":40,"charge":"ch_1"}""") };
        Assert.True(capability.Permits(Refund, DigestOf("""{ "charge": "ch_1", "amount": 40.0 }""")));
        Assert.False(capability.Permits(Refund, DigestOf("""{"amount":41,"charge":"ch_1"}""")));
        Assert.False(capability.Permits(Refund, DigestOf("""{"amount":"40","charge":"ch_1"}""")));
        Assert.False(capability.Permits(Refund, DigestOf("""{"amount":"40.0","charge":"ch_1"}""")));
        Assert.False(capability.Permits(Refund, DigestOf("""{"amount":40,"charge":"ch_1","extra":null}""")));
        Assert.False(capability.Permits(Refund, ""));
        Assert.True((capability with { ArgsDigest = null }).Permits(Refund, "anything"));
    }

    [Fact]
    public void C12_Refuses_uses_out_of_range_and_a_tool_named_twice()
    {
        var c = Claims();
        Assert.Throws<ArgumentException>(() => (c with { Capabilities = [new Capability(Refund, 0)] }).Sign(Key));
        Assert.Throws<ArgumentException>(() => (c with { Capabilities = [new Capability(Refund, 10_001)] }).Sign(Key));
        Assert.Throws<ArgumentException>(() => (c with { Capabilities = [new Capability(Refund, 1), new Capability(Refund, 5)] })
            .Sign(Key));
        Assert.Equal("token-claims", Code(SignedWith(p => p["cap"]![0]!["max_uses"] = JsonNode.Parse("1e1"))));
        Assert.Equal("token-claims", Code(SignedWith(p => p["cap"]![0]!["unlimited"] = true)));
        Assert.Equal("token-claims", Code(SignedWith(p => p["cap"]![0]!["args_digest"] = "md5:00")));
    }

    [Fact]
    public void C15_A_child_that_widens_anything_is_named_by_what_it_widens()
    {
        var parent = Claims() with
        {
            Capabilities = [new Capability(Refund, 3),
            new Capability("orders.get@" + Digest.Of("o"u8), 5) { ArgsDigest = Digest.Of("a"u8).ToString() }]
        };
        var child = parent with
        {
            TokenId = new Id<CapToken>(Uuid(50)),
            Parent = parent.TokenId,
            Depth = 1,
            Expires = Now.AddSeconds(100),
            Actors = ["helper", .. parent.Actors],
            Capabilities = [new Capability(Refund, 2) { ArgsDigest = Digest.Of("x"u8).ToString() }],
        };
        Assert.Null(child.WidensOver(parent));
        Assert.Equal("par", (child with { Parent = new Id<CapToken>(Uuid(51)) }).WidensOver(parent));
        Assert.Equal("par", (child with { Parent = null }).WidensOver(parent));
        Assert.Equal("run", (child with { Run = new Id<Run>(Uuid(52)) }).WidensOver(parent));
        Assert.Equal("tid", (child with { Tenant = new Id<Tenant>(Uuid(52)) }).WidensOver(parent));
        Assert.Equal("aud", (child with { Audience = "policies" }).WidensOver(parent));
        Assert.Equal("sub", (child with { Subject = new Id<Principal>(Uuid(52)) }).WidensOver(parent));
        Assert.Equal("dep", (child with { Depth = 2 }).WidensOver(parent));
        Assert.Equal("exp", (child with { Expires = Now.AddSeconds(301) }).WidensOver(parent));
        Assert.Equal("nbf", (child with { NotBefore = Now.AddSeconds(-1) }).WidensOver(parent));
        Assert.Equal("act", (child with { Actors = ["helper"] }).WidensOver(parent));
        Assert.Equal("act", (child with { Actors = ["helper", "forged", "orchestrator"] }).WidensOver(parent));
        Assert.Equal("act", (child with { Actors = ["agent", .. parent.Actors] }).WidensOver(parent));
        Assert.Equal("cap", (child with { Capabilities = [new Capability(Refund, 4)] }).WidensOver(parent));
        Assert.Equal("cap", (child with { Capabilities = [new Capability("mail.send@" + Digest.Of("m"u8), 1)] }).WidensOver(parent));
        Assert.Equal("cap", (child with { Capabilities = [new Capability("orders.get@" + Digest.Of("o"u8), 1)] }).WidensOver(parent));
    }

    [Fact]
    public void C18_Refuses_a_key_outside_of_its_window()
    {
        var token = Claims().Sign(Key);
        KeyRing Window(double? from, double? until) => new([new TrustedKey(Key.Public, "captokens")
            { From = from is { } f ? Now.AddSeconds(f) : null, Until = until is { } u ? Now.AddSeconds(u) : null }]);
        Assert.Equal("ok", Code(token, ring: Window(0, 1)));
        Assert.Equal("token-key-window", Code(token, ring: Window(1, null)));
        Assert.Equal("token-key-window", Code(token, ring: Window(null, 0)));
    }

    [Fact]
    public void C20_A_refusal_never_quotes_the_token()
    {
        var token = Claims().Sign(Key);
        var reasons = new[] { token + "x", SignedWith(p => p["exp"] = "x"), token[..^8] + "AAAAAAAA" }.Select(t =>
            CapTokenClaims.Verify(t, Expected, Ring).Reason);
        Assert.All(reasons, r => Assert.DoesNotContain("eyJ", r, StringComparison.Ordinal));
    }

    [Fact]
    public void C21_Refuses_an_oversized_token_and_deep_JSON()
    {
        Assert.Equal("token-malformed", Code(new string('A', Token.MaxLength + 1)));
        var long_ = SignedWith(p => p["step"] = new string('x', 7000));
        Assert.Equal("token-malformed", Code(long_));
        var deep = string.Concat(Enumerable.Repeat("{\"act\":", 17)) + "1" + new string('}', 17);
        Assert.Equal("token-malformed", Code(Signed(Header, Payload().ToJsonString()[..^1] + ",\"x\":" + deep + "}")));
        var actors = string.Concat(Enumerable.Range(0, 9).Select(i => $$"""{"sub":"a{{i}}","act":""")) + "{\"sub\":\"z\"}" + new string('}', 9);
        Assert.Equal("token-claims", Code(SignedWith(p => p["act"] = JsonNode.Parse(actors))));
        var args = Digest.Of("y"u8).ToString();
        var many = Enumerable.Range(0, 64).Select(i => new Capability($"t{i}@" + Digest.Of("x"u8), 1) { ArgsDigest = args });
        Assert.Throws<ArgumentException>(() => (Claims() with { Capabilities = [.. many] }).Sign(Key));
    }

    [Fact]
    public void Every_flipped_bit_of_a_token_is_refused()
    {
        var token = Claims().Sign(Key);
        for (var i = 0; i < token.Length; i++)
        {
            for (var n = 0; n < Runs.UpTo(7, 2); n++)
            {
                var bit = (i + n) % 7;
                var changed = token.ToCharArray();
                changed[i] = (char)(changed[i] ^ (1 << bit));
                Assert.False(CapTokenClaims.Verify(new string(changed), Expected, Ring).Ok, $"character {i}, bit {bit}");
            }
        }
    }
}
