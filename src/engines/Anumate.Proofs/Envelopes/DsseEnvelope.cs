using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Anumate.Proofs;

/// <summary>One signature on an envelope. The key id names the signer; it decides nothing, but a wrong one is a refusal.</summary>
public sealed record DsseSignature(string KeyId, byte[] Signature);

/// <summary>
/// A DSSE envelope (secure-systems-lab/dsse v1): bytes, their type, and signatures over both (PAE). What is verified is the payload
/// as received; it is never re-encoded. Standard base64 with padding only, and exactly the members of the specification.
/// </summary>
public sealed record DsseEnvelope(string PayloadType, byte[] Payload, IReadOnlyList<DsseSignature> Signatures)
{
    /// <summary>The most signatures.</summary>
    public const int MaxSignatures = 16;

    /// <summary>The largest envelope as JSON.</summary>
    public const int MaxBytes = 1024 * 1024;

    /// <summary>What is signed: <c>DSSEv1 SP len(type) SP type SP len(payload) SP payload</c>.</summary>
    public static byte[] PreAuthenticationEncoding(string payloadType, ReadOnlySpan<byte> payload)
    {
        var typeLength = Encoding.UTF8.GetByteCount(payloadType);
        return [.. Encoding.UTF8.GetBytes($"DSSEv1 {typeLength} {payloadType} {payload.Length} "), .. payload];
    }

    /// <summary>Signs a payload.</summary>
    public static DsseEnvelope Sign(string payloadType, byte[] payload, Ed25519Key key) =>
        new(payloadType, payload, [new DsseSignature(key.Kid, key.Sign(PreAuthenticationEncoding(payloadType, payload)))]);

    /// <summary>The envelope as JSON.</summary>
    public JsonObject ToJson() => new()
    {
        ["payload"] = Convert.ToBase64String(Payload),
        ["payloadType"] = PayloadType,
        ["signatures"] = new JsonArray([.. Signatures.Select(s => new JsonObject
        {
            ["keyid"] = s.KeyId,
            ["sig"] = Convert.ToBase64String(s.Signature),
        })]),
    };

    /// <summary>Reads an envelope. Nothing of it is verified yet.</summary>
    public static bool TryParse(ReadOnlyMemory<byte> utf8, [NotNullWhen(true)] out DsseEnvelope? envelope, out string fault)
    {
        envelope = null;
        if (!StrictJson.TryParse(utf8, MaxBytes, out var document, out var diagnostics))
        {
            fault = diagnostics[0].Message;
            return false;
        }

        using (document)
        {
            return TryRead(document.RootElement, out envelope, out fault);
        }
    }

    /// <inheritdoc cref="TryParse"/>
    public static bool TryRead(JsonElement json, [NotNullWhen(true)] out DsseEnvelope? envelope, out string fault)
    {
        envelope = null;
        fault = "an envelope is exactly {payload, payloadType, signatures: [{keyid, sig}]} with standard base64";
        if (!json.HasExactly("payload", "payloadType", "signatures") || json.TextOf("payloadType") is not { Length: > 0 and <= 256 } type
            || json.TextOf("payload") is not { } text || !StrictBase64.TryDecode(text, out var payload)
            || json.GetProperty("signatures") is not { ValueKind: JsonValueKind.Array } list
            || list.GetArrayLength() is < 1 or > MaxSignatures)
        {
            return false;
        }

        var signatures = new List<DsseSignature>();
        foreach (var item in list.EnumerateArray())
        {
            if (!item.HasExactly("keyid", "sig") || item.TextOf("keyid") is not { Length: > 0 } keyId
                || item.TextOf("sig") is not { } sig || !StrictBase64.TryDecode(sig, out var signature))
            {
                return false;
            }

            signatures.Add(new DsseSignature(keyId, signature));
        }

        if (signatures.DistinctBy(s => s.KeyId).Count() != signatures.Count)
        {
            fault = "the envelope has two signatures of one key";
            return false;
        }

        fault = "";
        envelope = new DsseEnvelope(type, payload, signatures);
        return true;
    }

    /// <summary>
    /// Finds the trusted key that signed. Every key of the ring is tried on every signature, whatever its key id says; then the key id
    /// must be that of the key. The window of the key is for the caller, who knows the time in the payload.
    /// </summary>
    public DsseVerification Verify(string payloadType, KeyRing keys)
    {
        if (!string.Equals(PayloadType, payloadType, StringComparison.Ordinal))
        {
            return new DsseVerification(DsseState.Type, null, $"the envelope does not hold a `{payloadType}`");
        }

        var signed = PreAuthenticationEncoding(PayloadType, Payload);
        foreach (var trusted in keys.Keys)
        {
            foreach (var signature in Signatures)
            {
                if (trusted.Key.Verify(signed, signature.Signature))
                {
                    return string.Equals(signature.KeyId, trusted.Key.Kid, StringComparison.Ordinal)
                        ? new DsseVerification(DsseState.Ok, trusted, "")
                        : new DsseVerification(DsseState.Signature, null, "the key id of the signature names another key");
                }
            }
        }

        return Signatures.Any(s => keys.TryFind(s.KeyId, out _))
            ? new DsseVerification(DsseState.Signature, null, "the signature of the envelope does not match")
            : new DsseVerification(DsseState.UnknownKey, null, "no trusted key signed the envelope");
    }
}

/// <summary>What became of an envelope.</summary>
public enum DsseState
{
    /// <summary>A trusted key signed it.</summary>
    Ok,

    /// <summary>It holds another type of payload.</summary>
    Type,

    /// <summary>No trusted key is named.</summary>
    UnknownKey,

    /// <summary>A trusted key is named, and did not sign this.</summary>
    Signature,
}

/// <summary>Whether an envelope holds, and who signed.</summary>
public sealed record DsseVerification(DsseState State, TrustedKey? Key, string Reason)
{
    /// <summary>Whether it holds.</summary>
    [MemberNotNullWhen(true, nameof(Key))]
    public bool Ok => State == DsseState.Ok;
}
