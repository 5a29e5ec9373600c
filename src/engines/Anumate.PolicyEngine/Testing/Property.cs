using System.Text.Json.Nodes;

namespace Anumate.PolicyEngine.Testing;

/// <summary>Tries a property with inputs made for the policy, and makes the input that breaks it small.</summary>
sealed class Property(CompiledPolicy policy, CompiledTest test, CompiledNever never, PolicyLayers layers)
{
    /// <summary>Why the property fails; null when it holds for every input.</summary>
    public string? Try(int inputs, CancellationToken ct)
    {
        var generator = new FactGenerator(policy, test, never);
        var applied = 0;
        for (var i = 0; i < inputs; i++)
        {
            ct.ThrowIfCancellationRequested();
            var facts = generator.Next();
            switch (Breaks(facts))
            {
                case true:
                    Shrink(facts);
                    return $"it is {Facts.Word(Verdict(facts))} for {facts.ToJsonString()}";
                case false:
                    applied++;
                    break;
            }
        }

        return applied > 0 ? null : $"its condition was true for none of {inputs} inputs, so nothing was tried; give facts that make it true";
    }

    /// <summary>Whether an input breaks the property; null when its condition is not true.</summary>
    bool? Breaks(JsonObject facts)
    {
        if (Facts.Read(test.Point, facts, out _) is not { } read || !new Evaluation(test.Scope, read).Test(never.When).Matches)
        {
            return null;
        }

        var verdict = Decider.Judge(layers, test.Point, read);
        // What happens within a limit happens without anybody's consent.
        return verdict == never.Verdict || (never.Verdict == Anumate.Verdict.Allow && verdict == Anumate.Verdict.Limit);
    }

    Verdict Verdict(JsonObject facts) => Decider.Judge(layers, test.Point, Facts.Read(test.Point, facts, out _)!);

    /// <summary>Takes away, one after another and the deepest first, what is not needed to break it.</summary>
    void Shrink(JsonObject facts)
    {
        foreach (var path in Paths(facts, []).OrderByDescending(p => p.Count).ToList())
        {
            var less = (JsonObject)facts.DeepClone();
            Facts.Set(less, path, null, isAbsent: true);
            if (Breaks(less) == true)
            {
                Facts.Set(facts, path, null, isAbsent: true);
            }
        }
    }

    static IEnumerable<IReadOnlyList<string>> Paths(JsonObject facts, IReadOnlyList<string> above)
    {
        foreach (var (name, value) in facts)
        {
            IReadOnlyList<string> path = [.. above, name];
            yield return path;
            foreach (var below in value is JsonObject inner ? Paths(inner, path) : [])
            {
                yield return below;
            }
        }
    }
}
