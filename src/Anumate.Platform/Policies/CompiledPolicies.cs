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

    /// <summary>Makes a bundle ready to decide.</summary>
    public RulingPolicies Compile(PolicyBundle bundle) => Compile(bundle.Tenant, bundle.Pinned);

    /// <summary>Makes the policies of both layers ready to decide.</summary>
    public RulingPolicies Compile(IReadOnlyList<PolicyVersion> tenant, IReadOnlyList<PolicyVersion> pinned)
    {
        string? fault = null;
        var layers = new PolicyLayers(PolicyBundles.DigestOf(tenant.Select(v => v.Digest), pinned.Select(v => v.Digest)),
            Set(tenant, ref fault), Set(pinned, ref fault));
        return new RulingPolicies(layers, fault);
    }

    PolicySet Set(IReadOnlyList<PolicyVersion> versions, ref string? fault)
    {
        var policies = new List<CompiledPolicy>(versions.Count);
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

/// <summary>
/// What rules a question. With a <paramref name="fault"/> (a policy that this process cannot use) it denies everything: a rule that
/// cannot be read might have denied it.
/// </summary>
public sealed class RulingPolicies(PolicyLayers layers, string? fault)
{
    public PolicyLayers Layers => layers;

    /// <summary>Whether no policy speaks at a point, whatever it is asked about.</summary>
    public bool IsSilentAt(PolicyPoint point) => fault is null && layers.Tenant.IsSilentAt(point) && layers.Capsule.IsSilentAt(point);

    public Decision Decide(PolicyPoint point, PolicyFacts facts) =>
        fault is null ? Enforcement.Demand(point, Decider.Decide(layers, point, facts)) : Decider.Refuse(layers.Digest, point, fault);

    /// <summary>Decides, and says how.</summary>
    public Decision Explain(PolicyPoint point, PolicyFacts facts) =>
        fault is null ? Enforcement.Demand(point, Decider.Explain(layers, point, facts)) : Decider.Refuse(layers.Digest, point, fault);
}
