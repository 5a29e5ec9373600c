using System.Reflection;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace Anumate.Platform.Http;

/// <summary>How contract types look in a description.</summary>
static class ApiSchemas
{
    public static Task Describe(OpenApiSchema schema, OpenApiSchemaTransformerContext context, CancellationToken ct)
    {
        var type = Nullable.GetUnderlyingType(context.JsonTypeInfo.Type) ?? context.JsonTypeInfo.Type;
        if (Prefix(type) is { } prefix)
        {
            DescribeId(schema, prefix);
        }

        if (context.JsonPropertyInfo?.AttributeProvider is PropertyInfo property)
        {
            // A type that stands in components keeps its own description; the property's goes beside the reference.
            var comment = ApiComments.Of(property);
            if (comment.Length > 0 && schema.Metadata is not null && schema.Metadata.ContainsKey("x-schema-id"))
            {
                schema.Metadata["x-ref-description"] = comment;
            }
            else if (comment.Length > 0)
            {
                schema.Description = comment;
            }
        }
        else if (type.Assembly == typeof(Problem).Assembly && !type.IsGenericType)
        {
            schema.Description = ApiComments.Of(type);
        }

        return Task.CompletedTask;
    }

    /// <summary>Names of components: <c>PrincipalId</c>, <c>PrincipalPage</c>, <c>VersionedPrincipal</c>.</summary>
    public static string? NameOf(JsonTypeInfo info)
    {
        var type = info.Type;
        if (!type.IsGenericType)
        {
            return OpenApiOptions.CreateDefaultSchemaReferenceId(info);
        }

        var (open, of) = (type.GetGenericTypeDefinition(), type.GetGenericArguments()[0].Name);
        return open == typeof(Id<>) ? $"{of}Id"
            : open == typeof(Page<>) ? $"{of}Page"
            : open == typeof(Versioned<>) ? $"Versioned{of}"
            : OpenApiOptions.CreateDefaultSchemaReferenceId(info);
    }

    /// <summary>The schema of a parameter in a route or query; null where the default is right.</summary>
    public static OpenApiSchema? OfParameter(Type type)
    {
        type = Nullable.GetUnderlyingType(type) ?? type;
        var schema = new OpenApiSchema { Type = JsonSchemaType.String };
        if (Prefix(type) is { } prefix)
        {
            DescribeId(schema, prefix);
            return schema;
        }

        if (type.IsGenericType && type.GetGenericTypeDefinition() == typeof(Word<>))
        {
            var words = (IReadOnlyList<string>)type.GetProperty("All", BindingFlags.Public | BindingFlags.Static)!.GetValue(null)!;
            schema.Enum = [.. words.Select(w => JsonValue.Create(w))];
            return schema;
        }

        return null;
    }

    /// <summary>The prefix of an id type; null for any other type.</summary>
    public static string? Prefix(Type type) => type.IsGenericType && type.GetGenericTypeDefinition() == typeof(Id<>)
        ? (string)type.GetGenericArguments()[0].GetProperty(nameof(IEntity.Prefix), BindingFlags.Public | BindingFlags.Static)!.GetValue(null)!
        : null;

    static void DescribeId(OpenApiSchema schema, string prefix)
    {
        schema.Type = JsonSchemaType.String;
        schema.Pattern = $"^{prefix}_[0-7][0-9a-hjkmnp-tv-z]{{25}}$";
        schema.Description = $"an id: `{prefix}_` and 26 characters";
        schema.Properties?.Clear();
        schema.Required?.Clear();
    }
}
