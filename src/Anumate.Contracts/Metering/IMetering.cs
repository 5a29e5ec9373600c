namespace Anumate;

/// <summary>What was used.</summary>
public interface IMetering
{
    /// <summary>Usage per day (UTC), oldest first; at most 366 days.</summary>
    Task<IReadOnlyList<DailyUsage>> GetUsageAsync(Caller caller, DateOnly from, DateOnly to, CancellationToken ct);
}

/// <summary>A day's usage: runs that ended, of them completed, and tool calls made.</summary>
public sealed record DailyUsage(DateOnly Day, long Runs, long Completed, long ToolCalls);
