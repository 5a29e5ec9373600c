using System.Net;
using System.Net.Sockets;
using Anumate.Platform.Events;
using Anumate.Platform.Hosting;
using Anumate.Platform.Plans;
using Anumate.Platform.Policies;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Orleans.Configuration;

namespace Anumate.Orchestrator;

/// <summary>Durable runs of plans.</summary>
public static class OrchestratorModule
{
    public static readonly Module Module = new("orchestrator")
    {
        Serves = typeof(IOrchestrator),
        Needs = [typeof(IGhostRuns), typeof(ICompiler), typeof(IPolicies), typeof(IApprovals), typeof(ICapTokens), typeof(IConnectors)],
        Add = AddOrchestrator,
        Map = ExecutionEndpoints.Map,
    };

    static void AddOrchestrator(IServiceCollection services, IConfiguration section)
    {
        services.AddOptionsOf<OrchestratorOptions, OrchestratorOptionsValidator>(section);
        services.AddPolicyGate();
        services.AddSingleton<RunStore>();
        services.AddSingleton<RunJournal>();
        services.AddPlanCache();
        services.AddSingleton<RunServices>();
        services.AddSingleton<HostLease>();
        services.AddSingleton<RunShards>();
        services.AddHostedService(p => p.GetRequiredService<HostLease>());
        services.AddHealthChecks().AddCheck<HostLeaseCheck>("executions");
        services.AddSingleton<IOrchestrator, OrchestratorService>();
        services.AddSingleton<ApprovalReactions>();
        services.AddWorkSubscription<ApprovalReactions>("orchestrator.approvals", ApprovalReactions.Types, (r, e, ct) => r.HandleAsync(e, ct));
        services.AddOrleans(silo =>
        {
            // One process is the cluster: the ports are for itself alone, and any free ones do.
            silo.UseLocalhostClustering(FreePort(), FreePort(), null, $"anumate-{Environment.ProcessId}", "anumate");
            silo.Configure<GrainCollectionOptions>(o => o.CollectionAge = TimeSpan.FromMinutes(10));
            silo.Configure<SchedulingOptions>(o => o.StoppedActivationWarningInterval = TimeSpan.FromMinutes(5));
        });
        services.AddHostedService<Recovery>();
    }

    static int FreePort()
    {
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        return ((IPEndPoint)probe.LocalEndpoint).Port;
    }
}
