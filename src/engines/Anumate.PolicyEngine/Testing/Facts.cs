using System.Text.Json;
using System.Text.Json.Nodes;
using Anumate.Cel;

namespace Anumate.PolicyEngine.Testing;

/// <summary>Facts as JSON, put together member by member.</summary>
static class Facts
{
    /// <summary>The facts, or null and what is wrong with them.</summary>
    public static PolicyFacts? Read(PolicyPoint point, JsonObject json, out string? fault)
    {
        // The facts read the document lazily, so it is not disposed.
        var facts = PolicyFacts.Read(point, JsonSerializer.SerializeToElement(json, FactsJson.Default.JsonObject), out var found);
        fault = facts is null ? string.Join("; ", found.Select(d => $"{d.Path}: {d.Message}")) : null;
        return facts;
    }

    public static string Word(Verdict verdict) => verdict.ToString().ToLowerInvariant();

    /// <summary>Sets the member at the end of a path, making what is missing on the way; null removes it.</summary>
    public static void Set(JsonObject facts, IReadOnlyList<string> path, JsonNode? value, bool isAbsent)
    {
        var at = facts;
        foreach (var name in path.SkipLast(1))
        {
            if (at[name] is not JsonObject inner)
            {
                if (isAbsent)
                {
                    return;
                }

                at[name] = inner = [];
            }

            at = inner;
        }

        if (isAbsent)
        {
            at.Remove(path[^1]);
        }
        else
        {
            at[path[^1]] = value;
        }
    }

    /// <summary>A value as JSON; false when it has none.</summary>
    public static bool TryJson(CelValue value, out JsonNode? node)
    {
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            if (value.WriteJson(writer) is not null)
            {
                node = null;
                return false;
            }
        }

        node = JsonNode.Parse(buffer.ToArray());
        return true;
    }

    /// <summary>The type at the end of a path; null when there is no such fact.</summary>
    public static CelType? TypeOf(PolicyPoint point, IReadOnlyList<string> path)
    {
        if (!point.Offers.Any(f => PolicyPoint.Facts[f].Name == path[0]))
        {
            return null;
        }

        CelType? type = PolicyPoint.Facts[point.Offers.First(f => PolicyPoint.Facts[f].Name == path[0])].Type;
        foreach (var name in path.Skip(1))
        {
            type = type?.Kind switch
            {
                CelKind.Object => type.Fields.TryGetValue(name, out var field) ? field.Type : type.Rest,
                CelKind.Map => type.Element,
                CelKind.Dyn => CelType.Dyn,
                _ => null,
            };
        }

        return type;
    }
}

[System.Text.Json.Serialization.JsonSerializable(typeof(JsonObject))]
sealed partial class FactsJson : System.Text.Json.Serialization.JsonSerializerContext;
