using System.Text.Json;
using Anumate.PlanEngine;

namespace Anumate.Orchestrator;

/// <summary>A run as shown outside, made from its state. What is stored of it has sensitive outputs sealed.</summary>
static class RunViews
{
    public static string Word(RunStatus status) => JsonNamingPolicy.SnakeCaseLower.ConvertName(status.ToString());

    public static Run Of(RunState state, Id<Principal> requestedBy, DateTimeOffset created, Sealing sealing, Func<CallKey, string> key) => new(
        state.Run, state.Plan.Hash, state.Plan.Capsule, state.Plan.CapsuleVersion, state.Status, state.InputsDigest, requestedBy, state.Steps, created,
        state.HasEnded ? state.Now : null)
    {
        Outputs = state.Outputs.IsAbsent ? null : sealing.SealOutputs(state.Outputs).ToElement(),
        Error = state.Error ?? state.Failure?.Error,
        WaitingFor = [.. state.Approvals.Where(a => a.Verdict is null).Select(a => Id<Approval>.Parse(a.Id))],
        Clarifications = state.Clarifications.Count == 0 ? [] : [.. state.Clarifications.Select(c => Clarifications.Of(state, c, key))],
        Seq = state.Seq,
    };

    public static byte[] Bytes(Run run) => JsonSerializer.SerializeToUtf8Bytes(run, AnumateJson.Options.GetTypeInfo(typeof(Run)));
}
