namespace Anumate.Redaction.Paths;

/// <summary>
/// Makes the automaton of a set of demands. A state is the set of places in the paths that one may stand at; a demand whose path ends at a
/// value reaches everything below it too.
/// </summary>
sealed class PathAutomaton
{
    /// <summary>More states than any sensible set of demands needs; paths with many <c>**</c> could ask for thousands of times more.</summary>
    public const int MaxNodes = 4_096;

    readonly IReadOnlyList<(RedactionDemand Demand, RedactionPath Path)> demands;
    readonly Dictionary<string, PathNode> nodes = new(StringComparer.Ordinal);
    readonly Queue<(PathNode Node, Place[] Places)> waiting = new();

    PathAutomaton(IReadOnlyList<(RedactionDemand, RedactionPath)> demands) => this.demands = demands;

    /// <summary>Before a segment of a demand's path, or, at their count, behind the last one.</summary>
    readonly record struct Place(int Demand, int Segment);

    /// <summary>The first state, or null when there would be too many.</summary>
    public static PathNode? Build(IReadOnlyList<(RedactionDemand, RedactionPath)> demands)
    {
        var automaton = new PathAutomaton(demands);
        var start = automaton.NodeOf([.. Enumerable.Range(0, demands.Count).Select(r => new Place(r, 0))]);
        while (automaton.waiting.TryDequeue(out var next))
        {
            if (automaton.nodes.Count > MaxNodes)
            {
                return null;
            }

            automaton.Connect(next.Node, next.Places);
        }

        return start;
    }

    void Connect(PathNode node, Place[] places)
    {
        var segments = places.Where(p => !IsEnd(p)).Select(SegmentAt).ToList();
        var names = segments.Where(s => s.Kind == SegmentKind.Member).Select(s => s.Name).Distinct(StringComparer.Ordinal);
        var indexes = segments.Where(s => s.Kind == SegmentKind.Element).Select(s => s.Index).Distinct();
        node.Lead(
            names.Select(n => (n, After(places, s => s.Kind == SegmentKind.Member && s.Name == n || s.Kind == SegmentKind.Every))).ToList(),
            After(places, s => s.Kind == SegmentKind.Every),
            indexes.Select(i => (i, After(places, s => s.Kind == SegmentKind.Element && s.Index == i || IsForEachElement(s)))).ToList(),
            After(places, IsForEachElement));
    }

    static bool IsForEachElement(PathSegment segment) => segment.Kind is SegmentKind.Every or SegmentKind.EveryElement;

    /// <summary>The state one level down, where these segments stand for the step taken.</summary>
    PathNode After(Place[] places, Func<PathSegment, bool> taken)
    {
        var next = new HashSet<Place>();
        foreach (var place in places)
        {
            if (IsEnd(place) || SegmentAt(place).Kind == SegmentKind.AnyDepth)
            {
                next.Add(place);
            }
            else if (taken(SegmentAt(place)))
            {
                next.Add(place with { Segment = place.Segment + 1 });
            }
        }

        return NodeOf(next);
    }

    PathNode NodeOf(HashSet<Place> places)
    {
        foreach (var place in places.ToList())
        {
            // `**` may stand for nothing.
            for (var at = place; !IsEnd(at) && SegmentAt(at).Kind == SegmentKind.AnyDepth;)
            {
                at = at with { Segment = at.Segment + 1 };
                places.Add(at);
            }
        }

        Place[] all = [.. places.OrderBy(p => p.Demand).ThenBy(p => p.Segment)];
        var key = string.Join(' ', all.Select(p => $"{p.Demand}.{p.Segment}"));
        if (!nodes.TryGetValue(key, out var node))
        {
            node = new PathNode { Effect = Effect.Of(all.Where(IsEnd).Select(p => demands[p.Demand].Demand)) };
            nodes.Add(key, node);
            waiting.Enqueue((node, all));
        }

        return node;
    }

    bool IsEnd(Place place) => place.Segment == demands[place.Demand].Path.Segments.Count;

    PathSegment SegmentAt(Place place) => demands[place.Demand].Path.Segments[place.Segment];
}
