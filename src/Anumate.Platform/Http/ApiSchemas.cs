using System.Collections.Concurrent;
using System.Reflection;
using System.Text.Json.Nodes;
using System.Xml.Linq;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace Anumate.Platform.Http;

/// <summary>How contract types look in a description.</summary>
static class ApiSchemas
{
    static readonly ConcurrentDictionary<Assembly, IReadOnlyDictionary<string, string>> Comments = new();

    public static Task Describe(OpenApiSchema schema, OpenApiSchemaTransformerContext context, CancellationToken ct)
    {
        var type = Nullable.GetUnderlyingType(context.JsonTypeInfo.Type) ?? context.JsonTypeInfo.Type;
        if (type.IsGenericType && type.GetGenericTypeDefinition() == typeof(Id<>))
        {
            DescribeId(schema, type.GetGenericArguments()[0]);
        }

        return Task.CompletedTask;
    }

    /// <summary>The summary of a type's documentation, without markup.</summary>
    public static string SummaryOf(Type type) => Comments.GetOrAdd(type.Assembly, Load).GetValueOrDefault($"T:{type.FullName}", "");

    static void DescribeId(OpenApiSchema schema, Type entity)
    {
        var prefix = (string)entity.GetProperty(nameof(IEntity.Prefix), BindingFlags.Public | BindingFlags.Static)!.GetValue(null)!;
        schema.Type = JsonSchemaType.String;
        schema.Pattern = $"^{prefix}_[0-7][0-9a-hjkmnp-tv-z]{{25}}$";
        schema.Examples = [JsonValue.Create($"{prefix}_01m826h01xf14v1qvyk36e7vrz")];
        schema.Properties?.Clear();
        schema.Required?.Clear();
    }

    static Dictionary<string, string> Load(Assembly assembly)
    {
        var file = Path.ChangeExtension(assembly.Location, ".xml");
        return !File.Exists(file) ? [] : XDocument.Load(file).Descendants("member")
            .Where(m => m.Element("summary") is not null)
            .ToDictionary(m => m.Attribute("name")!.Value, m => Plain(m.Element("summary")!));
    }

    static string Plain(XElement summary) => string.Join(' ', string.Concat(summary.Nodes().Select(n => n switch
    {
        XText text => text.Value,
        XElement e when e.Attribute("cref") is { } cref => $"`{cref.Value[(cref.Value.LastIndexOf('.') + 1)..]}`",
        XElement e when e.Attribute("name") is { } name => $"`{name.Value}`",
        XElement e => $"`{e.Value}`",
        _ => "",
    })).Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
}
