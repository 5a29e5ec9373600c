using System.Collections.Concurrent;
using Anumate.PolicyEngine;

namespace Anumate.Platform.Policies;

/// <summary>
/// Compiled policies by digest, shared by all tenants of the process: a version never changes, so neither does what it compiles to.
/// </summary>
public sealed class CompiledPolicies
{
    // Two generations: what was not asked for while the younger one filled is let go. A policy is a few kilobytes compiled.
    const int Generation = 2_048;

    volatile ConcurrentDictionary<string, CompiledPolicy> young = new(StringComparer.Ordinal);
    volatile ConcurrentDictionary<string, CompiledPolicy> old = new(StringComparer.Ordinal);

    /// <summary>Makes a bundle ready to decide about a capsule, or about what is of none.</summary>
    public RulingPolicies Compile(PolicyBundle bundle, string? capsule)
    {
        string? fault = null, unused = null;
        var watched = PolicyBundles.Watched(bundle.Bindings, capsule);
        var digest = PolicyBundles.DigestOf(bundle);
        var layers = new PolicyLayers(digest, Set(bundle.Tenant.Where(IsEnforced), ref fault), Set(bundle.Pinned.Where(IsEnforced), ref fault));
        var isWatched = bundle.Tenant.Concat(bundle.Pinned).Any(p => !IsEnforced(p));
        return new RulingPolicies(layers)
        {
            Fault = fault,
            Watched = watched,
            WithWatched = isWatched ? new PolicyLayers(digest, Set(bundle.Tenant, ref unused), Set(bundle.Pinned, ref unused)) : null,
            Lists = bundle.Lists.Count == 0 ? null : PolicyLists.Of(bundle.Lists.ToDictionary(l => l.Name, l => l.Values)),
            Waivers = [.. bundle.Waivers.Select(w => new Waiver(w.Rule, w.Group, w.Subject, w.Expires))],
        };

        bool IsEnforced(PolicyVersion policy) => !watched.ContainsKey(policy.Name);
    }

    PolicySet Set(IEnumerable<PolicyVersion> versions, ref string? fault)
    {
        var policies = new List<CompiledPolicy>();
        foreach (var version in versions)
        {
            if (Find(version) is { } policy)
            {
                policies.Add(policy);
            }
            else
            {
                fault ??= $"policy `{version.Name}` version {version.Version} cannot be used by this process: its stored text does not compile or does not have its digest";
            }
        }

        return PolicySet.Of(policies);
    }

    CompiledPolicy? Find(PolicyVersion version)
    {
        if (young.TryGetValue(version.Digest, out var known))
        {
            return known;
        }

        if (!old.TryGetValue(version.Digest, out known))
        {
            known = CompiledPolicy.Check(version.Source).Policy;
            if (known?.Digest != version.Digest || known.Name != version.Name || known.Version != version.Version)
            {
                return null;
            }
        }

        if (young.Count >= Generation)
        {
            (old, young) = (young, new(StringComparer.Ordinal));
        }

        young[version.Digest] = known;
        return known;
    }
}
