using System.Text;
using System.Text.Json;
using Anumate.Platform.Secrets;
using Anumate.Proofs;

namespace Anumate.Policies;

/// <summary>Signs waivers, and finds out whether one is as it was signed.</summary>
sealed class WaiverSigner(SigningKeys keys)
{
    const string PayloadType = "application/vnd.anumate.waiver+json";

    public async ValueTask<PolicyWaiver> SignAsync(PolicyWaiver waiver, CancellationToken ct)
    {
        var key = await keys.CurrentAsync(SigningPurpose.Waiver, ct);
        return waiver with { Signature = DsseEnvelope.Sign(PayloadType, Payload(waiver), key).ToJson().ToJsonString() };
    }

    /// <summary>Those that nobody altered since they were signed.</summary>
    public async ValueTask<IReadOnlyList<PolicyWaiver>> SoundAsync(IReadOnlyList<PolicyWaiver> waivers, CancellationToken ct)
    {
        if (waivers.Count == 0)
        {
            return waivers;
        }

        var ring = await keys.RingAsync(SigningPurpose.Waiver, ct);
        if (waivers.Any(w => !IsSound(w, ring)) && await keys.RefreshAsync(SigningPurpose.Waiver, ct) is { } fresh)
        {
            // A key that another process has just made was not on the ring yet.
            ring = fresh;
        }

        return [.. waivers.Where(w => IsSound(w, ring))];
    }

    static bool IsSound(PolicyWaiver waiver, KeyRing ring) =>
        DsseEnvelope.TryParse(Encoding.UTF8.GetBytes(waiver.Signature), out var envelope, out _)
        && envelope.Payload.AsSpan().SequenceEqual(Payload(waiver)) && envelope.Verify(PayloadType, ring).Ok;

    static byte[] Payload(PolicyWaiver waiver) => CanonicalJson.Write(JsonSerializer.SerializeToElement(
        waiver with { Signature = "", Revoked = null }, AnumateJson.Options.GetTypeInfo(typeof(PolicyWaiver))));
}
