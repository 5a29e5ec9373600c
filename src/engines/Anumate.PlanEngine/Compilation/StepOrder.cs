namespace Anumate.PlanEngine;

/// <summary>The order in which steps can run: by level (the longest way from a step that waits for none), then as written.</summary>
static class StepOrder
{
    /// <summary>The steps in order, levels set; null when they wait for each other in a circle, which is told once for each circle.</summary>
    public static IReadOnlyList<StepDraft>? Of(IReadOnlyList<StepDraft> steps, Findings findings)
    {
        var waiting = steps.ToDictionary(s => s, s => s.Needs.Count);
        var dependents = new Dictionary<StepDraft, List<StepDraft>>();
        foreach (var step in steps)
        {
            foreach (var need in step.Needs)
            {
                (dependents.TryGetValue(need, out var list) ? list : dependents[need] = []).Add(step);
            }
        }

        var ready = new Queue<StepDraft>(steps.Where(s => s.Needs.Count == 0));
        var done = 0;
        while (ready.TryDequeue(out var step))
        {
            done++;
            foreach (var dependent in dependents.GetValueOrDefault(step) ?? [])
            {
                dependent.Level = Math.Max(dependent.Level, step.Level + 1);
                if (--waiting[dependent] == 0)
                {
                    ready.Enqueue(dependent);
                }
            }
        }

        if (done == steps.Count)
        {
            return [.. steps.OrderBy(s => s.Level).ThenBy(s => s.Index)];
        }

        Circles(steps.Where(s => waiting[s] > 0).ToHashSet(), findings);
        return null;
    }

    /// <summary>Every step left waits for one that is left: following such needs comes back somewhere.</summary>
    static void Circles(HashSet<StepDraft> left, Findings findings)
    {
        var seen = new HashSet<StepDraft>();
        foreach (var start in left.OrderBy(s => s.Index))
        {
            var path = new List<StepDraft>();
            var step = start;
            while (seen.Add(step))
            {
                path.Add(step);
                step = step.Needs.Where(left.Contains).MinBy(n => n.Index)!;
            }

            var from = path.IndexOf(step);
            if (from >= 0)
            {
                // The path goes from a step to what it waits for; people read it in the order of the data.
                var circle = path[from..].Append(step).Reverse().Select(s => $"`{s.Id}`").ToList();
                var shown = circle.Count <= 12 ? circle : [.. circle.Take(11), "…", circle[^1]];
                findings.Add(path[from].Source.Node.Error("capsule.cycle", $"steps wait for each other: {string.Join(" → ", shown)}",
                    "remove one of these references or `needs`"));
            }
        }
    }
}
