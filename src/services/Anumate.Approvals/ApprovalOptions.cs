using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Anumate.Approvals;

/// <summary>Section <c>Anumate:Approvals</c>.</summary>
public sealed class ApprovalOptions
{
    /// <summary>How often expired approvals are looked for.</summary>
    [Range(typeof(TimeSpan), "00:00:00.050", "00:01:00")]
    public TimeSpan TimerInterval { get; init; } = TimeSpan.FromSeconds(1);
}

[OptionsValidator]
sealed partial class ApprovalOptionsValidator : IValidateOptions<ApprovalOptions>;
