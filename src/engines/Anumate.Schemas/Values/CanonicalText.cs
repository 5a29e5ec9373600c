using System.Text;
using System.Text.Json;

namespace Anumate.Schemas.Values;

/// <summary>A text that two JSON values share exactly when they are equal by JSON Schema: order of members and form of numbers aside.</summary>
static class CanonicalText
{
    public static string Of(JsonElement value)
    {
        var text = new StringBuilder();
        Write(value, text);
        return text.ToString();
    }

    static void Write(JsonElement value, StringBuilder text)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                text.Append('{');
                foreach (var property in value.EnumerateObject().OrderBy(p => p.Name, StringComparer.Ordinal))
                {
                    Write(property.Name, text);
                    text.Append(':');
                    Write(property.Value, text);
                    text.Append(',');
                }

                text.Append('}');
                break;
            case JsonValueKind.Array:
                text.Append('[');
                foreach (var item in value.EnumerateArray())
                {
                    Write(item, text);
                    text.Append(',');
                }

                text.Append(']');
                break;
            case JsonValueKind.String:
                Write(value.GetString()!, text);
                break;
            case JsonValueKind.Number:
                text.Append(ExactNumber.TryParse(value, out var number) ? number.ToString() : value.GetRawText());
                break;
            default:
                text.Append(value.ValueKind);
                break;
        }
    }

    // Length-prefixed, so that no content can look like structure.
    static void Write(string content, StringBuilder text) => text.Append(content.Length).Append('"').Append(content);
}
