using System.Text.Json;

namespace Anumate.Proofs;

/// <summary>Reading objects of a fixed shape.</summary>
static class JsonShape
{
    /// <summary>Whether it is an object with exactly these members.</summary>
    public static bool HasExactly(this JsonElement json, params ReadOnlySpan<string> names) => json.HasMembers(names, []);

    /// <summary>Whether it is an object with all of the first members, any of the second, and no other.</summary>
    public static bool HasMembers(this JsonElement json, ReadOnlySpan<string> required, ReadOnlySpan<string> optional)
    {
        if (json.ValueKind != JsonValueKind.Object)
        {
            return false;
        }

        var count = 0;
        foreach (var name in required)
        {
            if (!json.TryGetProperty(name, out _))
            {
                return false;
            }

            count++;
        }

        foreach (var name in optional)
        {
            count += json.TryGetProperty(name, out _) ? 1 : 0;
        }

        return json.GetPropertyCount() == count;
    }

    /// <summary>The text of a member, or null when it is no text.</summary>
    public static string? TextOf(this JsonElement json, string name) =>
        json.ValueKind == JsonValueKind.Object && json.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String
            ? value.GetString()
            : null;

    /// <summary>The whole number of a member that is not negative, or null.</summary>
    public static long? CountOf(this JsonElement json, string name) =>
        json.ValueKind == JsonValueKind.Object && json.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number
        && value.TryGetInt64(out var number) && number >= 0
            ? number
            : null;
}
