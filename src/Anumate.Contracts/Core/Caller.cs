using System.Collections.Frozen;
using System.Runtime.CompilerServices;
using System.Text.Json.Serialization;

namespace Anumate;

/// <summary>What a principal is.</summary>
[JsonConverter(typeof(WordConverter<PrincipalKind>))]
public enum PrincipalKind
{
    /// <summary>A person.</summary>
    [JsonStringEnumMemberName("user")]
    User,

    /// <summary>A program of the tenant, or a service of the platform.</summary>
    [JsonStringEnumMemberName("service")]
    Service,

    /// <summary>An AI agent.</summary>
    [JsonStringEnumMemberName("agent")]
    Agent,
}

/// <summary>How the caller proved who it is.</summary>
[JsonConverter(typeof(WordConverter<CredentialKind>))]
public enum CredentialKind
{
    /// <summary>A person's sign-in (access token of an issuer). Only such a caller decides approvals.</summary>
    [JsonStringEnumMemberName("sign_in")]
    SignIn,

    /// <summary>A program's credential: an API key, or an access token that an issuer gave to a client and not to a person.</summary>
    [JsonStringEnumMemberName("api_key")]
    ApiKey,

    /// <summary>The platform itself, acting for the principal (in process, or by <c>svc+jwt</c>).</summary>
    [JsonStringEnumMemberName("service")]
    Service,
}

/// <summary>
/// Who asks, for which tenant, with which rights. The first parameter of every contract method; never ambient.
/// </summary>
public sealed record Caller
{
    /// <summary>The tenant whose rows the call may see.</summary>
    public required Id<Tenant> Tenant { get; init; }

    /// <summary>Who acts.</summary>
    public required Id<Principal> Principal { get; init; }

    /// <summary>The principal's short name, e.g. <c>olga</c>; for records and screens, never for decisions.</summary>
    public required string Name { get; init; }

    /// <summary>What the principal is.</summary>
    public required PrincipalKind Kind { get; init; }

    /// <summary>How it proved that.</summary>
    public required CredentialKind Credential { get; init; }

    /// <summary>Role names (<see cref="Role"/>).</summary>
    public required IReadOnlyList<string> Roles { get; init; }

    /// <summary>Group names of the tenant.</summary>
    public IReadOnlyList<string> Groups { get; init; } = [];

    /// <summary>What the caller may do; see <see cref="Scope"/>.</summary>
    [JsonConverter(typeof(WordSetConverter))]
    public required FrozenSet<string> Scopes { get; init; }

    /// <summary>Principals on whose behalf this one acts, outermost first; none of them may approve what it requests.</summary>
    public IReadOnlyList<Id<Principal>> ActsFor { get; init; } = [];

    /// <summary>Correlation id of the whole piece of work (header <c>X-Correlation-Id</c>, 1-128 visible ASCII characters).</summary>
    public required string Correlation { get; init; }

    /// <summary>Whoever the client's own credential says: for programs outside the platform, where the server decides who calls.</summary>
    public static Caller Self { get; } = new()
    {
        Tenant = default, Principal = default, Name = "", Kind = PrincipalKind.User, Credential = CredentialKind.SignIn, Roles = [],
        Scopes = FrozenSet<string>.Empty, Correlation = "",
    };

    /// <summary>The platform itself, at work for a tenant without anybody having asked just now (timers, takeovers, reactions to events).</summary>
    public static Caller OfPlatform(Id<Tenant> tenant, string service, string correlation) => new()
    {
        Tenant = tenant, Principal = default, Name = "anumate", Kind = PrincipalKind.Service, Credential = CredentialKind.Service, Roles = [],
        Scopes = ServiceScopes, Correlation = correlation, Via = service,
    };

    static readonly FrozenSet<string> ServiceScopes = Scope.OfServices.ToFrozenSet();

    // Scopes come from few sets (Role.ScopesOf), and every call of a service to another asks for the wider one.
    static readonly ConditionalWeakTable<FrozenSet<string>, FrozenSet<string>> Widened = [];

    /// <summary>Stops the request unless the caller has the scope.</summary>
    /// <exception cref="ProblemException"><c>forbidden</c>.</exception>
    public void Demand(string scope)
    {
        if (!Scopes.Contains(scope))
        {
            throw Problems.Forbidden($"this needs the scope `{scope}`; the caller's roles are {(Roles.Count == 0 ? "none" : string.Join(", ", Roles))}");
        }
    }

    /// <summary>The same work, called by a service of the platform: it gains the scopes only services hold.</summary>
    public Caller AsService(string service) => this with
    {
        Credential = CredentialKind.Service,
        Scopes = Widened.GetValue(Scopes, static own => own.Union(Scope.OfServices).ToFrozenSet()),
        Via = service,
    };

    /// <summary>The service that acts for the principal, or null when the principal itself calls.</summary>
    public string? Via { get; init; }
}

/// <summary>A tenant: the wall around everything a customer owns.</summary>
public sealed record Tenant(Id<Tenant> Id, string Name, DateTimeOffset Created) : IEntity
{
    /// <inheritdoc/>
    public static string Prefix => "ten";
}

/// <summary>A user, service or agent of a tenant. <see cref="Name"/> is unique in the tenant.</summary>
public sealed record Principal(
    Id<Principal> Id, string Name, PrincipalKind Kind, IReadOnlyList<string> Roles, IReadOnlyList<string> Groups, bool Active,
    DateTimeOffset Created) : IEntity
{
    /// <inheritdoc/>
    public static string Prefix => "prn";
}

/// <summary>Rights, as <c>object:verb</c>.</summary>
public static class Scope
{
#pragma warning disable CS1591 // the names say it; docs/identity.md lists them with their routes
    public const string CapsuleRead = "capsule:read", CapsuleWrite = "capsule:write";
    public const string PolicyRead = "policy:read", PolicyWrite = "policy:write";
    public const string PlanRead = "plan:read", PlanCompile = "plan:compile", GhostRunExecute = "ghostrun:execute", GhostRunRead = "ghostrun:read";
    public const string RunRead = "run:read", RunExecute = "run:execute";
    public const string ApprovalRead = "approval:read", ApprovalDecide = "approval:decide";
    public const string ReceiptRead = "receipt:read", AuditRead = "audit:read", EventRead = "event:read", UsageRead = "usage:read";
    public const string ConnectorRead = "connector:read", ConnectorWrite = "connector:write";
    public const string IdentityRead = "identity:read", IdentityWrite = "identity:write", KeyOwn = "key:own";
    public const string SensitiveRead = "sensitive:read";

    // Held by services of the platform only.
    public const string TenantCreate = "tenant:create", ApprovalRequest = "approval:request", CapTokenIssue = "captoken:issue",
        CapTokenSpend = "captoken:spend", ToolCall = "tool:call";
#pragma warning restore CS1591

    /// <summary>Scopes that only services of the platform hold.</summary>
    public static IReadOnlyList<string> OfServices { get; } = [TenantCreate, ApprovalRequest, CapTokenIssue, CapTokenSpend, ToolCall,
        CapsuleRead, PolicyRead, PlanRead, ConnectorRead, IdentityRead];
}

/// <summary>The built-in roles and what each may do.</summary>
public static class Role
{
#pragma warning disable CS1591
    public const string Viewer = "viewer", Author = "author", Operator = "operator", Approver = "approver", Auditor = "auditor", Admin = "admin";
#pragma warning restore CS1591

    static readonly string[] Reads = [Scope.CapsuleRead, Scope.PolicyRead, Scope.PlanRead, Scope.GhostRunRead, Scope.RunRead, Scope.ApprovalRead,
        Scope.EventRead, Scope.ConnectorRead, Scope.KeyOwn];

    /// <summary>The scopes of each role. Roles add up.</summary>
    public static FrozenDictionary<string, FrozenSet<string>> Scopes { get; } = new Dictionary<string, FrozenSet<string>>
    {
        [Viewer] = Reads.ToFrozenSet(),
        [Author] = Reads.Concat([Scope.CapsuleWrite, Scope.PolicyWrite, Scope.PlanCompile, Scope.GhostRunExecute]).ToFrozenSet(),
        [Operator] = Reads.Concat([Scope.PlanCompile, Scope.GhostRunExecute, Scope.RunExecute, Scope.ReceiptRead, Scope.UsageRead]).ToFrozenSet(),
        [Approver] = Reads.Concat([Scope.ApprovalDecide, Scope.ReceiptRead]).ToFrozenSet(),
        [Auditor] = Reads.Concat([Scope.ReceiptRead, Scope.AuditRead, Scope.IdentityRead, Scope.UsageRead]).ToFrozenSet(),
        [Admin] = Reads.Concat([Scope.CapsuleWrite, Scope.PolicyWrite, Scope.PlanCompile, Scope.GhostRunExecute, Scope.RunExecute, Scope.ReceiptRead,
            Scope.AuditRead, Scope.UsageRead, Scope.ConnectorWrite, Scope.IdentityRead, Scope.IdentityWrite, Scope.SensitiveRead]).ToFrozenSet(),
    }.ToFrozenDictionary();

    /// <summary>Every role, in the order of the documentation.</summary>
    public static IReadOnlyList<string> All { get; } = [Viewer, Author, Operator, Approver, Auditor, Admin];

    // One set for each combination of roles.
    static readonly FrozenSet<string>?[] Combined = new FrozenSet<string>?[1 << All.Count];

    /// <summary>The scopes of several roles together; the same set for the same roles. A role that is not one of <see cref="All"/> adds nothing.</summary>
    public static FrozenSet<string> ScopesOf(IEnumerable<string> roles)
    {
        var combination = 0;
        foreach (var role in roles)
        {
            for (var i = 0; i < All.Count; i++)
            {
                combination |= All[i] == role ? 1 << i : 0;
            }
        }

        return Combined[combination] ??= All.Where((_, i) => (combination >> i & 1) == 1).SelectMany(r => Scopes[r]).ToFrozenSet();
    }
}
