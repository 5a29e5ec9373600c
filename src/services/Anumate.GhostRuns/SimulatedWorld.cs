using System.Text.Json;
using Anumate.PlanEngine;
using Anumate.Platform.Plans;
using Anumate.Platform.Policies;
using Anumate.PolicyEngine;
using Anumate.Schemas;

namespace Anumate.GhostRuns;

/// <summary>Policies decide for real; outputs come, in order, from fixtures, the tool's examples, its output schema.</summary>
sealed class SimulatedWorld(Caller caller, ReadyPlan plan, PolicyFacts facts, PolicyGate gate, IReadOnlyDictionary<string, JsonElement> fixtures, IReadOnlyDictionary<string, Tool> tools)
    : IWorld
{
    // Any number will do, as long as it is always the same: a report can be made again.
    const ulong Seed = 7;

    readonly Dictionary<string, Json> outputs = [];

    public async ValueTask<Decision> DecideAsync(StartCall call, CancellationToken ct) => await gate.SimulateAsync(caller, PolicyPoint.ToolBefore,
        facts.WithCall(caller.Tenant, call.Tool.Name, call.Tool.Effect, call.Arguments.ToElement()), plan.PolicyDigests, ct);

    public Json Output(StartCall call)
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
