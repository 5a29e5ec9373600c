using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Anumate.Events;

/// <summary>Section <c>Anumate:Events</c>.</summary>
public sealed class EventServiceOptions
{
    /// <summary>How often a stream that has caught up looks again.</summary>
    [Range(typeof(TimeSpan), "00:00:00.020", "00:00:10")]
    public TimeSpan StreamPoll { get; init; } = TimeSpan.FromMilliseconds(200);
}

[OptionsValidator]
sealed partial class EventServiceOptionsValidator : IValidateOptions<EventServiceOptions>;
