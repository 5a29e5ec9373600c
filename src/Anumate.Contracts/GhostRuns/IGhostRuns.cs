using System.Text.Json;
using System.Text.Json.Serialization;

namespace Anumate;

/// <summary>GhostRun: the real interpreter against simulated tools, and the preflight report.</summary>
public interface IGhostRuns
{
    /// <summary>Simulates a plan with these inputs and stores the report.</summary>
    /// <exception cref="ProblemException"><c>plan-not-found</c>, <c>inputs-invalid</c>.</exception>
    Task<GhostRun> SimulateAsync(Caller caller, NewGhostRun request, CancellationToken ct);

    /// <summary>A stored GhostRun with its report.</summary>
    Task<GhostRun> GetAsync(Caller caller, Id<GhostRun> id, CancellationToken ct);

    /// <summary>Whether the simulation was made with exactly these inputs (by digest under its own salt).</summary>
    Task<bool> HasInputsAsync(Caller caller, Id<GhostRun> id, JsonElement inputs, CancellationToken ct);

    /// <summary>GhostRuns, newest first; <paramref name="planHash"/> keeps one plan.</summary>
    Task<Page<GhostRun>> ListAsync(Caller caller, string? planHash, PageRequest page, CancellationToken ct);
}

/// <summary>A simulation to make. <see cref="Fixtures"/>: tool name → output to answer with.</summary>
public sealed record NewGhostRun(string PlanHash, JsonElement Inputs, IReadOnlyDictionary<string, JsonElement>? Fixtures = null)
{
    /// <summary>Makes a repeated request safe; over HTTP it is the header <c>Idempotency-Key</c>.</summary>
    [JsonIgnore]
    public string? IdempotencyKey { get; init; }
}

/// <summary>A simulation and its preflight report, bound to plan, inputs and policies.</summary>
public sealed record GhostRun(
    Id<GhostRun> Id, string PlanHash, string InputsDigest, string PolicyDigest, PreflightReport Report, Id<Principal> RequestedBy, DateTimeOffset Created) : IEntity
{
    /// <inheritdoc/>
    public static string Prefix => "gho";
}

/// <summary>Inputs to compare with those of a simulation.</summary>
public sealed record InputsToMatch(JsonElement Inputs);

/// <summary>Whether they are the same.</summary>
public sealed record InputsMatch(bool Same);

/// <summary>What the simulation says in one word.</summary>
[JsonConverter(typeof(WordConverter<PreflightVerdict>))]
public enum PreflightVerdict
{
    /// <summary>Nothing stands in the way.</summary>
    [JsonStringEnumMemberName("ready")]
    Ready,

    /// <summary>It will wait for people.</summary>
    [JsonStringEnumMemberName("needs_approval")]
    NeedsApproval,

    /// <summary>It cannot succeed as it is.</summary>
    [JsonStringEnumMemberName("blocked")]
    Blocked,
}

/// <summary>The preflight report. Values of <c>pii</c> and <c>secret</c> inputs never appear in it.</summary>
public sealed record PreflightReport(
    PreflightVerdict Verdict, IReadOnlyList<PreflightStep> Steps, IReadOnlyList<PreflightApproval> Approvals, IReadOnlyList<DataFlow> DataFlows,
    IReadOnlyList<ExploredPath> Explored, RiskScore Risk, IReadOnlyList<Diagnostic> Findings, double DurationMs);

/// <summary>A step on the happy path. <see cref="Outcome"/>: <c>simulated</c>, <c>skipped</c>, <c>denied</c>, <c>invalid</c>, <c>not_reached</c>.</summary>
public sealed record PreflightStep(string Step, string? Tool, string Outcome, Decision? Decision, string? MockSource, string? Detail);

/// <summary>An approval that will be asked; <see cref="People"/> are those who could grant it now.</summary>
public sealed record PreflightApproval(string Id, string? Step, IReadOnlyList<string> Groups, int Quorum, IReadOnlyList<string> People, bool Reachable);

/// <summary>A sensitive input and a tool that would see it.</summary>
public sealed record DataFlow(string Field, string Sensitivity, string Tool, string Step);

/// <summary>One explored path: what was assumed, and how the run would end.</summary>
public sealed record ExploredPath(string Assumption, RunStatus Ends, IReadOnlyList<string> Compensated);

/// <summary>0 (harmless) to 100, with what made it.</summary>
public sealed record RiskScore(int Score, IReadOnlyList<RiskFactor> Factors);

/// <summary>A part of the risk score.</summary>
public sealed record RiskFactor(string Name, int Points, string Why);

/// <summary>A preflight report is ready.</summary>
public sealed record PreflightCompleted(Id<GhostRun> GhostRun, string PlanHash, PreflightVerdict Verdict, int Risk) : IEvent
{
    /// <inheritdoc/>
    public static string EventType => "preflight.completed";

    /// <inheritdoc/>
    public string Subject => GhostRun.ToString();
}
