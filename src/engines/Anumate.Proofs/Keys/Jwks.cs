using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Anumate.Proofs;

/// <summary>
/// JWK Sets (RFC 7517) of Ed25519 keys (RFC 8037). <c>kid</c> is always the thumbprint. What a key is trusted for travels in three more
/// members: <c>name</c> (see <see cref="TrustedKey.Name"/>), <c>nbf</c> and <c>exp</c> (its window, seconds since 1970).
/// </summary>
public static class Jwks
{
    const int MaxBytes = 256 * 1024;

    /// <summary>One key as a JWK.</summary>
    public static JsonObject Write(Ed25519PublicKey key) => new()
    {
        ["alg"] = "EdDSA",
        ["crv"] = "Ed25519",
        ["kid"] = key.Kid,
        ["kty"] = "OKP",
        ["use"] = "sig",
        ["x"] = key.X,
    };

    /// <summary>A key with its name and window.</summary>
    public static JsonObject Write(TrustedKey key)
    {
        var jwk = Write(key.Key);
        jwk["name"] = key.Name;
        if (key.From is { } from)
        {
            jwk["nbf"] = from.ToUnixTimeSeconds();
        }

        if (key.Until is { } until)
        {
            // Rounded up: what was signed in the last second was signed in time.
            jwk["exp"] = until.AddTicks(TimeSpan.TicksPerSecond - 1).ToUnixTimeSeconds();
        }

        return jwk;
    }

    /// <summary>A set of bare keys.</summary>
    public static JsonObject Write(IEnumerable<Ed25519PublicKey> keys) => new() { ["keys"] = new JsonArray([.. keys.Select(Write)]) };

    /// <summary>A set of keys with their names and windows.</summary>
    public static JsonObject Write(KeyRing ring) =>
        new() { ["keys"] = new JsonArray([.. ring.Keys.OrderBy(k => k.Key.Kid, StringComparer.Ordinal).Select(Write)]) };

    /// <summary>Reads one JWK of an Ed25519 public key; null with the fault otherwise.</summary>
    public static Ed25519PublicKey? Read(JsonElement jwk, out string fault)
    {
        fault = "";
        if (jwk.TextOf("kty") != "OKP" || jwk.TextOf("crv") != "Ed25519" || jwk.TextOf("x") is not { } x)
        {
            fault = "a key must be a JWK with kty `OKP`, crv `Ed25519` and x";
        }
        else if (jwk.TryGetProperty("d", out _))
        {
            fault = "a key set contains a private key; withdraw that key now";
        }
        else if (!StrictBase64.TryDecodeUrl(x, out var raw) || !Ed25519PublicKey.TryImport(raw, out var key))
        {
            fault = "x is not an acceptable Ed25519 public key";
        }
        else if (jwk.TextOf("kid") != key.Kid)
        {
            fault = $"the kid of a key must be its thumbprint `{key.Kid}`";
        }
        else if (IsOther(jwk, "alg", "EdDSA") || IsOther(jwk, "use", "sig"))
        {
            fault = $"the key `{key.Kid}` is not for signatures by EdDSA";
        }
        else
        {
            return key;
        }

        return null;
    }

    /// <summary>
    /// Reads a key set into a ring. Keys of other types are passed over (RFC 7517 section 5); a broken Ed25519 key is a fault of the
    /// whole set. <paramref name="name"/> is given to keys that have no member <c>name</c>.
    /// </summary>
    public static bool TryRead(ReadOnlyMemory<byte> utf8, string? name, [NotNullWhen(true)] out KeyRing? ring, out string fault)
    {
        ring = null;
        if (!StrictJson.TryParse(utf8, MaxBytes, out var document, out var diagnostics))
        {
            fault = diagnostics[0].Message;
            return false;
        }

        using (document)
        {
            return TryRead(document.RootElement, name, out ring, out fault);
        }
    }

    /// <inheritdoc cref="TryRead(ReadOnlyMemory{byte}, string?, out KeyRing?, out string)"/>
    public static bool TryRead(JsonElement set, string? name, [NotNullWhen(true)] out KeyRing? ring, out string fault)
    {
        ring = null;
        if (set.ValueKind != JsonValueKind.Object || !set.TryGetProperty("keys", out var list) || list.ValueKind != JsonValueKind.Array)
        {
            fault = "a key set is an object with a list `keys`";
            return false;
        }

        var keys = new Dictionary<string, TrustedKey>(StringComparer.Ordinal);
        foreach (var jwk in list.EnumerateArray())
        {
            if (jwk.TextOf("kty") is { } type && type != "OKP")
            {
                continue;
            }

            if (Trusted(jwk, name, out fault) is not { } key)
            {
                return false;
            }

            if (!keys.TryAdd(key.Key.Kid, key))
            {
                fault = $"the key `{key.Key.Kid}` is listed twice";
                return false;
            }
        }

        fault = "";
        ring = new KeyRing(keys.Values);
        return true;
    }

    static TrustedKey? Trusted(JsonElement jwk, string? name, out string fault)
    {
        if (Read(jwk, out fault) is not { } key)
        {
            return null;
        }

        if ((jwk.TextOf("name") ?? name) is not { Length: > 0 } trustedAs)
        {
            fault = $"the key `{key.Kid}` has no name it is trusted under";
        }
        else if (!TryTime(jwk, "nbf", out var from) || !TryTime(jwk, "exp", out var until))
        {
            fault = $"nbf and exp of the key `{key.Kid}` must be whole seconds";
        }
        else
        {
            return new TrustedKey(key, trustedAs) { From = from, Until = until };
        }

        return null;
    }

    static bool TryTime(JsonElement jwk, string name, out DateTimeOffset? time)
    {
        time = null;
        if (!jwk.TryGetProperty(name, out var value))
        {
            return true;
        }

        var ok = Token.TryReadSeconds(value, out var read);
        time = read;
        return ok;
    }

    static bool IsOther(JsonElement jwk, string name, string expected) => jwk.TryGetProperty(name, out _) && jwk.TextOf(name) != expected;
}
