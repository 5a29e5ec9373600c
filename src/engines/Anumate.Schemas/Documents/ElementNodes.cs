using System.Text.Json;

namespace Anumate.Schemas.Documents;

/// <summary>Documents without a source text, from parsed JSON. Numbers and strings are taken as they are.</summary>
static class ElementNodes
{
    /// <summary>The same value as nodes; a duplicate key or too deep a nesting is a finding.</summary>
    public static DocumentNode From(JsonElement element, List<Diagnostic> findings, int depth = 0)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.Object or JsonValueKind.Array when depth >= AnumateJson.MaxDepth:
                findings.Add(Limit.Depth(DocumentLimits.Default, default));
                return new NullNode(default);
            case JsonValueKind.Object:
                var members = new List<Member>();
                var seen = new HashSet<string>(StringComparer.Ordinal);
                foreach (var property in element.EnumerateObject())
                {
                    if (!seen.Add(property.Name))
                    {
                        findings.Add(Diagnostic.Error(
                            "document.duplicate-key", $"the key `{property.Name}` appears twice in one object", suggestion: "remove one of the two"));
                        continue;
                    }

                    members.Add(new Member(property.Name, default, From(property.Value, findings, depth + 1)));
                }

                return new ObjectNode(default, members);
            case JsonValueKind.Array:
                return new ArrayNode(default, [.. element.EnumerateArray().Select(item => From(item, findings, depth + 1))]);
            case JsonValueKind.String:
                return new StringNode(default, element.GetString()!, StringStyle.Json);
            case JsonValueKind.Number:
                return new NumberNode(default, element.GetRawText(), element.TryGetDouble(out var value) ? value : double.NaN);
            case JsonValueKind.True or JsonValueKind.False:
                return new BooleanNode(default, element.ValueKind == JsonValueKind.True);
            case JsonValueKind.Null:
                return new NullNode(default);
            default:
                throw new ArgumentException("the element is undefined", nameof(element));
        }
    }
}
