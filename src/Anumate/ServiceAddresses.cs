using Anumate.Client;
using Anumate.Platform.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Anumate;

/// <summary>Where services stand that other processes host: section <c>Anumate:Services</c>, an address by each word.</summary>
sealed record ServiceAddresses(IReadOnlyDictionary<string, Uri> ByWord)
{
    public const string Section = "Anumate:Services";

    /// <exception cref="SetupException">A word is not a service, or an address is not one.</exception>
    public static ServiceAddresses Of(IConfiguration configuration)
    {
        var addresses = new SortedDictionary<string, Uri>(StringComparer.Ordinal);
        foreach (var entry in configuration.GetSection(Section).GetChildren())
        {
            var word = Services.Words.FirstOrDefault(w => w.Equals(entry.Key, StringComparison.OrdinalIgnoreCase))
                ?? throw new SetupException($"`{Section}:{entry.Key}`: `{entry.Key}` is not a service; services are {string.Join(", ", Services.Words.Order(StringComparer.Ordinal))}");
            addresses[word] = Uri.TryCreate(entry.Value, UriKind.Absolute, out var address) && address.Scheme is "http" or "https" && address is { AbsolutePath: "/", Query: "", UserInfo: "" }
                ? address
                : throw new SetupException($"`{Section}:{word}` is not an address like http://10.0.0.5:7400: `{entry.Value}`");
        }

        return new ServiceAddresses(addresses);
    }
}

/// <summary>Contracts that this process needs and does not host are met by their clients.</summary>
static class ServiceClients
{
    static readonly Dictionary<Type, Func<Transport, object>> Clients = new()
    {
        [typeof(IApprovals)] = t => new ApprovalsClient(t),
        [typeof(ICapTokens)] = t => new CapTokensClient(t),
        [typeof(ICompiler)] = t => new CompilerClient(t),
        [typeof(IConnectors)] = t => new ConnectorsClient(t),
        [typeof(IEvents)] = t => new EventsClient(t),
        [typeof(IGhostRuns)] = t => new GhostRunsClient(t),
        [typeof(IIdentity)] = t => new IdentityClient(t),
        [typeof(IMetering)] = t => new MeteringClient(t),
        [typeof(IOrchestrator)] = t => new OrchestratorClient(t),
        [typeof(IPolicies)] = t => new PoliciesClient(t),
        [typeof(IReceipts)] = t => new ReceiptsClient(t),
        [typeof(IRegistry)] = t => new RegistryClient(t),
    };

    // The longest tool call is 300 s; what is silent for longer has gone.
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(330);

    /// <exception cref="SetupException">A service that is needed has no address.</exception>
    public static void AddClients(this IServiceCollection services, IReadOnlyList<Module> hosted, ServiceAddresses addresses)
    {
        var needed = ServiceGraph.Elsewhere(hosted);
        var missing = needed.Where(n => !addresses.ByWord.ContainsKey(CallGraph.WordOf(n.Contract))).ToList();
        if (missing.Count > 0)
        {
            throw new SetupException($"{string.Join("; ", missing.Select(m => $"`{CallGraph.WordOf(m.Contract)}` is called by {m.Callers}, and is neither hosted here nor has an address"))}; "
                + $"set {string.Join(" and ", missing.Select(m => $"ANUMATE__SERVICES__{CallGraph.WordOf(m.Contract).ToUpperInvariant()}"))} like http://10.0.0.5:7400, or add what is missing to --services");
        }

        services.AddSingleton<Wire>();
        foreach (var (contract, _) in needed)
        {
            var word = CallGraph.WordOf(contract);
            services.AddHealthChecks().Add(new HealthCheckRegistration(word, p => new ServiceCheck(p.GetRequiredService<Wire>().To(addresses.ByWord[word])), null, null));
            services.AddSingleton(contract, p =>
            {
                var key = p.GetRequiredService<ProcessKey>();
                var http = p.GetRequiredService<Wire>().To(addresses.ByWord[word]);
                return Clients[contract](new Transport(http, (caller, method, _) => ValueTask.FromResult<string?>(key.Issue(caller, word, method)), $"the service `{word}`"));
            });
        }
    }

    /// <summary>Whether the process of a service answers. Degraded, not down: a process that waits for another must not be taken away for it.</summary>
    sealed class ServiceCheck(HttpClient http) : IHealthCheck
    {
        static readonly TimeSpan Wait = TimeSpan.FromSeconds(2);

        public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
        {
            using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            patience.CancelAfter(Wait);
            try
            {
                using var answer = await http.GetAsync("health/live", patience.Token);
                return answer.IsSuccessStatusCode ? HealthCheckResult.Healthy() : HealthCheckResult.Degraded($"it answers {(int)answer.StatusCode}");
            }
            catch (Exception e) when (e is HttpRequestException or OperationCanceledException && !cancellationToken.IsCancellationRequested)
            {
                return HealthCheckResult.Degraded($"it does not answer at {http.BaseAddress}");
            }
        }
    }

    /// <summary>The connections of this process to others.</summary>
    sealed class Wire : IDisposable
    {
        readonly SocketsHttpHandler handler = new()
        {
            AllowAutoRedirect = false,
            UseProxy = false,
            UseCookies = false,
            ConnectTimeout = TimeSpan.FromSeconds(5),
            PooledConnectionLifetime = TimeSpan.FromMinutes(2),
        };

#pragma warning disable RS0030 // one client for each service and the life of the process, over one handler that renews its connections
        public HttpClient To(Uri address) => new(handler, disposeHandler: false) { BaseAddress = address, Timeout = Patience };
#pragma warning restore RS0030

        public void Dispose() => handler.Dispose();
    }
}
