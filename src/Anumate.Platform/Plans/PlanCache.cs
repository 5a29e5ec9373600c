using System.Collections.Concurrent;
using Anumate.PlanEngine;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Anumate.Platform.Plans;

/// <summary>A plan ready to run, and the digests of the policies it pins.</summary>
public sealed record ReadyPlan(ExecutablePlan Plan)
{
    public IReadOnlyList<string> PolicyDigests { get; } = [.. Plan.Policies.Select(p => p.Digest)];
}

/// <summary>Plans by tenant and hash. A plan never changes, so what is here is true; what is not is fetched.</summary>
public sealed class PlanCache(ICompiler compiler)
{
    const int MostPlans = 2_000;

    readonly ConcurrentDictionary<(Id<Tenant>, string), ReadyPlan> plans = new();

    /// <exception cref="ProblemException"><c>plan-not-found</c>, <c>plan-altered</c>.</exception>
    public async ValueTask<ReadyPlan> GetAsync(Caller caller, string hash, CancellationToken ct)
    {
        if (plans.TryGetValue((caller.Tenant, hash), out var known))
        {
            return known;
        }

        var plan = PlanFormat.Read((await compiler.GetPlanAsync(caller.AsService("plans"), hash, ct)).Plan);
        if (plan.Hash != hash)
        {
            throw PlanProblems.Altered(hash);
        }

        if (plans.Count >= MostPlans)
        {
            plans.Clear();
        }

        return plans[(caller.Tenant, hash)] = new ReadyPlan(plan);
    }
}

/// <summary>Registration; several services of one host ask for it, it is there once.</summary>
public static class PlanServices
{
    public static IServiceCollection AddPlanCache(this IServiceCollection services)
    {
        services.TryAddSingleton<PlanCache>();
        return services;
    }
}
