using Anumate.Platform.Hosting;
using Anumate.Platform.Policies;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace Anumate.Approvals;

/// <summary>Approvals of runs and calls.</summary>
public static class ApprovalsModule
{
    public static readonly Module Module = new("approvals")
    {
        Serves = typeof(IApprovals), Needs = [typeof(IIdentity), typeof(IPolicies)], Add = AddApprovals, Map = ApprovalEndpoints.Map,
    };

    static void AddApprovals(IServiceCollection services, IConfiguration section)
    {
        services.AddOptionsOf<ApprovalOptions, ApprovalOptionsValidator>(section);
        services.AddPolicyGate();
        services.AddSingleton<ApprovalStore>();
        services.AddSingleton<ApprovalService>();
        services.AddSingleton<IApprovals>(sp => sp.GetRequiredService<ApprovalService>());
        services.AddHostedService<ApprovalTimer>();
    }
}
