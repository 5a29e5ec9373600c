using Anumate.Platform.Data;

namespace Anumate.Policies;

/// <summary>How strictly policies are meant, and the lists that they read.</summary>
sealed partial class PolicyService
{
    const int MostLists = 100, MostTexts = 20_000, LongestText = 256, LongestName = 63, LongestCapsule = 128;

    public async Task<BoundPolicy> SetBindingAsync(Caller caller, BindPolicy request, CancellationToken ct)
    {
        caller.Demand(Scope.PolicyWrite);
        if (!Enum.IsDefined(request.Mode))
        {
            throw Problems.Invalid("`mode` is `observe`, `warn` or `enforce`");
        }

        if (request.Capsule is { Length: 0 or > LongestCapsule })
        {
            throw Problems.Invalid($"`capsule` is the name of a capsule, of 1 to {LongestCapsule} characters");
        }

        var once = Once.Of("policy.bind", request.IdempotencyKey, request);
        var known = await bindings.FindAsync(caller, request.Policy, request.Capsule, ct);
        var bound = new BoundPolicy(known?.Id ?? Id<BoundPolicy>.New(time), request.Policy, request.Capsule, request.Mode, caller.Principal, Now());
        return await bindings.SaveAsync(caller, bound, once, AuditRecord.Of(caller, time, $"policy.bound.{Words.Of(bound.Mode)}", "policy", bound.Policy), ct);
    }

    public async Task<Page<BoundPolicy>> ListBindingsAsync(Caller caller, string? policy, PageRequest page, CancellationToken ct)
    {
        caller.Demand(Scope.PolicyRead);
        return await bindings.ListAsync(caller, policy, page, ct);
    }

    public async Task DeleteBindingAsync(Caller caller, Id<BoundPolicy> id, CancellationToken ct)
    {
        caller.Demand(Scope.PolicyWrite);
        var bound = await bindings.FindAsync(caller, id, ct) ?? throw Problems.NotFound("binding", id.ToString());
        await bindings.DeleteAsync(caller, bound, AuditRecord.Of(caller, time, "policy.unbound", "policy", bound.Policy), ct);
    }

    public async Task<PolicyList> PutListAsync(Caller caller, PutPolicyList request, CancellationToken ct)
    {
        caller.Demand(Scope.PolicyWrite);
        if (request.Name.Length is 0 or > LongestName || !request.Name.All(c => c is (>= 'a' and <= 'z') or (>= '0' and <= '9') or '_') || char.IsAsciiDigit(request.Name[0]))
        {
            throw Problems.Invalid($"the name of a list has 1 to {LongestName} of `a-z 0-9 _` and begins with no digit, as policies read it as `lists.NAME`");
        }

        if (request.Values.Any(v => v is null or { Length: 0 or > LongestText }))
        {
            throw Problems.Invalid($"the texts of a list have 1 to {LongestText} characters");
        }

        var once = Once.Of("policy.list", request.IdempotencyKey, request);
        var (texts, lists) = await bindings.OthersAsync(caller, request.Name, ct);
        if (lists >= MostLists || texts + request.Values.Count > MostTexts)
        {
            // Every process that decides has all of them.
            throw Problems.Invalid($"a tenant has at most {MostLists} lists of {MostTexts} texts together");
        }

        var known = await bindings.FindListAsync(caller, request.Name, ct);
        var list = new PolicyList(known?.Id ?? Id<PolicyList>.New(time), request.Name, [.. request.Values.Distinct(StringComparer.Ordinal)], caller.Principal, Now());
        return await bindings.SaveAsync(caller, list, once, AuditRecord.Of(caller, time, "policy_list.changed", "policy_list", list.Id.ToString()), ct);
    }

    public async Task<Page<PolicyList>> ListListsAsync(Caller caller, PageRequest page, CancellationToken ct)
    {
        caller.Demand(Scope.PolicyRead);
        return await bindings.ListListsAsync(caller, page, ct);
    }

    public async Task DeleteListAsync(Caller caller, Id<PolicyList> id, CancellationToken ct)
    {
        caller.Demand(Scope.PolicyWrite);
        var list = await bindings.FindListAsync(caller, id, ct) ?? throw Problems.NotFound("list", id.ToString());
        await bindings.DeleteAsync(caller, list, AuditRecord.Of(caller, time, "policy_list.deleted", "policy_list", id.ToString()), ct);
    }
}
