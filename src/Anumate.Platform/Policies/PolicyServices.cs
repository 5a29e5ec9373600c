using Anumate.Platform.Data;
using Anumate.Platform.Events;
using Anumate.Platform.Redactions;
using Anumate.Platform.Secrets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;

namespace Anumate.Platform.Policies;

/// <summary>Registration of what enforces policies. Several services of one host ask for it; it is there once.</summary>
public static class PolicyServices
{
    /// <summary>The compiled policies of this process.</summary>
    public static IServiceCollection AddCompiledPolicies(this IServiceCollection services)
    {
        services.TryAddSingleton<CompiledPolicies>();
        return services;
    }

    /// <summary>The gate, for a service that names <see cref="IPolicies"/> among its needs. It hears of every policy that is published or deleted.</summary>
    public static IServiceCollection AddPolicyGate(this IServiceCollection services)
    {
        if (services.Any(d => d.ServiceType == typeof(Wired)))
        {
            return services;
        }

        services.AddSingleton<Wired>();
        services.AddCompiledPolicies();
        services.TryAddSingleton<Limits>();
        services.TryAddSingleton<PolicyGate>();
        services.AddRedaction();
        services.TryAddSingleton<CallRedaction>();
        services.TryAddSingleton<ShownData>();
        return services.AddBroadcast<PolicyGate>([PolicyPublished.EventType, PolicyDeleted.EventType], (gate, news, _) =>
        {
            gate.Forget(news.Tenant);
            return Task.CompletedTask;
        });
    }

    /// <summary>What carries out redactions, for who demands them and for who turns tokens back.</summary>
    public static IServiceCollection AddRedaction(this IServiceCollection services)
    {
        services.TryAddSingleton(p => new PolicyRedaction(p.GetRequiredService<Db>(), p.GetRequiredService<TenantKeys>(), p.GetRequiredService<RunVault>(),
            p.GetRequiredService<TimeProvider>(), p.GetRequiredService<ILogger<PolicyRedaction>>()));
        return services;
    }

    sealed class Wired;
}
