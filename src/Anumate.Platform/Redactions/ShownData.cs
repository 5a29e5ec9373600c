using System.Text;
using System.Text.Json;
using Anumate.Platform.Policies;
using Anumate.Platform.Secrets;
using Anumate.PolicyEngine;

namespace Anumate.Platform.Redactions;

/// <summary>
/// Data of runs on its way to whoever asked for it. Every service shows such data through this, so that policies at <c>data.read</c> hold
/// wherever it is shown.
/// </summary>
public sealed class ShownData(PolicyGate gate, PolicyRedaction redaction, RunVault vault)
{
    /// <summary>What a run gave.</summary>
    public const string Outputs = "run.outputs";

    /// <summary>The body of an entry of a run's journal.</summary>
    public const string Entry = "run.entry";

    /// <summary>What an approver is shown.</summary>
    public const string Evidence = "approval.evidence";

    const string Root = "data.value";

    static readonly JsonElement Nothing = JsonElement.Parse("null"u8);

    /// <summary>A value as this caller may see it. One that a policy denies is JSON null.</summary>
    /// <param name="caller">Who is to see it.</param>
    /// <param name="kind">What kind of value it is: one of the constants above.</param>
    /// <param name="id">The textual id of the object that it is of.</param>
    /// <param name="run">The run whose data it is.</param>
    /// <param name="pinned">Digests of the policies that the run's plan pins.</param>
    /// <param name="value">The value.</param>
    /// <param name="ct">Ends the call.</param>
    /// <exception cref="ProblemException"><c>unavailable</c>: nobody can say what may be seen.</exception>
    public async ValueTask<JsonElement> ShowAsync(
        Caller caller, string kind, string id, Id<Run> run, IReadOnlyList<string> pinned, JsonElement value, CancellationToken ct)
    {
        var decision = await gate.AskAsync(caller, PolicyPoint.DataRead, () => PolicyFacts.Of(caller).WithData(kind, id, value), pinned, ct);
        if (decision is null or { Verdict: Verdict.Allow, Redactions.Count: 0 })
        {
            return value;
        }

        if (decision.Verdict != Verdict.Allow)
        {
            return Nothing;
        }

        var keys = decision.Redactions.Any(d => d.Operator == RedactionOperator.Token) ? await vault.GetAsync(caller.Tenant, run, ct) : null;
        var shown = await redaction.RedactAsync(
            new RedactionPlace(caller.Tenant, run.ToString(), keys?.Seal), decision.Redactions, Root, Encoding.UTF8.GetBytes(value.GetRawText()), ct);
        return JsonElement.Parse(shown.Span, new JsonDocumentOptions { MaxDepth = 2 * AnumateJson.MaxDepth });
    }
}
