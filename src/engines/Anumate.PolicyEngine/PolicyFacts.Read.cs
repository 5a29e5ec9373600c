using System.Text.Json;
using Anumate.Cel;

namespace Anumate.PolicyEngine;

/// <summary>Facts read from JSON.</summary>
public sealed partial class PolicyFacts
{
    /// <summary>
    /// Facts in JSON, one member for each variable of the point. What is left out has no value: a rule that looks at it fails, and
    /// counts as a failed rule does.
    /// </summary>
    /// <returns>The facts, or null and what is wrong with them.</returns>
    public static PolicyFacts? Read(PolicyPoint point, JsonElement json, out IReadOnlyList<Diagnostic> diagnostics)
    {
        var found = new List<Diagnostic>();
        diagnostics = found;
        try
        {
            return Read(point, json, found);
        }
        catch (InvalidOperationException)
        {
            found.Add(Diagnostic.Error(
                "policy.facts", "the facts hold a name that is no text: half a surrogate pair, or bytes that are not UTF-8", "/facts"));
            return null;
        }
    }

    static PolicyFacts? Read(PolicyPoint point, JsonElement json, List<Diagnostic> found)
    {
        if (json.ValueKind != JsonValueKind.Object)
        {
            found.Add(Diagnostic.Error("policy.facts", "the facts must be an object", "/facts"));
            return null;
        }

        var facts = new PolicyFacts { HasEffect = point.ConcernsTool };
        foreach (var member in json.EnumerateObject())
        {
            if (member.Name == "waivers")
            {
                facts = facts.WithWaivers(ReadWaivers(member.Value, found));
            }
            else if (point.Offers.FirstOrDefault(f => PolicyPoint.Facts[f].Name == member.Name, (Fact)(-1)) is var fact && (int)fact < 0)
            {
                var names = point.Offers.Select(f => PolicyPoint.Facts[f].Name).ToList();
                found.Add(Diagnostic.Error("policy.facts", $"`{point}` has no fact of this name", $"/facts/{Escape(member.Name)}",
                    suggestion: Suggest.Closest(member.Name, names) is { } near
                        ? $"did you mean `{near}`"
                        : $"it has {string.Join(", ", names.Select(n => $"`{n}`"))}"));
            }
            else if (Fault(PolicyPoint.Facts[fact].Type, member.Value) is { } fault)
            {
                found.Add(Diagnostic.Error("policy.facts", $"`{member.Name}` must be {fault}", $"/facts/{member.Name}"));
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
        try
        {
            return ReadAtOnce(point, json);
        }
        catch (InvalidOperationException)
        {
            // Bytes that are no text: in a document they are found only where they are looked at.
            return null;
        }
    }

    static PolicyFacts? ReadAtOnce(PolicyPoint point, ReadOnlySpan<byte> json)
    {
        var reader = new Utf8JsonReader(json);
        if (!reader.Read() || reader.TokenType is not JsonTokenType.StartObject)
        {
            return null;
        }

        var (facts, isCalled) = (new PolicyFacts { HasEffect = point.ConcernsTool }, false);
        while (reader.Read() && reader.TokenType is JsonTokenType.PropertyName)
        {
            if (Named(ref reader, point) is not { } fact || !reader.Read())
            {
                return null;
            }

            var type = PolicyPoint.Facts[fact].Type;
            if (type.Kind is CelKind.Object or CelKind.Map && reader.TokenType is not JsonTokenType.StartObject)
            {
                return null;
            }

            var value = CelValue.FromUtf8(ref reader, type);
            if (!facts.values[(int)fact].IsError || value.IsError || !value.HasOnly(type.Fields))
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
        foreach (var field in type.Kind == CelKind.Object ? [.. json.EnumerateObject()] : Array.Empty<JsonProperty>())
        {
            if (!type.Fields.ContainsKey(field.Name))
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

    /// <summary>What JSON of this type must be, when it is something else.</summary>
    static string? Fault(CelType type, JsonElement json) => type.Kind switch
    {
        CelKind.Object or CelKind.Map when json.ValueKind != JsonValueKind.Object => "an object",
        CelKind.Timestamp when CelValue.FromJson(json, type).IsError => "a time such as \"2026-11-25T09:00:00Z\"",
        _ => null,
    };

    static List<Waiver> ReadWaivers(JsonElement json, List<Diagnostic> found)
    {
        var waivers = new List<Waiver>();
        foreach (var item in json.ValueKind == JsonValueKind.Array ? [.. json.EnumerateArray()] : new[] { json })
        {
            if (item.ValueKind == JsonValueKind.Object && Text(item, "rule") is { } rule && Text(item, "group") is { } group && Text(item, "subject") is { } subject
                && item.TryGetProperty("expires", out var at) && at.ValueKind == JsonValueKind.String && at.TryGetDateTimeOffset(out var expires))
            {
                waivers.Add(new Waiver(rule, group, subject, expires));
            }
            else
            {
                found.Add(Diagnostic.Error("policy.facts", "`waivers` must be a list of objects with `rule`, `group`, `subject` and `expires`", "/facts/waivers"));
                break;
            }
        }

        return waivers;

        static string? Text(JsonElement item, string name) =>
            item.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
    }

    static string Escape(string name) => name.Replace("~", "~0").Replace("/", "~1");
}
