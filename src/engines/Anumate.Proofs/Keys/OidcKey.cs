using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text.Json;

namespace Anumate.Proofs;

/// <summary>
/// A public key of an OIDC issuer: RSA, EC or Ed25519. It verifies only the algorithms of its own type, curve and declared <c>alg</c>:
/// no token chooses how its key is used.
/// </summary>
public sealed class OidcKey
{
    /// <summary>The algorithms there are (RFC 7518, RFC 8037), all of them asymmetric: nothing signed with a shared secret is ever accepted.</summary>
    public static IReadOnlyList<string> Algorithms { get; } =
        ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"];

    const int MinRsaBytes = 256, MaxRsaBytes = 1024;

    readonly string _kind;
    readonly string? _alg;
    readonly Func<string, byte[], byte[], bool> _verify;

    OidcKey(string kid, string kind, string? alg, Func<string, byte[], byte[], bool> verify)
    {
        Kid = kid;
        _kind = kind;
        _alg = alg;
        _verify = verify;
    }

    /// <summary>The key's name in its issuer's set.</summary>
    public string Kid { get; }

    /// <summary>Whether the signature is this key's over the data, by that algorithm.</summary>
    public bool Verify(string alg, byte[] data, byte[] signature) => Fits(alg) && _verify(alg, data, signature);

    /// <summary>Reads one JWK; null when it cannot verify signatures, or not safely (another type, another use, too short, off its curve).</summary>
    public static OidcKey? Read(JsonElement jwk)
    {
        if (jwk.ValueKind != JsonValueKind.Object || jwk.TextOf("kid") is not { Length: > 0 and <= 256 } kid || jwk.TryGetProperty("d", out _)
            || (jwk.TryGetProperty("use", out _) && jwk.TextOf("use") != "sig") || !MayVerify(jwk))
        {
            return null;
        }

        var alg = jwk.TextOf("alg");
        return jwk.TextOf("kty") switch
        {
            "RSA" => ReadRsa(jwk, kid, alg),
            "EC" => ReadEc(jwk, kid, alg),
            "OKP" => ReadEd25519(jwk, kid, alg),
            _ => null,
        };
    }

    bool Fits(string alg) => (_alg is null || _alg == alg) && _kind switch
    {
        "RSA" => alg is "RS256" or "RS384" or "RS512" or "PS256" or "PS384" or "PS512",
        "P-256" => alg == "ES256",
        "P-384" => alg == "ES384",
        "P-521" => alg == "ES512",
        _ => alg == "EdDSA",
    };

    static bool MayVerify(JsonElement jwk) => !jwk.TryGetProperty("key_ops", out var uses)
        || (uses.ValueKind == JsonValueKind.Array && uses.EnumerateArray().Any(u => u.ValueKind == JsonValueKind.String && u.ValueEquals("verify")));

    static OidcKey? ReadRsa(JsonElement jwk, string kid, string? alg)
    {
        // Every issuer signs with the exponent 65537; small ones have been the door of attacks.
        if (jwk.TextOf("e") != "AQAB" || jwk.TextOf("n") is not { } n || !StrictBase64.TryDecodeUrl(n, out var modulus)
            || modulus.Length is < MinRsaBytes or > MaxRsaBytes || modulus[0] == 0)
        {
            return null;
        }

        var parameters = new RSAParameters { Modulus = modulus, Exponent = [1, 0, 1] };
        return new OidcKey(kid, "RSA", alg, (by, data, signature) =>
        {
            using var rsa = RSA.Create(parameters);
            return rsa.VerifyData(data, signature, HashOf(by), by[0] == 'P' ? RSASignaturePadding.Pss : RSASignaturePadding.Pkcs1);
        });
    }

    static OidcKey? ReadEc(JsonElement jwk, string kid, string? alg)
    {
        var (curve, size) = jwk.TextOf("crv") switch
        {
            "P-256" => (ECCurve.NamedCurves.nistP256, 32),
            "P-384" => (ECCurve.NamedCurves.nistP384, 48),
            "P-521" => (ECCurve.NamedCurves.nistP521, 66),
            _ => (default, 0),
        };
        if (size == 0 || jwk.TextOf("x") is not { } textX || !StrictBase64.TryDecodeUrl(textX, out var x) || x.Length != size
            || jwk.TextOf("y") is not { } textY || !StrictBase64.TryDecodeUrl(textY, out var y) || y.Length != size)
        {
            return null;
        }

        var parameters = new ECParameters { Curve = curve, Q = new ECPoint { X = x, Y = y } };
        try
        {
            // A point off its curve is refused here.
            using var probe = ECDsa.Create(parameters);
        }
        catch (CryptographicException)
        {
            return null;
        }

        return new OidcKey(kid, jwk.TextOf("crv")!, alg, (by, data, signature) =>
        {
            using var key = ECDsa.Create(parameters);
            return signature.Length == 2 * size && key.VerifyData(data, signature, HashOf(by), DSASignatureFormat.IeeeP1363FixedFieldConcatenation);
        });
    }

    static OidcKey? ReadEd25519(JsonElement jwk, string kid, string? alg) =>
        jwk.TextOf("crv") == "Ed25519" && jwk.TextOf("x") is { } x && StrictBase64.TryDecodeUrl(x, out var raw) && Ed25519PublicKey.TryImport(raw, out var key)
            ? new OidcKey(kid, "Ed25519", alg, (_, data, signature) => key.Verify(data, signature))
            : null;

    static HashAlgorithmName HashOf(string alg) => alg[^3..] switch
    {
        "256" => HashAlgorithmName.SHA256,
        "384" => HashAlgorithmName.SHA384,
        _ => HashAlgorithmName.SHA512,
    };
}

/// <summary>The keys of an OIDC issuer, by their names.</summary>
public sealed class OidcKeys
{
    const int MaxBytes = 256 * 1024, MaxKeys = 100;

    readonly Dictionary<string, OidcKey> _keys;

    OidcKeys(Dictionary<string, OidcKey> keys) => _keys = keys;

    /// <summary>How many keys can verify.</summary>
    public int Count => _keys.Count;

    /// <summary>The key of that name.</summary>
    public bool TryFind(string kid, [NotNullWhen(true)] out OidcKey? key) => _keys.TryGetValue(kid, out key);

    /// <summary>
    /// Reads a JWK Set. Keys that cannot verify are passed over (RFC 7517 section 5); of two keys with one name neither is taken, since
    /// a name that means two keys means none.
    /// </summary>
    public static bool TryRead(ReadOnlyMemory<byte> utf8, [NotNullWhen(true)] out OidcKeys? keys, out string fault)
    {
        keys = null;
        if (!StrictJson.TryParse(utf8, MaxBytes, out var document, out var diagnostics))
        {
            fault = diagnostics[0].Message;
            return false;
        }

        using (document)
        {
            if (document.RootElement.ValueKind != JsonValueKind.Object || !document.RootElement.TryGetProperty("keys", out var list)
                || list.ValueKind != JsonValueKind.Array || list.GetArrayLength() > MaxKeys)
            {
                fault = $"a key set is an object with a list `keys` of at most {MaxKeys}";
                return false;
            }

            fault = "";
            keys = new OidcKeys(list.EnumerateArray().Select(OidcKey.Read).OfType<OidcKey>().GroupBy(k => k.Kid, StringComparer.Ordinal)
                .Where(g => g.Count() == 1).ToDictionary(g => g.Key, g => g.Single(), StringComparer.Ordinal));
            return true;
        }
    }
}
