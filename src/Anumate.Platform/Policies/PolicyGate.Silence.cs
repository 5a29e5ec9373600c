using Anumate.PolicyEngine;

namespace Anumate.Platform.Policies;

/// <summary>Points at which most tenants have no policy, and that are met often.</summary>
public sealed partial class PolicyGate
{
    /// <summary>
    /// Decides as <see cref="DecideAsync"/> does; null when no policy has anything to say. Where none speaks at this point at all, nothing is
    /// made of the facts.
    /// </summary>
    public async ValueTask<Decision?> AskAsync(Caller caller, PolicyPoint point, Func<PolicyFacts> facts, IReadOnlyList<string> pinned, CancellationToken ct)
    {
        if (tenants.TryGetValue(caller.Tenant, out var tenant) && tenant.IsYoung(time, ConfirmAfter) && tenant.Find(pinned, compiled) is { } ruling
            && ruling.IsSilentAt(point))
        {
            return null;
        }

        var decision = await DecideAsync(caller, point, facts(), pinned, ct);
        return decision is { Verdict: Verdict.Allow, Matched.Count: 0 } ? null : decision;
    }
}
