namespace Anumate;

/// <summary>The tenant's events, as CloudEvents 1.0.</summary>
public interface IEvents
{
    /// <summary>Events oldest first after a cursor; filter by type prefix (<c>execution.</c>) and subject.</summary>
    Task<Page<CloudEvent>> ListAsync(Caller caller, EventFilter filter, PageRequest page, CancellationToken ct);

    /// <summary>Events as they happen, from now or from a cursor, until the caller leaves.</summary>
    IAsyncEnumerable<CloudEvent> StreamAsync(Caller caller, EventFilter filter, string? cursor, CancellationToken ct);
}

/// <summary>Which events; null means all.</summary>
public sealed record EventFilter(string? Type = null, string? Subject = null);
