namespace Anumate.Approvals;

/// <summary>The life of an approval as pure transitions: each gives the next version or says why not.</summary>
static class ApprovalRules
{
    const int MaxStages = 16, MaxQuorum = 64, MaxText = 1000;

    static readonly TimeSpan LongestWithin = TimeSpan.FromDays(90);

    /// <summary>A new approval, waiting for its first stage.</summary>
    public static Approval Open(Id<Approval> id, NewApproval request, DateTimeOffset now)
    {
        if (request.Stages.Count is 0 or > MaxStages)
        {
            throw Problems.Invalid($"an approval has 1 to {MaxStages} stages, not {request.Stages.Count}");
        }

        foreach (var stage in request.Stages)
        {
            if (stage.Quorum is < 1 or > MaxQuorum || stage.Groups.Count == 0 || stage.Within <= TimeSpan.Zero || stage.Within > LongestWithin)
            {
                throw Problems.Invalid($"a stage needs a group, a quorum of 1 to {MaxQuorum} and a time of at most {LongestWithin.TotalDays} days");
            }
        }

        if (request.Title.Length is 0 or > MaxText || request.Name.Length is 0 or > MaxText)
        {
            throw Problems.Invalid($"an approval needs a name and a title of at most {MaxText} characters");
        }

        return new Approval(id, request.Name, request.Title, request.Subject, ApprovalStatus.Pending, request.Stages, 0, [], request.Requesters,
            request.Evidence, now, now + request.Stages[0].Within, 1)
        {
            Policies = request.Policies,
        };
    }

    /// <summary>
    /// What a person's word makes of it; the same approval when the person said the same before. The person's groups are those of now.
    /// </summary>
    public static Approval Decide(this Approval approval, Principal person, IReadOnlyList<Id<Principal>> actsFor, DecideApproval word, DateTimeOffset now)
    {
        var before = approval.Votes.FirstOrDefault(v => v.Principal == person.Id);
        if (before is not null && before.Approve == word.Approve)
        {
            return approval;
        }

        if (approval.Status != ApprovalStatus.Pending)
        {
            throw ApprovalProblems.Closed(approval.Id, approval.Status);
        }

        if (now >= approval.Expires)
        {
            throw ApprovalProblems.Closed(approval.Id, ApprovalStatus.Expired);
        }

        var stage = approval.Stages[approval.Stage];
        DemandEntitled(approval, person, actsFor, stage, before);
        if (word.Comment is { Length: > MaxText })
        {
            throw Problems.Invalid($"a comment has at most {MaxText} characters");
        }

        var voted = approval with
        {
            Votes = [.. approval.Votes, new ApprovalVote(person.Id, person.Name, word.Approve, approval.Stage, word.Comment, now)],
            Version = approval.Version + 1,
        };
        if (!word.Approve)
        {
            return voted with { Status = ApprovalStatus.Rejected };
        }

        if (voted.Votes.Count(v => v.Stage == approval.Stage && v.Approve) < stage.Quorum)
        {
            return voted;
        }

        return approval.Stage + 1 < approval.Stages.Count
            ? voted with { Stage = approval.Stage + 1, Expires = now + approval.Stages[approval.Stage + 1].Within }
            : voted with { Status = ApprovalStatus.Granted };
    }

    /// <summary>The approval once its time has run out; null when there is nothing to do.</summary>
    public static Approval? Expire(this Approval approval, DateTimeOffset now) =>
        approval.Status == ApprovalStatus.Pending && now >= approval.Expires
            ? approval with { Status = ApprovalStatus.Expired, Version = approval.Version + 1 }
            : null;

    /// <summary>Why a granted approval does not hold now, by the people who said yes as they are now; null when it does.</summary>
    public static string? Fault(this Approval approval, IReadOnlyDictionary<Id<Principal>, Principal> people)
    {
        if (approval.Status != ApprovalStatus.Granted)
        {
            return $"it is {approval.Status.ToString().ToLowerInvariant()}";
        }

        for (var i = 0; i < approval.Stages.Count; i++)
        {
            var stage = approval.Stages[i];
            var yes = approval.Votes.Where(v => v.Stage == i && v.Approve).ToList();
            var still = yes.Count(v => people[v.Principal] is { Active: true, Kind: PrincipalKind.User } p && p.Roles.Any(MayDecide) && p.Groups.Any(stage.Groups.Contains));
            if (still < stage.Quorum)
            {
                return $"{yes.Count - still} of those who approved may no longer decide for {string.Join(" or ", stage.Groups)}";
            }
        }

        return null;
    }

    static bool MayDecide(string role) => Role.Scopes.TryGetValue(role, out var scopes) && scopes.Contains(Scope.ApprovalDecide);

    static void DemandEntitled(Approval approval, Principal person, IReadOnlyList<Id<Principal>> actsFor, ApprovalStage stage, ApprovalVote? before)
    {
        if (before is not null)
        {
            throw ApprovalProblems.NotEntitled($"`{person.Name}` has voted on this approval already; one person counts once");
        }

        if (approval.Requesters.Contains(person.Id) || actsFor.Any(approval.Requesters.Contains))
        {
            throw ApprovalProblems.NotEntitled($"`{person.Name}` requested this; a requester never decides");
        }

        if (!person.Active || person.Kind != PrincipalKind.User)
        {
            throw ApprovalProblems.NotEntitled("only an active person decides");
        }

        if (!person.Groups.Any(stage.Groups.Contains))
        {
            throw ApprovalProblems.NotEntitled($"this stage waits for {string.Join(" or ", stage.Groups)}; `{person.Name}` belongs to {(person.Groups.Count == 0 ? "no group" : string.Join(", ", person.Groups))}");
        }
    }
}
