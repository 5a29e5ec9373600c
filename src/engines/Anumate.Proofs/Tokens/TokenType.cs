using System.Diagnostics.CodeAnalysis;
using System.Text.Json;

namespace Anumate.Proofs;

/// <summary>The kinds of token there are: the value of the header <c>typ</c> and the longest life from <c>iat</c> to <c>exp</c>.</summary>
public sealed class TokenType
{
    TokenType(string typ, TimeSpan maxLifetime, int maxLength = Token.MaxLength)
    {
        Typ = typ;
        MaxLifetime = maxLifetime;
        MaxLength = maxLength;
    }

    /// <summary>A capability token: allows named tool calls of one attempt of one step; ≤ 300 s.</summary>
    public static TokenType Capability { get; } = new("cap+jwt", TimeSpan.FromSeconds(300));

    /// <summary>A token between services of the platform; ≤ 60 s. It carries a whole caller, who may be in many groups.</summary>
    public static TokenType Service { get; } = new("svc+jwt", TimeSpan.FromSeconds(60), 2 * Token.MaxLength);

    /// <summary>An access token of the built-in issuer; ≤ 12 h.</summary>
    public static TokenType Access { get; } = new("at+jwt", TimeSpan.FromHours(12));

    /// <summary>The header <c>typ</c>.</summary>
    public string Typ { get; }

    /// <summary>The longest time from <c>iat</c> to <c>exp</c>.</summary>
    public TimeSpan MaxLifetime { get; }

    /// <summary>The longest token of the kind, in characters.</summary>
    public int MaxLength { get; }

    /// <inheritdoc/>
    public override string ToString() => Typ;
}

/// <summary>What the verifier of a token demands besides what every token must satisfy.</summary>
public sealed record TokenExpectation
{
    /// <summary>The largest clock difference that can be allowed for.</summary>
    public static readonly TimeSpan MaxSkew = TimeSpan.FromSeconds(5);

    /// <summary>The kind of token; another <c>typ</c> is refused.</summary>
    public required TokenType Type { get; init; }

    /// <summary>The one audience the verifier is.</summary>
    public required string Audience { get; init; }

    /// <summary>The time of the verifier.</summary>
    public required DateTimeOffset Now { get; init; }

    /// <summary>The issuer, where only one will do; else any issuer whose key is on the ring.</summary>
    public string? Issuer { get; init; }

    /// <summary>The clock difference allowed for, at most <see cref="MaxSkew"/>.</summary>
    public TimeSpan Skew { get; init; } = TimeSpan.FromSeconds(2);
}

/// <summary>
/// The claims of a verified token, or of one to be signed. Times are whole seconds; <see cref="Others"/> holds every claim that has
/// no property here.
/// </summary>
public sealed record TokenClaims
{
    /// <summary><c>iss</c>: who signed; equals the name under which the key is trusted.</summary>
    public required string Issuer { get; init; }

    /// <summary><c>sub</c>: whom it speaks of.</summary>
    public required string Subject { get; init; }

    /// <summary><c>aud</c>: the one party it is for.</summary>
    public required string Audience { get; init; }

    /// <summary><c>jti</c>: the token's own id.</summary>
    public required string TokenId { get; init; }

    /// <summary><c>iat</c>.</summary>
    public required DateTimeOffset IssuedAt { get; init; }

    /// <summary><c>exp</c>: the first moment at which it is no longer valid.</summary>
    public required DateTimeOffset Expires { get; init; }

    /// <summary><c>nbf</c>.</summary>
    public DateTimeOffset? NotBefore { get; init; }

    /// <summary>All other claims, by name.</summary>
    public IReadOnlyDictionary<string, JsonElement> Others { get; init; } = new Dictionary<string, JsonElement>();
}

/// <summary>Why a token was refused. The textual <see cref="TokenVerification.Code"/> is the stable one.</summary>
public enum TokenRefusal
{
    None = 0,

    /// <summary>Not three strict base64url segments of acceptable JSON, or too large.</summary>
    Malformed,

    /// <summary>The header is not exactly {alg: EdDSA, typ, kid}.</summary>
    Header,

    /// <summary>Another kind of token.</summary>
    Type,

    /// <summary>The key is not on the ring.</summary>
    UnknownKey,

    /// <summary>The key was outside its window when the token was issued.</summary>
    KeyWindow,

    /// <summary>The signature is not the key's.</summary>
    Signature,

    /// <summary>A claim is missing, of a wrong type or out of range.</summary>
    Claims,

    /// <summary>Signed by a key that is not this issuer's, or another issuer than expected.</summary>
    Issuer,

    /// <summary>Made for another party.</summary>
    Audience,

    /// <summary>Lives longer than its kind may.</summary>
    Lifetime,

    /// <summary><c>nbf</c> or <c>iat</c> lies in the future.</summary>
    NotYetValid,

    /// <summary><c>exp</c> has passed.</summary>
    Expired,
}

/// <summary>What became of a token: its claims, or the reason of the refusal. A reason never quotes the token.</summary>
public readonly record struct TokenVerification
{
    TokenVerification(TokenClaims? claims, string kid, TokenRefusal refusal, string reason)
    {
        Claims = claims;
        Kid = kid;
        Refusal = refusal;
        Reason = reason;
    }

    /// <summary>Whether the token holds.</summary>
    [MemberNotNullWhen(true, nameof(Claims))]
    public bool Ok => Claims is not null;

    /// <summary>The claims, if it holds.</summary>
    public TokenClaims? Claims { get; }

    /// <summary>The key that signed it, if it holds.</summary>
    public string Kid { get; }

    /// <summary>Why it does not hold.</summary>
    public TokenRefusal Refusal { get; }

    /// <summary>The same as a stable text, e.g. <c>token-expired</c>; <c>ok</c> when it holds.</summary>
    public string Code => Refusal switch
    {
        TokenRefusal.None => Ok ? "ok" : "token-malformed",
        TokenRefusal.Header => "token-header",
        TokenRefusal.Type => "token-type",
        TokenRefusal.UnknownKey => "token-key-unknown",
        TokenRefusal.KeyWindow => "token-key-window",
        TokenRefusal.Signature => "token-signature",
        TokenRefusal.Claims => "token-claims",
        TokenRefusal.Issuer => "token-issuer",
        TokenRefusal.Audience => "token-audience",
        TokenRefusal.Lifetime => "token-lifetime",
        TokenRefusal.NotYetValid => "token-not-yet-valid",
        TokenRefusal.Expired => "token-expired",
        _ => "token-malformed",
    };

    /// <summary>One line for people.</summary>
    public string Reason { get; }

    internal static TokenVerification Holds(TokenClaims claims, string kid) => new(claims, kid, TokenRefusal.None, "");

    internal static TokenVerification Refused(TokenRefusal refusal, string reason) => new(null, "", refusal, reason);
}
