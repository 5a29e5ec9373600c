using System.Text;
using System.Text.Json.Nodes;
using Anumate.Platform.Secrets;
using Anumate.Proofs;

namespace Anumate.Platform.Policies;

/// <summary>
/// Signs what rules a tenant, and finds out whether a bundle is as it was signed: a process decides by nothing that the platform did not say of
/// this very tenant, whatever it came by.
/// </summary>
public sealed class BundleSeal(SigningKeys keys)
{
    const string PayloadType = "application/vnd.anumate.policy-bundle+json";

    public async ValueTask<PolicyBundle> SignAsync(Id<Tenant> tenant, PolicyBundle bundle, CancellationToken ct)
    {
        var key = await keys.CurrentAsync(SigningPurpose.Bundle, ct);
        return bundle with { Signature = DsseEnvelope.Sign(PayloadType, Payload(tenant, bundle.Digest), key).ToJson().ToJsonString() };
    }

    /// <summary>Whether its digest is that of what is in it, and is signed for the tenant.</summary>
    public async ValueTask<bool> IsSoundAsync(Id<Tenant> tenant, PolicyBundle bundle, CancellationToken ct)
    {
        if (PolicyBundles.DigestOf(bundle) != bundle.Digest || !DsseEnvelope.TryParse(Encoding.UTF8.GetBytes(bundle.Signature), out var envelope, out _)
            || !envelope.Payload.AsSpan().SequenceEqual(Payload(tenant, bundle.Digest)))
        {
            return false;
        }

        // A key that another process has just made is not on the ring yet.
        return envelope.Verify(PayloadType, await keys.RingAsync(SigningPurpose.Bundle, ct)).Ok
            || (await keys.RefreshAsync(SigningPurpose.Bundle, ct) is { } ring && envelope.Verify(PayloadType, ring).Ok);
    }

    static byte[] Payload(Id<Tenant> tenant, string digest) => CanonicalJson.Write(new JsonObject { ["digest"] = digest, ["tenant"] = tenant.ToString() });
}
