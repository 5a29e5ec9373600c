using Anumate.Platform.Hosting;

namespace Anumate;

/// <summary>Who calls whom, read from the modules themselves.</summary>
sealed class ServiceGraph(IReadOnlyList<Module> modules)
{
    readonly Dictionary<Type, Module> _byContract = modules.ToDictionary(m => m.Serves);

    /// <summary>The services that <paramref name="module"/> calls, by their words.</summary>
    public static IReadOnlyList<string> CallsOf(Module module) => [.. module.Needs.Select(CallGraph.WordOf).Order(StringComparer.Ordinal)];

    /// <summary>Callees before callers; null when there is a cycle.</summary>
    public IReadOnlyList<Module>? Ordered()
    {
        var order = new List<Module>();
        var open = new HashSet<Module>();
        return modules.All(Visit) ? order : null;

        bool Visit(Module module)
        {
            if (order.Contains(module))
            {
                return true;
            }

            var fine = open.Add(module) && module.Needs.Where(_byContract.ContainsKey).All(need => Visit(_byContract[need]));
            order.Add(module);
            return fine;
        }
    }

    /// <summary>The modules of these words.</summary>
    /// <exception cref="SetupException">A word is not a service.</exception>
    public IReadOnlyList<Module> Select(IReadOnlyList<string> words) => [.. words.Distinct().Select(word => modules.FirstOrDefault(m => m.Name == word)
        ?? throw new SetupException($"`{word}` is not a service; services are {string.Join(", ", modules.Select(m => m.Name))}"))];

    /// <summary>What a process that hosts <paramref name="hosted"/> calls elsewhere, with those that call it. The edge of every process asks Identity.</summary>
    public static IReadOnlyList<(Type Contract, string Callers)> Elsewhere(IReadOnlyList<Module> hosted) =>
        [.. hosted.SelectMany(m => m.Needs.Select(need => (Contract: need, Caller: $"`{m.Name}`"))).Append((Contract: typeof(IIdentity), Caller: "the edge of every process"))
            .GroupBy(n => n.Contract, n => n.Caller)
            .Where(n => !hosted.Any(m => m.Serves == n.Key))
            .Select(n => (n.Key, string.Join(" and ", n)))];

    static readonly Dictionary<string, string> ByRoute = new[]
    {
        (Service: "approvals", Routes: "approvals"),
        (Service: "captokens", Routes: "captokens"),
        (Service: "compiler", Routes: "compile plans"),
        (Service: "connectors", Routes: "connectors tools"),
        (Service: "events", Routes: "events"),
        (Service: "ghostruns", Routes: "ghostrun"),
        (Service: "identity", Routes: "api-keys authenticate jwks me principals sign-in tenants"),
        (Service: "metering", Routes: "usage"),
        (Service: "orchestrator", Routes: "execute executions"),
        (Service: "policies", Routes: "policies"),
        (Service: "receipts", Routes: "audit receipts"),
        (Service: "registry", Routes: "capsules"),
    }.SelectMany(s => s.Routes.Split(' ').Select(route => (route, s.Service))).ToDictionary(r => r.route, r => r.Service);

    /// <summary>The service whose routes begin with <c>/v1/</c> and this segment: what a proxy in front of several processes needs to know. A test compares.</summary>
    public static string? ServiceOf(string segment) => ByRoute.GetValueOrDefault(segment);

    /// <summary>The first segments of a service's routes.</summary>
    public static IEnumerable<string> RoutesOf(string service) => ByRoute.Where(r => r.Value == service).Select(r => r.Key).Order(StringComparer.Ordinal);

    /// <summary>The table and the graph, as <c>anumate services</c> prints them.</summary>
    public void Print(TextWriter to)
    {
        to.WriteLine($"{"service",-13} {"contract",-15} {"calls",-71} routes");
        foreach (var module in modules.OrderBy(m => m.Name, StringComparer.Ordinal))
        {
            var calls = module.Needs.Count == 0 ? "-" : string.Join(", ", CallsOf(module));
            to.WriteLine($"{module.Name,-13} {module.Serves.Name,-15} {calls,-71} /v1/{string.Join(" /v1/", RoutesOf(module.Name))}");
        }

        to.WriteLine();
        to.WriteLine("calls go down");
        foreach (var level in Levels())
        {
            to.WriteLine($"  {string.Join("   ", level.Select(m => m.Name).Order(StringComparer.Ordinal))}");
        }
    }

    // A service stands one level above the highest of those it calls.
    IEnumerable<IGrouping<int, Module>> Levels()
    {
        var level = new Dictionary<Type, int>();
        foreach (var module in Ordered() ?? throw new InvalidOperationException("the calls of the services form a cycle"))
        {
            level[module.Serves] = module.Needs.Where(level.ContainsKey).Select(need => level[need] + 1).DefaultIfEmpty(0).Max();
        }

        return modules.GroupBy(m => level[m.Serves]).OrderByDescending(g => g.Key);
    }
}
