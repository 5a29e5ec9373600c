using Anumate.Platform.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace Anumate.Events;

/// <summary>The tenant's events, as CloudEvents.</summary>
public static class EventsModule
{
    public static readonly Module Module = new("events") { Serves = typeof(IEvents), Add = AddEvents, Map = EventEndpoints.Map };

    static void AddEvents(IServiceCollection services, IConfiguration section)
    {
        services.AddOptionsOf<EventServiceOptions, EventServiceOptionsValidator>(section);
        services.AddSingleton<EventStore>();
        services.AddSingleton<IEvents, EventService>();
    }
}
