using Anumate.Platform.Hosting;
using Anumate.Platform.Policies;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace Anumate.Compiler;

/// <summary>From a capsule to a plan named by its hash.</summary>
public static class CompilerModule
{
    public static readonly Module Module = new("compiler")
    {
        Serves = typeof(ICompiler), Needs = [typeof(IRegistry), typeof(IPolicies), typeof(IConnectors)], Add = AddCompiler, Map = PlanEndpoints.Map,
    };

    static void AddCompiler(IServiceCollection services, IConfiguration section)
    {
        services.AddPolicyGate();
        services.AddSingleton<PlanStore>();
        services.AddSingleton<ICompiler, CompilerService>();
    }
}
