using System.Collections.Frozen;
using System.Text.Json;
using Anumate.PolicyEngine;

namespace Anumate.Engines.Tests.Policies;

/// <summary>Questions put to policies.</summary>
static class Ask
{
    public static readonly Id<Tenant> Tenant = Id<Tenant>.Parse("ten_01m826h01xf14v1qvyk36e7vrz");

    public static CompiledPolicy Compile(string source)
    {
        var check = CompiledPolicy.Check(source);
        Assert.True(check.Policy is not null, string.Join('\n', check.Diagnostics));
        return check.Policy;
    }

    public static PolicySet Set(params string[] sources) => PolicySet.Of(sources.Select(Compile));

    public static PolicyLayers Layers(PolicySet? tenant = null, PolicySet? capsule = null) =>
        new("sha256:bundle", tenant ?? PolicySet.Empty, capsule ?? PolicySet.Empty);

    public static Caller Olga(string[]? groups = null, string[]? roles = null) => new()
    {
        Tenant = Tenant,
        Principal = Id<Principal>.Parse("prn_01m826h01xf14v1qvyk36e7vrz"),
        Name = "olga",
        Kind = PrincipalKind.User,
        Credential = CredentialKind.SignIn,
        Roles = roles ?? ["operator"],
        Groups = groups ?? [],
        Scopes = FrozenSet<string>.Empty,
        Correlation = "c",
    };

    /// <summary>A Wednesday, ten in the morning in Berlin.</summary>
    public static readonly DateTimeOffset Now = new(2026, 11, 25, 9, 0, 0, TimeSpan.Zero);

    /// <summary>Olga is about to call a tool.</summary>
    public static PolicyFacts Call(string arguments = "{}", string tool = "payments.refund", ToolEffect effect = ToolEffect.Effect,
        Caller? actor = null) =>
        PolicyFacts.Of(actor ?? Olga())
            .WithCapsule("refund-order", "1.4.0", new Dictionary<string, string> { ["tier"] = "gold" })
            .WithRun(Id<Run>.Parse("run_01m826h01xf14v1qvyk36e7vrz"), Id<Principal>.Parse("prn_01m826h01xf14v1qvyk36e7vrz"))
            .WithInputs(JsonDocument.Parse("""{"order_id":"o-1"}""").RootElement)
            .WithNow(Now)
            .WithCall(Tenant, tool, effect, JsonDocument.Parse(arguments).RootElement);

    public static Decision Tool(PolicySet capsule, PolicyFacts? facts = null) =>
        Decider.Decide(Layers(capsule: capsule), PolicyPoint.ToolBefore, facts ?? Call());

    public static Decision Tool(string policy, PolicyFacts? facts = null) => Tool(Set(policy), facts);
}
