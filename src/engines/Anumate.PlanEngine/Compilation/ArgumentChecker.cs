using System.Text.Json;
using Anumate.Cel;
using Anumate.Schemas;
using Anumate.Schemas.Documents;
using Anumate.Schemas.Keywords;

namespace Anumate.PlanEngine;

/// <summary>
/// Checks the arguments of a call against the tool's input schema before any run: constant parts are validated, expressions must have a
/// type that can fit. What only the values can tell is checked again at run time.
/// </summary>
sealed class ArgumentChecker(ToolDraft tool, ValueDraft arguments, Findings findings)
{
    /// <summary>Keywords that look at an object or array as such and not at what its parts turn out to be.</summary>
    static readonly HashSet<string> Structural = new(StringComparer.Ordinal)
    {
        "schema.required", "schema.additionalProperties", "schema.type", "schema.minProperties", "schema.maxProperties", "schema.propertyNames",
        "schema.dependentRequired", "schema.minItems", "schema.maxItems",
    };

    /// <param name="call">The place of the call, for what is missing altogether.</param>
    public void Check(StringNode call)
    {
        if (arguments.Node is not { } node)
        {
            using var none = JsonDocument.Parse("{}");
            findings.Add(tool.Input.Validate(none.RootElement).Select(e =>
                call.Error("capsule.arguments", $"`{tool.Tool.Name}` cannot be called without arguments: {e.Message}", "add `with`")));
            return;
        }

        var open = arguments.Expressions.Keys.Select(e => e.Pointer).ToList();
        findings.Add(tool.Input.Validate(node).Where(d => Holds(d, open)));
        Expressions(node, tool.Input.View, "");
    }

    /// <summary>Whether a finding on the unevaluated arguments is true whatever the expressions give.</summary>
    static bool Holds(Diagnostic finding, List<string> expressions)
    {
        if (expressions.Exists(e => finding.Path == e || finding.Path.StartsWith(e + "/", StringComparison.Ordinal)))
        {
            return finding.Code is "schema.additionalProperties";
        }

        return Structural.Contains(finding.Code)
            || !expressions.Exists(e => e.StartsWith(finding.Path + "/", StringComparison.Ordinal));
    }

    void Expressions(DocumentNode node, SchemaView? expected, string name)
    {
        if (expected is null)
        {
            return;
        }

        switch (node)
        {
            case ObjectNode map:
                foreach (var member in map.Members)
                {
                    Expressions(member.Value, expected.Property(member.Key), name.Length == 0 ? member.Key : $"{name}.{member.Key}");
                }

                break;
            case ArrayNode list:
                for (var i = 0; i < list.Items.Count; i++)
                {
                    Expressions(list.Items[i], expected.Item(i), $"{name}[{i}]");
                }

                break;
            case StringNode when arguments.Expressions.GetValueOrDefault(node)?.Typed is { } expression:
                if (Conflict(expression.ResultType, expected) is { } conflict)
                {
                    var which = conflict.Field.Length == 0 ? $"`{name}`" : $"`{name}{conflict.Field}`";
                    findings.Add(node.Error("capsule.type-mismatch", $"{which} of `{tool.Tool.Name}` must be {conflict.Expected}, and this is {conflict.Found}", conflict.Suggestion));
                }

                break;
            default:
                break;
        }
    }

    sealed record Mismatch(string Field, string Expected, string Found, string? Suggestion = null);

    /// <summary>Why no value of a type can fit a schema; null when some may.</summary>
    static Mismatch? Conflict(CelType type, SchemaView expected)
    {
        var given = JsonTypesOf(type);
        if ((given & expected.Types) == 0)
        {
            var suggestion = (type.Kind, expected.Types) switch
            {
                (CelKind.Double, var t) when (t & JsonTypes.Integer) != 0 => "round it with `int(…)`",
                (CelKind.Int or CelKind.Double or CelKind.Uint or CelKind.Bool, JsonTypes.String) => "make it text with `string(…)`",
                (CelKind.String, var t) when (t & JsonTypes.Number) != 0 => "make it a number with `double(…)`",
                (CelKind.String, var t) when (t & JsonTypes.Integer) != 0 => "make it a number with `int(…)`",
                _ => null,
            };
            return new Mismatch("", Names(expected.Types), type.ToString(), suggestion);
        }

        return type.Kind switch
        {
            CelKind.Nullable => Conflict(type.Element, expected),
            CelKind.List => expected.Items is { } items && Conflict(type.Element, items) is { } inner ? inner with { Field = $"[]{inner.Field}" } : null,
            CelKind.Object => Members(type, expected),
            _ => null,
        };
    }

    static Mismatch? Members(CelType type, SchemaView expected)
    {
        foreach (var (name, field) in type.Fields)
        {
            if (!expected.IsOpen && !expected.Properties.Contains(name) && expected.Property(name) is null)
            {
                return new Mismatch($".{name}", "absent", field.Type.ToString(), DidYouMean.Suggest(name, expected.Properties));
            }

            if (expected.Property(name) is { } property && Conflict(field.Type, property) is { } inner)
            {
                return inner with { Field = $".{name}{inner.Field}" };
            }
        }

        var missing = type.Rest is null ? expected.Required.FirstOrDefault(r => !type.Fields.ContainsKey(r)) : null;
        return missing is null ? null : new Mismatch($".{missing}", "present", "absent", null);
    }

    static JsonTypes JsonTypesOf(CelType type) => type.Kind switch
    {
        CelKind.Null => JsonTypes.Null,
        CelKind.Bool => JsonTypes.Boolean,
        CelKind.Int or CelKind.Uint => JsonTypes.Integer | JsonTypes.Number,
        CelKind.Double => JsonTypes.Number,
        CelKind.String or CelKind.Bytes or CelKind.Timestamp or CelKind.Duration => JsonTypes.String,
        CelKind.List => JsonTypes.Array,
        CelKind.Map or CelKind.Object or CelKind.Money => JsonTypes.Object,
        CelKind.Nullable => JsonTypesOf(type.Element) | JsonTypes.Null,
        _ => JsonTypes.Any,
    };

    static string Names(JsonTypes types)
    {
        var names = new List<string>();
        foreach (var (type, name) in new[]
        {
            (JsonTypes.String, "a string"), (JsonTypes.Number, "a number"), (JsonTypes.Boolean, "true or false"), (JsonTypes.Object, "an object"),
            (JsonTypes.Array, "an array"), (JsonTypes.Null, "null"),
        })
        {
            if ((types & type) != 0)
            {
                names.Add(name);
            }
        }

        if ((types & JsonTypes.Number) == 0 && (types & JsonTypes.Integer) != 0)
        {
            names.Insert(0, "an integer");
        }

        return names.Count == 0 ? "nothing" : string.Join(" or ", names);
    }
}
