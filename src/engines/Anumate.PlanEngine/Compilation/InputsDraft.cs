using System.Text.Json;
using System.Text.Json.Nodes;
using Anumate.Cel;
using Anumate.Schemas;
using Anumate.Schemas.Documents;
using Anumate.Schemas.Keywords;

namespace Anumate.PlanEngine;

/// <summary>
/// The inputs of a capsule being compiled. The plan's schema says what the author meant: an input that is not declared is a typing error,
/// and one with a default is always there.
/// </summary>
sealed record InputsDraft(JsonElement Schema, CelType Type, IReadOnlyList<SensitivePath> Sensitive)
{
    static readonly string[] Opens =
        ["additionalProperties", "patternProperties", "unevaluatedProperties", "allOf", "anyOf", "oneOf", "$ref", "if", "dependentSchemas"];

    static readonly JsonElement NoInputs = Element("""{"type":"object","properties":{},"additionalProperties":false}""");

    public static InputsDraft Of(ObjectNode? node, Findings findings)
    {
        if (node is null)
        {
            return new InputsDraft(NoInputs, CelType.FromSchema(NoInputs), []);
        }

        var compiled = Schemas.Schema.Compile(node);
        // A default that does not fit is an error here, not a warning: it would be filled in.
        findings.Add(compiled.Diagnostics.Where(d => d.Severity is Severity.Error || !d.Path.EndsWith("/default", StringComparison.Ordinal)));
        if (!compiled.IsValid)
        {
            return new InputsDraft(NoInputs, CelType.Dyn, []);
        }

        if (compiled.Schema.View.Types is not JsonTypes.Object)
        {
            findings.Add(node.Error("capsule.invalid-value", "inputs are one object", "write `type: object` and declare each input under `properties`"));
        }

        RefuseInnerDefaults(node, findings, isRoot: true);
        CheckDefaults(node, findings);
        var schema = Effective(node);
        return new InputsDraft(schema, CelType.FromSchema(schema), SchemaFacts.Sensitive(compiled.Schema));
    }

    static JsonElement Effective(ObjectNode node)
    {
        var schema = JsonNode.Parse(node.ToUtf8Json(), documentOptions: new JsonDocumentOptions { MaxDepth = 2 * AnumateJson.MaxDepth })!.AsObject();
        if (!Opens.Any(schema.ContainsKey))
        {
            schema["additionalProperties"] = false;
            schema.TryAdd("properties", new JsonObject());
        }

        var required = (schema["required"] as JsonArray)?.Select(r => r!.GetValue<string>()).ToList() ?? [];
        var defaulted = Properties(node).Where(p => p.Value is ObjectNode o && o.Get("default") is not null).Select(p => p.Key);
        var all = required.Union(defaulted).ToList();
        if (all.Count > 0)
        {
            schema["required"] = new JsonArray([.. all.Select(r => JsonValue.Create(r))]);
        }

        return Element(schema.ToJsonString());
    }

    static IEnumerable<Member> Properties(ObjectNode node) => (node["properties"] as ObjectNode)?.Members ?? [];

    static void CheckDefaults(ObjectNode node, Findings findings)
    {
        foreach (var property in Properties(node))
        {
            if ((property.Value as ObjectNode)?.Get("default") is { } given && Schemas.Schema.Compile(property.Value) is { IsValid: true } schema)
            {
                findings.Add(schema.Schema.Validate(given.Value));
            }
        }
    }

    /// <summary>A default is filled in for an input as a whole; one further in would silently do nothing.</summary>
    static void RefuseInnerDefaults(DocumentNode node, Findings findings, bool isRoot = false, bool allowed = false)
    {
        if (node is not ObjectNode schema)
        {
            return;
        }

        foreach (var member in schema.Members)
        {
            switch (member.Key)
            {
                case "default" when !allowed:
                    findings.Add(member.Error("capsule.not-supported-yet", "a default further in than an input as a whole is not supported yet",
                        "give the default at `inputs.properties.<input>.default`"));
                    break;
                case "properties" or "$defs" or "patternProperties" or "dependentSchemas" when member.Value is ObjectNode map:
                    foreach (var inner in map.Members)
                    {
                        RefuseInnerDefaults(inner.Value, findings, allowed: isRoot && member.Key == "properties");
                    }

                    break;
                case "allOf" or "anyOf" or "oneOf" or "prefixItems" when member.Value is ArrayNode list:
                    foreach (var inner in list.Items)
                    {
                        RefuseInnerDefaults(inner, findings);
                    }

                    break;
                case "items" or "contains" or "additionalProperties" or "propertyNames" or "not" or "if" or "then" or "else"
                    or "unevaluatedItems" or "unevaluatedProperties":
                    RefuseInnerDefaults(member.Value, findings);
                    break;
                default:
                    break;
            }
        }
    }

    static JsonElement Element(string json)
    {
        using var document = JsonDocument.Parse(json, new JsonDocumentOptions { MaxDepth = 2 * AnumateJson.MaxDepth });
        return document.RootElement.Clone();
    }
}
