using Anumate.Platform.Events;

namespace Anumate.Orchestrator;

/// <summary>What approvals decide reaches the run that waits. Late and repeated news changes nothing: the run looks at its own journal.</summary>
sealed class ApprovalReactions(RunShards shards, TimeProvider time)
{
    // Longer than a start can be under way.
    static readonly TimeSpan StartTakes = TimeSpan.FromMinutes(1);

    public static IReadOnlyList<string> Types { get; } = [ApprovalGranted.EventType, ApprovalRejected.EventType, ApprovalExpired.EventType];

    public async Task HandleAsync(StoredEvent e, CancellationToken ct)
    {
        var (approval, of, status, by) = e.Type switch
        {
            _ when e.Type == ApprovalGranted.EventType && e.Data<ApprovalGranted>() is var g => (g.Approval, g.Of, ApprovalStatus.Granted, g.Approvers),
            _ when e.Type == ApprovalRejected.EventType && e.Data<ApprovalRejected>() is var r => (r.Approval, r.Of, ApprovalStatus.Rejected, [r.By]),
            _ => e.Data<ApprovalExpired>() is var x ? (x.Approval, x.Of, ApprovalStatus.Expired, (IReadOnlyList<Id<Principal>>)[]) : default,
        };
        try
        {
            await shards.Of(of.Run).DecidedAsync(RunKey.Of(e.Tenant, of.Run), approval.ToString(), status, [.. by.Select(p => p.ToString())]).WaitAsync(ct);
        }
        catch (ProblemException problem) when (problem.Problem.Code == "not-found" && time.GetUtcNow() - of.Run.Minted() > StartTakes)
        {
            // Asked for with a start that then failed: there is no run, and there will be none.
        }
    }
}
