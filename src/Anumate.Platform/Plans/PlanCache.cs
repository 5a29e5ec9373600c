using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using Anumate.PlanEngine;
using Microsoft.Extensions.Caching.Hybrid;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Anumate.Platform.Plans;

/// <summary>A plan ready to run, and the digests of the policies it pins.</summary>
public sealed record ReadyPlan(ExecutablePlan Plan)
{
    public IReadOnlyList<string> PolicyDigests { get; } = [.. Plan.Policies.Select(p => p.Digest)];
}

/// <summary>
/// Plans by tenant and hash. A plan never changes, so what is here is true; what is not is fetched, from Redis where there is one, else
/// from the compiler. What Redis gives is a plan only if its hash is the one asked for: who can write there can slow us, no more.
/// </summary>
public sealed class PlanCache(ICompiler compiler, HybridCache cache)
{
    const int MostPlans = 2_000;

    // Compiled plans are kept here, so their bytes need no place in memory beside them.
    static readonly HybridCacheEntryOptions Shared = new() { Expiration = TimeSpan.FromDays(1), Flags = HybridCacheEntryFlags.DisableLocalCache };

    readonly ConcurrentDictionary<(Id<Tenant>, string), ReadyPlan> plans = new();

    /// <exception cref="ProblemException"><c>plan-not-found</c>, <c>plan-altered</c>.</exception>
    public async ValueTask<ReadyPlan> GetAsync(Caller caller, string hash, CancellationToken ct)
    {
        if (plans.TryGetValue((caller.Tenant, hash), out var known))
        {
            return known;
        }

        var key = $"plan/{caller.Tenant}/{hash}";
        var text = await cache.GetOrCreateAsync(key, async stop => await FetchAsync(caller, hash, stop), Shared, cancellationToken: ct);
        if (!TryRead(text, out var plan) || plan.Hash != hash)
        {
            await ForgetAsync(key, ct);
            plan = PlanFormat.Read(JsonElement.Parse(await FetchAsync(caller, hash, ct)));
            if (plan.Hash != hash)
            {
                throw PlanProblems.Altered(hash);
            }
        }

        if (plans.Count >= MostPlans)
        {
            plans.Clear();
        }

        return plans[(caller.Tenant, hash)] = new ReadyPlan(plan);
    }

    async Task<string> FetchAsync(Caller caller, string hash, CancellationToken ct) =>
        (await compiler.GetPlanAsync(caller.AsService("plans"), hash, ct)).Plan.GetRawText();

    async Task ForgetAsync(string key, CancellationToken ct)
    {
        try
        {
            await cache.RemoveAsync(key, ct);
        }
        catch (Exception) when (!ct.IsCancellationRequested)
        {
            // Redis is away. What it holds is looked at again by the next process that asks it.
        }
    }

    static bool TryRead(string text, [NotNullWhen(true)] out ExecutablePlan? plan)
    {
        try
        {
            plan = PlanFormat.Read(JsonElement.Parse(text));
            return true;
        }
        catch (Exception e) when (e is JsonException or ProblemException)
        {
            plan = null;
            return false;
        }
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
