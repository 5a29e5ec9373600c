using Anumate.Schemas.Keywords;

namespace Anumate.Schemas;

/// <summary>
/// Collects the guarded places of a schema. Where it cannot list them all (a recursive schema, too many of them) it covers more than it
/// must, never less.
/// </summary>
sealed class SensitivityWalk
{
    const int MaxPaths = 5_000;
    const int MaxSteps = 100_000;
    const int MaxRecursion = 1_000;

    readonly Dictionary<SchemaNode, Sensitivity> below;
    readonly Dictionary<string, SensitivePath> paths = new(StringComparer.Ordinal);
    readonly HashSet<SchemaNode> active = [];
    readonly List<string> tokens = [];
    int steps;
    bool overflow;

    SensitivityWalk(Dictionary<SchemaNode, Sensitivity> below) => this.below = below;

    public static IReadOnlyList<SensitivePath> Of(SchemaNode root)
    {
        var below = Below(root);
        if (!below.TryGetValue(root, out var highest))
        {
            return [];
        }

        var walk = new SensitivityWalk(below);
        walk.Visit(root);
        return walk.overflow ? [new SensitivePath(["**"], highest)] : [.. walk.paths.Values];
    }

    void Visit(SchemaNode node)
    {
        if (overflow || !below.TryGetValue(node, out var highest))
        {
            return;
        }

        if (++steps > MaxSteps || paths.Count > MaxPaths || active.Count > MaxRecursion)
        {
            overflow = true;
            return;
        }

        if (node.Sensitivity >= Sensitivity.Pii)
        {
            Add(tokens, node.Sensitivity.Value);
        }

        if (!active.Add(node))
        {
            // The schema contains itself: whatever it guards may stand at any depth from here.
            Add([.. tokens, "**"], highest);
            return;
        }

        foreach (var same in InPlace(node))
        {
            Visit(same);
        }

        foreach (var (token, schema) in node.Keywords.SelectMany(k => k.Below))
        {
            tokens.Add(token);
            Visit(schema);
            tokens.RemoveAt(tokens.Count - 1);
        }

        active.Remove(node);
    }

    void Add(IReadOnlyList<string> at, Sensitivity sensitivity)
    {
        var key = Documents.JsonPointer.Join(at);
        if (!paths.TryGetValue(key, out var known) || known.Sensitivity < sensitivity)
        {
            paths[key] = new SensitivePath([.. at], sensitivity);
        }
    }

    static IEnumerable<SchemaNode> InPlace(SchemaNode node) =>
        node.Keywords.SelectMany(k => k is DynamicRefKeyword dynamic ? dynamic.Targets : k.InPlace);

    /// <summary>For every schema that leads to a guarded one: the highest guard it leads to.</summary>
    static Dictionary<SchemaNode, Sensitivity> Below(SchemaNode root)
    {
        var callers = new Dictionary<SchemaNode, List<SchemaNode>> { [root] = [] };
        var queue = new Queue<SchemaNode>([root]);
        while (queue.TryDequeue(out var node))
        {
            foreach (var next in InPlace(node).Concat(node.Keywords.SelectMany(k => k.Below).Select(b => b.Schema)))
            {
                if (!callers.TryGetValue(next, out var list))
                {
                    callers[next] = list = [];
                    queue.Enqueue(next);
                }

                list.Add(node);
            }
        }

        var highest = new Dictionary<SchemaNode, Sensitivity>();
        foreach (var guarded in callers.Keys.Where(n => n.Sensitivity >= Sensitivity.Pii).OrderByDescending(n => n.Sensitivity))
        {
            var up = new Stack<SchemaNode>([guarded]);
            while (up.TryPop(out var node))
            {
                if (highest.TryAdd(node, guarded.Sensitivity!.Value))
                {
                    callers[node].ForEach(up.Push);
                }
            }
        }

        return highest;
    }
}
