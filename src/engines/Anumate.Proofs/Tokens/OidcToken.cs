using System.Collections.Frozen;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.Json;

namespace Anumate.Proofs;

/// <summary>What is demanded of an access token of an OIDC issuer.</summary>
public sealed record OidcExpectation
{
    /// <summary>The largest clock difference that can be allowed for.</summary>
    public static readonly TimeSpan MaxSkew = TimeSpan.FromMinutes(2);

    /// <summary><c>iss</c>, compared byte for byte.</summary>
    public required string Issuer { get; init; }

    /// <summary>One of these must be among the token's <c>aud</c>.</summary>
    public required IReadOnlyCollection<string> Audiences { get; init; }

    /// <summary>The allowed values of <c>alg</c>, out of <see cref="OidcKey.Algorithms"/>.</summary>
    public required IReadOnlyCollection<string> Algorithms { get; init; }

    /// <summary>The allowed values of <c>typ</c>, in lower case and without <c>application/</c> (RFC 9068: <c>at+jwt</c>).</summary>
    public required IReadOnlyCollection<string> Types { get; init; }

    /// <summary>The time of the verifier.</summary>
    public required DateTimeOffset Now { get; init; }

    /// <summary>The clock difference allowed for.</summary>
    public TimeSpan Skew { get; init; } = TimeSpan.FromSeconds(30);
}

/// <summary>
/// An access token that another issuer made (RFC 9068): a compact JWS, read as strictly as our own (<see cref="Token"/>) and with what
/// issuers differ in: the algorithm, the form of <c>aud</c>, claims of their own. Nothing in it is to be believed before
/// <see cref="Verify"/> has held; <see cref="Issuer"/> is what it claims, to find whose keys to try.
/// </summary>
public sealed class OidcToken
{
    const int MaxText = 512, MaxSubject = 255;

    static readonly FrozenSet<string> Headers = new[] { "alg", "kid", "typ", "x5t", "x5t#S256" }.ToFrozenSet();

    readonly JsonElement _header;
    readonly JsonElement _claims;
    readonly byte[] _signed;
    readonly byte[] _signature;

    OidcToken(JsonElement header, JsonElement claims, byte[] signed, byte[] signature)
    {
        _header = header;
        _claims = claims;
        _signed = signed;
        _signature = signature;
    }

    /// <summary>The issuer that the token claims to be of, not verified; empty when it claims none.</summary>
    public string Issuer => _claims.TextOf("iss") ?? "";

    /// <summary>Takes a token apart; false when it is not three canonical segments of acceptable JSON objects.</summary>
    public static bool TryRead(string token, [NotNullWhen(true)] out OidcToken? read)
    {
        read = null;
        if (token.Length > Token.MaxLength || token.Split('.') is not [{ Length: > 0 } header, { Length: > 0 } payload, { Length: > 0 } signature]
            || !TryObject(header, out var head) || !TryObject(payload, out var claims) || !StrictBase64.TryDecodeUrl(signature, out var bytes))
        {
            return false;
        }

        read = new OidcToken(head, claims, Encoding.ASCII.GetBytes(token, 0, header.Length + 1 + payload.Length), bytes);
        return true;
    }

    /// <summary>Verifies header, key, signature, claims and times; in that order, and nothing of it is optional.</summary>
    public TokenVerification Verify(OidcExpectation expected, OidcKeys keys)
    {
        if (expected.Skew < TimeSpan.Zero || expected.Skew > OidcExpectation.MaxSkew)
        {
            throw new ArgumentException($"the skew must be between 0 and {OidcExpectation.MaxSkew.TotalSeconds} s", nameof(expected));
        }

        // What a header could say beyond these changes how a token is to be read (crit, b64, zip) or whose key to use (jwk, jku, x5c, x5u).
        if (_header.EnumerateObject().Any(m => !Headers.Contains(m.Name)) || _header.TextOf("alg") is not { } alg || _header.TextOf("kid") is not { } kid)
        {
            return TokenVerification.Refused(TokenRefusal.Header, "the header must name alg, kid and typ, and nothing else but thumbprints");
        }

        if (!expected.Algorithms.Contains(alg) || !OidcKey.Algorithms.Contains(alg))
        {
            return TokenVerification.Refused(TokenRefusal.Header, "the algorithm is not one that is allowed");
        }

        if (!expected.Types.Contains(TypeOf(_header)))
        {
            return TokenVerification.Refused(TokenRefusal.Type, "the token is not of a type that is allowed");
        }

        // Another issuer's key could have the same name.
        if (!string.Equals(Issuer, expected.Issuer, StringComparison.Ordinal))
        {
            return TokenVerification.Refused(TokenRefusal.Issuer, "the token is not of the expected issuer");
        }

        if (!keys.TryFind(kid, out var key))
        {
            return TokenVerification.Refused(TokenRefusal.UnknownKey, "the token names a key that its issuer does not have");
        }

        return key.Verify(alg, _signed, _signature)
            ? Judge(expected, kid)
            : TokenVerification.Refused(TokenRefusal.Signature, "the signature does not match");
    }

    TokenVerification Judge(OidcExpectation expected, string kid)
    {
        if (Subject() is not { } subject)
        {
            return TokenVerification.Refused(TokenRefusal.Claims, $"sub must be a text of 1 to {MaxSubject} printable ASCII characters");
        }

        if (!TryTime("iat", out var issued) || issued is not { } iat || !TryTime("exp", out var expires) || expires is not { } exp || exp <= iat
            || !TryTime("nbf", out var notBefore) || notBefore >= exp)
        {
            return TokenVerification.Refused(TokenRefusal.Claims, "iat and exp must be whole numbers of seconds, nbf too where it stands, and both before exp");
        }

        if (!TryAudience(expected.Audiences, out var audience))
        {
            return TokenVerification.Refused(TokenRefusal.Audience, "the token is not made for this platform");
        }

        return iat > expected.Now + expected.Skew || notBefore > expected.Now + expected.Skew
            ? TokenVerification.Refused(TokenRefusal.NotYetValid, "the token is not valid yet")
            : expected.Now >= exp + expected.Skew
                ? TokenVerification.Refused(TokenRefusal.Expired, "the token has expired")
                : TokenVerification.Holds(
                    new TokenClaims
                    {
                        Issuer = expected.Issuer, Subject = subject, Audience = audience, TokenId = _claims.TextOf("jti") ?? "",
                        IssuedAt = iat, Expires = exp, NotBefore = notBefore,
                        Others = _claims.EnumerateObject().ToDictionary(c => c.Name, c => c.Value, StringComparer.Ordinal),
                    },
                    kid);
    }

    string? Subject() => _claims.TextOf("sub") is { Length: > 0 and <= MaxSubject } subject && !subject.AsSpan().ContainsAnyExceptInRange(' ', '~') ? subject : null;

    bool TryTime(string name, out DateTimeOffset? time)
    {
        time = null;
        if (!_claims.TryGetProperty(name, out var value))
        {
            return true;
        }

        var ok = Token.TryReadSeconds(value, out var read);
        time = read;
        return ok;
    }

    // RFC 7519: one text, or a list of texts.
    bool TryAudience(IReadOnlyCollection<string> ours, [NotNullWhen(true)] out string? audience)
    {
        audience = null;
        if (!_claims.TryGetProperty("aud", out var value))
        {
            return false;
        }

        IReadOnlyList<JsonElement> theirs = value.ValueKind == JsonValueKind.Array ? [.. value.EnumerateArray()] : [value];
        audience = theirs.All(a => a.ValueKind == JsonValueKind.String)
            ? theirs.Select(a => a.GetString()!).FirstOrDefault(a => a.Length <= MaxText && ours.Contains(a))
            : null;
        return audience is not null;
    }

    static string TypeOf(JsonElement header)
    {
        var type = (header.TextOf("typ") ?? "").ToLowerInvariant();
        return type.StartsWith("application/", StringComparison.Ordinal) ? type["application/".Length..] : type;
    }

    static bool TryObject(string segment, out JsonElement root)
    {
        root = default;
        if (!StrictBase64.TryDecodeUrl(segment, out var bytes) || !StrictJson.TryParse(bytes, Token.MaxLength, Token.MaxDepth, out var document, out _))
        {
            return false;
        }

        using (document)
        {
            root = document.RootElement.Clone();
        }

        return root.ValueKind == JsonValueKind.Object;
    }
}
