using Anumate.Platform.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Anumate.Events;

static class EventEndpoints
{
    public static void Map(IEndpointRouteBuilder v1)
    {
        var events = v1.MapGroup("/events");
        events.MapGet("", List).Demands(Scope.EventRead).WithSummary("List events oldest first, as CloudEvents");
        events.MapGet("/stream", Stream).Demands(Scope.EventRead).WithSummary("Follow events as they happen (server-sent events)");
    }

    static async Task<Ok<Page<CloudEvent>>> List(Caller caller, string? type, string? subject, PageQuery page, IEvents events, CancellationToken ct) =>
        Reply.Ok(await events.ListAsync(caller, new EventFilter(type, subject), page, ct));

    static EventStream<CloudEvent> Stream(Caller caller, string? type, string? subject, string? cursor, IEvents events, CancellationToken ct) =>
        Reply.Stream(events.StreamAsync(caller, new EventFilter(type, subject), cursor, ct), e => (e.Type, e.Id));
}
