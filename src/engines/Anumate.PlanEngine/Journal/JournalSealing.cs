using System.Buffers;
using System.Text.Json;
using Anumate.Schemas;

namespace Anumate.PlanEngine;

/// <summary>
/// Where journal entries hold values of sensitive fields. The interpreter works on open values; the host seals an entry before it is
/// stored and opens it after it was read, with the same places both times, since they come from the plan.
/// </summary>
public static class JournalSealing
{
    /// <summary>
    /// The entry with <paramref name="change"/> applied to every value that may hold (part of) a sensitive field; the same object when
    /// there is none. <paramref name="change"/> is given the value (any JSON) or, opening, what took its place.
    /// </summary>
    public static JournalEvent Map(ExecutablePlan plan, JournalEvent entry, Func<Json, Json> change) => entry switch
    {
        RunStarted e when plan.SensitiveInputs.Count > 0 => e with { Inputs = Replace(e.Inputs, plan.SensitiveInputs, change) },
        StepCompleted e when Step(plan, e).SensitiveOutput is { Count: > 0 } places => e with { Output = Replace(e.Output, places, change) },
        AttemptCompleted e => e with
        {
            Output = Output(plan, e, e.Phase, e.Output, change),
            Error = Text(plan, e, e.Phase, e.Error, change),
        },
        LookupCompleted e => e with
        {
            Output = Output(plan, e, e.Phase, e.Output, change),
            Error = Text(plan, e, e.Phase, e.Error, change),
        },
        ClarificationWasAnswered e => e with
        {
            Output = Output(plan, e, e.Phase, e.Output, change),
            Note = Text(plan, e, e.Phase, e.Note, change),
        },
        RunCompleted e when plan.SensitiveOutputs.Count > 0 && !e.Outputs.IsAbsent => e with { Outputs = Replace(e.Outputs, plan.SensitiveOutputs, change) },
        _ => entry,
    };

    /// <summary>The value with <paramref name="change"/> applied at every one of these places that exists in it.</summary>
    public static Json Replace(Json value, IReadOnlyList<SensitivePath> places, Func<Json, Json> change)
    {
        if (value.IsAbsent || places.Count == 0)
        {
            return value;
        }

        var buffer = new ArrayBufferWriter<byte>(value.Utf8.Length);
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { SkipValidation = true, MaxDepth = 2 * AnumateJson.MaxDepth }))
        {
            Write(value.ToElement(), [.. places.Select(p => p.Tokens)], 0, json, change);
        }

        return Json.Parse(buffer.WrittenMemory);
    }

    static void Write(JsonElement value, List<IReadOnlyList<string>> places, int depth, Utf8JsonWriter json, Func<Json, Json> change)
    {
        if (places.Exists(p => p.Count == depth || p[depth] == "**"))
        {
            json.WriteRawValue(change(Json.Of(value)).Utf8.Span, skipInputValidation: true);
            return;
        }

        switch (value.ValueKind)
        {
            case JsonValueKind.Object when places.Count > 0:
                json.WriteStartObject();
                foreach (var member in value.EnumerateObject())
                {
                    json.WritePropertyName(member.Name);
                    Write(member.Value, Below(places, depth, member.Name), depth + 1, json, change);
                }

                json.WriteEndObject();
                break;
            case JsonValueKind.Array when places.Count > 0:
                json.WriteStartArray();
                var index = 0;
                foreach (var item in value.EnumerateArray())
                {
                    Write(item, Below(places, depth, $"{index++}"), depth + 1, json, change);
                }

                json.WriteEndArray();
                break;
            default:
                value.WriteTo(json);
                break;
        }
    }

    static List<IReadOnlyList<string>> Below(List<IReadOnlyList<string>> places, int depth, string token) =>
        places.FindAll(p => p[depth] == "*" || p[depth] == token);

    static PlanStep Step(ExecutablePlan plan, StepEvent entry) =>
        plan.Find(entry.Step) ?? throw new JournalException($"the plan has no step `{entry.Step}`");

    /// <summary>Where what a call gives back is sensitive; null: all of it.</summary>
    static IReadOnlyList<SensitivePath>? Places(ExecutablePlan plan, StepEvent entry, CallPhase phase)
    {
        var step = Step(plan, entry);
        return phase is CallPhase.Do ? step.SensitiveOutput : step.IsGuarded(phase) ? null : [];
    }

    static Json Output(ExecutablePlan plan, StepEvent entry, CallPhase phase, Json output, Func<Json, Json> change) =>
        output.IsAbsent ? output : Places(plan, entry, phase) is { } places ? Replace(output, places, change) : change(output);

    /// <summary>What a tool or a person wrote about a call that was given sensitive values may repeat them.</summary>
    static string? Text(ExecutablePlan plan, StepEvent entry, CallPhase phase, string? text, Func<Json, Json> change)
    {
        if (text is null || !Step(plan, entry).IsGuarded(phase))
        {
            return text;
        }

        var changed = change(Json.Of(JsonSerializer.SerializeToElement(text, TextJson.Default.String))).ToElement();
        return changed.ValueKind is JsonValueKind.String ? changed.GetString() : changed.GetRawText();
    }
}

[System.Text.Json.Serialization.JsonSerializable(typeof(string))]
sealed partial class TextJson : System.Text.Json.Serialization.JsonSerializerContext;
