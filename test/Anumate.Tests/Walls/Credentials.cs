using System.Text.Json;
using Anumate.Platform.Secrets;
using Anumate.Proofs;
using Anumate.Tests.Http;
using Anumate.Tests.Oidc;

namespace Anumate.Tests.Walls;

/// <summary>A credential of a person with one role, in one state; whether it is to be believed.</summary>
public sealed record WalkedCredential(string State, string Role, string? Bearer, bool Holds);

/// <summary>Every state of authentication, for every role.</summary>
static class Credentials
{
    static readonly Dictionary<string, string> People = new()
    {
        [Role.Viewer] = "vera", [Role.Author] = "ada", [Role.Operator] = "olga", [Role.Approver] = "finn", [Role.Auditor] = "amir", [Role.Admin] = "alma",
    };

    public static async Task<IReadOnlyList<WalkedCredential>> AllAsync(RunningOidc o)
    {
        Assert.Equal(Role.All.Order(), People.Keys.Order());
        var all = new List<WalkedCredential> { new("none", "nobody", null, false), new("no token at all", "nobody", "abc", false) };
        foreach (var role in Role.All)
        {
            all.AddRange(await OfRoleAsync(o, role));
        }

        // Those made to live a second have to be over.
        foreach (var brief in all.Where(c => c.State == "expired token of the issuer"))
        {
            for (var attempt = 0; attempt < 600 && (await o.Server.Http.AskAsync("/v1/me", ("Authorization", $"Bearer {brief.Bearer}"))).Status == 200; attempt++)
            {
                await Task.Delay(50);
            }
        }

        return all;
    }

    static async Task<IEnumerable<WalkedCredential>> OfRoleAsync(RunningOidc o, string role)
    {
        var client = await o.Tenant.ClientAsync(People[role]);
        var key = await client.Identity.CreateApiKeyAsync(Caller.Self, new NewApiKey("walk"), default);
        var revoked = await client.Identity.CreateApiKeyAsync(Caller.Self, new NewApiKey("revoked"), default);
        await client.Identity.RevokeApiKeyAsync(Caller.Self, revoked.Key.Id, default);
        var person = $"walk-{role}";
        await o.GiveAsync(person, [$"urn:acme:{role}"]);
        var now = TimeProvider.System.GetUtcNow();
        return
        [
            new("built-in token", role, await o.Tenant.TokenAsync(People[role]), true),
            new("API key", role, key.Secret, true),
            new("token of the issuer", role, await o.Provider.TokenAsync(person), true),
            new("expired built-in token", role, await SignedAsync(o, role, c => c with { IssuedAt = now.AddHours(-2), Expires = now.AddHours(-1) }), false),
            new("built-in token for another audience", role, await SignedAsync(o, role, c => c with { Audience = "another" }), false),
            new("revoked API key", role, revoked.Secret, false),
            new("expired token of the issuer", role, await o.Provider.TokenAsync(person, seconds: 1), false),
            new("token of the issuer for another audience", role, await o.Provider.TokenAsync(person, audience: "another"), false),
        ];
    }

    static async Task<string> SignedAsync(RunningOidc o, string role, Func<TokenClaims, TokenClaims> change)
    {
        var now = TimeProvider.System.GetUtcNow();
        return Token.Sign(TokenType.Access, await o.Tenant.Get<SigningKeys>().CurrentAsync(SigningPurpose.AccessToken, default), change(new TokenClaims
        {
            Issuer = SigningKeys.NameOf(SigningPurpose.AccessToken), Subject = o.Tenant.Person(People[role]).Id.ToString(), Audience = "anumate", TokenId = "walk",
            IssuedAt = now, Expires = now.AddMinutes(10), Others = new Dictionary<string, JsonElement> { ["tid"] = JsonSerializer.SerializeToElement(o.Tenant.Id.ToString()) },
        }));
    }
}
