using System.Text.Json;
using Anumate.Cel;

namespace Anumate.PlanEngine;

/// <summary>
/// Templates as plans hold them: <c>{"$cel": "expr"}</c>, <c>{"$cat": ["text", {"$cel": "expr"}]}</c>, <c>{"$lit": value}</c> for an object
/// whose keys could be taken for one of these, and everything else as it is.
/// </summary>
static class TemplateFormat
{
    public const string Expression = "$cel";
    public const string Text = "$cat";
    public const string Literal = "$lit";

    /// <summary>Compiles a template in the scope of a step.</summary>
    public static Template Read(JsonElement element, TemplateScope scope)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.Object when Mark(element) is { } mark:
                return Marked(mark.Name, mark.Value, scope);
            case JsonValueKind.Object:
                var members = element.EnumerateObject().Select(m => KeyValuePair.Create(m.Name, Read(m.Value, scope))).ToList();
                return members.TrueForAll(m => m.Value is Template.Literal) ? Constant(element) : new Template.Object(members);
            case JsonValueKind.Array:
                var items = element.EnumerateArray().Select(i => Read(i, scope)).ToList();
                return items.TrueForAll(i => i is Template.Literal) ? Constant(element) : new Template.Array(items);
            default:
                return Constant(element);
        }
    }

    /// <summary>The one member of an object that is a form of template; null for any other object.</summary>
    static JsonProperty? Mark(JsonElement element)
    {
        foreach (var member in element.EnumerateObject())
        {
            if (member.Name.StartsWith('$'))
            {
                return element.GetPropertyCount() == 1 ? member : throw PlanFormat.Invalid($"beside `{member.Name}` a template has no other member");
            }
        }

        return null;
    }

    static Template Marked(string mark, JsonElement value, TemplateScope scope)
    {
        switch (mark, value.ValueKind)
        {
            case (Literal, _):
                return Constant(value);
            case (Expression, JsonValueKind.String):
                return scope.Expression(scope.Environment.Compile(value.GetString()!));
            case (Text, JsonValueKind.Array):
                var parts = value.EnumerateArray().Select(p => p.ValueKind is JsonValueKind.String
                    ? new CelPart(p.GetString()!, false)
                    : new CelPart(p.GetProperty(Expression).GetString()!, true));
                return scope.Expression(scope.Environment.CompileTemplate(CelPart.Join(parts)));
            default:
                throw PlanFormat.Invalid($"`{mark}` is not a form of template");
        }
    }

    static Template.Literal Constant(JsonElement element)
    {
        var unwrapped = Unwrap(element);
        return new Template.Literal(Json.Of(unwrapped), TypeOf(unwrapped));
    }

    /// <summary>Inside a constant, <c>$lit</c> may still stand around parts.</summary>
    static JsonElement Unwrap(JsonElement element)
    {
        if (element.ValueKind is not (JsonValueKind.Object or JsonValueKind.Array) || !element.GetRawText().Contains(Literal, StringComparison.Ordinal))
        {
            return element;
        }

        var buffer = new System.Buffers.ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
        {
            Unwrap(element, json);
        }

        var reader = new Utf8JsonReader(buffer.WrittenSpan);
        return JsonElement.ParseValue(ref reader);
    }

    static void Unwrap(JsonElement element, Utf8JsonWriter json)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.Object when Mark(element) is { Name: Literal } mark:
                mark.Value.WriteTo(json);
                break;
            case JsonValueKind.Object:
                json.WriteStartObject();
                foreach (var member in element.EnumerateObject())
                {
                    json.WritePropertyName(member.Name);
                    Unwrap(member.Value, json);
                }

                json.WriteEndObject();
                break;
            case JsonValueKind.Array:
                json.WriteStartArray();
                foreach (var item in element.EnumerateArray())
                {
                    Unwrap(item, json);
                }

                json.WriteEndArray();
                break;
            default:
                element.WriteTo(json);
                break;
        }
    }

    /// <summary>The type of a constant: a whole number is an int, any other a double.</summary>
    public static CelType TypeOf(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => CelType.String,
        JsonValueKind.True or JsonValueKind.False => CelType.Bool,
        JsonValueKind.Null => CelType.Null,
        JsonValueKind.Number => value.TryGetInt64(out _) ? CelType.Int : CelType.Double,
        JsonValueKind.Object => CelType.Object(value.EnumerateObject().Select(m => KeyValuePair.Create(m.Name, new CelField(TypeOf(m.Value), true)))),
        JsonValueKind.Array => ListOf([.. value.EnumerateArray().Select(TypeOf)]),
        _ => CelType.Dyn,
    };

    static CelType ListOf(CelType[] items) =>
        CelType.List(items.Length > 0 && items.All(i => i.Equals(items[0])) ? items[0] : CelType.Dyn);
}

/// <summary>Where templates and conditions of one step of a plan are compiled.</summary>
/// <param name="Guarded">Whether an expression reads sensitive values.</param>
sealed record TemplateScope(CelEnvironment Environment, string Of, Func<CelExpression, bool> Guarded)
{
    public Template Expression(CelCompilation compilation)
    {
        var expression = Compiled(compilation);
        return new Template.Expression(expression, Guarded(expression));
    }

    public Template.Condition? Condition(string? source)
    {
        if (source is null)
        {
            return null;
        }

        var expression = Compiled(Environment.Compile(source, expected: CelType.Bool));
        return new Template.Condition(expression, Guarded(expression));
    }

    CelExpression Compiled(CelCompilation compilation) => compilation.Expression ?? throw PlanFormat.Invalid(
        $"an expression of `{Of}` does not compile: {string.Join("; ", compilation.Diagnostics.Where(d => d.Severity is Severity.Error).Select(d => d.Message))}");
}
