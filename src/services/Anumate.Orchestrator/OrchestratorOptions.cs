using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Anumate.Orchestrator;

/// <summary>Section <c>Anumate:Orchestrator</c>.</summary>
public sealed class OrchestratorOptions
{
    /// <summary>How long a capability token of one attempt lives (300 s at most, DESIGN section 11).</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:05:00")]
    public TimeSpan TokenLifetime { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>The clock difference between processes that is reckoned with.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:00:30")]
    public TimeSpan ClockSkew { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>How long this host's right to run holds without being renewed. It is renewed every third of it.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:05:00")]
    public TimeSpan Lease { get; init; } = TimeSpan.FromSeconds(6);

    /// <summary>Take the right to run without waiting for it to expire: only where something else keeps a second host away (the data folder's lock).</summary>
    public bool TakeOver { get; init; }

    /// <summary>Connections that write journals.</summary>
    [Range(1, 4)]
    public int JournalWriters { get; init; } = 1;

    /// <summary>Unfinished runs taken over at the same time after a start.</summary>
    [Range(1, 512)]
    public int RecoverAtOnce { get; init; } = 32;

    /// <summary>How often runs of earlier hosts are looked for after the start.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "01:00:00")]
    public TimeSpan LookAgain { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>How often a followed journal that has caught up looks again.</summary>
    [Range(typeof(TimeSpan), "00:00:00.020", "00:00:10")]
    public TimeSpan WatchPoll { get; init; } = TimeSpan.FromMilliseconds(100);
}

[OptionsValidator]
sealed partial class OrchestratorOptionsValidator : IValidateOptions<OrchestratorOptions>;
