using Anumate.Platform.Events;
using Anumate.Platform.Hosting;
using Anumate.Platform.Policies;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace Anumate.Policies;

/// <summary>Policies: written, published, resolved, and tried.</summary>
public static class PolicyModule
{
    public static readonly Module Module = new("policies")
    {
        Serves = typeof(IPolicies), Needs = [typeof(IConnectors)], Add = AddPolicies, Map = PolicyEndpoints.Map,
    };

    // Counts may be a moment late; those of one tenant are then one transaction.
    static readonly TimeSpan Gather = TimeSpan.FromMilliseconds(100);

    static void AddPolicies(IServiceCollection services, IConfiguration section)
    {
        services.AddCompiledPolicies();
        services.AddSingleton<PolicyStore>();
        services.AddSingleton<BindingStore>();
        services.AddSingleton<WaiverStore>();
        services.AddSingleton<WaiverSigner>();
        services.AddSingleton<ViolationStore>();
        services.AddSingleton<DecisionStore>();
        services.AddSingleton<DriftStore>();
        services.AddSingleton<PolicyDrift>();
        services.AddDecisionLog();
        services.AddHostedService<PolicyUpkeep>();
        services.AddWorkSubscription<PolicyDrift>("policies.drift", PolicyDrift.Types, (drift, e, ct) => drift.HandleAsync(e, ct), fromStart: false);
        services.AddGatheredSubscription<ViolationStore>("policies.violations", [PolicyViolated.EventType], Gather, (store, e, ct) => store.CountAsync(e, ct));
        services.AddSingleton<PolicyService>();
        services.AddSingleton<IPolicies>(p => p.GetRequiredService<PolicyService>());
    }
}
