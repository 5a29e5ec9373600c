using Anumate.Proofs;

namespace Anumate.Engines.Tests.Proofs;

public sealed class TokenTests
{
    [Fact]
    public void A_signed_capability_token_verifies_and_reads_back()
    {
        using var key = Ed25519Key.Import(new byte[32]);
        var now = DateTimeOffset.FromUnixTimeSeconds(1_800_000_000);
        var claims = new CapTokenClaims
        {
            Issuer = "captokens", Subject = "prn_1", Audience = "connectors", Tenant = new Id<Tenant>(new Guid(7, 0, 0, new byte[8])),
            TokenId = "t1", IssuedAt = now, NotBefore = now, Expires = now.AddSeconds(300), Run = "run_1", Step = "refund", Attempt = 1,
            Epoch = 3, PlanHash = Digest.Of("plan"u8), Actors = ["agent", "user"], Parent = "t0", Depth = 2,
            Capabilities = [new Capability("payments.refund@" + Digest.Of("schema"u8), 1) { ArgsDigest = Digest.Of("args"u8).ToString() }],
        };
        var verification = CapTokenClaims.Verify(claims.Sign(key),
            new TokenExpectation { Type = TokenType.Capability, Audience = "connectors", Now = now }, KeyRing.Of("captokens", key.Public));
        Assert.True(verification.Ok, verification.Reason);
        Assert.Equivalent(claims, verification.Claims, strict: true);
    }
}
