using System.Collections.Frozen;
using Anumate.Cel;

namespace Anumate.PolicyEngine;

/// <summary>A point of the way at which policies decide, and the facts it offers them.</summary>
public sealed class PolicyPoint
{
    static readonly CelType Texts = CelType.List(CelType.String);

    /// <summary>Facts of every point.</summary>
    static readonly Fact[] Always = [Fact.Now, Fact.Lists];

    /// <summary>What has no schema that a policy could know: a tool's arguments, a run's inputs.</summary>
    internal static readonly CelType AnyMap = CelType.Map(CelType.String, CelType.Dyn);

    /// <summary>A capsule version is about to be published.</summary>
    public static readonly PolicyPoint CapsulePublish = new(0, "capsule.publish", [Fact.Actor, Fact.Capsule, .. Always]);

    /// <summary>A capsule is about to be compiled.</summary>
    public static readonly PolicyPoint PlanCompile = new(1, "plan.compile", [Fact.Actor, Fact.Capsule, .. Always]);

    /// <summary>A run is about to start.</summary>
    public static readonly PolicyPoint RunStart = new(2, "run.start", [Fact.Actor, Fact.Capsule, Fact.Run, Fact.Inputs, Fact.Preflight, .. Always]);

    /// <summary>A tool is about to be called.</summary>
    public static readonly PolicyPoint ToolBefore = new(3, "tool.before",
        [Fact.Actor, Fact.Call, Fact.Capsule, Fact.Run, Fact.Inputs, Fact.Preflight, .. Always], ["call.args", "result"]);

    /// <summary>A tool has answered, and its answer is about to be taken over.</summary>
    public static readonly PolicyPoint ToolAfter = new(4, "tool.after",
        [Fact.Actor, Fact.Call, Fact.Capsule, Fact.Run, Fact.Inputs, Fact.Result, .. Always], ["result"]);

    /// <summary>Stored data is about to be shown.</summary>
    public static readonly PolicyPoint DataRead = new(5, "data.read", [Fact.Actor, Fact.Data, .. Always], ["data.value"]);

    /// <summary>An event is about to leave.</summary>
    public static readonly PolicyPoint EventPublish = new(6, "event.publish", [Fact.Actor, Fact.Event, .. Always], ["event.data"]);

    /// <summary>Every point, in the order of the way.</summary>
    public static IReadOnlyList<PolicyPoint> All { get; } = [CapsulePublish, PlanCompile, RunStart, ToolBefore, ToolAfter, DataRead, EventPublish];

    /// <summary>
    /// The types of the facts. Schemas of arguments and inputs are not known to a policy, so their members are <c>dyn</c>.
    /// </summary>
    internal static readonly FrozenDictionary<Fact, (string Name, CelType Type)> Facts = new Dictionary<Fact, (string, CelType)>
    {
        [Fact.Actor] = ("actor",
            Closed(("id", CelType.String), ("name", CelType.String), ("kind", CelType.String), ("credential", CelType.String),
            ("tenant", CelType.String), ("roles", Texts), ("groups", Texts))),
        [Fact.Call] = ("call", Closed(("tool", CelType.String), ("effect", CelType.String), ("tenant", CelType.String), ("args", AnyMap))),
        [Fact.Capsule] = ("capsule",
            Closed(("name", CelType.String), ("version", CelType.String), ("labels", CelType.Map(CelType.String, CelType.String)))),
        [Fact.Run] = ("run", Closed(("id", CelType.String), ("requester", CelType.String))),
        [Fact.Inputs] = ("inputs", AnyMap),
        [Fact.Preflight] = ("preflight", Closed(("id", CelType.String), ("verdict", CelType.String), ("risk", CelType.Int), ("at", CelType.Timestamp))),
        [Fact.Result] = ("result", CelType.Dyn),
        [Fact.Data] = ("data", Closed(("kind", CelType.String), ("id", CelType.String), ("value", CelType.Dyn))),
        [Fact.Event] = ("event", Closed(("type", CelType.String), ("subject", CelType.String), ("data", CelType.Dyn))),
        [Fact.Now] = ("now", CelType.Timestamp),
        [Fact.Lists] = ("lists", CelType.Map(CelType.String, Texts)),
    }.ToFrozenDictionary();

    /// <summary>Facts that came after policies were published: a policy of before may use their names for its values.</summary>
    internal static readonly FrozenSet<string> MayBeHidden = ["preflight", "lists"];

    PolicyPoint(int index, string name, Fact[] facts, string[]? values = null)
    {
        Name = name;
        Offers = facts;
        Index = index;
        Redactable = values ?? [];
    }

    /// <summary>The name in policies: <c>tool.before</c>.</summary>
    public string Name { get; }

    /// <summary>Whether a capsule is concerned, so that <c>on capsule</c> and <c>on label</c> have a meaning.</summary>
    public bool ConcernsCapsule => Offers.Contains(Fact.Capsule);

    /// <summary>Whether a tool is concerned, so that <c>on tool in […]</c> has a meaning.</summary>
    public bool ConcernsTool => Offers.Contains(Fact.Call);

    /// <summary>Whether what is decided changes the world, so that it needs somebody who allows it.</summary>
    internal bool IsEffect => ReferenceEquals(this, ToolBefore);

    /// <summary>What values pass here, which a <c>redact</c> rule can redact.</summary>
    public IReadOnlyList<string> Redactable { get; }

    internal IReadOnlyList<Fact> Offers { get; }

    internal int Index { get; }

    /// <summary>The facts as variables, in their order: what every policy at this point sees.</summary>
    internal CelEnvironment Environment => field ??= new(Offers.Select(f => new CelVariable(Facts[f].Name, Facts[f].Type)));

    /// <summary>The point of a name; null when there is none.</summary>
    public static PolicyPoint? Find(string name) => All.FirstOrDefault(p => p.Name == name);

    public override string ToString() => Name;

    static CelType Closed(params (string Name, CelType Type)[] fields) =>
        CelType.Object(fields.Select(f => KeyValuePair.Create(f.Name, new CelField(f.Type, Required: true))));
}

/// <summary>What a policy can look at.</summary>
enum Fact
{
    Actor,
    Call,
    Capsule,
    Run,
    Inputs,
    Preflight,
    Result,
    Data,
    Event,
    Now,
    Lists,
}
