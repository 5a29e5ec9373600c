using System.Buffers;
using System.Text.Json;

namespace Anumate.PlanEngine;

/// <summary>The capsule's outputs. One that reads the output of a skipped step is left out.</summary>
sealed class Outputs((string Name, Template Value, int[] Reads)[] outputs)
{
    public Evaluated Evaluate(RunState state)
    {
        if (outputs.Length == 0)
        {
            return new Evaluated(Json.EmptyObject, null);
        }

        var buffer = new ArrayBufferWriter<byte>();
        using var json = new Utf8JsonWriter(buffer);
        json.WriteStartObject();
        foreach (var (name, template, reads) in outputs)
        {
            if (Array.Exists(reads, r => state.Doing[r].Status is StepStatus.Skipped))
            {
                continue;
            }

            var value = template.Evaluate(state);
            if (value.Error is { } error)
            {
                return new Evaluated(default, $"output `{name}`: {error}");
            }

            json.WritePropertyName(name);
            json.WriteRawValue(value.Json.Utf8.Span, skipInputValidation: true);
        }

        json.WriteEndObject();
        json.Flush();
        return new Evaluated(Json.Parse(buffer.WrittenMemory), null);
    }
}
