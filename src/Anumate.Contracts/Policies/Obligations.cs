using System.Text.Json.Serialization;

namespace Anumate;

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
