using Anumate.Platform.Events;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

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

    /// <summary>The gate, for a service that names <see cref="IPolicies"/> among its needs. It hears of every change of what rules a tenant.</summary>
    public static IServiceCollection AddPolicyGate(this IServiceCollection services)
    {
        if (services.Any(d => d.ServiceType == typeof(Wired)))
        {
            return services;
        }

        services.AddSingleton<Wired>();
        services.AddCompiledPolicies();
        services.TryAddSingleton<Limits>();
        services.TryAddSingleton<ViolationLog>();
        services.AddHostedService(p => p.GetRequiredService<ViolationLog>());
        services.TryAddSingleton<PolicyGate>();
        return services.AddBroadcast<PolicyGate>(News, (gate, news, _) =>
        {
            gate.Forget(news.Tenant);
            return Task.CompletedTask;
        });
    }

    /// <summary>What changes by what policies a tenant is ruled.</summary>
    static readonly string[] News =
    [
        PolicyPublished.EventType, PolicyDeleted.EventType, PolicyBound.EventType, PolicyListChanged.EventType, WaiverGranted.EventType, WaiverRevoked.EventType,
    ];

    sealed class Wired;
}
