using Anumate.Cel;

namespace Anumate.PolicyEngine;

/// <summary>A tenant's lists of texts, made once for all questions.</summary>
public sealed class PolicyLists
{
    PolicyLists(CelValue value) => Value = value;

    internal CelValue Value { get; }

    public static PolicyLists Of(IReadOnlyDictionary<string, IReadOnlyList<string>> lists) =>
        new(CelValue.Map(lists.ToDictionary(l => l.Key, l => PolicyFacts.Texts(l.Value), StringComparer.Ordinal)));
}
