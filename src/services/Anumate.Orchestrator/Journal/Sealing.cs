using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;
using Anumate.PlanEngine;
using Anumate.Platform.Secrets;
using Anumate.Proofs;

namespace Anumate.Orchestrator;

/// <summary>
/// Seals what the plan marks as <c>pii</c> or <c>secret</c> before it is journaled, with the run's key, and opens it after a replay. A
/// sealed value is a text in place of the value; the places come from the plan, so no value is mistaken for a sealed one.
/// </summary>
sealed class Sealing(ExecutablePlan plan, Id<Run> run, RunKeys keys)
{
    const string Masked = "[sealed]";

    readonly string context = run.ToString();

    public JournalEvent Seal(JournalEvent entry) => JournalSealing.Map(plan, entry, SealValue);

    public JournalEvent Open(JournalEvent entry) => JournalSealing.Map(plan, entry, OpenValue);

    public Json SealInputs(Json inputs) => JournalSealing.Replace(inputs, plan.SensitiveInputs, SealValue);

    public Json SealOutputs(Json outputs) => JournalSealing.Replace(outputs, plan.SensitiveOutputs, SealValue);

    /// <summary>The run's outputs with sensitive values opened, for who may see them.</summary>
    public JsonElement OpenOutputs(JsonElement sealedOutputs) => JournalSealing.Replace(Json.Of(sealedOutputs), plan.SensitiveOutputs, OpenValue).ToElement();

    /// <summary>The same document with every sealed value as <c>[sealed]</c>.</summary>
    public static JsonElement Mask(JsonElement value) => JsonSerializer.SerializeToElement(MaskNode(JsonNode.Parse(value.GetRawText())), OrchestratorJson.Default.JsonNode);

    Json SealValue(Json value)
    {
        using var random = RandomNumberGenerator.Create();
        return Text(keys.Seal.Seal(value.Utf8.Span, context, random));
    }

    Json OpenValue(Json value) => value.ToElement() is { ValueKind: JsonValueKind.String } text && keys.Seal.TryOpen(text.GetString()!, context, out var plain)
        ? Json.FromCanonical(plain)
        : throw new JournalException($"a sealed value of {run} cannot be opened: the journal was altered or its key erased");

    static Json Text(string text) => Json.Of(JsonSerializer.SerializeToElement(text, OrchestratorJson.Default.String));

    static JsonNode? MaskNode(JsonNode? node) => node switch
    {
        JsonObject members => new JsonObject(members.ToList().Select(m => KeyValuePair.Create(m.Key, MaskNode(m.Value)))),
        JsonArray items => new JsonArray([.. items.ToList().Select(MaskNode)]),
        JsonValue text when text.TryGetValue<string>(out var s) && SealKey.KidOf(s) is not null => JsonValue.Create(Masked),
        _ => node?.DeepClone(),
    };
}
