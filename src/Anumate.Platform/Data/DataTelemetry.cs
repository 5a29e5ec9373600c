using System.Diagnostics.Metrics;

namespace Anumate.Platform.Data;

/// <summary>What the data layer measures of itself; Npgsql tells of connections and commands.</summary>
static class DataTelemetry
{
    public const string Name = "Anumate.Data";

    static readonly Meter Meter = new(Name);

    /// <summary>Items of a group commit.</summary>
    public static readonly Histogram<int> GroupSize = Meter.CreateHistogram<int>("anumate.data.group_size", "{item}");

    /// <summary>Items of group commits that were refused (fenced, or written before).</summary>
    public static readonly Counter<long> GroupRefused = Meter.CreateCounter<long>("anumate.data.group_refused", "{item}");

    /// <summary>Access across a tenant or role boundary that the database refused: a defect, worth an alarm.</summary>
    public static readonly Counter<long> Breaches = Meter.CreateCounter<long>("anumate.data.breaches", "{refusal}");
}
