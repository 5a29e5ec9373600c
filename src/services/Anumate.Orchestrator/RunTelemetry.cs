using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Anumate.Orchestrator;

/// <summary>Traces and metrics of runs.</summary>
static class RunTelemetry
{
    const string Name = "Anumate.orchestrator";

    static readonly Meter Meter = new(Name);
    static readonly Counter<long> Runs = Meter.CreateCounter<long>("anumate.runs.ended", description: "runs that ended, by status");
    static readonly Histogram<double> Duration = Meter.CreateHistogram<double>("anumate.run.duration", "s", "time from acceptance to end");

    public static ActivitySource Source { get; } = new(Name);

    public static void Ended(RunStatus status, TimeSpan took)
    {
        Runs.Add(1, new KeyValuePair<string, object?>("status", RunViews.Word(status)));
        Duration.Record(took.TotalSeconds);
    }
}
