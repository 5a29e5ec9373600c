using Anumate.PolicyEngine;

namespace Anumate.Platform.Policies;

/// <summary>Points at which most tenants have no policy, and that are met often.</summary>
public sealed partial class PolicyGate
{
    /// <summary>
    /// Decides as <see cref="DecideAsync"/> does; null when no policy has anything to say. Where none speaks at this point at all, nothing is
    /// made of the facts.
    /// </summary>
    /// <param name="simulated">Nothing has happened: what is denied is no violation.</param>
    public async ValueTask<Decision?> AskAsync(
        Caller caller, PolicyPoint point, Func<PolicyFacts> facts, IReadOnlyList<string> pinned, bool simulated, CancellationToken ct)
    {
        // Who is silent is so for every capsule.
        if (tenants.TryGetValue(caller.Tenant, out var tenant) && tenant.IsYoung(time, ConfirmAfter) && tenant.Find(pinned, null, compiled) is { } ruling
            && ruling.IsSilentAt(point))
        {
            return null;
        }

        var decision = simulated ? await SimulateAsync(caller, point, facts(), pinned, ct) : await DecideAsync(caller, point, facts(), pinned, ct);
        return decision is { Verdict: Verdict.Allow, Matched.Count: 0 } ? null : decision;
    }
}
