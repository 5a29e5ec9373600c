using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Nodes;

namespace Anumate.Proofs;

/// <summary>
/// The receipt that closes a run, signed in a DSSE envelope: how it ended, under which plan, how many leaves it left in the log and
/// the hash of the last of them, so that none can be held back unnoticed.
/// </summary>
public sealed record RunClose(
    Id<Tenant> Tenant, Id<Run> Run, Digest PlanHash, string Status, long Leaves, Digest LastLeaf, DateTimeOffset At)
{
    /// <summary>The payload type of the envelope.</summary>
    public const string PayloadType = "application/vnd.anumate.run-close+json";

    const int Version = 1;

    /// <summary>SHA-256 of the run's salt, if inputs and arguments are committed to under one.</summary>
    public Digest? SaltHash { get; init; }

    /// <summary>Signs it.</summary>
    public DsseEnvelope Sign(Ed25519Key key) => DsseEnvelope.Sign(PayloadType, ToBytes(), key);

    /// <summary>The canonical bytes: what is signed.</summary>
    public byte[] ToBytes()
    {
        var close = new JsonObject
        {
            ["v"] = Version,
            ["tenant"] = Tenant.ToString(),
            ["run"] = Run.ToString(),
            ["plan_hash"] = PlanHash.ToString(),
            ["status"] = Status,
            ["leaves"] = Leaves,
            ["last_leaf"] = LastLeaf.ToString(),
            ["at"] = UtcTime.Write(At),
        };
        if (SaltHash is { } salt)
        {
            close["salt_hash"] = salt.ToString();
        }

        return CanonicalJson.Write(close);
    }

    /// <summary>Reads the payload of an envelope that has been verified.</summary>
    public static bool TryRead(byte[] payload, [NotNullWhen(true)] out RunClose? close, out string fault)
    {
        close = null;
        fault = "the run-close receipt is not canonical JSON of the expected form";
        if (!CanonicalJson.IsCanonical(payload) || !StrictJson.TryParse(payload, payload.Length, out var document, out _))
        {
            return false;
        }

        using (document)
        {
            var json = document.RootElement;
            if (!json.HasMembers(["v", "tenant", "run", "plan_hash", "status", "leaves", "last_leaf", "at"], ["salt_hash"]))
            {
                return false;
            }

            if (json.CountOf("v") != Version)
            {
                fault = "the run-close receipt is of a version this program does not know";
                return false;
            }

            var hasSalt = json.TryGetProperty("salt_hash", out _);
            Digest salt = default;
            if (!Id<Tenant>.TryParse(json.TextOf("tenant"), null, out var tenant)
                || !Id<Run>.TryParse(json.TextOf("run"), null, out var run)
                || !Digest.TryParse(json.TextOf("plan_hash"), out var planHash)
                || json.TextOf("status") is not { } status || !IsWord(status)
                || json.CountOf("leaves") is not { } leaves || !Digest.TryParse(json.TextOf("last_leaf"), out var last)
                || !UtcTime.TryRead(json.TextOf("at"), out var at) || (hasSalt && !Digest.TryParse(json.TextOf("salt_hash"), out salt)))
            {
                return false;
            }

            fault = "";
            close = new RunClose(tenant, run, planHash, status, leaves, last, at) { SaltHash = hasSalt ? salt : null };
            return true;
        }
    }

    static bool IsWord(string status) => status.Length is > 0 and <= 64 && status.All(c => c is (>= 'a' and <= 'z') or '_');
}
