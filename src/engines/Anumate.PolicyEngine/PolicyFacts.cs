using System.Text.Json;
using Anumate.Cel;

namespace Anumate.PolicyEngine;

/// <summary>
/// The facts of one question, immutable: what does not change during a run is made once and shared. JSON handed in is read lazily,
/// so its document must outlive the facts.
/// </summary>
public sealed class PolicyFacts
{
    static readonly int FactCount = Enum.GetValues<Fact>().Length;
    readonly CelValue[] values = new CelValue[FactCount];
    readonly CelBindings?[] bound = new CelBindings?[PolicyPoint.All.Count];

    PolicyFacts()
    {
    }

    PolicyFacts(PolicyFacts from) => from.values.CopyTo(values, 0);

    /// <summary>The tool that is about to be called, or null.</summary>
    public string? Tool { get; private init; }

    /// <summary>Whether what is decided changes the world; without a policy that allows it, it is denied.</summary>
    public bool HasEffect { get; private init; }

    /// <summary>The facts as the variables of a point, made once: policies without named values share them.</summary>
    internal CelBindings At(PolicyPoint point) => bound[point.Index] ??= Fill(point.Environment.Bind(), point);

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
    /// Facts in JSON, one member for each variable of the point. What is left out has no value: a rule that looks at it fails, and
    /// counts as a failed rule does.
    /// </summary>
    /// <returns>The facts, or null and what is wrong with them.</returns>
    public static PolicyFacts? Read(PolicyPoint point, JsonElement json, out IReadOnlyList<Diagnostic> diagnostics)
    {
        var found = new List<Diagnostic>();
        diagnostics = found;
        if (json.ValueKind != JsonValueKind.Object)
        {
            found.Add(Diagnostic.Error("policy.facts", "the facts must be an object", "/facts"));
            return null;
        }

        var facts = new PolicyFacts { HasEffect = point.ConcernsTool };
        foreach (var member in json.EnumerateObject())
        {
            if (point.Offers.FirstOrDefault(f => PolicyPoint.Facts[f].Name == member.Name, (Fact)(-1)) is var fact && (int)fact < 0)
            {
                var names = point.Offers.Select(f => PolicyPoint.Facts[f].Name).ToList();
                found.Add(Diagnostic.Error("policy.facts", $"`{point}` has no fact of this name", $"/facts/{Escape(member.Name)}",
                    suggestion: Suggest.Closest(member.Name, names) is { } near
                        ? $"did you mean `{near}`"
                        : $"it has {string.Join(", ", names.Select(n => $"`{n}`"))}"));
            }
            else if (member.Value.ValueKind != JsonValueKind.Object)
            {
                found.Add(Diagnostic.Error("policy.facts", $"`{member.Name}` must be an object", $"/facts/{member.Name}"));
            }
            else
            {
                facts = ReadFact(facts, fact, member.Value, found);
            }
        }

        if (point.ConcernsTool && facts.Tool is null && found.Count == 0)
        {
            found.Add(Diagnostic.Error("policy.facts", $"`{point}` needs the name of the tool", "/facts/call/tool",
                suggestion: "give `{\"call\": {\"tool\": \"…\"}}`"));
        }

        return found.Count == 0 ? facts : null;
    }

    /// <summary>
    /// Facts in JSON text, as <see cref="Read(PolicyPoint, JsonElement, out IReadOnlyList{Diagnostic})"/> reads them. What is in order is
    /// read at once, without a document; the rest is read again for its diagnostics.
    /// </summary>
    public static PolicyFacts? Read(PolicyPoint point, ReadOnlyMemory<byte> json, out IReadOnlyList<Diagnostic> diagnostics)
    {
        try
        {
            if (TryRead(point, json.Span) is { } facts)
            {
                diagnostics = [];
                return facts;
            }

            // The document is not disposed: the facts read it lazily.
            return Read(point, JsonDocument.Parse(json).RootElement, out diagnostics);
        }
        catch (JsonException e)
        {
            diagnostics = [Diagnostic.Error("policy.facts", $"the facts are not JSON: line {e.LineNumber + 1}", "/facts")];
            return null;
        }
    }

    static PolicyFacts? TryRead(PolicyPoint point, ReadOnlySpan<byte> json)
    {
        var reader = new Utf8JsonReader(json);
        if (!reader.Read() || reader.TokenType is not JsonTokenType.StartObject)
        {
            return null;
        }

        var (facts, isCalled) = (new PolicyFacts { HasEffect = point.ConcernsTool }, false);
        while (reader.Read() && reader.TokenType is JsonTokenType.PropertyName)
        {
            if (Named(ref reader, point) is not { } fact || !reader.Read() || reader.TokenType is not JsonTokenType.StartObject)
            {
                return null;
            }

            var type = PolicyPoint.Facts[fact].Type;
            var value = CelValue.FromUtf8(ref reader, type);
            if (!facts.values[(int)fact].IsError || !value.HasOnly(type.Fields))
            {
                return null;
            }

            facts.values[(int)fact] = value;
            isCalled |= fact == Fact.Call;
        }

        if (reader.Read())
        {
            return null;
        }

        return !isCalled ? (point.ConcernsTool ? null : facts) : facts.Called();
    }

    static Fact? Named(ref Utf8JsonReader reader, PolicyPoint point)
    {
        foreach (var fact in point.Offers)
        {
            if (reader.ValueTextEquals(PolicyPoint.Facts[fact].Name))
            {
                return fact;
            }
        }

        return null;
    }

    /// <summary>These facts with what the call says of tool and effect; null when it names no tool.</summary>
    PolicyFacts? Called()
    {
        var call = values[(int)Fact.Call];
        return !call.TryGetField("tool", out var tool) || tool.Kind is not CelKind.String ? null : new PolicyFacts(this)
        {
            Tool = tool.AsString,
            HasEffect = !(call.TryGetField("effect", out var effect) && effect.Kind is CelKind.String && effect.AsString == "read_only"),
        };
    }

    static PolicyFacts ReadFact(PolicyFacts facts, Fact fact, JsonElement json, List<Diagnostic> found)
    {
        var (name, type) = PolicyPoint.Facts[fact];
        foreach (var field in json.EnumerateObject())
        {
            if (type.Kind == CelKind.Object && !type.Fields.ContainsKey(field.Name))
            {
                found.Add(Diagnostic.Error("policy.facts", $"`{name}` has no field of this name", $"/facts/{name}/{Escape(field.Name)}",
                    suggestion: Suggest.Closest(field.Name, type.Fields.Keys) is { } near ? $"did you mean `{near}`" : null));
            }
        }

        facts = facts.With(fact, CelValue.FromJson(json, type));
        return fact != Fact.Call ? facts : new PolicyFacts(facts)
        {
            Tool = json.TryGetProperty("tool", out var tool) && tool.ValueKind == JsonValueKind.String ? tool.GetString() : null,
            HasEffect = !(json.TryGetProperty("effect", out var effect) && effect.ValueKind == JsonValueKind.String
                && effect.ValueEquals("read_only")),
        };
    }

    PolicyFacts With(Fact fact, CelValue value)
    {
        var next = new PolicyFacts(this) { Tool = Tool, HasEffect = HasEffect };
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

    static string Escape(string name) => name.Replace("~", "~0").Replace("/", "~1");

    readonly record struct Field(CelValue Value)
    {
        public static implicit operator Field(string text) => new(CelValue.Of(text));

        public static implicit operator Field(CelValue value) => new(value);
    }
}
