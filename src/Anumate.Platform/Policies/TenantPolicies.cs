using System.Collections.Concurrent;

namespace Anumate.Platform.Policies;

/// <summary>What the gate knows of one tenant: its current policies as last confirmed, and versions that plans have pinned.</summary>
sealed class TenantPolicies
{
    const int Remembered = 512;

    static readonly TimeSpan ToldAgain = TimeSpan.FromHours(1);

    readonly ConcurrentDictionary<string, PolicyVersion> pinnedVersions = new(StringComparer.Ordinal);
    readonly ConcurrentDictionary<string, int> latest = new(StringComparer.Ordinal);
    readonly ConcurrentDictionary<string, long> told = new(StringComparer.Ordinal);
    readonly Lock changing = new();
    volatile Confirmed? current;
    int generation;

    /// <summary>Held by whoever asks for the bundle.</summary>
    public SemaphoreSlim Turn { get; } = new(1, 1);

    /// <summary>The digest of what rules the tenant, as last confirmed.</summary>
    public string? Digest => current?.Bundle.Digest;

    /// <summary>Whether the current policies were confirmed less than this time ago.</summary>
    public bool IsYoung(TimeProvider time, TimeSpan age) => current is { } c && time.GetElapsedTime(c.At) < age;

    /// <summary>
    /// What rules a capsule (or what is of none) with these versions pinned; null when one of them, or the current policies, are not known yet.
    /// </summary>
    public RulingPolicies? Find(IReadOnlyList<string> pinned, string? capsule, CompiledPolicies compiled)
    {
        if (current is not { } confirmed)
        {
            return null;
        }

        var key = pinned.Count switch { 0 => "", 1 => pinned[0], _ => string.Join(' ', pinned) };
        if (confirmed.IsByCapsule)
        {
            key = $"{key} {capsule}";
        }

        if (confirmed.Rulings.TryGetValue(key, out var known))
        {
            return known;
        }

        var versions = new List<PolicyVersion>(pinned.Count);
        foreach (var digest in pinned)
        {
            if (!pinnedVersions.TryGetValue(digest, out var version))
            {
                return null;
            }

            versions.Add(version);
        }

        var ruling = compiled.Compile(confirmed.Bundle with { Pinned = versions }, capsule);
        if (confirmed.Rulings.Count < Remembered)
        {
            confirmed.Rulings[key] = ruling;
        }

        return ruling;
    }

    /// <summary>Takes in the number of a version that was published.</summary>
    public void Heard(string policy, int version) => latest.AddOrUpdate(policy, version, (_, known) => Math.Max(known, version));

    /// <summary>Of pinned versions those that are not the highest that was heard of; each once in an hour.</summary>
    public IEnumerable<(string Policy, int Version, int Current)> Superseded(IReadOnlyList<string> pinned, TimeProvider time)
    {
        foreach (var digest in latest.IsEmpty ? [] : pinned)
        {
            if (pinnedVersions.TryGetValue(digest, out var version) && latest.TryGetValue(version.Name, out var current) && current > version.Version
                && (!told.TryGetValue(digest, out var at) || time.GetElapsedTime(at) >= ToldAgain))
            {
                told[digest] = time.GetTimestamp();
                yield return (version.Name, version.Version, current);
            }
        }
    }

    public IReadOnlyList<string> Unknown(IReadOnlyList<string> pinned) =>
        [.. pinned.Where(d => !pinnedVersions.ContainsKey(d)).Distinct(StringComparer.Ordinal)];

    /// <summary>Marks the moment of a question: its answer is as old as the question, and void when policies changed meanwhile.</summary>
    public (int Generation, long At) Ask(TimeProvider time) => (Volatile.Read(ref generation), time.GetTimestamp());

    public void Take((int Generation, long At) asked, PolicyBundle bundle)
    {
        if (pinnedVersions.Count > Remembered)
        {
            pinnedVersions.Clear();
            told.Clear();
        }

        foreach (var version in bundle.Pinned)
        {
            pinnedVersions[version.Digest] = version;
        }

        lock (changing)
        {
            if (asked.Generation != generation)
            {
                return;
            }

            // The same policies as before keep what was made of them.
            var ruling = PolicyBundles.Of(bundle.Tenant, [], bundle.Bindings, bundle.Lists, bundle.Waivers);
            current = new Confirmed(ruling, asked.At, current is { } c && c.Bundle.Digest == ruling.Digest ? c.Rulings : new(StringComparer.Ordinal));
        }
    }

    public void Forget()
    {
        lock (changing)
        {
            generation++;
            current = null;
        }
    }

    /// <param name="Bundle">What rules the tenant, without what is pinned.</param>
    sealed record Confirmed(PolicyBundle Bundle, long At, ConcurrentDictionary<string, RulingPolicies> Rulings)
    {
        /// <summary>Whether some policy is meant otherwise for some capsule.</summary>
        public bool IsByCapsule { get; } = Bundle.Bindings.Any(b => b.Capsule is not null);
    }
}
