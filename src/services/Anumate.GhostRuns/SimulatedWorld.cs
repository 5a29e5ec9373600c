using System.Text.Json;
using Anumate.PlanEngine;
using Anumate.Platform.Plans;
using Anumate.Platform.Policies;
using Anumate.Platform.Redactions;
using Anumate.PolicyEngine;
using Anumate.Schemas;

namespace Anumate.GhostRuns;

/// <summary>Policies decide and redact for real; outputs come, in order, from fixtures, the tool's examples, its output schema.</summary>
sealed class SimulatedWorld(
    Caller caller, ReadyPlan plan, Id<Run> run, PolicyFacts facts, PolicyGate gate, CallRedaction redaction, IReadOnlyDictionary<string, JsonElement> fixtures,
    IReadOnlyDictionary<string, Tool> tools) : IWorld
{
    // Any number will do, as long as it is always the same: a report can be made again.
    const ulong Seed = 7;

    readonly Dictionary<string, Json> outputs = [];

    // Nobody is given what is made up here, so nobody turns its tokens back.
    readonly RedactionPlace place = new(caller.Tenant, run.ToString(), null);

    public async ValueTask<Decision> DecideAsync(StartCall call, CancellationToken ct) =>
        await gate.SimulateAsync(caller, PolicyPoint.ToolBefore, Facts(call), plan.PolicyDigests, ct);

    public async ValueTask<string?> MisfitAsync(StartCall call, Decision decision, CancellationToken ct) =>
        (await redaction.BeforeAsync(place, decision, call.Tool, call.Arguments, ct)).Misfit;

    public ValueTask<KnownAnswer> AnswerAsync(StartCall call, Decision decision, CancellationToken ct) =>
        redaction.AfterAsync(caller, place, () => Facts(call), plan.PolicyDigests, decision.Redactions, Output(call), simulated: true, ct);

    PolicyFacts Facts(StartCall call) => facts.WithCall(caller.Tenant, call.Tool.Name, call.Tool.Effect, call.Arguments.ToElement());

    Json Output(StartCall call)
    {
        if (!outputs.TryGetValue(call.Tool.Name, out var output))
        {
            outputs[call.Tool.Name] = output = Make(call.Tool);
        }

        return output;
    }

    /// <summary>Where a tool's simulated output comes from.</summary>
    public string SourceOf(string tool) => fixtures.ContainsKey(tool) ? "fixture" : tools.TryGetValue(tool, out var t) && t.Examples.Count > 0 ? "example" : "schema";

    Json Make(PlanTool tool)
    {
        if (fixtures.TryGetValue(tool.Name, out var fixture))
        {
            return Json.Of(fixture);
        }

        if (tools.TryGetValue(tool.Name, out var known) && known.Examples.Count > 0)
        {
            return Json.Of(known.Examples[0]);
        }

        return Schema.Compile(tool.OutputSchema, SchemaOptions.Strict).Schema is { } schema && SchemaExamples.Generate(schema, Seed) is { } made ? Json.Of(made) : Json.EmptyObject;
    }
}
