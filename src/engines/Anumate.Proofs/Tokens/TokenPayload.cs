using System.Text.Json;
using System.Text.Json.Nodes;

namespace Anumate.Proofs;

/// <summary>The protected header: exactly alg, kid and typ.</summary>
static class TokenHeader
{
    const int KidLength = 43;

    /// <summary>Null when the header is right; <paramref name="kid"/> then names the key.</summary>
    public static TokenVerification? Read(byte[] header, TokenType type, out string kid)
    {
        kid = "";
        if (!StrictJson.TryParse(header, Token.MaxLength, Token.MaxDepth, out var document, out _))
        {
            return TokenVerification.Refused(TokenRefusal.Malformed, "the header is not acceptable JSON");
        }

        using (document)
        {
            var root = document.RootElement;
            if (root.ValueKind != JsonValueKind.Object || root.GetPropertyCount() != 3
                || !root.TryGetProperty("alg", out var alg) || !Is(alg, "EdDSA")
                || !root.TryGetProperty("kid", out var name) || name.ValueKind != JsonValueKind.String
                || !root.TryGetProperty("typ", out var typ))
            {
                return TokenVerification.Refused(TokenRefusal.Header, "the header must be exactly alg `EdDSA`, kid and typ");
            }

            if (!Is(typ, type.Typ))
            {
                return TokenVerification.Refused(TokenRefusal.Type, $"the token is not a `{type.Typ}`");
            }

            kid = name.GetString()!;
            return kid.Length == KidLength
                ? null
                : TokenVerification.Refused(TokenRefusal.UnknownKey, "the kid is not the thumbprint of a key");
        }
    }

    /// <summary>Whether a header names the type, whatever else it says.</summary>
    public static bool Names(byte[] header, TokenType type)
    {
        if (!StrictJson.TryParse(header, Token.MaxLength, Token.MaxDepth, out var document, out _))
        {
            return false;
        }

        using (document)
        {
            return document.RootElement is { ValueKind: JsonValueKind.Object } root && root.TryGetProperty("typ", out var typ) && Is(typ, type.Typ);
        }
    }

    static bool Is(JsonElement value, string text) => value.ValueKind == JsonValueKind.String && value.ValueEquals(text);
}

/// <summary>The claims as JSON.</summary>
static class TokenPayload
{
    const int MaxText = 512;

    public static byte[] Write(TokenClaims claims)
    {
        var root = new JsonObject
        {
            ["iss"] = claims.Issuer,
            ["sub"] = claims.Subject,
            ["aud"] = claims.Audience,
            ["jti"] = claims.TokenId,
            ["iat"] = claims.IssuedAt.ToUnixTimeSeconds(),
            ["exp"] = claims.Expires.ToUnixTimeSeconds(),
        };
        if (claims.NotBefore is { } notBefore)
        {
            root["nbf"] = notBefore.ToUnixTimeSeconds();
        }

        foreach (var (name, value) in claims.Others)
        {
            if (!root.TryAdd(name, JsonSerializer.SerializeToNode(value, ProofsJson.Default.JsonElement)))
            {
                throw new ArgumentException($"the claim `{name}` has a property of its own", nameof(claims));
            }
        }

        return CanonicalJson.Write(root);
    }

    public static TokenRefusal TryRead(byte[] payload, TokenType type, out TokenClaims? claims, out string fault)
    {
        claims = null;
        if (!StrictJson.TryParse(payload, type.MaxLength, Token.MaxDepth, out var document, out _))
        {
            fault = "the claims are not acceptable JSON";
            return TokenRefusal.Malformed;
        }

        using (document)
        {
            fault = Read(document.RootElement, out claims);
        }

        if (fault.Length > 0)
        {
            return TokenRefusal.Claims;
        }

        if (claims!.Expires - claims.IssuedAt > type.MaxLifetime)
        {
            fault = $"a `{type.Typ}` lives at most {type.MaxLifetime.TotalSeconds} s";
            return TokenRefusal.Lifetime;
        }

        return TokenRefusal.None;
    }

    static string Read(JsonElement root, out TokenClaims? claims)
    {
        claims = null;
        if (root.ValueKind != JsonValueKind.Object)
        {
            return "the claims are not an object";
        }

        string? issuer = null, subject = null, audience = null, id = null;
        DateTimeOffset? issued = null, expires = null, notBefore = null;
        var others = new Dictionary<string, JsonElement>(StringComparer.Ordinal);
        foreach (var claim in root.EnumerateObject())
        {
            switch (claim.Name)
            {
                case "iss": issuer = Text(claim.Value); break;
                case "sub": subject = Text(claim.Value); break;
                case "aud": audience = Text(claim.Value); break;
                case "jti": id = Text(claim.Value); break;
                case "iat": issued = Time(claim.Value); break;
                case "exp": expires = Time(claim.Value); break;
                case "nbf" when Time(claim.Value) is { } time: notBefore = time; break;
                case "nbf": return "nbf is not a whole number of seconds";
                default: others.Add(claim.Name, claim.Value.Clone()); break;
            }
        }

        if (issuer is null || subject is null || audience is null || id is null)
        {
            return $"iss, sub, aud and jti must each be a text of 1 to {MaxText} characters";
        }

        if (issued is not { } iat || expires is not { } exp || exp <= iat || notBefore >= exp)
        {
            return "iat and exp must be whole numbers of seconds, and iat and nbf before exp";
        }

        claims = new TokenClaims
        {
            Issuer = issuer,
            Subject = subject,
            Audience = audience,
            TokenId = id,
            IssuedAt = iat,
            Expires = exp,
            NotBefore = notBefore,
            Others = others,
        };
        return "";
    }

    static string? Text(JsonElement value) =>
        value.ValueKind == JsonValueKind.String && value.GetString() is { Length: > 0 and <= MaxText } text ? text : null;

    static DateTimeOffset? Time(JsonElement value) => Token.TryReadSeconds(value, out var time) ? time : null;
}
