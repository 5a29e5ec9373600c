using System.Buffers;
using System.Buffers.Text;
using System.Text;
using System.Text.Json;

namespace Anumate.Proofs;

/// <summary>
/// The one form of token: a compact JWS (RFC 7515) signed with Ed25519 (RFC 8037), and the one verifier of it. It is deliberately
/// narrower than the standards: <c>alg</c> EdDSA only; the headers are exactly alg, typ and kid; the kid is the thumbprint of a key
/// on the ring; base64url in its one spelling; no duplicate names; one audience as a string; times as whole seconds; a longest life.
/// </summary>
public static class Token
{
    /// <summary>The longest token accepted or made, in characters, unless its kind says otherwise.</summary>
    public const int MaxLength = 8 * 1024;

    /// <summary>The deepest nesting of the claims.</summary>
    public const int MaxDepth = 16;

    // 9999-12-31T23:59:59Z
    const long MaxSeconds = 253_402_300_799;

    /// <summary>Signs claims. What the verifier would refuse cannot be signed.</summary>
    /// <exception cref="ArgumentException">The claims break a rule of the type.</exception>
    public static string Sign(TokenType type, Ed25519Key key, TokenClaims claims)
    {
        var payload = TokenPayload.Write(claims);
        if (TokenPayload.TryRead(payload, type, out _, out var fault) is var refusal and not TokenRefusal.None)
        {
            throw new ArgumentException($"such a token would be refused ({refusal}): {fault}", nameof(claims));
        }

        var header = Encoding.ASCII.GetBytes($$"""{"alg":"EdDSA","kid":"{{key.Kid}}","typ":"{{type.Typ}}"}""");
        var length = Base64Url.GetEncodedLength(header.Length) + Base64Url.GetEncodedLength(payload.Length) + 1 + 1 + 86;
        if (length > type.MaxLength)
        {
            throw new ArgumentException($"the token would have {length} characters; at most {type.MaxLength} are allowed", nameof(claims));
        }

        var token = new char[length];
        var at = Base64Url.EncodeToChars(header, token);
        token[at++] = '.';
        at += Base64Url.EncodeToChars(payload, token.AsSpan(at));
        Span<byte> signature = stackalloc byte[Ed25519PublicKey.SignatureSize];
        key.Sign(Encoding.ASCII.GetBytes(token, 0, at), signature);
        token[at++] = '.';
        Base64Url.EncodeToChars(signature, token.AsSpan(at));
        return new string(token);
    }

    /// <summary>Verifies a token: form, header, key, signature, claims, times; in that order, and nothing of it is optional.</summary>
    public static TokenVerification Verify(string token, TokenExpectation expected, KeyRing keys)
    {
        if (expected.Skew < TimeSpan.Zero || expected.Skew > TokenExpectation.MaxSkew)
        {
            throw new ArgumentException($"the skew must be between 0 and {TokenExpectation.MaxSkew.TotalSeconds} s", nameof(expected));
        }

        if (token.Length > expected.Type.MaxLength)
        {
            return TokenVerification.Refused(TokenRefusal.Malformed, $"the token has more than {expected.Type.MaxLength} characters");
        }

        if (!TrySplit(token, out var header, out var payload, out var signature, out var signed))
        {
            return TokenVerification.Refused(TokenRefusal.Malformed, "the token is not three segments of canonical base64url");
        }

        if (TokenHeader.Read(header, expected.Type, out var kid) is { } headerFault)
        {
            return headerFault;
        }

        if (!keys.TryFind(kid, out var trusted))
        {
            return TokenVerification.Refused(TokenRefusal.UnknownKey, "the token names a key that is not trusted");
        }

        if (!VerifySignature(trusted.Key, token.AsSpan(0, signed), signature))
        {
            return TokenVerification.Refused(TokenRefusal.Signature, "the signature does not match");
        }

        return TokenPayload.TryRead(payload, expected.Type, out var claims, out var fault) is var refusal and not TokenRefusal.None
            ? TokenVerification.Refused(refusal, fault)
            : Judge(claims!, trusted, expected);
    }

    /// <summary>
    /// Whether the token says that it is of the kind, so that one place can take several kinds. It proves nothing: <see cref="Verify"/> does.
    /// </summary>
    public static bool ClaimsToBe(TokenType type, string token) =>
        token.Length <= type.MaxLength && token.IndexOf('.') is var dot and > 0
        && StrictBase64.TryDecodeUrl(token.AsSpan(0, dot), out var header) && TokenHeader.Names(header, type);

    // `exp` is the first invalid second: with a skew of s a token is refused from exp + s on.
    static TokenVerification Judge(TokenClaims claims, TrustedKey trusted, TokenExpectation expected)
    {
        if (!string.Equals(claims.Issuer, trusted.Name, StringComparison.Ordinal)
            || (expected.Issuer is not null && !string.Equals(claims.Issuer, expected.Issuer, StringComparison.Ordinal)))
        {
            return TokenVerification.Refused(TokenRefusal.Issuer, "the token is not of the expected issuer");
        }

        if (!string.Equals(claims.Audience, expected.Audience, StringComparison.Ordinal))
        {
            return TokenVerification.Refused(TokenRefusal.Audience, $"the token is not made for `{expected.Audience}`");
        }

        if (claims.IssuedAt > expected.Now + expected.Skew || claims.NotBefore > expected.Now + expected.Skew)
        {
            return TokenVerification.Refused(TokenRefusal.NotYetValid, "the token is not valid yet");
        }

        if (expected.Now >= claims.Expires + expected.Skew)
        {
            return TokenVerification.Refused(TokenRefusal.Expired, "the token has expired");
        }

        return trusted.MaySignAt(claims.IssuedAt)
            ? TokenVerification.Holds(claims, trusted.Key.Kid)
            : TokenVerification.Refused(TokenRefusal.KeyWindow, "the key may not sign at the time the token was issued");
    }

    static bool TrySplit(string token, out byte[] header, out byte[] payload, out byte[] signature, out int signed)
    {
        header = payload = signature = [];
        var first = token.IndexOf('.');
        signed = token.LastIndexOf('.');
        if (first <= 0 || signed <= first + 1 || !StrictBase64.TryDecodeUrl(token.AsSpan(0, first), out var h)
            || !StrictBase64.TryDecodeUrl(token.AsSpan(first + 1, signed - first - 1), out var p)
            || !StrictBase64.TryDecodeUrl(token.AsSpan(signed + 1), out var s) || s.Length != Ed25519PublicKey.SignatureSize)
        {
            return false;
        }

        (header, payload, signature) = (h, p, s);
        return true;
    }

    static bool VerifySignature(Ed25519PublicKey key, ReadOnlySpan<char> signed, ReadOnlySpan<byte> signature)
    {
        var bytes = ArrayPool<byte>.Shared.Rent(signed.Length);
        try
        {
            return key.Verify(bytes.AsSpan(0, Encoding.ASCII.GetBytes(signed, bytes)), signature);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(bytes);
        }
    }

    /// <summary>A whole number of seconds since 1970, written with digits alone.</summary>
    internal static bool TryReadSeconds(JsonElement value, out DateTimeOffset time)
    {
        time = default;
        if (value.ValueKind != JsonValueKind.Number
            || System.Runtime.InteropServices.JsonMarshal.GetRawUtf8Value(value).ContainsAnyExceptInRange((byte)'0', (byte)'9')
            || !value.TryGetInt64(out var seconds) || seconds > MaxSeconds)
        {
            return false;
        }

        time = DateTimeOffset.FromUnixTimeSeconds(seconds);
        return true;
    }
}
