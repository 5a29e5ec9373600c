using System.Collections.Frozen;
using System.Text;
using Anumate.Proofs;

namespace Anumate.Platform.Policies;

/// <summary>Bundles and their digests.</summary>
public static class PolicyBundles
{
    /// <summary>A bundle in a fixed order, with its digest.</summary>
    public static PolicyBundle Of(IEnumerable<PolicyVersion> tenant, IEnumerable<PolicyVersion> pinned, IEnumerable<BoundPolicy>? bindings = null,
        IEnumerable<PolicyList>? lists = null, IEnumerable<PolicyWaiver>? waivers = null)
    {
        var bundle = new PolicyBundle("", Ordered(tenant), Ordered(pinned))
        {
            Bindings = [.. (bindings ?? []).OrderBy(b => b.Policy, StringComparer.Ordinal).ThenBy(b => b.Capsule, StringComparer.Ordinal)],
            Lists = [.. (lists ?? []).OrderBy(l => l.Name, StringComparer.Ordinal)],
            Waivers = [.. (waivers ?? []).OrderBy(w => w.Id)],
        };
        return bundle with { Digest = DigestOf(bundle) };
    }

    /// <summary>
    /// The digest over all of it; its order does not matter, and nor does who said it when. What there is nothing of is left out, so that a
    /// bundle of policies alone keeps its digest.
    /// </summary>
    public static string DigestOf(PolicyBundle bundle)
    {
        var text = new StringBuilder();
        Append(text, "tenant", bundle.Tenant.Select(p => p.Digest));
        Append(text, "pinned", bundle.Pinned.Select(p => p.Digest));
        if (bundle.Bindings.Count > 0)
        {
            Append(text, "bindings", bundle.Bindings.Select(b => $"{b.Policy} {b.Mode} {b.Capsule}"));
        }

        if (bundle.Lists.Count > 0)
        {
            Append(text, "lists", bundle.Lists.Select(l => $"{l.Name} {Digest.Of(Encoding.UTF8.GetBytes(string.Join('\n', l.Values.Select(v => $"{v.Length}:{v}"))))}"));
        }

        if (bundle.Waivers.Count > 0)
        {
            Append(text, "waivers", bundle.Waivers.Select(w => $"{w.Id}"));
        }

        return Digest.Of(Encoding.UTF8.GetBytes(text.ToString())).ToString();
    }

    /// <summary>The policies that are not enforced for a capsule (null: for what is of none), and how they are meant: its own binding goes before the tenant's.</summary>
    public static FrozenDictionary<string, PolicyMode> Watched(IReadOnlyList<BoundPolicy> bindings, string? capsule) => bindings.Count == 0
        ? FrozenDictionary<string, PolicyMode>.Empty
        : bindings.Where(b => b.Capsule is null || b.Capsule == capsule).GroupBy(b => b.Policy, StringComparer.Ordinal)
            .Select(g => g.MaxBy(b => b.Capsule is not null)!).Where(b => b.Mode != PolicyMode.Enforce)
            .ToFrozenDictionary(b => b.Policy, b => b.Mode, StringComparer.Ordinal);

    // None of them has a line feed, so the text is unambiguous.
    static void Append(StringBuilder text, string layer, IEnumerable<string> lines)
    {
        text.Append(layer).Append('\n');
        foreach (var line in lines.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal))
        {
            text.Append(line).Append('\n');
        }
    }

    static IReadOnlyList<PolicyVersion> Ordered(IEnumerable<PolicyVersion> versions) =>
        [.. versions.OrderBy(v => v.Name, StringComparer.Ordinal).ThenBy(v => v.Version)];
}
