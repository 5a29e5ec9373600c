using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace Anumate.Orchestrator;

/// <summary>What a run remembers of who asked for it; in the journal's first entry, so it stays readable for ever.</summary>
sealed record RunFacts(
    Id<Principal> Principal, string Name, PrincipalKind Kind, CredentialKind Credential, IReadOnlyList<string> Roles, IReadOnlyList<string> Groups,
    IReadOnlyList<Id<Principal>> ActsFor, string Correlation, string? TraceParent, Id<GhostRun>? GhostRun)
{
    public static RunFacts Of(Caller caller, string? traceParent, Id<GhostRun>? ghostRun) => new(
        caller.Principal, caller.Name, caller.Kind, caller.Credential, caller.Roles, caller.Groups, caller.ActsFor, caller.Correlation, traceParent, ghostRun);

    /// <summary>The requester as it was when it asked: whom policies look at.</summary>
    public Caller Caller(Id<Tenant> tenant) => new()
    {
        Tenant = tenant, Principal = Principal, Name = Name, Kind = Kind, Credential = Credential, Roles = Roles, Groups = Groups, ActsFor = ActsFor,
        Scopes = Role.ScopesOf(Roles), Correlation = Correlation,
    };
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(RunFacts))]
[JsonSerializable(typeof(JsonNode))]
[JsonSerializable(typeof(IReadOnlyList<RedactionDemand>))]
[JsonSerializable(typeof(string))]
sealed partial class OrchestratorJson : JsonSerializerContext;
