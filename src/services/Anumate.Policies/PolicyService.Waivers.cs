using Anumate.Platform.Data;
using Anumate.PolicyEngine;

namespace Anumate.Policies;

/// <summary>Waivers: who may lift a rule, for whom, and for how long.</summary>
sealed partial class PolicyService
{
    const int LongestReason = 500, MostWaivers = 1_000;

    static readonly TimeSpan LongestWaiver = TimeSpan.FromDays(90);

    public async Task<PolicyWaiver> WaiveAsync(Caller caller, NewPolicyWaiver request, CancellationToken ct)
    {
        caller.Demand(Scope.PolicyRead);
        var once = Once.Of("policy.waive", request.IdempotencyKey, request);
        Check(request);
        var group = await GroupOfAsync(caller, request.Rule, ct);
        DemandMember(caller, group);
        if (request.Subject == $"actor {caller.Principal}")
        {
            throw PolicyProblems.NotEntitledToWaive("nobody lifts a rule for themselves; ask another member of the group");
        }

        if ((await store.RulingAsync(caller, [], Now(), ct)).Waivers.Count >= MostWaivers)
        {
            // Every process that decides has all of them.
            throw Problems.Invalid($"at most {MostWaivers} waivers are in force at once; take some back, or change the rule");
        }

        var waiver = await signer.SignAsync(new PolicyWaiver(Id<PolicyWaiver>.New(time), request.Rule, group, request.Subject, request.Reason,
            Whole(request.Expires), caller.Principal, caller.Name, Now()), ct);
        return await waivers.SaveAsync(caller, waiver, once, AuditRecord.Of(caller, time, "waiver.granted", "waiver", waiver.Id.ToString()), ct);
    }

    public async Task<Page<PolicyWaiver>> ListWaiversAsync(Caller caller, string? rule, PageRequest page, CancellationToken ct)
    {
        caller.Demand(Scope.PolicyRead);
        return await waivers.ListAsync(caller, rule, page, ct);
    }

    public async Task RevokeWaiverAsync(Caller caller, Id<PolicyWaiver> id, CancellationToken ct)
    {
        caller.Demand(Scope.PolicyRead);
        var waiver = await waivers.GetAsync(caller, id, ct);
        if (!caller.Scopes.Contains(Scope.PolicyWrite))
        {
            DemandMember(caller, waiver.Group);
        }

        if (waiver.Revoked is null)
        {
            try
            {
                await waivers.RevokeAsync(caller, waiver, Now(), AuditRecord.Of(caller, time, "waiver.revoked", "waiver", id.ToString()), ct);
            }
            catch (ProblemException e) when (e.Problem.Code == "version-conflict")
            {
                // By somebody else, a moment ago.
            }
        }
    }

    void Check(NewPolicyWaiver request)
    {
        if (request.Reason.Length is 0 or > LongestReason)
        {
            throw Problems.Invalid($"`reason` has 1 to {LongestReason} characters");
        }

        var now = time.GetUtcNow();
        if (request.Expires <= now || request.Expires > now + LongestWaiver)
        {
            throw Problems.Invalid($"a waiver expires within {LongestWaiver.Days} days from now");
        }

        if (!IsSubject(request.Subject))
        {
            throw Problems.Invalid("`subject` names one: `actor prn_…`, `run run_…`, `capsule NAME` or `tool NAME`");
        }
    }

    static bool IsSubject(string subject) => subject.Split(' ') is [var kind, { Length: > 0 and <= LongestCapsule } name] && kind switch
    {
        "actor" => Id<Principal>.TryParse(name, null, out _),
        "run" => Id<Run>.TryParse(name, null, out _),
        "capsule" or "tool" => !name.Contains('*'),
        _ => false,
    };

    /// <summary>The group that a rule of a current policy is waivable by.</summary>
    async Task<string> GroupOfAsync(Caller caller, string rule, CancellationToken ct)
    {
        if (rule.Split('/') is not [var policy, var name])
        {
            throw Problems.Invalid("`rule` is `policy/rule`");
        }

        var version = (await ResolveAsync(caller, [policy], ct))[0];
        return CompiledPolicy.Check(version.Source).Policy?.WaivableBy(name) ?? throw PolicyProblems.NotWaivable(rule);
    }

    static void DemandMember(Caller caller, string group)
    {
        if (caller is not { Credential: CredentialKind.SignIn, Kind: PrincipalKind.User, Via: null })
        {
            throw PolicyProblems.NotEntitledToWaive("only a signed-in person does; an API key or a service does not");
        }

        if (!caller.Groups.Contains(group))
        {
            throw PolicyProblems.NotEntitledToWaive($"only a member of `{group}` does");
        }
    }
}
