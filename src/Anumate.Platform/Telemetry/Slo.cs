using System.Diagnostics.Metrics;

namespace Anumate.Platform.Telemetry;

/// <summary>
/// What the platform promises, as metrics: preflight P95 &lt; 1.5 s, approval propagation &lt; 2 s, executions succeeded ≥ 99 %, webhook lag P95 &lt; 5 s.
/// </summary>
public sealed class Slo
{
    readonly Histogram<double> _preflight;
    readonly Histogram<double> _propagation;
    readonly Counter<long> _executions;
    readonly Histogram<double> _webhook;

    public Slo(IMeterFactory meters)
    {
        var meter = meters.Create("anumate.slo");
        _preflight = Seconds(meter, "anumate.preflight.duration", "From a GhostRun's request to its report", [0.05, 0.1, 0.25, 0.5, 1, 1.5, 2.5, 5, 10]);
        _propagation = Seconds(meter, "anumate.approval.propagation", "From an approval's decision to the run going on", [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 30]);
        _executions = meter.CreateCounter<long>("anumate.execution.ended", "{execution}", "Executions that ended, by outcome");
        _webhook = Seconds(meter, "anumate.webhook.lag", "From an event's commit to its delivery", [0.05, 0.1, 0.5, 1, 2, 5, 10, 60, 600]);
    }

    public void Preflight(TimeSpan duration) => _preflight.Record(duration.TotalSeconds);

    public void ApprovalPropagated(TimeSpan lag) => _propagation.Record(lag.TotalSeconds);

    /// <param name="outcome"><c>success</c>, <c>denied</c>, <c>rejected</c>, <c>cancelled</c> (none of them a failure of ours) or <c>failed</c>.</param>
    public void ExecutionEnded(string outcome) => _executions.Add(1, new KeyValuePair<string, object?>("outcome", outcome));

    public void WebhookDelivered(TimeSpan lag) => _webhook.Record(lag.TotalSeconds);

    static Histogram<double> Seconds(Meter meter, string name, string description, double[] bounds) =>
        meter.CreateHistogram(name, "s", description, tags: null, new InstrumentAdvice<double> { HistogramBucketBoundaries = bounds });
}
