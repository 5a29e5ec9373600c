using System.Text.Json.Nodes;

namespace Anumate.Proofs;

/// <summary>What one check found.</summary>
public enum CheckOutcome
{
    /// <summary>It holds.</summary>
    Passed,

    /// <summary>It does not hold: something was changed.</summary>
    Failed,

    /// <summary>It cannot be said: something is not there (yet).</summary>
    Missing,

    /// <summary>Worth knowing; changes nothing in the verdict.</summary>
    Noted,
}

/// <summary>One check of a receipt: a stable name, its outcome, one line for people.</summary>
public sealed record ReceiptCheck(string Name, CheckOutcome Outcome, string Detail);

/// <summary>What can be said of a receipt.</summary>
public enum ReceiptVerdict
{
    /// <summary>Complete, unchanged, and vouched for by a trusted key.</summary>
    Ok,

    /// <summary>Something in it was changed, or was never signed.</summary>
    Tampered,

    /// <summary>Nothing wrong was found, but leaves, the close or a trusted key are missing.</summary>
    Incomplete,
}

/// <summary>The outcome of <see cref="ReceiptBundle.Verify"/>: every check that was done, and the verdict that follows from them.</summary>
public sealed record ReceiptVerification(IReadOnlyList<ReceiptCheck> Checks)
{
    /// <summary>Failed checks make it tampered; else missing parts make it incomplete.</summary>
    public ReceiptVerdict Verdict =>
        Checks.Any(c => c.Outcome == CheckOutcome.Failed) ? ReceiptVerdict.Tampered
        : Checks.Any(c => c.Outcome == CheckOutcome.Missing) ? ReceiptVerdict.Incomplete
        : ReceiptVerdict.Ok;

    /// <summary>The exit code of <c>anumate receipt verify</c>: 0, 10 (tampered), 11 (incomplete or unanchored).</summary>
    public int ExitCode => Verdict switch { ReceiptVerdict.Ok => 0, ReceiptVerdict.Tampered => 10, _ => 11 };

    /// <summary>The bundle, if its form could be read. Believe it only as far as the verdict goes.</summary>
    public ReceiptBundle? Bundle { get; init; }

    /// <summary>The close of the run, if there is one and its signature holds.</summary>
    public RunClose? Close { get; init; }

    /// <summary>The calls that were begun and have no outcome in the receipt.</summary>
    public IReadOnlyList<string> OpenCalls { get; init; } = [];

    /// <summary>When the newest of the checkpoints was signed.</summary>
    public DateTimeOffset? SealedAt { get; init; }

    /// <summary>How many leaves there are.</summary>
    public int Leaves => Bundle?.Logs.Sum(l => l.Leaves.Count) ?? 0;

    /// <summary>The outcome as JSON.</summary>
    public JsonObject ToJson() => new()
    {
        ["verdict"] = Verdict.ToString().ToLowerInvariant(),
        ["run"] = Bundle?.Run.ToString(),
        ["tenant"] = Bundle?.Tenant.ToString(),
        ["plan_hash"] = Close?.PlanHash.ToString(),
        ["status"] = Close?.Status,
        ["leaves"] = Leaves,
        ["sealed_at"] = SealedAt is { } at ? UtcTime.Write(at) : null,
        ["open_calls"] = new JsonArray([.. OpenCalls.Select(c => JsonValue.Create(c))]),
        ["checks"] = new JsonArray([.. Checks.Select(c => new JsonObject
        {
            ["name"] = c.Name,
            ["outcome"] = c.Outcome.ToString().ToLowerInvariant(),
            ["detail"] = c.Detail,
        })]),
    };
}
