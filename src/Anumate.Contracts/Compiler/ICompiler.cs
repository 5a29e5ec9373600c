using System.Text.Json;
using System.Text.Json.Serialization;

namespace Anumate;

/// <summary>From a capsule to an ExecutablePlan named by its hash.</summary>
public interface ICompiler
{
    /// <summary>Compiles a published capsule. The same capsule, lock and compiler give the same <c>plan_hash</c>.</summary>
    /// <exception cref="ProblemException"><c>capsule-not-found</c>, <c>compile-failed</c> with diagnostics, <c>policy-denied</c>.</exception>
    Task<CompiledPlan> CompileAsync(Caller caller, CompileCapsule request, CancellationToken ct);

    /// <summary>A stored plan.</summary>
    Task<CompiledPlan> GetPlanAsync(Caller caller, string planHash, CancellationToken ct);

    /// <summary>Plans, newest first.</summary>
    Task<Page<PlanSummary>> ListPlansAsync(Caller caller, PageRequest page, CancellationToken ct);
}

/// <summary>A capsule to compile: <c>name@version</c>, or <c>name</c> for the highest version.</summary>
public sealed record CompileCapsule(string Capsule)
{
    /// <summary>Makes a repeated request safe; over HTTP it is the header <c>Idempotency-Key</c>.</summary>
    [JsonIgnore]
    public string? IdempotencyKey { get; init; }
}

/// <summary>
/// A plan and what lies beside it. <see cref="Plan"/> is the canonical document whose SHA-256 is <see cref="PlanHash"/> (<c>sha256:…</c>);
/// its form is described by <c>schemas/plan.v1.schema.json</c>.
/// </summary>
public sealed record CompiledPlan(
    string PlanHash, string Capsule, string CapsuleVersion, JsonElement Plan, IReadOnlyList<Diagnostic> Diagnostics, Id<Principal> CompiledBy, DateTimeOffset CompiledAt);

/// <summary>A plan in a list.</summary>
public sealed record PlanSummary(string PlanHash, string Capsule, string CapsuleVersion, int Steps, DateTimeOffset CompiledAt);

/// <summary>A plan was compiled for the first time.</summary>
public sealed record PlanCreated(string PlanHash, string Capsule, string CapsuleVersion) : IEvent
{
    /// <inheritdoc/>
    public static string EventType => "plan.created";

    /// <inheritdoc/>
    public string Subject => PlanHash;
}

/// <summary>Problems of the compiler.</summary>
public static class PlanProblems
{
    /// <summary>422: the capsule does not compile.</summary>
    public static ProblemException CompileFailed(IReadOnlyList<Diagnostic> diagnostics) =>
        new Problem("compile-failed", 422, "The capsule does not compile", $"{diagnostics.Count(d => d.Severity == Severity.Error)} error(s); see diagnostics")
        { Diagnostics = diagnostics }.Exception();

    /// <summary>422: the bytes are no plan of a format that this version knows.</summary>
    public static ProblemException Invalid(string why) =>
        new Problem("plan-invalid", 422, "The document is not a plan that can be run", why).Exception();

    /// <summary>409: the stored bytes are not those that the hash names; they are not handed out.</summary>
    public static ProblemException Altered(string planHash) =>
        new Problem("plan-altered", 409, "The stored plan is not the one it is named for", $"the bytes of `{planHash}` have another hash; compile the capsule again").Exception();

    /// <summary>404: no such plan.</summary>
    public static ProblemException NotFound(string planHash) =>
        new Problem("plan-not-found", 404, "There is no such plan", $"no plan `{planHash}`; compile the capsule first").Exception();

    /// <summary>422: the inputs do not fit the capsule's schema.</summary>
    public static ProblemException InputsInvalid(IReadOnlyList<Diagnostic> diagnostics) =>
        new Problem("inputs-invalid", 422, "The inputs do not fit the capsule's schema", $"{diagnostics.Count} finding(s); see diagnostics")
        { Diagnostics = diagnostics }.Exception();
}
