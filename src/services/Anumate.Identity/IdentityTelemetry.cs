using System.Diagnostics.Metrics;

namespace Anumate.Identity;

sealed class IdentityTelemetry
{
    readonly Counter<long> _signIns;
    readonly Counter<long> _refused;

    public IdentityTelemetry(IMeterFactory meters)
    {
        var meter = meters.Create("anumate.identity");
        _signIns = meter.CreateCounter<long>("anumate.identity.sign_ins", "{sign_in}", "Sign-ins by outcome");
        _refused = meter.CreateCounter<long>("anumate.identity.credentials.refused", "{credential}", "Credentials that were not valid");
    }

    public void SignedIn(bool ok) => _signIns.Add(1, new KeyValuePair<string, object?>("outcome", ok ? "ok" : "refused"));

    public void Refused() => _refused.Add(1);
}
