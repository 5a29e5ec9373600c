using System.Text.Json;
using Anumate.PlanEngine;
using Anumate.Platform.Policies;
using Anumate.PolicyEngine;

namespace Anumate.Platform.Redactions;

/// <summary>A call's answer as its run may know it; or, without one, why a policy withholds it.</summary>
/// <param name="Decision">Digest of the decision at <c>tool.after</c>, where policies speak there.</param>
public readonly record struct KnownAnswer(Json Output, string? Decision, string? Withheld);

/// <summary>What policies make of a call's arguments before it is made and of its answer after it: the same for runs and for their simulation.</summary>
public sealed class CallRedaction(PolicyGate gate, PolicyRedaction redaction)
{
    /// <summary>Where a call's answer stands in the paths of demands.</summary>
    public const string Answer = "result";

    const string Arguments = "call.args";

    /// <summary>The arguments as they are to be sent; or, in their place, why the tool does not take what is left of them.</summary>
    public async ValueTask<(Json Sent, string? Misfit)> BeforeAsync(RedactionPlace place, Decision decision, PlanTool tool, Json arguments, CancellationToken ct)
    {
        var redacted = await redaction.RedactAsync(place, decision.Redactions, Arguments, arguments.Utf8, ct);
        if (redacted.Equals(arguments.Utf8))
        {
            return (arguments, null);
        }

        var sent = Canonical(redacted);
        var rules = PolicyRedaction.At(Arguments, decision.Redactions).SelectMany(d => d.Rules).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal);
        return tool.Misfit(sent, true) is { } misfit
            ? (default, $"what {string.Join(", ", rules.Select(r => $"`{r}`"))} leave of the arguments does not fit `{tool.Name}`: {misfit}")
            : (sent, null);
    }

    /// <summary>
    /// Asks policies about an answer, and redacts it as they demand and as the decision about the call did (<paramref name="demands"/>).
    /// </summary>
    /// <param name="facts">The facts of the call.</param>
    /// <param name="simulated">The call was not made, and the answer is made up.</param>
    public async ValueTask<KnownAnswer> AfterAsync(
        Caller caller, RedactionPlace place, Func<PolicyFacts> facts, IReadOnlyList<string> pinned, IReadOnlyList<RedactionDemand> demands, Json output,
        bool simulated, CancellationToken ct)
    {
        var decision = await gate.AskAsync(caller, PolicyPoint.ToolAfter, () => facts().WithResult(output.ToElement()), pinned, simulated, ct);
        if (decision is { Verdict: not Verdict.Allow })
        {
            return new KnownAnswer(default, decision.Digest, decision.Reason);
        }

        var redacted = await redaction.RedactAsync(place, decision is null ? demands : [.. demands, .. decision.Redactions], Answer, output.Utf8, ct);
        return new KnownAnswer(redacted.Equals(output.Utf8) ? output : Canonical(redacted), decision?.Digest, null);
    }

    static Json Canonical(ReadOnlyMemory<byte> redacted)
    {
        using var document = JsonDocument.Parse(redacted, new JsonDocumentOptions { MaxDepth = 2 * AnumateJson.MaxDepth });
        return Json.Of(document.RootElement);
    }
}
