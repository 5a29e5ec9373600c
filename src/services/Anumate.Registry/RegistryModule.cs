using Anumate.Platform.Hosting;
using Anumate.Platform.Policies;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace Anumate.Registry;

/// <summary>Capsules: immutable, signed versions.</summary>
public static class RegistryModule
{
    public static readonly Module Module = new("registry")
    {
        Serves = typeof(IRegistry), Needs = [typeof(IPolicies)], Add = AddRegistry, Map = CapsuleEndpoints.Map,
    };

    static void AddRegistry(IServiceCollection services, IConfiguration section)
    {
        services.AddPolicyGate();
        services.AddSingleton<CapsuleStore>();
        services.AddSingleton<IRegistry, RegistryService>();
    }
}
