namespace Anumate.Client;

/// <summary>IEvents over HTTP.</summary>
public sealed class EventsClient(Transport transport) : IEvents
{
    /// <inheritdoc/>
    public Task<Page<CloudEvent>> ListAsync(Caller caller, EventFilter filter, PageRequest page, CancellationToken ct) =>
        transport.GetAsync<Page<CloudEvent>>(caller, Route.Page("v1/events", page, ("type", filter.Type), ("subject", filter.Subject)), ct);

    /// <inheritdoc/>
    public IAsyncEnumerable<CloudEvent> StreamAsync(Caller caller, EventFilter filter, string? cursor, CancellationToken ct) =>
        transport.StreamAsync<CloudEvent>(caller, Route.Of("v1/events/stream", ("type", filter.Type), ("subject", filter.Subject), ("cursor", cursor)), ct);
}
