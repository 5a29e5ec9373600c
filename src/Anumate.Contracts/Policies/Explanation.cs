using System.Text.Json.Serialization;

namespace Anumate;

/// <summary>
/// How a decision came about: every rule that applies, with its conditions and the values they read. It quotes facts, so it is for those
/// who handed the facts in.
/// </summary>
public sealed record Explanation(IReadOnlyList<ExplainedRule> Rules, ClosestAllow? Closest);

/// <summary>What became of a rule.</summary>
[JsonConverter(typeof(WordConverter<RuleOutcome>))]
public enum RuleOutcome
{
    /// <summary>Its condition is true.</summary>
    [JsonStringEnumMemberName("matched")]
    Matched,

    /// <summary>It could not be decided: a rule that restricts counts as matched, an <c>allow</c> as not matched.</summary>
    [JsonStringEnumMemberName("failed")]
    Failed,

    /// <summary>Its condition is false.</summary>
    [JsonStringEnumMemberName("not_matched")]
    NotMatched,

    /// <summary>An <c>only</c> or <c>require</c> that applies and is met.</summary>
    [JsonStringEnumMemberName("met")]
    Met,

    /// <summary>It matched and a waiver lifts it.</summary>
    [JsonStringEnumMemberName("waived")]
    Waived,
}

/// <summary>A rule, where it stands, what became of it, and each of the conditions that its <c>when</c> joins with <c>&amp;&amp;</c>.</summary>
public sealed record ExplainedRule(
    string Layer, string Policy, int Version, string Rule, RuleKind Kind, RuleOutcome Outcome, IReadOnlyList<ExplainedClause> Clauses, int Line, int Column)
{
    /// <summary>Why it could not be decided.</summary>
    public string? Error { get; init; }
}

/// <summary>A condition, whether it holds (or the code of its error), and what it read.</summary>
public sealed record ExplainedClause(string Text, bool Holds, string? Error, IReadOnlyDictionary<string, string> Values);

/// <summary>Of the rules that would have allowed what was denied, the one that lacks least, and what it lacks.</summary>
public sealed record ClosestAllow(string Layer, string Policy, string Rule, IReadOnlyList<ExplainedClause> Unmet);
