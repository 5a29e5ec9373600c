using Anumate.Platform.Hosting;

namespace Anumate;

/// <summary>Who calls whom, read from the modules themselves.</summary>
sealed class ServiceGraph(IReadOnlyList<Module> modules)
{
    readonly Dictionary<Type, Module> _byContract = modules.ToDictionary(m => m.Serves);

    /// <summary>The services that <paramref name="module"/> calls, by their words.</summary>
    public static IReadOnlyList<string> CallsOf(Module module) => [.. module.Needs.Select(WordOf).Order(StringComparer.Ordinal)];

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

    /// <summary>The modules of these words, which must include whatever they call.</summary>
    public IReadOnlyList<Module> Select(IReadOnlyList<string> words)
    {
        var chosen = words.Distinct().Select(word => modules.FirstOrDefault(m => m.Name == word)
            ?? throw new SetupException($"`{word}` is not a service; services are {string.Join(", ", modules.Select(m => m.Name))}")).ToList();
        foreach (var module in chosen)
        {
            if (module.Needs.FirstOrDefault(need => !chosen.Exists(c => c.Serves == need)) is { } missing)
            {
                throw new SetupException($"`{module.Name}` calls `{WordOf(missing)}`, which is not hosted here; "
                    + $"this version reaches services in the same process only, so add `{WordOf(missing)}` to --services");
            }
        }

        return chosen.Exists(c => c.Serves == typeof(IIdentity)) ? chosen
            : throw new SetupException("every process authenticates its callers, so `identity` must be among --services");
    }

    /// <summary>The table and the graph, as <c>anumate services</c> prints them.</summary>
    public void Print(TextWriter to)
    {
        to.WriteLine($"{"service",-13} {"contract",-15} calls");
        foreach (var module in modules.OrderBy(m => m.Name, StringComparer.Ordinal))
        {
            to.WriteLine($"{module.Name,-13} {module.Serves.Name,-15} {(module.Needs.Count == 0 ? "-" : string.Join(", ", CallsOf(module)))}");
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

    static string WordOf(Type contract) => contract.Name[1..].ToLowerInvariant();
}
