using System.Text.Json;
using Anumate.Cel;

namespace Anumate.PolicyEngine.Checks;

/// <summary>
/// What a policy is checked against beside itself: the tools there are, and who is in which group. What is null is not known, and nothing
/// is said about it.
/// </summary>
public sealed record PolicyWorld(IReadOnlyDictionary<string, KnownTool>? Tools, IReadOnlyDictionary<string, IReadOnlyList<string>>? Groups)
{
    /// <summary>Nothing is known.</summary>
    public static PolicyWorld Unknown { get; } = new(null, null);

    /// <summary>The world with the tools of a catalogue.</summary>
    public static PolicyWorld Of(IEnumerable<Tool> tools) => new(
        tools.ToDictionary(t => t.Name, t => new KnownTool(CelType.FromSchema(t.InputSchema), CelType.FromSchema(t.OutputSchema)), StringComparer.Ordinal), null);

    /// <summary>
    /// A world in JSON: <c>{"tools": [{"name", "input_schema", "output_schema"}], "groups": {"finance": ["ann", "bob"]}}</c>, each part
    /// left out where it is not known; a list of tools alone is one too. Null when it is neither.
    /// </summary>
    public static PolicyWorld? Read(JsonElement json)
    {
        if (json.ValueKind == JsonValueKind.Array)
        {
            return ReadTools(json) is { } alone ? new PolicyWorld(alone, null) : null;
        }

        if (json.ValueKind != JsonValueKind.Object)
        {
            return null;
        }

        var tools = json.TryGetProperty("tools", out var list) ? ReadTools(list) : null;
        var groups = json.TryGetProperty("groups", out var members) ? ReadGroups(members) : null;
        return (tools is null && list.ValueKind != JsonValueKind.Undefined) || (groups is null && members.ValueKind != JsonValueKind.Undefined)
            ? null
            : new PolicyWorld(tools, groups);
    }

    static Dictionary<string, KnownTool>? ReadTools(JsonElement json)
    {
        if (json.ValueKind != JsonValueKind.Array)
        {
            return null;
        }

        var tools = new Dictionary<string, KnownTool>(StringComparer.Ordinal);
        foreach (var item in json.EnumerateArray())
        {
            if (item.ValueKind != JsonValueKind.Object || !item.TryGetProperty("name", out var name) || name.ValueKind != JsonValueKind.String)
            {
                return null;
            }

            tools[name.GetString()!] = new KnownTool(Type(item, "input_schema"), Type(item, "output_schema"));
        }

        return tools;

        static CelType Type(JsonElement item, string name) => item.TryGetProperty(name, out var schema) ? CelType.FromSchema(schema) : CelType.Dyn;
    }

    static Dictionary<string, IReadOnlyList<string>>? ReadGroups(JsonElement json)
    {
        var isSound = json.ValueKind == JsonValueKind.Object
            && json.EnumerateObject().All(g => g.Value.ValueKind == JsonValueKind.Array && g.Value.EnumerateArray().All(m => m.ValueKind == JsonValueKind.String));
        return !isSound ? null : json.EnumerateObject().ToDictionary(
            g => g.Name, g => (IReadOnlyList<string>)[.. g.Value.EnumerateArray().Select(m => m.GetString()!)], StringComparer.Ordinal);
    }
}

/// <summary>A tool by the types of its arguments and of its result.</summary>
public sealed record KnownTool(CelType Input, CelType Output);
