using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Anumate.Platform.Events;

/// <summary>What the log measures of itself.</summary>
static class EventTelemetry
{
    public const string Name = "Anumate.Events.Delivery";

    public static readonly ActivitySource Source = new(Name);

    static readonly Meter Meter = new(Name);

    /// <summary>From writing an event to having handled it.</summary>
    public static readonly Histogram<double> Delivery = Meter.CreateHistogram<double>("anumate.events.delivery", "s");

    public static readonly Counter<long> Failed = Meter.CreateCounter<long>("anumate.events.failed", "{event}");

    public static readonly Counter<long> Parked = Meter.CreateCounter<long>("anumate.events.parked", "{event}");

    /// <summary>How long the log has been held back by a transaction that does not end.</summary>
    public static readonly Gauge<double> HeldBack = Meter.CreateGauge<double>("anumate.events.held_back", "s");

    /// <summary>Handling one event, as part of the trace in which it was written.</summary>
    public static Activity? Start(StoredEvent evt, string subscription)
    {
        ActivityContext.TryParse(evt.TraceParent, null, isRemote: true, out var parent);
        var activity = Source.StartActivity($"handle {evt.Type}", ActivityKind.Consumer, parent);
        activity?.SetTag("anumate.subscription", subscription).SetTag("anumate.tenant", evt.Tenant.ToString()).SetTag("anumate.event", evt.Id.ToString());
        return activity;
    }
}
