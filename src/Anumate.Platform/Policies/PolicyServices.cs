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
        services.TryAddSingleton<BundleSeal>();
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
        services.TryAddSingleton<DecisionMix>();
        services.TryAddSingleton<HostReports>();
        services.AddDecisionLog();
        services.TryAddSingleton<PolicyNotes>();
        services.AddHostedService<PolicyPump>();
        services.TryAddSingleton<PolicyGate>();
        services.TryAddSingleton(p => new PolicyRedaction(
            p.GetRequiredService<Db>(), p.GetRequiredService<TenantKeys>(), p.GetRequiredService<TimeProvider>(), p.GetRequiredService<ILogger<PolicyRedaction>>()));
        services.TryAddSingleton<CallRedaction>();
        services.TryAddSingleton<PolicyRefresher>();
        services.AddHostedService(p => p.GetRequiredService<PolicyRefresher>());
        services.TryAddSingleton<Listener>();
        return services.AddBroadcast<Listener>(News, (listener, news, _) =>
        {
            listener.Hear(news);
            return Task.CompletedTask;
        });
    }

    /// <summary>The record of decisions, for who writes it and who tries policies on it.</summary>
    public static IServiceCollection AddDecisionLog(this IServiceCollection services)
    {
        services.TryAddSingleton<DecisionLog>();
        return services;
    }

    /// <summary>What changes by what policies a tenant is ruled.</summary>
    static readonly string[] News =
    [
        PolicyPublished.EventType, PolicyDeleted.EventType, PolicyBound.EventType, PolicyListChanged.EventType, WaiverGranted.EventType, WaiverRevoked.EventType,
    ];

    /// <summary>Lets the gate forget what is not so any more, and fetch what is.</summary>
    sealed class Listener(PolicyGate gate, PolicyRefresher refresher)
    {
        public void Hear(StoredEvent news)
        {
            gate.Forget(news.Tenant);
            if (news.Type == PolicyPublished.EventType)
            {
                var published = news.Data<PolicyPublished>();
                gate.Heard(news.Tenant, published.Name, published.Version);
            }

            refresher.Soon(news.Tenant);
        }
    }

    sealed class Wired;
}
