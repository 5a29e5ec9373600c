using System.Runtime.CompilerServices;
using Anumate.Platform.Events;
using Anumate.Platform.Http;

namespace Anumate.Events;

sealed class EventService(EventStore store, EventServiceOptions options, TimeProvider time) : IEvents
{
    const string TypePrefix = "dev.anumate.";
    const int MaxFilter = 200, StreamPage = 200;

    public async Task<Page<CloudEvent>> ListAsync(Caller caller, EventFilter filter, PageRequest page, CancellationToken ct)
    {
        caller.Demand(Scope.EventRead);
        var rows = await store.ListAsync(caller.Tenant, At(Cursor.Read(page, "events", 1)?[0]) ?? default, Checked(filter), page.Limit + 1, ct);
        var shown = Cursor.Page(rows, page, "events", e => [e.At.ToString()]);
        return new Page<CloudEvent>([.. shown.Items.Select(e => e.ToCloudEvent())], shown.Next);
    }

    public async IAsyncEnumerable<CloudEvent> StreamAsync(Caller caller, EventFilter filter, string? cursor, [EnumeratorCancellation] CancellationToken ct)
    {
        caller.Demand(Scope.EventRead);
        filter = Checked(filter);
        var at = At(Cursor.Read(new PageRequest(cursor), "events", 1)?[0]) ?? await store.NowAsync(caller.Tenant, ct);
        while (!ct.IsCancellationRequested)
        {
            var rows = await store.ListAsync(caller.Tenant, at, filter, StreamPage, ct);
            foreach (var e in rows)
            {
                yield return e.ToCloudEvent();
                at = e.At;
            }

            if (rows.Count < StreamPage)
            {
                await Task.Delay(options.StreamPoll, time, ct);
            }
        }
    }

    static LogPosition? At(string? key) => key is null ? null
        : LogPosition.TryParse(key, out var at) ? at
        : throw Problems.Invalid("`cursor` is not one that this list gave; leave it out for the first page");

    // Outside, a type carries our prefix; in the log it does not.
    static EventFilter Checked(EventFilter filter)
    {
        if (filter.Type is { Length: > MaxFilter } || filter.Subject is { Length: > MaxFilter })
        {
            throw Problems.Invalid($"a filter has at most {MaxFilter} characters");
        }

        return filter.Type is { } type && type.StartsWith(TypePrefix, StringComparison.Ordinal) ? filter with { Type = type[TypePrefix.Length..] } : filter;
    }
}
