using Anumate.Platform.Redactions;

namespace Anumate.Approvals;

sealed class ApprovalService(ApprovalStore store, ShownData data, IIdentity identity, TimeProvider time) : IApprovals
{
    // Approvers who click at the same moment meet here; each round one of them gets through.
    const int Rounds = 16;

    public async Task<Approval> RequestAsync(Caller caller, NewApproval request, CancellationToken ct)
    {
        caller.Demand(Scope.ApprovalRequest);
        var approval = ApprovalRules.Open(Id<Approval>.New(time), request, time.GetUtcNow());
        try
        {
            await store.SaveNewAsync(caller, approval, Record(caller, approval, "approval.requested"), ct);
            return approval;
        }
        catch (ProblemException e) when (e.Problem.Code == "conflict")
        {
            return await store.FindAsync(caller, request.Name, request.Subject, ct) ?? throw Problems.Conflict("the approval was asked for at the same moment; ask again");
        }
    }

    public async Task<Page<Approval>> ListAsync(Caller caller, ApprovalStatus? status, PageRequest page, CancellationToken ct)
    {
        caller.Demand(Scope.ApprovalRead);
        var approvals = await store.ListAsync(caller, status, page, ct);
        var shown = new List<Approval>(approvals.Items.Count);
        foreach (var approval in approvals.Items)
        {
            shown.Add(await ShownAsync(caller, approval, ct));
        }

        return approvals with { Items = shown };
    }

    public async Task<Approval> GetAsync(Caller caller, Id<Approval> id, CancellationToken ct)
    {
        caller.Demand(Scope.ApprovalRead);
        return await ShownAsync(caller, await store.GetAsync(caller, id, ct), ct);
    }

    public async Task<Approval> DecideAsync(Caller caller, Id<Approval> id, DecideApproval request, CancellationToken ct)
    {
        caller.Demand(Scope.ApprovalDecide);
        if (caller.Credential != CredentialKind.SignIn || caller.Via is not null)
        {
            throw ApprovalProblems.NotEntitled("only a signed-in person decides; an API key or a service does not");
        }

        for (var round = 1; ; round++)
        {
            var approval = await store.GetAsync(caller, id, ct);
            var person = (await identity.GetPrincipalAsync(caller.AsService("approvals"), caller.Principal, ct)).Value;
            var next = approval.Decide(person, caller.ActsFor, request, time.GetUtcNow());
            if (ReferenceEquals(next, approval))
            {
                return await ShownAsync(caller, approval, ct);
            }

            try
            {
                await store.SaveAsync(caller, next, Record(caller, next, request.Approve ? "approval.approved" : "approval.rejected"), ct);
                return await ShownAsync(caller, next, ct);
            }
            catch (ProblemException e) when (e.Problem.Code == "version-conflict" && round < Rounds)
            {
                // Another approver was first: look again with that vote in.
            }
        }
    }

    public async Task<Approval> ConfirmAsync(Caller caller, Id<Approval> id, CancellationToken ct)
    {
        caller.Demand(Scope.ApprovalRequest);
        var approval = await store.GetAsync(caller, id, ct);
        var people = new Dictionary<Id<Principal>, Principal>();
        foreach (var vote in approval.Votes.Where(v => v.Approve))
        {
            people[vote.Principal] = (await identity.GetPrincipalAsync(caller.AsService("approvals"), vote.Principal, ct)).Value;
        }

        return approval.Fault(people) is { } why ? throw ApprovalProblems.Void(id, why) : approval;
    }

    /// <summary>Closes an approval whose time has run out; nothing when somebody decided meanwhile.</summary>
    public async Task ExpireAsync(Id<Tenant> tenant, Id<Approval> id, CancellationToken ct)
    {
        var caller = Caller.OfPlatform(tenant, "approvals", id.ToString());
        var approval = await store.GetAsync(caller, id, ct);
        if (approval.Expire(time.GetUtcNow()) is { } expired)
        {
            try
            {
                await store.SaveAsync(caller, expired, Record(caller, expired, "approval.expired"), ct);
            }
            catch (ProblemException e) when (e.Problem.Code == "version-conflict")
            {
                // Decided in the last moment; if it still waits, the next round finds it.
            }
        }
    }

    async ValueTask<Approval> ShownAsync(Caller caller, Approval approval, CancellationToken ct) => approval with
    {
        Evidence = await data.ShowAsync(caller, ShownData.Evidence, approval.Id.ToString(), approval.Subject.Run, approval.Policies, approval.Evidence, ct),
    };

    AuditRecord Record(Caller caller, Approval approval, string action)
    {
        var digests = new Dictionary<string, string> { ["plan"] = approval.Subject.PlanHash, ["inputs"] = approval.Subject.InputsDigest };
        if (approval.Subject.ArgumentsDigest is { } arguments)
        {
            digests["arguments"] = arguments;
        }

        if (approval.Subject.DecisionDigest is { } decision)
        {
            digests["decision"] = decision;
        }

        return AuditRecord.Of(caller, time, action, "approval", approval.Id.ToString()) with { Run = approval.Subject.Run, Digests = digests };
    }
}
