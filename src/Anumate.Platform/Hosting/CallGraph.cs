using System.Collections.Frozen;
using Microsoft.Extensions.DependencyInjection;

namespace Anumate.Platform.Hosting;

/// <summary>Who may call whom, by the services' words: what their modules say they need. A process calls for the services that it hosts.</summary>
public sealed class CallGraph(IEnumerable<Module> modules)
{
    readonly FrozenDictionary<string, FrozenSet<string>> _calls = modules.ToFrozenDictionary(m => m.Name, m => m.Needs.Select(WordOf).ToFrozenSet());

    /// <summary>The word of the service that serves a contract.</summary>
    public static string WordOf(Type contract) => contract.Name[1..].ToLowerInvariant();

    /// <summary>Whether one calls the other. A service also calls itself: another process that hosts it.</summary>
    public bool Calls(string caller, string callee) => caller == callee || (_calls.TryGetValue(caller, out var callees) && callees.Contains(callee));
}

public static class ServiceCalls
{
    /// <summary>Who this process is to others: the services it hosts, of all those there are.</summary>
    public static void AddServiceCalls(this IServiceCollection services, IReadOnlyList<Module> hosted, IReadOnlyList<Module> all)
    {
        services.AddSingleton(new CallGraph(all));
        services.AddSingleton(new HostedServices([.. hosted.Select(m => m.Name)]));
        services.AddSingleton<ProcessKey>();
        services.AddHostedService(p => p.GetRequiredService<ProcessKey>());
    }
}

/// <summary>The words of the services that this process hosts.</summary>
public sealed record HostedServices(IReadOnlyList<string> Words);
