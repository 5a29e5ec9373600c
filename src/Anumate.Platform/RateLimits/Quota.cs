namespace Anumate.Platform.RateLimits;

/// <summary>What a quota says of one request.</summary>
/// <param name="Allowed">Whether the request goes on.</param>
/// <param name="Remaining">How many more would now.</param>
/// <param name="Reset">Until the whole quota is there again.</param>
/// <param name="RetryAfter">Until the next request would be allowed; zero where this one was.</param>
public readonly record struct Grant(bool Allowed, long Remaining, TimeSpan Reset, TimeSpan RetryAfter);

/// <summary>
/// So many requests in a window, counted as a level that each request raises by a step and time lowers (GCRA): a burst of the whole quota
/// is allowed, after it one request per step, and no moment lets twice the quota pass as counters per window do. The state of a tenant is
/// one number, the moment at which its level reaches zero, in microseconds of whoever keeps it.
/// </summary>
public sealed record Quota(int Requests, TimeSpan Window)
{
    public double WindowMicroseconds { get; } = Window.TotalMicroseconds;

    public double StepMicroseconds { get; } = Window.TotalMicroseconds / Math.Max(1, Requests);

    /// <summary>Takes one request at a moment; the level reaches zero at <paramref name="empty"/>.</summary>
    public Grant Take(ref double empty, double now)
    {
        var next = Math.Max(empty, now) + StepMicroseconds;

        // A microsecond covers what adding up fractions costs.
        if (next - now > WindowMicroseconds + 1)
        {
            return Refused(empty - now);
        }

        empty = next;
        return Allowed(next - now);
    }

    /// <summary>The grant of a request that raised the level to this many microseconds.</summary>
    public Grant Allowed(double level) =>
        new(true, (long)Math.Max(0, (WindowMicroseconds + 1 - level) / StepMicroseconds), TimeSpan.FromMicroseconds(level), TimeSpan.Zero);

    /// <summary>The grant of a request that found the level too high.</summary>
    public Grant Refused(double level) =>
        new(false, 0, TimeSpan.FromMicroseconds(level), TimeSpan.FromMicroseconds(level + StepMicroseconds - WindowMicroseconds));
}
