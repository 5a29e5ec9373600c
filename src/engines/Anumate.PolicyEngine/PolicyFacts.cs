using System.Text.Json;
using Anumate.Cel;

namespace Anumate.PolicyEngine;

/// <summary>
/// The facts of one question, immutable: what does not change during a run is made once and shared. JSON handed in is read lazily,
/// so its document must outlive the facts.
/// </summary>
public sealed partial class PolicyFacts
{
    static readonly int FactCount = Enum.GetValues<Fact>().Length;
    readonly CelValue[] values = new CelValue[FactCount];
    readonly CelBindings?[] bound = new CelBindings?[PolicyPoint.All.Count];

    // One for each layer.
    LaidOut? newest;
    LaidOut? other;

    sealed record LaidOut(CelConditions Conditions, CelValue[] Slots);

    PolicyFacts()
    {
    }

    PolicyFacts(PolicyFacts from)
    {
        from.values.CopyTo(values, 0);
        (Tool, HasEffect, Waivers) = (from.Tool, from.HasEffect, from.Waivers);
    }

    /// <summary>The tool that is about to be called, or null.</summary>
    public string? Tool { get; private set; }

    /// <summary>Whether what is decided changes the world; without a policy that allows it, it is denied.</summary>
    public bool HasEffect { get; private set; }

    /// <summary>The facts as the variables of a point, made once: policies without named values share them.</summary>
    internal CelBindings At(PolicyPoint point) => bound[point.Index] ??= Fill(point.Environment.Bind(), point);

    /// <summary>What these conditions look at, found once: the facts of a question are often put to the same ones again.</summary>
    internal CelValue[] Slots(CelConditions conditions, PolicyPoint point)
    {
        if (ReferenceEquals(newest?.Conditions, conditions))
        {
            return newest.Slots;
        }

        if (ReferenceEquals(other?.Conditions, conditions))
        {
            return other.Slots;
        }

        (other, newest) = (newest, new(conditions, conditions.Slots(At(point))));
        return newest.Slots;
    }

    /// <summary>Puts the facts of a point into bindings of its environment, or of one that extends it.</summary>
    internal CelBindings Fill(CelBindings bindings, PolicyPoint point)
    {
        for (var i = 0; i < point.Offers.Count; i++)
        {
            bindings.Set(i, values[(int)point.Offers[i]]);
        }

        return bindings;
    }

    /// <summary>The facts about who acts.</summary>
    public static PolicyFacts Of(Caller actor) => new PolicyFacts().With(Fact.Actor, Object(
        ("id", actor.Principal.ToString()),
        ("name", actor.Name),
        ("kind", actor.Kind switch { PrincipalKind.User => "user", PrincipalKind.Service => "service", _ => "agent" }),
        ("credential", actor.Credential switch { CredentialKind.SignIn => "sign_in", CredentialKind.ApiKey => "api_key", _ => "service" }),
        ("tenant", actor.Tenant.ToString()),
        ("roles", Texts(actor.Roles)),
        ("groups", Texts(actor.Groups))));

    /// <summary>These facts and the capsule.</summary>
    public PolicyFacts WithCapsule(string name, string version, IReadOnlyDictionary<string, string> labels) => With(Fact.Capsule, Object(
        ("name", name),
        ("version", version),
        ("labels", CelValue.Map(labels.ToDictionary(l => l.Key, l => CelValue.Of(l.Value), StringComparer.Ordinal)))));

    /// <summary>These facts and the run.</summary>
    public PolicyFacts WithRun(Id<Run> run, Id<Principal> requester) =>
        With(Fact.Run, Object(("id", run.ToString()), ("requester", requester.ToString())));

    /// <summary>These facts and the run's inputs, a JSON object.</summary>
    public PolicyFacts WithInputs(JsonElement inputs) => With(Fact.Inputs, CelValue.FromJson(inputs, PolicyPoint.AnyMap));

    /// <summary>These facts and the call; <paramref name="arguments"/> is a JSON object.</summary>
    public PolicyFacts WithCall(Id<Tenant> tenant, string tool, ToolEffect effect, JsonElement arguments) => new(With(Fact.Call, Object(
        ("tool", tool),
        ("effect", NameOf(effect)),
        ("tenant", tenant.ToString()),
        ("args", CelValue.FromJson(arguments, PolicyPoint.AnyMap)))))
    {
        Tool = tool,
        HasEffect = effect != ToolEffect.ReadOnly,
    };

    /// <summary>
    /// These facts and the answer of the call. It is made: what is decided now changes nothing in the world any more.
    /// </summary>
    public PolicyFacts WithResult(JsonElement result) => new(With(Fact.Result, CelValue.FromJson(result, PolicyPoint.Facts[Fact.Result].Type))) { HasEffect = false };

    /// <summary>These facts and stored data that is about to be shown: what kind of value it is, and of which object.</summary>
    public PolicyFacts WithData(string kind, string id, JsonElement value) => With(Fact.Data, Object(
        ("kind", kind),
        ("id", id),
        ("value", CelValue.FromJson(value, CelType.Dyn))));

    /// <summary>These facts and the moment of the question.</summary>
    public PolicyFacts WithNow(DateTimeOffset now) => With(Fact.Now, CelValue.Of(now));

    /// <summary>These facts and the tenant's lists of names.</summary>
    public PolicyFacts WithLists(IReadOnlyDictionary<string, IReadOnlyList<string>> lists) =>
        With(Fact.Lists, CelValue.Map(lists.ToDictionary(l => l.Key, l => Texts(l.Value), StringComparer.Ordinal)));

    /// <summary>These facts and the report of the simulation that was made of this very plan with these very inputs.</summary>
    public PolicyFacts WithPreflight(Id<GhostRun> id, PreflightVerdict verdict, int risk, DateTimeOffset at) => With(Fact.Preflight, Object(
        ("id", id.ToString()),
        ("verdict", verdict switch { PreflightVerdict.Ready => "ready", PreflightVerdict.NeedsApproval => "needs_approval", _ => "blocked" }),
        ("risk", CelValue.Of((long)risk)),
        ("at", CelValue.Of(at))));

    /// <summary>These facts and the waivers that are in force for this tenant; whose subject is another's lift nothing here.</summary>
    public PolicyFacts WithWaivers(IReadOnlyList<Waiver> waivers) => new(this) { Waivers = waivers };

    /// <summary>The moment of the question; null when it is not known.</summary>
    internal DateTimeOffset? Now => values[(int)Fact.Now] is { Kind: CelKind.Timestamp } now ? now.AsTimestamp : null;

    internal CelValue Preflight => values[(int)Fact.Preflight];

    IReadOnlyList<Waiver> Waivers { get; set; } = [];

    /// <summary>Whether a waiver by a member of the group lifts the rule for this question. Without the time none does.</summary>
    internal bool IsWaived(string rule, string group)
    {
        foreach (var waiver in Waivers)
        {
            if (waiver.Rule == rule && waiver.Group == group && Now < waiver.Expires && IsSubject(waiver.Subject))
            {
                return true;
            }
        }

        return false;
    }

    bool IsSubject(string subject)
    {
        var blank = subject.IndexOf(' ');
        var name = subject[(blank + 1)..];
        return (blank < 0 ? "" : subject[..blank]) switch
        {
            "actor" => Text(Fact.Actor, "id") == name,
            "run" => Text(Fact.Run, "id") == name,
            "capsule" => Text(Fact.Capsule, "name") == name,
            "tool" => Tool == name,
            _ => false,
        };
    }

    /// <summary>What decides which policies speak, in one text: the tool, the capsule's name, and these labels.</summary>
    internal string ScopeKey(string[] labels)
    {
        var key = new System.Text.StringBuilder();
        Append(key, Tool);
        Append(key, Text(Fact.Capsule, "name"));
        foreach (var label in labels)
        {
            Append(key, Label(label));
        }

        return key.ToString();

        // With its length before it no text can pass for two.
        static void Append(System.Text.StringBuilder key, string? text) => key.Append(text?.Length ?? -1).Append(':').Append(text);
    }

    /// <summary>Whether the capsule fits every head; null when the facts do not say.</summary>
    internal bool? Fits(IReadOnlyList<(string? Label, ToolPattern[] Patterns)> heads)
    {
        bool? fits = true;
        foreach (var (label, patterns) in heads)
        {
            // A label that is not there fits nothing; a capsule that is not known may fit anything.
            var value = label is null ? Text(Fact.Capsule, "name") : Label(label);
            if (value is not null ? !Array.Exists(patterns, p => p.Matches(value)) : HasLabels && label is not null)
            {
                return false;
            }

            fits = value is null ? null : fits;
        }

        return fits;
    }

    bool HasLabels => values[(int)Fact.Capsule].TryGetField("labels", out var labels) && labels.Kind is CelKind.Map or CelKind.Object;

    string? Label(string name) =>
        values[(int)Fact.Capsule].TryGetField("labels", out var labels) && labels.TryGetField(name, out var value) && value.Kind == CelKind.String
            ? value.AsString
            : null;

    string? Text(Fact fact, string field) =>
        values[(int)fact].TryGetField(field, out var value) && value.Kind == CelKind.String ? value.AsString : null;

    PolicyFacts With(Fact fact, CelValue value)
    {
        var next = new PolicyFacts(this);
        next.values[(int)fact] = value;
        return next;
    }

    static CelValue Object(params ReadOnlySpan<(string Name, Field Value)> fields)
    {
        var map = new Dictionary<string, CelValue>(fields.Length, StringComparer.Ordinal);
        foreach (var (name, value) in fields)
        {
            map[name] = value.Value;
        }

        return CelValue.Map(map);
    }

    static CelValue Texts(IReadOnlyList<string> texts) => CelValue.List([.. texts.Select(CelValue.Of)]);

    static string NameOf(ToolEffect effect) =>
        effect switch { ToolEffect.ReadOnly => "read_only", ToolEffect.Idempotent => "idempotent", _ => "effect" };

    readonly record struct Field(CelValue Value)
    {
        public static implicit operator Field(string text) => new(CelValue.Of(text));

        public static implicit operator Field(CelValue value) => new(value);
    }
}
