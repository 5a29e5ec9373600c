using System.Text.Json;

namespace Anumate.PolicyEngine;

/// <summary>Facts written as JSON.</summary>
public sealed partial class PolicyFacts
{
    /// <summary>
    /// Writes the facts of a point as <see cref="Read(PolicyPoint, JsonElement, out IReadOnlyList{Diagnostic})"/> reads them, without the lists: they are the
    /// tenant's. What has no JSON form is left out.
    /// </summary>
    public void Write(Utf8JsonWriter json, PolicyPoint point)
    {
        json.WriteStartObject();
        foreach (var fact in point.Offers)
        {
            if (fact != Fact.Lists && values[(int)fact] is { IsError: false } value && TryText(value) is { } text)
            {
                json.WritePropertyName(PolicyPoint.Facts[fact].Name);
                json.WriteRawValue(text);
            }
        }

        json.WriteEndObject();
    }

    static byte[]? TryText(Cel.CelValue value)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            if (value.WriteJson(json) is not null)
            {
                return null;
            }
        }

        return buffer.ToArray();
    }
}
