namespace Anumate;

/// <summary>On which recorded decisions a policy version is tried; what is absent is not asked.</summary>
/// <param name="Most">On the newest so many of them.</param>
public sealed record ReplayPolicy(DateTimeOffset? From = null, DateTimeOffset? To = null, string? Point = null, int Most = 1_000);

/// <summary>
/// What would change if a policy version were in force in place of the one that is: each recorded decision was made again with both.
/// </summary>
/// <param name="Tried">How many decisions.</param>
/// <param name="Unreadable">How many more could not be made again: their facts were erased, or are of another form.</param>
/// <param name="Counts">How many came to which verdict now and then.</param>
/// <param name="Changes">The newest of those that would change.</param>
public sealed record PolicyReplay(
    string Policy, int Version, int Tried, int Unreadable, int Changed, IReadOnlyList<ReplayCount> Counts, IReadOnlyList<ReplayedDecision> Changes);

/// <summary>How many decisions come to <paramref name="Now"/> now, and to <paramref name="Then"/> with the version.</summary>
public sealed record ReplayCount(Verdict Now, Verdict Then, int Decisions);

/// <summary>A decision that would change. Reasons quote the policy and no fact.</summary>
/// <param name="Id">Of the record.</param>
/// <param name="Recorded">What it came to when it was made.</param>
public sealed record ReplayedDecision(
    string Id, DateTimeOffset At, string Point, string Subject, string? Run, Verdict Recorded, Verdict Now, Verdict Then, string Reason);
