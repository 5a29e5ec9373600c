using System.Text.Json;
using System.Text.Json.Nodes;
using Anumate.Proofs;

namespace Anumate.PlanEngine;

/// <summary>What came of reading a run's inputs: the inputs with defaults filled in, unless there is an error.</summary>
public sealed record InputsReading(Json? Inputs, IReadOnlyList<Diagnostic> Diagnostics)
{
    [System.Diagnostics.CodeAnalysis.MemberNotNullWhen(true, nameof(Inputs))]
    public bool IsValid => Inputs is not null;
}

public sealed partial class ExecutablePlan
{
    /// <summary>Fills in defaults and checks the inputs of a run. What is digested, approved and journaled is the result.</summary>
    public InputsReading ReadInputs(JsonElement given)
    {
        if (!CanonicalJson.TryWrite(given, out var canonical, out var fault))
        {
            return new InputsReading(null, [fault!]);
        }

        var filled = Json.Parse(Fill(canonical));
        var errors = inputs.Validate(filled.ToElement());
        return errors.Count == 0
            ? new InputsReading(filled, [])
            : new InputsReading(null, [.. errors.Select(e => Diagnostic.Error($"inputs.{e.Keyword.TrimStart('$')}", e.Message, e.InstancePath, suggestion: e.Suggestion))]);
    }

    byte[] Fill(byte[] given)
    {
        if (JsonNode.Parse(given) is not JsonObject values
            || !InputsSchema.TryGetProperty("properties", out var properties) || properties.ValueKind is not JsonValueKind.Object)
        {
            return given;
        }

        var filled = false;
        foreach (var property in properties.EnumerateObject())
        {
            if (property.Value.ValueKind is JsonValueKind.Object && property.Value.TryGetProperty("default", out var value) && !values.ContainsKey(property.Name))
            {
                values[property.Name] = JsonNode.Parse(value.GetRawText());
                filled = true;
            }
        }

        return filled ? CanonicalJson.Write(values) : given;
    }
}
