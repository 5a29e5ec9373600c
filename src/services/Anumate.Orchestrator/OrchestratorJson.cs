using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Anumate.PlanEngine;
using Anumate.PolicyEngine;
using Json = Anumate.PlanEngine.Json;

namespace Anumate.Orchestrator;

/// <summary>What a run remembers of who asked for it; in the journal's first entry, so it stays readable for ever.</summary>
sealed record RunFacts(
    Id<Principal> Principal, string Name, PrincipalKind Kind, CredentialKind Credential, IReadOnlyList<string> Roles, IReadOnlyList<string> Groups,
    IReadOnlyList<Id<Principal>> ActsFor, string Correlation, string? TraceParent, Id<GhostRun>? GhostRun)
{
    /// <summary>What the report of <see cref="GhostRun"/> says to policies.</summary>
    public RunPreflight? Preflight { get; init; }

    public static RunFacts Of(Caller caller, string? traceParent, GhostRun? ghost) => new(
        caller.Principal, caller.Name, caller.Kind, caller.Credential, caller.Roles, caller.Groups, caller.ActsFor, caller.Correlation, traceParent, ghost?.Id)
    {
        Preflight = ghost is null ? null : new RunPreflight(ghost.Report.Verdict, ghost.Report.Risk.Score, ghost.Created),
    };

    /// <summary>The facts of policies that are the same as long as the run lasts.</summary>
    public PolicyFacts About(Caller requester, ExecutablePlan plan, Id<Run> run, Json inputs)
    {
        var facts = PolicyFacts.Of(requester).WithCapsule(plan.Capsule, plan.CapsuleVersion, plan.Labels).WithRun(run, Principal).WithInputs(inputs.ToElement());
        return GhostRun is { } id && Preflight is { } report ? facts.WithPreflight(id, report.Verdict, report.Risk, report.At) : facts;
    }

    /// <summary>The requester as it was when it asked: whom policies look at.</summary>
    public Caller Caller(Id<Tenant> tenant) => new()
    {
        Tenant = tenant, Principal = Principal, Name = Name, Kind = Kind, Credential = Credential, Roles = Roles, Groups = Groups, ActsFor = ActsFor,
        Scopes = Role.ScopesOf(Roles), Correlation = Correlation,
    };
}

/// <summary>What a preflight report of the run's plan and inputs says.</summary>
sealed record RunPreflight(PreflightVerdict Verdict, int Risk, DateTimeOffset At);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(RunFacts))]
[JsonSerializable(typeof(JsonNode))]
[JsonSerializable(typeof(IReadOnlyList<RedactionDemand>))]
[JsonSerializable(typeof(string))]
sealed partial class OrchestratorJson : JsonSerializerContext;
