using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Anumate.Proofs;

/// <summary>A leaf with its place in a log and the proof of that.</summary>
public sealed record ProvenLeaf(long Index, byte[] Leaf, IReadOnlyList<Digest> Proof);

/// <summary>Leaves of a run in one log, under one signed checkpoint of it.</summary>
public sealed record ReceiptLog(string Checkpoint, IReadOnlyList<ProvenLeaf> Leaves);

/// <summary>
/// The receipt of a run as one file that is verified without a network: the run's leaves with their proofs, the signed checkpoints
/// above them (one per log; a long run may cross from one shard into the next), the signed close, and the public keys of the signers.
/// Described by <c>schemas/receipt.v1.schema.json</c>.
/// </summary>
public sealed record ReceiptBundle
{
    /// <summary>The version of the form.</summary>
    public const int Format = 1;

    /// <summary>The largest bundle accepted.</summary>
    public const int MaxBytes = 64 * 1024 * 1024;

    /// <summary>The largest leaf.</summary>
    public const int MaxLeafBytes = 256 * 1024;

    /// <summary>Whose run.</summary>
    public required Id<Tenant> Tenant { get; init; }

    /// <summary>Which run.</summary>
    public required Id<Run> Run { get; init; }

    /// <summary>The logs in which it left leaves, by rising number of their shard.</summary>
    public required IReadOnlyList<ReceiptLog> Logs { get; init; }

    /// <summary>The signed <see cref="RunClose"/>; absent while the run goes on.</summary>
    public DsseEnvelope? Close { get; init; }

    /// <summary>The keys that signed: to name them, not to trust them.</summary>
    public required IReadOnlyList<Ed25519PublicKey> Keys { get; init; }

    /// <summary>The salt of the run's commitments, for who may test data against them; absent once erased.</summary>
    public byte[]? Salt { get; init; }

    /// <summary>Verifies a bundle from its bytes alone. Without trusted keys nothing anchors it.</summary>
    public static ReceiptVerification Verify(ReadOnlyMemory<byte> utf8, KeyRing? trusted) => ReceiptVerifier.Verify(utf8, trusted);

    /// <summary>The canonical bytes.</summary>
    public byte[] ToBytes() => CanonicalJson.Write(ToJson());

    /// <summary>The bundle as JSON.</summary>
    public JsonObject ToJson()
    {
        var json = new JsonObject
        {
            ["format"] = Format,
            ["tenant"] = Tenant.ToString(),
            ["run"] = Run.ToString(),
            ["logs"] = new JsonArray([.. Logs.Select(Write)]),
            ["keys"] = Jwks.Write(Keys),
        };
        if (Close is not null)
        {
            json["close"] = Close.ToJson();
        }

        if (Salt is not null)
        {
            json["salt"] = Convert.ToBase64String(Salt);
        }

        return json;
    }

    /// <summary>Reads the form of a bundle; nothing of it is verified.</summary>
    public static bool TryRead(ReadOnlyMemory<byte> utf8, [NotNullWhen(true)] out ReceiptBundle? bundle, out string fault)
    {
        bundle = null;
        if (!StrictJson.TryParse(utf8, MaxBytes, out var document, out var diagnostics))
        {
            fault = diagnostics[0].ToString();
            return false;
        }

        using (document)
        {
            return TryRead(document.RootElement, out bundle, out fault);
        }
    }

    static bool TryRead(JsonElement json, out ReceiptBundle? bundle, out string fault)
    {
        bundle = null;
        if (json.CountOf("format") is { } format && format != Format)
        {
            fault = $"the bundle has format {format}; this program knows format {Format}";
            return false;
        }

        fault = "a receipt bundle is exactly {format, tenant, run, logs, keys, close?, salt?}";
        if (!json.HasMembers(["format", "tenant", "run", "logs", "keys"], ["close", "salt"]) || json.CountOf("format") is null
            || !Id<Tenant>.TryParse(json.TextOf("tenant"), null, out var tenant)
            || !Id<Run>.TryParse(json.TextOf("run"), null, out var run))
        {
            return false;
        }

        byte[]? salt = null;
        if (json.TryGetProperty("salt", out _) && (json.TextOf("salt") is not { } text || !StrictBase64.TryDecode(text, out salt)))
        {
            fault = "the salt is not base64";
            return false;
        }

        DsseEnvelope? close = null;
        if ((json.TryGetProperty("close", out var closed) && !DsseEnvelope.TryRead(closed, out close, out fault))
            || !TryReadLogs(json.GetProperty("logs"), out var logs, out fault)
            || !TryReadKeys(json.GetProperty("keys"), out var keys, out fault))
        {
            return false;
        }

        fault = "";
        bundle = new ReceiptBundle { Tenant = tenant, Run = run, Logs = logs, Close = close, Keys = keys, Salt = salt };
        return true;
    }

    static bool TryReadLogs(JsonElement json, out List<ReceiptLog> logs, out string fault)
    {
        logs = [];
        fault = "logs is a list of exactly {checkpoint, leaves: [{index, leaf, proof}]}, with base64 of 32 bytes in proofs";
        if (json.ValueKind != JsonValueKind.Array)
        {
            return false;
        }

        foreach (var log in json.EnumerateArray())
        {
            if (!log.HasExactly("checkpoint", "leaves") || log.TextOf("checkpoint") is not { } checkpoint
                || log.GetProperty("leaves") is not { ValueKind: JsonValueKind.Array } list)
            {
                return false;
            }

            var leaves = new List<ProvenLeaf>(list.GetArrayLength());
            foreach (var item in list.EnumerateArray())
            {
                if (!item.HasExactly("index", "leaf", "proof") || item.CountOf("index") is not { } index
                    || item.TextOf("leaf") is not { } text || !StrictBase64.TryDecode(text, out var leaf)
                    || ReadProof(item.GetProperty("proof")) is not { } proof)
                {
                    return false;
                }

                leaves.Add(new ProvenLeaf(index, leaf, proof));
            }

            logs.Add(new ReceiptLog(checkpoint, leaves));
        }

        return true;
    }

    static List<Digest>? ReadProof(JsonElement json)
    {
        // A tree of 2^63 leaves has proofs of 63 hashes.
        if (json.ValueKind != JsonValueKind.Array || json.GetArrayLength() > 63)
        {
            return null;
        }

        var proof = new List<Digest>(json.GetArrayLength());
        foreach (var item in json.EnumerateArray())
        {
            if (item.ValueKind != JsonValueKind.String
                || !StrictBase64.TryDecode(item.GetString(), out var hash) || hash.Length != Digest.Size)
            {
                return null;
            }

            proof.Add(new Digest(hash));
        }

        return proof;
    }

    // The bundle's keys are bare: exactly what names a key, nothing that could be changed unnoticed.
    static bool TryReadKeys(JsonElement json, out List<Ed25519PublicKey> keys, out string fault)
    {
        keys = [];
        fault = "keys is exactly a JWK Set of keys with alg, crv, kid, kty, use and x";
        if (!json.HasExactly("keys") || json.GetProperty("keys") is not { ValueKind: JsonValueKind.Array } list)
        {
            return false;
        }

        foreach (var jwk in list.EnumerateArray())
        {
            if (!jwk.HasExactly("alg", "crv", "kid", "kty", "use", "x"))
            {
                return false;
            }

            if (Jwks.Read(jwk, out fault) is not { } key)
            {
                return false;
            }

            keys.Add(key);
        }

        return true;
    }

    static JsonObject Write(ReceiptLog log) => new()
    {
        ["checkpoint"] = log.Checkpoint,
        ["leaves"] = new JsonArray([.. log.Leaves.Select(leaf => new JsonObject
        {
            ["index"] = leaf.Index,
            ["leaf"] = Convert.ToBase64String(leaf.Leaf),
            ["proof"] = new JsonArray([.. leaf.Proof.Select(hash => JsonValue.Create(Convert.ToBase64String(hash.Span)))]),
        })]),
    };
}
