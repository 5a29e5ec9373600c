using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace Anumate.Platform.Http;

/// <summary>
/// Examples of contract types, made from their shape: every member, one item in each list, values by the member's name where a name
/// says more than its type. A route shows another one with <see cref="ApiDocuments.Example{TBuilder}"/>.
/// </summary>
static class ApiExamples
{
    const int MaxDepth = 12;
    const string Digest = "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";

    static readonly Dictionary<string, string> Values = new()
    {
        ["name"] = "refund-order", ["version"] = "1.4.0", ["capsule"] = "refund-order", ["reference"] = "refund-order@1.4.0", ["capsule_version"] = "1.4.0",
        ["title"] = "Refund an order", ["owner"] = "team-payments", ["tenant"] = "demo", ["tenant_name"] = "demo", ["user"] = "olga", ["roles"] = "operator", ["groups"] = "finance",
        ["group"] = "finance", ["scopes"] = "run:execute", ["secret"] = "ans_…", ["token"] = "eyJhbGciOiJFZERTQSJ9…", ["correlation"] = "order-4711",
        ["code"] = "capsule.unknown-key", ["message"] = "unknown key `aproval`", ["path"] = "/spec/approvals/0", ["suggestion"] = "did you mean `approval`?",
        ["tool"] = "payments.refund", ["tools"] = "payments.refund", ["step"] = "refund", ["base_url"] = "https://tools.example.com", ["detail"] = "one line for people",
        ["source"] = "apiVersion: anumate.io/v1\nkind: Capsule\n…", ["signature"] = "eyJwYXlsb2FkVHlwZSI6…", ["next"] = "WyJwcmluY2lwYWxzIiwib2xnYSJd…",
        ["type"] = "dev.anumate.capsule.published", ["subject"] = "cap_01m826h01xf14v1qvyk36e7vrz", ["specversion"] = "1.0", ["datacontenttype"] = "application/json",
        ["sequence"] = "1", ["traceparent"] = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", ["traceId"] = "4bf92f3577b34da6a3ce929d0e0e4736",
        ["audience"] = "connectors", ["amount"] = "12.50", ["currency"] = "EUR", ["reason"] = "the amount is above 500", ["comment"] = "as agreed with the customer",
    };

    public static JsonNode? Of(Type type) => Make(type, null, 0);

    static JsonNode? Make(Type type, string? name, int depth)
    {
        type = Nullable.GetUnderlyingType(type) ?? type;
        if (ApiSchemas.Prefix(type) is { } prefix)
        {
            return $"{prefix}_01m826h01xf14v1qvyk36e7vrz";
        }

        return type switch
        {
            _ when type == typeof(string) => Text(name),
            _ when type == typeof(bool) => true,
            _ when type == typeof(int) || type == typeof(long) => 1,
            _ when type == typeof(double) || type == typeof(decimal) => 0.5,
            _ when type == typeof(DateTimeOffset) => "2026-11-23T12:00:00+00:00",
            _ when type == typeof(DateOnly) => "2026-11-23",
            _ when type == typeof(TimeSpan) => "00:00:30",
            _ when type == typeof(JsonElement) => new JsonObject { ["order_id"] = "4711", ["amount"] = 620 },
            _ when type.IsEnum => WordOf(type),
            _ when type == typeof(ReadOnlyMemory<byte>) || type == typeof(byte[]) => "e30=",
            _ => Composite(AnumateJson.Options.GetTypeInfo(type), name, depth),
        };
    }

    static JsonNode? Composite(JsonTypeInfo info, string? name, int depth)
    {
        if (depth >= MaxDepth)
        {
            return info.Kind == JsonTypeInfoKind.Enumerable ? new JsonArray() : info.Kind == JsonTypeInfoKind.Dictionary ? new JsonObject() : null;
        }

        switch (info.Kind)
        {
            case JsonTypeInfoKind.Enumerable:
                return Make(info.ElementType!, name, depth + 1) is { } item ? new JsonArray(item) : new JsonArray();
            case JsonTypeInfoKind.Dictionary:
                return Make(info.ElementType!, null, depth + 1) is { } value ? new JsonObject { ["plan"] = value } : new JsonObject();
            case JsonTypeInfoKind.Object:
                var made = new JsonObject();
                foreach (var property in info.Properties.Where(p => p.Get is not null))
                {
                    if (Make(property.PropertyType, property.Name, depth + 1) is { } member)
                    {
                        made[property.Name] = member;
                    }
                }

                return made;
            default:
                return null;
        }
    }

    static string Text(string? name) =>
        name is null ? "…"
        : Values.TryGetValue(name, out var value) ? value
        : name.EndsWith("digest", StringComparison.Ordinal) || name.EndsWith("hash", StringComparison.Ordinal) ? Digest
        : "…";

    static string? WordOf(Type type) => type.GetFields()
        .Select(f => f.GetCustomAttributes(typeof(JsonStringEnumMemberNameAttribute), false).Cast<JsonStringEnumMemberNameAttribute>().FirstOrDefault()?.Name)
        .FirstOrDefault(word => word is not null);
}
