using Anumate.Approvals;
using Anumate.CapTokens;
using Anumate.Compiler;
using Anumate.Connectors;
using Anumate.Events;
using Anumate.GhostRuns;
using Anumate.Identity;
using Anumate.Metering;
using Anumate.Orchestrator;
using Anumate.Platform.Hosting;
using Anumate.Policies;
using Anumate.Receipts;
using Anumate.Registry;

namespace Anumate;

/// <summary>The table of services: what this binary can host.</summary>
static class Services
{
    public static IReadOnlyList<Module> All { get; } =
    [
        IdentityModule.Module,
        PolicyModule.Module,
        CapTokensModule.Module,
        ConnectorsModule.Module,
        RegistryModule.Module,
        CompilerModule.Module,
        GhostRunsModule.Module,
        ApprovalsModule.Module,
        OrchestratorModule.Module,
        ReceiptsModule.Module,
        EventsModule.Module,
        MeteringModule.Module,
    ];

    /// <summary>The words of the design's services: each has a role in the database, whether this binary hosts it or not.</summary>
    public static IReadOnlyList<string> Words { get; } =
    [
        "registry", "policies", "compiler", "ghostruns", "orchestrator", "approvals", "captokens", "receipts", "events", "connectors", "identity", "metering",
    ];

    /// <summary>The services named by <c>--services</c>, all when nothing is named.</summary>
    /// <exception cref="SetupException">A word is not a service.</exception>
    public static IReadOnlyList<Module> Hosted(string? words) => string.IsNullOrWhiteSpace(words)
        ? All
        : new ServiceGraph(All).Select(words.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries));
}
