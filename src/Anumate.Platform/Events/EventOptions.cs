using System.ComponentModel.DataAnnotations;

namespace Anumate.Platform.Events;

/// <summary>How events are delivered. Section <c>Anumate:Delivery</c>.</summary>
public sealed record EventOptions
{
    public const string Section = "Anumate:Delivery";

    /// <summary>How long a reader waits when nothing wakes it.</summary>
    [Range(typeof(TimeSpan), "00:00:00.010", "00:00:00.500")]
    public TimeSpan Poll { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>How long a work subscription belongs to a process that no longer renews it.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:05:00")]
    public TimeSpan Lease { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>Handlers of one subscription at work at once, each for another tenant.</summary>
    [Range(1, 256)]
    public int Parallelism { get; init; } = 8;

    /// <summary>Events of one subscription read ahead and not yet done.</summary>
    [Range(16, 100_000)]
    public int ReadAhead { get; init; } = 2048;

    /// <summary>Failures after which an event is parked.</summary>
    [Range(1, 100)]
    public int Attempts { get; init; } = 5;

    /// <summary>The same, for failures that say they are passing (a dependency is away).</summary>
    [Range(1, 10_000)]
    public int TransientAttempts { get; init; } = 200;

    /// <summary>The pause after the first failure; it doubles up to <see cref="MaxPause"/>.</summary>
    public TimeSpan FirstPause { get; init; } = TimeSpan.FromMilliseconds(50);

    public TimeSpan MaxPause { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long one handling may take.</summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "00:10:00")]
    public TimeSpan HandlerTimeout { get; init; } = TimeSpan.FromSeconds(30);
}
