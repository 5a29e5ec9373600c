using System.Text.Json;
using Anumate.Schemas.Documents;

namespace Anumate.Schemas;

/// <summary>
/// Where values are guarded: a JSON Pointer in which <c>*</c> stands for any one key or index and a last <c>**</c> for everything below.
/// </summary>
public sealed record SensitivePath(IReadOnlyList<string> Tokens, Sensitivity Sensitivity)
{
    public string Pointer => JsonPointer.Join(Tokens);

    /// <summary>Whether the value at a pointer is the guarded one or lies within it.</summary>
    public bool Covers(string pointer)
    {
        if (!JsonPointer.TrySplit(pointer, out var tokens))
        {
            return false;
        }

        for (var i = 0; i < Tokens.Count; i++)
        {
            if (Tokens[i] == "**")
            {
                return true;
            }

            if (i >= tokens.Count || (Tokens[i] != "*" && Tokens[i] != tokens[i]))
            {
                return false;
            }
        }

        return true;
    }
}

/// <summary>One guarded value of a document.</summary>
public sealed record SensitiveValue(string Pointer, Sensitivity Sensitivity);

/// <summary>What a schema says about its values beyond valid or not.</summary>
public static class SchemaFacts
{
    /// <summary>
    /// Where values may be <c>pii</c> or <c>secret</c>: through references, compositions, arrays and patterns, whichever branch a value
    /// takes. A guarded object or array guards all of its content.
    /// </summary>
    public static IReadOnlyList<SensitivePath> Sensitive(Schema schema) => schema.SensitivePaths;

    /// <summary>The guarded values in one document, outermost first; a value inside a guarded one is not listed again unless it is more guarded.</summary>
    public static IReadOnlyList<SensitiveValue> Sensitive(Schema schema, JsonElement value)
    {
        var found = new SortedDictionary<string, Sensitivity>(StringComparer.Ordinal);
        foreach (var path in schema.SensitivePaths)
        {
            Find(value, path, 0, "", found);
        }

        var result = new List<SensitiveValue>();
        foreach (var (pointer, sensitivity) in found)
        {
            if (!result.Exists(r => r.Sensitivity >= sensitivity && (r.Pointer.Length == 0 || pointer.StartsWith(r.Pointer + "/", StringComparison.Ordinal))))
            {
                result.Add(new SensitiveValue(pointer, sensitivity));
            }
        }

        return result;
    }

    static void Find(JsonElement value, SensitivePath path, int at, string pointer, SortedDictionary<string, Sensitivity> found)
    {
        if (at == path.Tokens.Count || path.Tokens[at] == "**")
        {
            found[pointer] = found.TryGetValue(pointer, out var known) && known > path.Sensitivity ? known : path.Sensitivity;
            return;
        }

        var token = path.Tokens[at];
        if (value.ValueKind == JsonValueKind.Object)
        {
            foreach (var member in value.EnumerateObject())
            {
                if (token == "*" || token == member.Name)
                {
                    Find(member.Value, path, at + 1, $"{pointer}/{JsonPointer.Escape(member.Name)}", found);
                }
            }
        }
        else if (value.ValueKind == JsonValueKind.Array)
        {
            var index = 0;
            foreach (var item in value.EnumerateArray())
            {
                if (token == "*" || token == index.ToString())
                {
                    Find(item, path, at + 1, $"{pointer}/{index}", found);
                }

                index++;
            }
        }
    }
}
