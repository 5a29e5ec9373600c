using System.Text.Json;
using Anumate.Platform.Secrets;
using Anumate.Proofs;

namespace Anumate.CapTokens;

sealed class CapTokenService(CapTokenStore store, CapTokenUses uses, SigningKeys keys, TimeProvider time) : ICapTokens
{
    const string Audience = "connectors";

    static readonly TimeSpan Longest = TokenType.Capability.MaxLifetime;

    public async Task<CapToken> IssueAsync(Caller caller, NewCapToken request, CancellationToken ct)
    {
        caller.Demand(Scope.CapTokenIssue);
        if (request.Lifetime <= TimeSpan.Zero || request.Lifetime > Longest)
        {
            throw Problems.Invalid($"a token's lifetime is above 0 and at most {Longest.TotalSeconds} s");
        }

        if (!Digest.TryParse(request.PlanHash, out var plan))
        {
            throw Problems.Invalid($"`{request.PlanHash}` is not a plan hash");
        }

        var grants = request.Grants.Select(g => new Capability(g.Tool, g.MaxUses) { ArgsDigest = g.ArgumentsDigest }).ToList();
        if (grants.Count is 0 or > CapTokenClaims.MaxCapabilities || grants.Select(g => g.Fault()).FirstOrDefault(f => f is not null) is { } fault)
        {
            throw Problems.Invalid("the grants are not valid: a token has 1 to 64, each for a tool as name@sha256:…, with 1 or more uses");
        }

        // Whole seconds, as the claims have them.
        var now = DateTimeOffset.FromUnixTimeSeconds(time.GetUtcNow().ToUnixTimeSeconds());
        var id = Id<CapToken>.New(time);
        var claims = new CapTokenClaims
        {
            Issuer = SigningKeys.NameOf(SigningPurpose.CapToken),
            Subject = request.Subject,
            Audience = Audience,
            Tenant = caller.Tenant,
            TokenId = id,
            IssuedAt = now,
            NotBefore = now,
            Expires = now + TimeSpan.FromSeconds(Math.Ceiling(request.Lifetime.TotalSeconds)),
            Run = request.Run,
            Step = request.Step,
            Attempt = request.Attempt,
            Epoch = request.Epoch,
            PlanHash = plan,
            Capabilities = grants,
            Actors = [.. caller.ActsFor.Select(a => a.ToString())],
        };
        var token = claims.Sign(await keys.CurrentAsync(SigningPurpose.CapToken, ct));
        await uses.IssueAsync(new IssuedToken(caller.Tenant, id, request.Run, request.Step, request.Attempt, request.Epoch,
            JsonSerializer.SerializeToUtf8Bytes(request.Grants, AnumateJson.Options.GetTypeInfo(typeof(IReadOnlyList<Grant>))),
            Places(request.Grants.Select(g => g.MaxUses)), Places(request.Grants.Select(_ => 0)), now, claims.Expires), ct);
        return new CapToken(id, token, claims.Expires);
    }

    public async Task SpendAsync(Caller caller, SpendCapToken request, CancellationToken ct)
    {
        caller.Demand(Scope.CapTokenSpend);
        var now = time.GetUtcNow();
        var verification = CapTokenClaims.Verify(request.Token, new TokenExpectation
        {
            Type = TokenType.Capability, Audience = request.Audience, Now = now, Issuer = SigningKeys.NameOf(SigningPurpose.CapToken),
        }, await keys.RingAsync(SigningPurpose.CapToken, ct));
        if (verification.Claims is not { } claims)
        {
            throw CapTokenProblems.Refused(verification.Code, verification.Reason);
        }

        if (claims.MismatchWith(caller.Tenant, request.Run, request.Step, request.Attempt, request.Epoch, null) is { } mismatch)
        {
            throw CapTokenProblems.Refused("mismatch", mismatch);
        }

        var place = claims.Capabilities.TakeWhile(c => !c.Permits(request.Tool, request.ArgumentsDigest)).Count();
        if (place == claims.Capabilities.Count)
        {
            throw CapTokenProblems.Refused("not-granted", $"the token does not grant `{request.Tool}` with these arguments");
        }

        // What cannot be sent before the token ends is not sent.
        if (now >= claims.Expires)
        {
            throw CapTokenProblems.Refused("expired", "the token has ended");
        }

        var id = claims.TokenId;
        if (!await uses.CountAsync(new TokenUse(caller.Tenant, id, place + 1, now), ct))
        {
            throw CapTokenProblems.Refused(await store.ReasonAsync(caller, id, place + 1, ct), "the use was not counted");
        }
    }

    public async Task RevokeAsync(Caller caller, Id<CapToken> id, CancellationToken ct)
    {
        caller.Demand(Scope.RunExecute);
        switch (await store.IsRevokedAsync(caller, id, ct))
        {
            case null: throw Problems.NotFound("capability token", id.ToString());
            case true: return;
        }

        try
        {
            await store.RevokeAsync(caller, id, time.GetUtcNow(), AuditRecord.Of(caller, time, "captoken.revoked", "captoken", id.ToString()), ct);
        }
        catch (ProblemException e) when (e.Problem.Code == "version-conflict")
        {
            // Revoked meanwhile by somebody else: what was asked for holds.
        }
    }

    public async Task<Page<CapTokenRecord>> ListAsync(Caller caller, Id<Run> run, PageRequest page, CancellationToken ct)
    {
        caller.Demand(Scope.RunRead);
        return await store.ListAsync(caller, run, page, ct);
    }

    public async Task<JsonElement> GetKeysAsync(CancellationToken ct) => await keys.JwksAsync(SigningPurpose.CapToken, ct);

    static string Places(IEnumerable<int> values) => "{" + string.Join(',', values) + "}";
}
