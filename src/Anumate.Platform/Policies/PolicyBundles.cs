using System.Text;
using Anumate.Proofs;

namespace Anumate.Platform.Policies;

/// <summary>Bundles and their digests.</summary>
public static class PolicyBundles
{
    /// <summary>A bundle of these versions, in a fixed order.</summary>
    public static PolicyBundle Of(IEnumerable<PolicyVersion> tenant, IEnumerable<PolicyVersion> pinned)
    {
        var (t, p) = (Ordered(tenant), Ordered(pinned));
        return new PolicyBundle(DigestOf(t.Select(v => v.Digest), p.Select(v => v.Digest)), t, p);
    }

    /// <summary>The digest over the policies of both layers; their order does not matter.</summary>
    public static string DigestOf(IEnumerable<string> tenant, IEnumerable<string> pinned)
    {
        var text = new StringBuilder();
        Append(text, "tenant", tenant);
        Append(text, "pinned", pinned);
        return Digest.Of(Encoding.UTF8.GetBytes(text.ToString())).ToString();
    }

    // Digests have one form and no line feed, so the text is unambiguous.
    static void Append(StringBuilder text, string layer, IEnumerable<string> digests)
    {
        text.Append(layer).Append('\n');
        foreach (var digest in digests.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal))
        {
            text.Append(digest).Append('\n');
        }
    }

    static IReadOnlyList<PolicyVersion> Ordered(IEnumerable<PolicyVersion> versions) =>
        [.. versions.OrderBy(v => v.Name, StringComparer.Ordinal).ThenBy(v => v.Version)];
}
