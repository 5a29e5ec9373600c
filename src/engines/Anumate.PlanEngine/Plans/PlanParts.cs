using System.Text.Json;
using Anumate.Cel;
using Anumate.Schemas;

namespace Anumate.PlanEngine;

public enum StepKind
{
    /// <summary>Calls a tool.</summary>
    Call,

    /// <summary>Computes a value; no effect, hence no token.</summary>
    Pure,
}

/// <summary>What becomes of a run when a step is given up.</summary>
public enum OnFailure
{
    /// <summary>Completed steps are undone in the reverse order of their completion.</summary>
    Compensate,

    /// <summary>Nothing is undone.</summary>
    Halt,
}

/// <summary>What becomes of an attempt whose outcome is unknown.</summary>
public enum OnUnknown
{
    /// <summary>The tool is asked by the call's idempotency key.</summary>
    Lookup,

    /// <summary>It is made again: the author vouches that twice does no harm.</summary>
    Retry,

    /// <summary>The step fails.</summary>
    Fail,

    /// <summary>A human is asked.</summary>
    Ask,
}

/// <summary>The outcomes after which an attempt is made again.</summary>
[Flags]
public enum RetryOn
{
    None = 0,
    Timeout = 1,
    Unavailable = 2,
    Failed = 4,
}

/// <summary>How often and when an attempt is made again. The wait before attempt n+1 is initial × factor^(n−1), at most max; jitter takes up to half of it away.</summary>
public sealed record RetryRule(int MaxAttempts, TimeSpan Initial, double Factor, TimeSpan Max, bool Jitter, RetryOn On);

/// <summary>A tool as the plan pins it.</summary>
public sealed record PlanTool(string Name, string Digest, ToolEffect Effect, bool HasLookup, JsonElement InputSchema, JsonElement OutputSchema)
{
    /// <summary><c>name@sha256:…</c>: what a capability token grants.</summary>
    public string Grant { get; } = $"{Name}@{Digest}";

    /// <summary>Says why arguments do not fit the input schema; null when they do.</summary>
    public Func<Json, bool, string?> Misfit { get; internal init; } = (_, _) => null;

    internal CelType OutputType { get; init; } = CelType.Dyn;
}

/// <summary>A policy version the plan pins.</summary>
public sealed record PlanPolicy(string Name, int Version, string Digest);

/// <summary>One stage of a planned approval: so many different people of any of the groups, within a time from the stage's start.</summary>
public sealed record PlanStage(IReadOnlyList<string> Groups, int Quorum, TimeSpan Within);

/// <summary>Limits of a run. The clock of <paramref name="Timeout"/> stands still while the run waits for people.</summary>
public sealed record PlanLimits(TimeSpan? Timeout, int MaxParallel);

/// <summary>A sensitive field, e.g. <c>inputs.email</c>, and an argument of a tool that it reaches.</summary>
public sealed record SensitiveFlow(string Field, Sensitivity Sensitivity, string Step, CallPhase Phase, string Tool, string Argument);
