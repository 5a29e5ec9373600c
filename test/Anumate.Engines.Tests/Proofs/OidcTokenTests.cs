using System.Buffers.Text;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Anumate.Proofs;

namespace Anumate.Engines.Tests.Proofs;

/// <summary>T11 and C1 to C6 for tokens of other issuers: what is not exactly a token for us, by a key of its issuer, signs nobody in.</summary>
public sealed class OidcTokenTests
{
    const string Header = """{"alg":"RS256","kid":"rsa","typ":"at+jwt"}""";

    static readonly DateTimeOffset Now = DateTimeOffset.FromUnixTimeSeconds(1_790_000_000);
    static readonly RSA Rsa = RSA.Create(2048);
    static readonly ECDsa Ec = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    static readonly ECDsa Ec521 = ECDsa.Create(ECCurve.NamedCurves.nistP521);
    static readonly OidcKeys Keys = Read(Set(RsaJwk(), EcJwk(Ec, "ec", "P-256"), EcJwk(Ec521, "ec521", "P-521")));

    static readonly OidcExpectation Expected = new()
    {
        Issuer = "https://login.example.com", Audiences = ["anumate"], Algorithms = OidcKey.Algorithms, Types = ["at+jwt"], Now = Now, Skew = TimeSpan.FromSeconds(30),
    };

    static string Claims { get; } =
        """{"iss":"https://login.example.com","sub":"248289761001","aud":"anumate","iat":1789999990,"exp":1790000300,"jti":"1","roles":["op"]}""";

    [Fact]
    public void A_token_of_the_issuer_holds_with_each_algorithm_of_its_key()
    {
        foreach (var (alg, kid) in (IEnumerable<(string, string)>)[("RS256", "rsa"), ("RS384", "rsa"), ("RS512", "rsa"), ("PS256", "rsa"), ("PS384", "rsa"), ("PS512", "rsa"),
            ("ES256", "ec"), ("ES512", "ec521")])
        {
            var verified = Verify(Sign($$"""{"alg":"{{alg}}","kid":"{{kid}}","typ":"application/at+jwt","x5t":"abc"}""", Claims));
            Assert.True(verified.Ok, $"{alg}: {verified.Reason}");
            Assert.Equal("248289761001", verified.Claims.Subject);
            Assert.Equal(JsonValueKind.Array, verified.Claims.Others["roles"].ValueKind);
        }

        Assert.True(Verify(Sign(Header, Claims.Replace("\"anumate\"", "[\"other\",\"anumate\"]", StringComparison.Ordinal))).Ok);
        Assert.True(Verify(Sign(Header, With("iat", "1790000030"))).Ok);
        Assert.True(Verify(Sign(Header, With("exp", "1789999991"))).Ok);
    }

    [Theory]
    [InlineData("""{"alg":"none","kid":"rsa","typ":"at+jwt"}""", "token-header")]
    [InlineData("""{"alg":"NoNe","kid":"rsa","typ":"at+jwt"}""", "token-header")]
    [InlineData("""{"alg":"HS256","kid":"rsa","typ":"at+jwt"}""", "token-header")]
    [InlineData("""{"alg":"rs256","kid":"rsa","typ":"at+jwt"}""", "token-header")]
    [InlineData("""{"alg":["RS256"],"kid":"rsa","typ":"at+jwt"}""", "token-header")]
    [InlineData("""{"kid":"rsa","typ":"at+jwt"}""", "token-header")]
    [InlineData("""{"alg":"RS256","typ":"at+jwt"}""", "token-header")]
    [InlineData("""{"alg":"RS256","kid":7,"typ":"at+jwt"}""", "token-header")]
    [InlineData("""{"alg":"RS256","kid":"rsa","typ":"at+jwt","crit":["exp"]}""", "token-header")]
    [InlineData("""{"alg":"RS256","kid":"rsa","typ":"at+jwt","b64":false}""", "token-header")]
    [InlineData("""{"alg":"RS256","kid":"rsa","typ":"at+jwt","jwk":{}}""", "token-header")]
    [InlineData("""{"alg":"RS256","kid":"rsa","typ":"at+jwt","jku":"https://evil.example/keys"}""", "token-header")]
    [InlineData("""{"alg":"RS256","kid":"rsa","typ":"at+jwt","x5u":"https://evil.example/c"}""", "token-header")]
    [InlineData("""{"alg":"RS256","kid":"rsa","typ":"at+jwt","x5c":[]}""", "token-header")]
    [InlineData("""{"alg":"RS256","kid":"rsa","typ":"at+jwt","zip":"DEF"}""", "token-header")]
    [InlineData("""{"alg":"RS256","kid":"rsa"}""", "token-type")]
    [InlineData("""{"alg":"RS256","kid":"rsa","typ":"JWT"}""", "token-type")]
    [InlineData("""{"alg":"RS256","kid":"rsa","typ":"cap+jwt"}""", "token-type")]
    [InlineData("""{"alg":"RS256","kid":"RSA","typ":"at+jwt"}""", "token-key-unknown")]
    [InlineData("""{"alg":"RS256","kid":"../rsa' or 1=1","typ":"at+jwt"}""", "token-key-unknown")]
    [InlineData("""{"alg":"ES256","kid":"rsa","typ":"at+jwt"}""", "token-signature")]
    [InlineData("""{"alg":"RS256","kid":"ec","typ":"at+jwt"}""", "token-signature")]
    [InlineData("""{"alg":"ES512","kid":"ec","typ":"at+jwt"}""", "token-signature")]
    [InlineData("""{"alg":"EdDSA","kid":"rsa","typ":"at+jwt"}""", "token-signature")]
    public void T11_A_header_that_is_not_the_one_is_refused(string header, string code) => Assert.Equal(code, Verify(Sign(header, Claims)).Code);

    [Fact]
    public void T11_The_public_key_is_no_secret_to_sign_with()
    {
        var signed = Encode("""{"alg":"HS256","kid":"rsa","typ":"at+jwt"}""") + "." + Encode(Claims);
        foreach (var secret in new[] { Rsa.ExportSubjectPublicKeyInfo(), Encoding.ASCII.GetBytes(Rsa.ExportSubjectPublicKeyInfoPem()), Rsa.ExportRSAPublicKey(), Rsa.ExportParameters(false).Modulus! })
        {
            Assert.Equal("token-header", Verify($"{signed}.{Base64Url.EncodeToString(HMACSHA256.HashData(secret, Encoding.ASCII.GetBytes(signed)))}").Code);
        }
    }

    [Fact]
    public void T11_An_algorithm_that_is_not_allowed_is_refused_though_the_key_fits()
    {
        Assert.True(OidcToken.TryRead(Sign("""{"alg":"RS512","kid":"rsa","typ":"at+jwt"}""", Claims), out var token));
        Assert.Equal("token-header", token.Verify(Expected with { Algorithms = ["RS256"] }, Keys).Code);
        Assert.True(OidcToken.TryRead(Sign("""{"alg":"HS256","kid":"rsa","typ":"at+jwt"}""", Claims), out token));
        Assert.Equal("token-header", token.Verify(Expected with { Algorithms = ["HS256"] }, Keys).Code);
    }

    [Theory]
    [InlineData("exp", null, "token-claims")]
    [InlineData("exp", "\"1790000300\"", "token-claims")]
    [InlineData("exp", "1790000300.0", "token-claims")]
    [InlineData("exp", "1.7900003e9", "token-claims")]
    [InlineData("exp", "-1", "token-claims")]
    [InlineData("exp", "9999999999999", "token-claims")]
    [InlineData("exp", "1789999970", "token-claims")]
    [InlineData("iat", null, "token-claims")]
    [InlineData("iat", "\"1789999990\"", "token-claims")]
    [InlineData("iat", "1790000031", "token-not-yet-valid")]
    [InlineData("nbf", "1790000031", "token-not-yet-valid")]
    [InlineData("nbf", "\"0\"", "token-claims")]
    [InlineData("nbf", "1790000300", "token-claims")]
    [InlineData("iss", null, "token-issuer")]
    [InlineData("iss", "\"https://login.example.com/\"", "token-issuer")]
    [InlineData("iss", "\"https://LOGIN.example.com\"", "token-issuer")]
    [InlineData("iss", "[\"https://login.example.com\"]", "token-issuer")]
    [InlineData("aud", null, "token-audience")]
    [InlineData("aud", "\"Anumate\"", "token-audience")]
    [InlineData("aud", "\"anumate2\"", "token-audience")]
    [InlineData("aud", "[]", "token-audience")]
    [InlineData("aud", "[\"other\"]", "token-audience")]
    [InlineData("aud", "[\"anumate\",1]", "token-audience")]
    [InlineData("aud", "{\"anumate\":true}", "token-audience")]
    [InlineData("sub", null, "token-claims")]
    [InlineData("sub", "\"\"", "token-claims")]
    [InlineData("sub", "7", "token-claims")]
    [InlineData("sub", "\"a\\nb\"", "token-claims")]
    [InlineData("sub", "\"ünï\"", "token-claims")]
    public void T11_Claims_that_are_not_for_us_are_refused(string claim, string? value, string code) => Assert.Equal(code, Verify(Sign(Header, With(claim, value))).Code);

    [Fact]
    public void T11_An_expired_token_is_refused_from_the_second_on_in_which_the_skew_ends()
    {
        var token = Sign(Header, Claims);
        Assert.True(OidcToken.TryRead(token, out var read));
        Assert.True(read.Verify(Expected with { Now = DateTimeOffset.FromUnixTimeSeconds(1_790_000_329) }, Keys).Ok);
        Assert.Equal("token-expired", read.Verify(Expected with { Now = DateTimeOffset.FromUnixTimeSeconds(1_790_000_330) }, Keys).Code);
    }

    [Fact]
    public void T11_A_second_spelling_of_a_token_is_none()
    {
        var token = Sign(Header, Claims);
        var parts = token.Split('.');
        foreach (var other in new[]
        {
            token + ".", token + ".e30", "." + token, token + "=", token + "\n", " " + token, $"{parts[0]}.{parts[1]}", $"{parts[0]}.{parts[1]}.", $"{parts[0]}..{parts[2]}",
            $"{parts[0]}=.{parts[1]}.{parts[2]}", "", "..", new string('a', 9000),
            Sign("""{"alg":"RS256","kid":"rsa","typ":"at+jwt","alg":"RS256"}""", Claims), Sign(Header, Claims[..^1] + ",\"sub\":\"admin\"}"),
            Sign(Header, Claims[..^1] + ",\"\\u0073ub\":\"admin\"}"), Sign(Header, "[]"), Sign(Header, "7"), Sign(Header, Claims[..^1] + ",\"a\":" + new string('[', 40) + new string(']', 40) + "}"),
        })
        {
            Assert.False(OidcToken.TryRead(other, out _), other);
        }
    }

    [Fact]
    public void T11_A_changed_token_is_refused()
    {
        var parts = Sign(Header, Claims).Split('.');
        Assert.Equal("token-signature", Verify($"{parts[0]}.{Encode(With("sub", "\"admin\""))}.{parts[2]}").Code);
        Assert.Equal("token-signature", Verify($"{parts[0]}.{parts[1]}.{Base64Url.EncodeToString(new byte[256])}").Code);
        var ec = Sign("""{"alg":"ES256","kid":"ec","typ":"at+jwt"}""", Claims);
        Assert.Equal("token-signature", Verify($"{ec[..ec.LastIndexOf('.')]}.{Base64Url.EncodeToString(new byte[64])}").Code);
        Assert.Equal("token-signature", Verify($"{ec[..ec.LastIndexOf('.')]}.{Base64Url.EncodeToString(new byte[32])}").Code);
    }

    [Fact]
    public void Keys_that_cannot_verify_safely_are_passed_over()
    {
        using var weak = RSA.Create(1024);
        var off = EcJwk(Ec, "off", "P-256").Replace("\"x\":\"", "\"x\":\"AAAA", StringComparison.Ordinal);
        foreach (var jwk in new[]
        {
            """{"kty":"oct","kid":"a","k":"c2VjcmV0"}""", RsaJwk(weak), RsaJwk().Replace("AQAB", "Aw", StringComparison.Ordinal), off,
            EcJwk(Ec, "a", "P-384"), RsaJwk()[..^1] + ",\"use\":\"enc\"}", RsaJwk()[..^1] + ",\"key_ops\":[\"sign\"]}", RsaJwk()[..^1] + ",\"d\":\"AA\"}",
            RsaJwk().Replace("\"kid\":\"rsa\",", "", StringComparison.Ordinal), "7", "{}",
            $$"""{"kty":"EC","crv":"P-256","kid":"a","x":"{{Base64Url.EncodeToString(new byte[32])}}","y":"{{Base64Url.EncodeToString(new byte[32])}}"}""",
        })
        {
            Assert.True(Read(Set(jwk)).Count == 0, jwk);
        }

        Assert.Equal(0, Read(Set(RsaJwk(), RsaJwk())).Count);
        Assert.Equal(1, Read(Set(RsaJwk(), "{}")).Count);
        foreach (var set in new[] { "", "[]", "{}", """{"keys":7}""", """{"keys":[],"keys":[]}""" })
        {
            Assert.False(OidcKeys.TryRead(Encoding.UTF8.GetBytes(set), out _, out _), set);
        }
    }

    static TokenVerification Verify(string token) =>
        OidcToken.TryRead(token, out var read) ? read.Verify(Expected, Keys) : throw new FormatException($"not read: {token}");

    static string With(string claim, string? value)
    {
        using var document = JsonDocument.Parse(Claims);
        var members = document.RootElement.EnumerateObject().Where(m => m.Name != claim).Select(m => $"\"{m.Name}\":{m.Value.GetRawText()}");
        return "{" + string.Join(',', value is null ? members : members.Append($"\"{claim}\":{value}")) + "}";
    }

    static string Sign(string header, string claims)
    {
        var signed = $"{Encode(header)}.{Encode(claims)}";
        var data = Encoding.ASCII.GetBytes(signed);
        var alg = JsonDocument.Parse(header, new JsonDocumentOptions { AllowDuplicateProperties = true }).RootElement.TryGetProperty("alg", out var named) && named.ValueKind == JsonValueKind.String
            ? named.GetString()! : "RS256";
        var hash = alg.EndsWith("384", StringComparison.Ordinal) ? HashAlgorithmName.SHA384 : alg.EndsWith("512", StringComparison.Ordinal) ? HashAlgorithmName.SHA512 : HashAlgorithmName.SHA256;
        var signature = alg[0] switch
        {
            'E' when header.Contains("\"ec\"", StringComparison.Ordinal) => Ec.SignData(data, hash),
            'E' when header.Contains("\"ec521\"", StringComparison.Ordinal) => Ec521.SignData(data, hash),
            'P' => Rsa.SignData(data, hash, RSASignaturePadding.Pss),
            _ => Rsa.SignData(data, hash, RSASignaturePadding.Pkcs1),
        };
        return $"{signed}.{Base64Url.EncodeToString(signature)}";
    }

    static string Encode(string json) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(json));

    static string RsaJwk(RSA? rsa = null) =>
        $$"""{"kty":"RSA","kid":"rsa","e":"AQAB","n":"{{Base64Url.EncodeToString((rsa ?? Rsa).ExportParameters(false).Modulus)}}"}""";

    static string EcJwk(ECDsa key, string kid, string curve)
    {
        var q = key.ExportParameters(false).Q;
        return string.Create(CultureInfo.InvariantCulture, $$"""{"kty":"EC","crv":"{{curve}}","kid":"{{kid}}","x":"{{Base64Url.EncodeToString(q.X)}}","y":"{{Base64Url.EncodeToString(q.Y)}}"}""");
    }

    static string Set(params string[] keys) => $$"""{"keys":[{{string.Join(',', keys)}}]}""";

    static OidcKeys Read(string set) => OidcKeys.TryRead(Encoding.UTF8.GetBytes(set), out var keys, out var fault) ? keys : throw new FormatException(fault);
}
