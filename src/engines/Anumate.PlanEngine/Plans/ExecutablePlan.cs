using System.Collections.Frozen;
using System.Text.Json;
using Anumate.Cel;
using Anumate.Schemas;

namespace Anumate.PlanEngine;

/// <summary>
/// A plan ready to run: the canonical document, named by its hash, with every expression compiled. Immutable; one object serves any
/// number of runs on any number of threads. Made by <see cref="PlanFormat.Read(ReadOnlyMemory{byte})"/> only, whether the plan was compiled now or years ago.
/// </summary>
public sealed partial class ExecutablePlan
{
    readonly FrozenDictionary<string, PlanStep> byId;

    readonly Schema inputs;

    internal ExecutablePlan(IReadOnlyList<PlanStep> steps, Outputs outputs, CelType inputsType, Schema inputs)
    {
        Outputs = outputs;
        InputsType = inputsType;
        this.inputs = inputs;
        Steps = steps;
        byId = steps.ToFrozenDictionary(s => s.Id, StringComparer.Ordinal);
    }

    /// <summary><c>sha256:…</c> of <see cref="Canonical"/>.</summary>
    public required string Hash { get; init; }

    /// <summary>The canonical document.</summary>
    public required Json Canonical { get; init; }

    public required string Capsule { get; init; }

    public required string CapsuleVersion { get; init; }

    public required string CapsuleDigest { get; init; }

    /// <summary>The capsule's labels: policies look at them.</summary>
    public required IReadOnlyDictionary<string, string> Labels { get; init; }

    public required JsonElement InputsSchema { get; init; }

    /// <summary>In an order that runs: by level, then as the capsule has them. <see cref="PlanStep.Index"/> is the place here.</summary>
    public IReadOnlyList<PlanStep> Steps { get; }

    /// <summary>The tools of the capsule's allow-list that its steps call, by name.</summary>
    public required IReadOnlyDictionary<string, PlanTool> Tools { get; init; }

    /// <summary>The policy versions the capsule pins.</summary>
    public required IReadOnlyList<PlanPolicy> Policies { get; init; }

    public required IReadOnlyList<PlanApproval> Approvals { get; init; }

    public required OnFailure OnFailure { get; init; }

    public required PlanLimits Limits { get; init; }

    /// <summary>Where the inputs hold sensitive values.</summary>
    public required IReadOnlyList<SensitivePath> SensitiveInputs { get; init; }

    /// <summary>Where the outputs hold values of sensitive fields.</summary>
    public required IReadOnlyList<SensitivePath> SensitiveOutputs { get; init; }

    /// <summary>Which sensitive field reaches which tool.</summary>
    public required IReadOnlyList<SensitiveFlow> Flows { get; init; }

    internal Outputs Outputs { get; }

    internal CelType InputsType { get; }

    /// <summary>The step of this id; null when there is none.</summary>
    public PlanStep? Find(string id) => byId.GetValueOrDefault(id);
}
