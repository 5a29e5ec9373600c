using System.Collections.Concurrent;
using Anumate.Cel;

namespace Anumate.PolicyEngine;

/// <summary>
/// The policies of one layer, indexed by point and tool, so that a decision costs what applies and not what exists. Immutable but for
/// a memory of tools already looked up.
/// </summary>
public sealed class PolicySet
{
    /// <summary>
    /// Tools remembered, and rules for them; beyond it each question is looked up anew, so that made-up names cannot fill the memory.
    /// </summary>
    const int Remembered = 4_096, RememberedRules = 262_144;

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

    /// <summary>The same by the tool's name alone; null when that was not asked for yet, or is not enough to know.</summary>
    internal Applicable? Applicable(PolicyPoint point, ReadOnlySpan<char> tool) => points[point.Index].Find(tool);

    /// <summary>
    /// The policies of one point: those for named tools by name, those with a pattern by the pattern's text before its first star, the rest
    /// for every tool.
    /// </summary>
    sealed class ScopeIndex
    {
        readonly PolicyScope[] unscoped;
        readonly Lazy<CelVocabulary> vocabulary;
        readonly Applicable anything;
        readonly Dictionary<string, List<PolicyScope>> exact = new(StringComparer.Ordinal);
        readonly Dictionary<string, List<(ToolPattern Pattern, PolicyScope Scope)>> patterns = new(StringComparer.Ordinal);
        readonly int[] prefixLengths;
        readonly bool hasHeads;
        readonly string[] labels;
        readonly Dictionary<PolicyScope, int> order = [];
        readonly ConcurrentDictionary<string, Applicable> memory = new(StringComparer.Ordinal);
        int rememberedRules;

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
            vocabulary = new(() => new(point.Environment, order.Keys.SelectMany(s => s.Rules).Select(r => r.Condition).OfType<CelCondition>()));
            anything = new(vocabulary, unscoped, null);
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
            var found = hasHeads ? Fitting(scopes, facts) : Shared(new(vocabulary, scopes, tool));
            if (memory.Count < Remembered && Interlocked.Add(ref rememberedRules, found == anything ? 0 : found.Rules.Length) <= RememberedRules)
            {
                memory[key] = found;
            }

            return found;
        }

        /// <summary>Of the tools that no policy names there may be many, and the same policies speak for all of them.</summary>
        Applicable Shared(Applicable found) =>
            found.Scopes.Length == anything.Scopes.Length && found.Rules.Length == anything.Rules.Length ? anything : found;

        Applicable Fitting(PolicyScope[] scopes, PolicyFacts facts)
        {
            var fitting = Array.FindAll(scopes, s => facts.Fits(s.Heads) != false);
            return new(vocabulary, fitting, facts.Tool, [.. fitting.Where(s => facts.Fits(s.Heads) is null)]);
        }

        /// <summary>What speaks for this tool whatever else the facts say; null when it was not looked up yet, or more must be known.</summary>
        public Applicable? Find(ReadOnlySpan<char> tool) => hasHeads ? null
            : tool.IsEmpty ? anything
            : memory.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(tool, out var known) ? known : null;

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
    /// <summary>Asked as often, the conditions are laid out: what is asked once, by a made-up name, is not worth it.</summary>
    const int Often = 8;

    readonly Lazy<CelVocabulary> vocabulary;
    readonly HashSet<PolicyScope>? unsure;
    volatile CelConditions? conditions;
    int asked;

    public Applicable(Lazy<CelVocabulary> vocabulary, PolicyScope[] scopes, string? tool, HashSet<PolicyScope>? unsure = null)
    {
        this.vocabulary = vocabulary;
        this.unsure = unsure;
        Scopes = scopes;
        Rules = RulesFor(tool);
    }

    public PolicyScope[] Scopes { get; }

    /// <summary>The rules that can match, policy by policy.</summary>
    public ScopedRule[] Rules { get; }

    /// <summary>Every rule of these policies, for explanations.</summary>
    public ScopedRule[] All => field ??= RulesFor(null);

    /// <summary>The conditions of <see cref="Rules"/>, in their order; null before they were asked for often.</summary>
    public CelConditions? Conditions => conditions ?? LayOut();

    CelConditions? LayOut()
    {
        if (Interlocked.Increment(ref asked) >= Often)
        {
            conditions = new CelConditions(Array.ConvertAll(Rules, r => r.Rule.Condition), vocabulary.Value);
        }

        return conditions;
    }

    ScopedRule[] RulesFor(string? tool)
    {
        var rules = new List<ScopedRule>();
        foreach (var scope in Scopes)
        {
            foreach (var rule in scope.Rules)
            {
                if ((tool is null || rule.Tools?.Contains(tool) != false) && (rule.Kind != RuleKind.Allow || unsure?.Contains(scope) != true))
                {
                    rules.Add(new(scope, rule));
                }
            }
        }

        return [.. rules];
    }
}

/// <summary>A rule, and the policy it belongs to.</summary>
readonly record struct ScopedRule(PolicyScope Scope, CompiledRule Rule);

/// <summary>
/// The layers that rule a question: the tenant's current policies, and those its capsule named when it was planned. <see cref="Digest"/>
/// names the bundle they come from.
/// </summary>
public sealed record PolicyLayers(string Digest, PolicySet Tenant, PolicySet Capsule);
