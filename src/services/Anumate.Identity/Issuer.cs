using System.Text.Json;
using Anumate.Platform.Secrets;
using Anumate.Proofs;

namespace Anumate.Identity;

/// <summary>What an access token says: who, of which tenant, until when. Roles and groups are not in it; they are read when it is used.</summary>
sealed record SignedIn(Id<Tenant> Tenant, Id<Principal> Principal, DateTimeOffset Expires);

/// <summary>The built-in issuer of access tokens (RFC 9068 <c>at+jwt</c>, Ed25519).</summary>
sealed class Issuer(SigningKeys keys, IdentityOptions options, TimeProvider time)
{
    const string Audience = "anumate";

    public async Task<AccessToken> IssueAsync(Id<Tenant> tenant, Subject subject, CancellationToken ct)
    {
        var key = await keys.CurrentAsync(SigningPurpose.AccessToken, ct);
        var now = time.GetUtcNow();
        var expires = now + options.AccessTokenLifetime;
        var token = Token.Sign(TokenType.Access, key, new TokenClaims
        {
            Issuer = SigningKeys.NameOf(SigningPurpose.AccessToken),
            Subject = subject.Id.ToString(),
            Audience = Audience,
            TokenId = Convert.ToHexStringLower(System.Security.Cryptography.RandomNumberGenerator.GetBytes(16)),
            IssuedAt = now,
            Expires = expires,
            Others = new Dictionary<string, JsonElement>
            {
                ["tid"] = JsonSerializer.SerializeToElement(tenant.ToString(), ContractJson.Default.String),
                ["name"] = JsonSerializer.SerializeToElement(subject.Name, ContractJson.Default.String),
                ["kind"] = JsonSerializer.SerializeToElement(Words.Of(subject.Kind), ContractJson.Default.String),
            },
        });
        return new AccessToken(token, DateTimeOffset.FromUnixTimeSeconds(expires.ToUnixTimeSeconds()));
    }

    /// <summary>Null when the token does not hold.</summary>
    public async Task<SignedIn?> VerifyAsync(string token, CancellationToken ct)
    {
        var expected = new TokenExpectation { Type = TokenType.Access, Audience = Audience, Now = time.GetUtcNow(), Issuer = SigningKeys.NameOf(SigningPurpose.AccessToken) };
        var verified = Token.Verify(token, expected, await keys.RingAsync(SigningPurpose.AccessToken, ct));
        if (verified.Refusal == TokenRefusal.UnknownKey && await keys.RefreshAsync(SigningPurpose.AccessToken, ct) is { } ring)
        {
            verified = Token.Verify(token, expected, ring);
        }

        return verified.Ok
            && Id<Principal>.TryParse(verified.Claims.Subject, null, out var principal)
            && verified.Claims.Others.TryGetValue("tid", out var tid) && tid.ValueKind == JsonValueKind.String
            && Id<Tenant>.TryParse(tid.GetString(), null, out var tenant)
            ? new SignedIn(tenant, principal, verified.Claims.Expires)
            : null;
    }
}
