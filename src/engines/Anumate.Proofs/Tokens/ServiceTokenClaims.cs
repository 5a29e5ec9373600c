using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;

namespace Anumate.Proofs;

/// <summary>
/// The claims of a token between processes of the platform: one call of one contract method, for a caller. As in a capability token, a
/// claim that is not known here is a refusal.
/// </summary>
public sealed record ServiceTokenClaims
{
    /// <summary><c>iss</c>: the name under which every key of a process is trusted.</summary>
    public const string Issuer = "anumate/service";

    const int MostMethod = 100;

    static readonly JsonTypeInfo<Caller> CallerType = (JsonTypeInfo<Caller>)AnumateJson.Options.GetTypeInfo(typeof(Caller));

    /// <summary><c>sub</c>: the process that calls, for the log.</summary>
    public required string Process { get; init; }

    /// <summary><c>aud</c>: the word of the service that is called.</summary>
    public required string Audience { get; init; }

    /// <summary><c>jti</c>.</summary>
    public required string TokenId { get; init; }

    /// <summary><c>iat</c>, whole seconds.</summary>
    public required DateTimeOffset IssuedAt { get; init; }

    /// <summary><c>exp</c>, whole seconds.</summary>
    public required DateTimeOffset Expires { get; init; }

    /// <summary><c>cap</c>: a list of one contract method, e.g. <c>approvals.request</c>.</summary>
    public required string Method { get; init; }

    /// <summary><c>act</c>: the caller, whole.</summary>
    public required Caller Caller { get; init; }

    /// <summary>The name of a contract method in tokens: <c>approvals.request</c> for <c>IApprovals.RequestAsync</c>.</summary>
    public static string MethodOf(string service, string member) =>
        $"{service}.{JsonNamingPolicy.SnakeCaseLower.ConvertName(member.EndsWith("Async", StringComparison.Ordinal) ? member[..^5] : member)}";

    /// <summary>Signs them as a <c>svc+jwt</c>.</summary>
    /// <exception cref="ArgumentException">The verifier would refuse them, or the caller is too large for a token.</exception>
    public string Sign(Ed25519Key key) => Token.Sign(TokenType.Service, key, new TokenClaims
    {
        Issuer = Issuer,
        Subject = Process,
        Audience = Audience,
        TokenId = TokenId,
        IssuedAt = IssuedAt,
        Expires = Expires,
        Others = new Dictionary<string, JsonElement>
        {
            ["cap"] = JsonSerializer.SerializeToElement(new JsonArray(Method), ProofsJson.Default.JsonNode),
            ["act"] = JsonSerializer.SerializeToElement(Caller, CallerType),
        },
    });

    /// <summary>Verifies a <c>svc+jwt</c> for one method. Whether the process may call it at all is for the owner of the ring to say.</summary>
    public static ServiceTokenVerification Verify(string token, string audience, string method, DateTimeOffset now, KeyRing keys)
    {
        var verification = Token.Verify(token, new TokenExpectation { Type = TokenType.Service, Audience = audience, Now = now, Issuer = Issuer }, keys);
        return !verification.Ok ? new(null, verification)
            : !TryRead(verification.Claims, out var claims, out var fault) ? new(null, TokenVerification.Refused(TokenRefusal.Claims, fault))
            : claims.Method != method ? new(null, TokenVerification.Refused(TokenRefusal.Claims, $"the token is not for `{method}`"))
            : new(claims, verification);
    }

    static bool TryRead(TokenClaims token, [NotNullWhen(true)] out ServiceTokenClaims? claims, out string fault)
    {
        claims = null;
        if (token.NotBefore is not null || token.Others.Count != 2)
        {
            fault = "a service token has exactly the claims iss, sub, aud, jti, iat, exp, cap and act";
            return false;
        }

        if (!token.Others.TryGetValue("cap", out var cap) || cap.ValueKind != JsonValueKind.Array || cap.GetArrayLength() != 1
            || cap[0].ValueKind != JsonValueKind.String || cap[0].GetString() is not { Length: > 0 and <= MostMethod } method)
        {
            fault = "the claim `cap` is missing or not acceptable";
            return false;
        }

        if (!token.Others.TryGetValue("act", out var act) || CallerOf(act) is not { } caller)
        {
            fault = "the claim `act` is missing or not acceptable";
            return false;
        }

        fault = "";
        claims = new ServiceTokenClaims
        {
            Process = token.Subject, Audience = token.Audience, TokenId = token.TokenId, IssuedAt = token.IssuedAt, Expires = token.Expires, Method = method, Caller = caller,
        };
        return true;
    }

    static Caller? CallerOf(JsonElement act)
    {
        try
        {
            return act.Deserialize(CallerType);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}

/// <summary>What became of a service token.</summary>
public readonly record struct ServiceTokenVerification
{
    internal ServiceTokenVerification(ServiceTokenClaims? claims, TokenVerification token) => (Claims, Token) = (claims, token);

    /// <summary>The claims, if it holds.</summary>
    public ServiceTokenClaims? Claims { get; }

    /// <summary>The outcome with its code and reason, and the key that signed.</summary>
    public TokenVerification Token { get; }
}
