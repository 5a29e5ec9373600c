using Anumate.Platform.Hosting;
using Anumate.Platform.Plans;
using Anumate.Platform.Policies;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace Anumate.GhostRuns;

/// <summary>Simulation and preflight reports.</summary>
public static class GhostRunsModule
{
    public static readonly Module Module = new("ghostruns")
    {
        Serves = typeof(IGhostRuns),
        Needs = [typeof(ICompiler), typeof(IPolicies), typeof(IConnectors), typeof(IIdentity)],
        Add = AddGhostRuns,
        Map = GhostRunEndpoints.Map,
    };

    static void AddGhostRuns(IServiceCollection services, IConfiguration section)
    {
        services.AddPolicyGate();
        services.AddPlanCache();
        services.AddSingleton<GhostRunStore>();
        services.AddSingleton<IGhostRuns, GhostRunService>();
    }
}
