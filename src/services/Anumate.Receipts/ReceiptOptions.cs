using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Anumate.Receipts;

/// <summary>Section <c>Anumate:Receipts</c>.</summary>
public sealed class ReceiptOptions
{
    /// <summary>How often leaves that wait are put under a checkpoint (≤ 1 s, DESIGN section 11).</summary>
    [Range(typeof(TimeSpan), "00:00:00.050", "00:00:01")]
    public TimeSpan SealInterval { get; init; } = TimeSpan.FromMilliseconds(400);

    /// <summary>Most leaves of one tenant under one checkpoint.</summary>
    [Range(1, 50_000)]
    public int LeavesAtOnce { get; init; } = 5_000;

    /// <summary>The name before tenant and shard in a log's origin; part of what is signed, so choose it once.</summary>
    [RegularExpression("^[a-z0-9][a-z0-9.-]{0,62}$")]
    public string Operator { get; init; } = "anumate";
}

[OptionsValidator]
sealed partial class ReceiptOptionsValidator : IValidateOptions<ReceiptOptions>;
