using System.Collections.Concurrent;

namespace Anumate.PolicyEngine;

/// <summary>
/// The policies of one layer, indexed by point and tool, so that a decision costs what applies and not what exists. Immutable but for
/// a memory of tools already looked up.
/// </summary>
public sealed class PolicySet
{
    /// <summary>Tools remembered; beyond it each question is looked up anew, so that made-up names cannot fill the memory.</summary>
    const int Remembered = 4_096;

    readonly ScopeIndex[] points;

    PolicySet(ScopeIndex[] points) => this.points = points;

    /// <summary>The layer without policies.</summary>
    public static PolicySet Empty { get; } = Of([]);

    /// <summary>A layer of these policies. The same policy twice is once.</summary>
    public static PolicySet Of(IEnumerable<CompiledPolicy> policies)
    {
        var distinct = policies.DistinctBy(p => p.Digest).OrderBy(p => p.Name, StringComparer.Ordinal).ThenBy(p => p.Version)
            .ThenBy(p => p.Digest, StringComparer.Ordinal).ToList();
        return new PolicySet([.. PolicyPoint.All.Select(point => new ScopeIndex(distinct, point))]);
    }

    /// <summary>Whether no policy of the layer speaks at this point.</summary>
    public bool IsSilentAt(PolicyPoint point) => points[point.Index].IsEmpty;

    /// <summary>What speaks at this point for the tool and capsule of these facts.</summary>
    internal Applicable Applicable(PolicyPoint point, PolicyFacts facts) => points[point.Index].Find(facts);

    /// <summary>
    /// The policies of one point: those for named tools by name, those with a pattern by the pattern's text before its first star, the rest
    /// for every tool.
    /// </summary>
    sealed class ScopeIndex
    {
        readonly PolicyScope[] unscoped;
        readonly Applicable anything;
        readonly Dictionary<string, List<PolicyScope>> exact = new(StringComparer.Ordinal);
        readonly Dictionary<string, List<(ToolPattern Pattern, PolicyScope Scope)>> patterns = new(StringComparer.Ordinal);
        readonly int[] prefixLengths;
        readonly bool hasHeads;
        readonly string[] labels;
        readonly Dictionary<PolicyScope, int> order = [];
        readonly ConcurrentDictionary<string, Applicable> memory = new(StringComparer.Ordinal);

        public ScopeIndex(IReadOnlyList<CompiledPolicy> policies, PolicyPoint point)
        {
            var everywhere = new List<PolicyScope>();
            foreach (var policy in policies)
            {
                if (policy.Scopes.FirstOrDefault(s => s.Point == point) is not { } scope)
                {
                    continue;
                }

                order[scope] = order.Count;
                if (policy.Patterns is null)
                {
                    everywhere.Add(scope);
                }

                foreach (var pattern in policy.Patterns ?? [])
                {
                    Add(pattern, scope);
                }
            }

            unscoped = [.. everywhere];
            anything = new(unscoped, null);
            prefixLengths = [.. patterns.Keys.Select(k => k.Length).Distinct()];
            hasHeads = order.Keys.Any(s => s.Heads.Count > 0);
            labels = [.. order.Keys.SelectMany(s => s.Heads).Select(h => h.Label).OfType<string>().Distinct().Order(StringComparer.Ordinal)];
        }

        public bool IsEmpty => order.Count == 0;

        void Add(ToolPattern pattern, PolicyScope scope)
        {
            if (pattern.IsExact)
            {
                ListAt(exact, pattern.Text).Add(scope);
            }
            else
            {
                ListAt(patterns, pattern.Text[..pattern.Text.IndexOf('*')]).Add((pattern, scope));
            }
        }

        public Applicable Find(PolicyFacts facts)
        {
            var tool = facts.Tool;
            if (tool is null && !hasHeads)
            {
                return anything;
            }

            var key = hasHeads ? facts.ScopeKey(labels) : tool!;
            if (memory.TryGetValue(key, out var known))
            {
                return known;
            }

            var scopes = tool is null ? unscoped : Search(tool);
            var found = hasHeads
                ? new Applicable(Array.FindAll(scopes, s => facts.Fits(s.Heads) != false), tool, s => facts.Fits(s.Heads) is null)
                : new Applicable(scopes, tool);
            if (memory.Count < Remembered)
            {
                memory[key] = found;
            }

            return found;
        }

        PolicyScope[] Search(string tool)
        {
            var found = new HashSet<PolicyScope>(unscoped);
            found.UnionWith(exact.GetValueOrDefault(tool) ?? []);
            foreach (var length in prefixLengths)
            {
                if (length <= tool.Length && patterns.TryGetValue(tool[..length], out var candidates))
                {
                    found.UnionWith(candidates.Where(c => c.Pattern.Matches(tool)).Select(c => c.Scope));
                }
            }

            return [.. found.OrderBy(s => order[s])];
        }

        static List<T> ListAt<T>(Dictionary<string, List<T>> lists, string key)
        {
            if (!lists.TryGetValue(key, out var list))
            {
                lists[key] = list = [];
            }

            return list;
        }
    }
}

/// <summary>
/// The policies that speak, in a fixed order, and of those the rules that can match at all: a rule whose own clause names other tools
/// is left out before anything is evaluated. Leaving it out changes nothing, since a false clause decides even beside one that fails.
/// A policy of which it is not known whether it speaks (the facts do not name the capsule) can restrict and cannot allow.
/// </summary>
sealed class Applicable
{
    public Applicable(PolicyScope[] scopes, string? tool, Predicate<PolicyScope>? isUnsure = null)
    {
        Scopes = scopes;
        All = [.. scopes.Select(s => (s, isUnsure?.Invoke(s) == true ? Array.FindAll(s.Rules, r => r.Kind != RuleKind.Allow) : s.Rules))];
        Rules =
        [
            .. All.Select(a => (a.Scope, Array.FindAll(a.Rules, r => tool is null || r.Tools?.Contains(tool) != false)))
                .Where(p => p.Item2.Length > 0),
        ];
    }

    public PolicyScope[] Scopes { get; }

    /// <summary>Every rule of these policies.</summary>
    public (PolicyScope Scope, CompiledRule[] Rules)[] All { get; }

    public (PolicyScope Scope, CompiledRule[] Rules)[] Rules { get; }
}

/// <summary>
/// The layers that rule a question: the tenant's current policies, and those its capsule named when it was planned. <see cref="Digest"/>
/// names the bundle they come from.
/// </summary>
public sealed record PolicyLayers(string Digest, PolicySet Tenant, PolicySet Capsule);
