using System.Text.Json.Serialization;

namespace Anumate;

/// <summary>What a rule of a policy does when it matches.</summary>
[JsonConverter(typeof(WordConverter<RuleKind>))]
public enum RuleKind
{
    /// <summary>It may happen.</summary>
    [JsonStringEnumMemberName("allow")]
    Allow,

    /// <summary>It must not happen.</summary>
    [JsonStringEnumMemberName("deny")]
    Deny,

    /// <summary>People must say yes first.</summary>
    [JsonStringEnumMemberName("approval")]
    Approval,

    /// <summary>It may happen so often in a time.</summary>
    [JsonStringEnumMemberName("limit")]
    Limit,

    /// <summary>It must not happen outside of a time window.</summary>
    [JsonStringEnumMemberName("only")]
    Only,

    /// <summary>Values must not be passed on as they are.</summary>
    [JsonStringEnumMemberName("redact")]
    Redact,

    /// <summary>It must not happen without a simulation.</summary>
    [JsonStringEnumMemberName("require")]
    Require,
}

/// <summary>
/// A limit to take before what was decided happens: at most <see cref="Count"/> times in any stretch of <see cref="Per"/>.
/// <see cref="Key"/> is a digest: it says who or what is counted without showing it.
/// </summary>
public sealed record LimitDemand(string Rule, int Count, TimeSpan Per, string Key);

/// <summary>How a value is redacted, strongest first.</summary>
[JsonConverter(typeof(WordConverter<RedactionOperator>))]
public enum RedactionOperator
{
    /// <summary>The value is left out.</summary>
    [JsonStringEnumMemberName("drop")]
    Drop,

    /// <summary>A token stands for the value; those allowed can turn it back.</summary>
    [JsonStringEnumMemberName("token")]
    Token,

    /// <summary>A keyed hash stands for the value: the same value has the same one.</summary>
    [JsonStringEnumMemberName("hash")]
    Hash,

    /// <summary>All but the first and last characters are hidden.</summary>
    [JsonStringEnumMemberName("mask")]
    Mask,

    /// <summary>Of a date, the year or the month is kept.</summary>
    [JsonStringEnumMemberName("partial_date")]
    PartialDate,
}

/// <summary>
/// Values to redact: all below <see cref="Path"/> in which one of <see cref="Recognisers"/> finds something, or the whole value when there
/// is none. A path begins with what it is part of (<c>call.args</c>, <c>result</c>, <c>data</c>, <c>event.data</c>); <c>*</c> is any
/// member or element, a last <c>**</c> everything below. Where demands meet in one value, the strongest operator holds.
/// </summary>
public sealed record RedactionDemand(string Path, IReadOnlyList<string> Recognisers, RedactionOperator Operator)
{
    /// <summary>Characters that <c>mask</c> leaves at the beginning.</summary>
    public int First { get; init; }

    /// <summary>Characters that <c>mask</c> leaves at the end.</summary>
    public int Last { get; init; }

    /// <summary>What <c>partial_date</c> keeps: <c>year</c> or <c>month</c>.</summary>
    public string? Keep { get; init; }

    /// <summary>The rules that demand it.</summary>
    public IReadOnlyList<string> Rules { get; init; } = [];
}
