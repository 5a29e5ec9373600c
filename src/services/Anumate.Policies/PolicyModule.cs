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

    static void AddPolicies(IServiceCollection services, IConfiguration section)
    {
        services.AddCompiledPolicies();
        services.AddRedaction();
        services.AddSingleton<PolicyStore>();
        services.AddSingleton<IPolicies, PolicyService>();
    }
}
