namespace Anumate.Chaos;

/// <summary>What was found. The targets: nothing lost, nothing doubled, nothing unfinished, all succeeded.</summary>
sealed record ChaosCount
{
    public int Runs { get; init; }

    public int Kills { get; init; }

    /// <summary>Acknowledged runs that are gone, and effects a run says happened that the tools know nothing of.</summary>
    public int Lost { get; init; }

    /// <summary>Executions beyond the first of one effect by a tool that is not declared idempotent.</summary>
    public int Doubled { get; init; }

    public int Unfinished { get; init; }

    /// <summary>Answers of a person about an unknown outcome.</summary>
    public int Asked { get; init; }

    public int Succeeded { get; init; }

    /// <summary>What is wrong, for people.</summary>
    public IReadOnlyList<string> Faults { get; init; } = [];

    public double SuccessPercent => Runs == 0 ? 0 : 100.0 * Succeeded / Runs;

    public static ChaosCount operator +(ChaosCount a, ChaosCount b) => new()
    {
        Runs = a.Runs + b.Runs, Kills = a.Kills + b.Kills, Lost = a.Lost + b.Lost, Doubled = a.Doubled + b.Doubled, Unfinished = a.Unfinished + b.Unfinished,
        Asked = a.Asked + b.Asked, Succeeded = a.Succeeded + b.Succeeded, Faults = [.. a.Faults, .. b.Faults],
    };

    public static ChaosCount Of(
        IReadOnlyDictionary<int, Id<Run>> accepted, IReadOnlyDictionary<Id<Run>, Run> ended, IReadOnlyList<Execution> record, Func<int, string> capsuleOf, Func<int, string> itemOf)
    {
        var (faults, lost, succeeded) = (new List<string>(), 0, 0);
        var executions = record.ToLookup(e => (e.Tool, e.Item));
        foreach (var (number, id) in accepted)
        {
            if (!ended.TryGetValue(id, out var run))
            {
                faults.Add($"{id} ({capsuleOf(number)}) did not end");
                continue;
            }

            if (run.Status != RunStatus.Completed)
            {
                faults.Add($"{id} ({capsuleOf(number)}) is {run.Status}: {run.Error}");
                continue;
            }

            succeeded++;
            var (n, item) = (run.Outputs!.Value.GetProperty("n").GetInt32(), run.Outputs.Value.GetProperty("item").GetString());
            foreach (var (_, tool) in ChaosDocuments.Effects(capsuleOf(number)))
            {
                if (item != itemOf(number) || !executions[(tool.Split('.')[1], itemOf(number))].Any(e => e.N == n))
                {
                    lost++;
                    faults.Add($"{id} ({capsuleOf(number)}) says {n} of {item}, and the tools have no such execution");
                }
            }
        }

        var doubled = executions.Where(e => !ChaosDocuments.MayRepeat(e.Key.Tool) && e.Count() > 1).ToList();
        faults.AddRange(doubled.Select(e => $"{e.Key.Tool} was executed {e.Count()} times for {e.Key.Item}: {string.Join(' ', e.Select(x => $"{x.N}/{x.Key[..8]}"))}"));
        return new ChaosCount
        {
            Runs = accepted.Count, Lost = lost, Doubled = doubled.Sum(e => e.Count() - 1), Unfinished = accepted.Values.Count(r => !ended.ContainsKey(r)),
            Succeeded = succeeded, Faults = faults,
        };
    }
}
