namespace Anumate.Client;

/// <summary>Every contract of one server, called with one credential: an API key, or a user's access token.</summary>
public sealed class AnumateClient(HttpClient http, Func<CancellationToken, ValueTask<string?>> credential)
{
    readonly Transport transport = new(http, (_, _, ct) => credential(ct));

    /// <summary>A client that sends a fixed credential; null sends none.</summary>
    public AnumateClient(HttpClient http, string? credential)
        : this(http, _ => ValueTask.FromResult(credential))
    {
    }

    /// <summary>A client of the same server with another credential.</summary>
    public AnumateClient As(string? other) => new(http, other);

    /// <summary>Tenants, principals, sign-in, API keys.</summary>
    public IIdentity Identity => new IdentityClient(transport);

    /// <summary>Capsules.</summary>
    public IRegistry Registry => new RegistryClient(transport);

    /// <summary>Policies.</summary>
    public IPolicies Policies => new PoliciesClient(transport);

    /// <summary>Connectors and tools.</summary>
    public IConnectors Connectors => new ConnectorsClient(transport);

    /// <summary>Plans.</summary>
    public ICompiler Compiler => new CompilerClient(transport);

    /// <summary>Simulations.</summary>
    public IGhostRuns GhostRuns => new GhostRunsClient(transport);

    /// <summary>Runs.</summary>
    public IOrchestrator Orchestrator => new OrchestratorClient(transport);

    /// <summary>Approvals.</summary>
    public IApprovals Approvals => new ApprovalsClient(transport);

    /// <summary>Capability tokens.</summary>
    public ICapTokens CapTokens => new CapTokensClient(transport);

    /// <summary>Receipts and audit.</summary>
    public IReceipts Receipts => new ReceiptsClient(transport);

    /// <summary>Events.</summary>
    public IEvents Events => new EventsClient(transport);

    /// <summary>Usage.</summary>
    public IMetering Metering => new MeteringClient(transport);
}
