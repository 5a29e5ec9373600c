using Anumate.Platform.Data;
using Anumate.Platform.Policies;
using Anumate.PolicyEngine;

namespace Anumate.Policies;

sealed class PolicyService(PolicyStore store, CompiledPolicies compiled, TimeProvider time) : IPolicies
{
    const int MostReferences = 100;

    public async Task<PolicyVersion> PublishAsync(Caller caller, PublishPolicy request, CancellationToken ct)
    {
        caller.Demand(Scope.PolicyWrite);
        if (!Enum.IsDefined(request.Binding))
        {
            throw Problems.Invalid("`binding` must be `capsule` or `tenant`");
        }

        var once = Once.Of("policy.publish", request.IdempotencyKey, request);
        var check = CompiledPolicy.Check(request.Source);
        if (check.Policy is not { } policy)
        {
            throw PolicyProblems.Invalid(check.Diagnostics);
        }

        if (Enforcement.Missing(policy) is { Count: > 0 } missing)
        {
            throw PolicyProblems.Invalid(missing);
        }

        var version = new PolicyVersion(Id<Policy>.New(time), policy.Name, policy.Version, request.Binding, policy.Digest, request.Source,
            caller.Principal, Now());
        var record = AuditRecord.Of(caller, time, "policy.published", "policy", version.Id.ToString());
        try
        {
            return await store.SaveAsync(caller, version, once, record, ct);
        }
        catch (ProblemException e) when (e.Problem.Code == "policy-version-exists")
        {
            // The same text published again, by hand or by a pipeline, is published already.
            var existing = await store.FindAsync(caller, version.Name, version.Version, ct);
            if (existing?.Digest != version.Digest)
            {
                throw;
            }

            return await store.AnswerAsync(caller, existing, once, ct);
        }
    }

    public async Task<Page<PolicyVersion>> ListAsync(Caller caller, string? name, PageRequest page, CancellationToken ct)
    {
        caller.Demand(Scope.PolicyRead);
        return await store.ListAsync(caller, name, page, ct);
    }

    public async Task<PolicyVersion> GetAsync(Caller caller, Id<Policy> id, CancellationToken ct)
    {
        caller.Demand(Scope.PolicyRead);
        return await store.GetAsync(caller, id, ct);
    }

    public async Task<IReadOnlyList<PolicyVersion>> ResolveAsync(Caller caller, IReadOnlyList<string> references, CancellationToken ct)
    {
        caller.Demand(Scope.PolicyRead);
        Bound(references, "references");
        var wanted = references.Select(PolicyReference.Parse).ToList();
        var found = wanted.Count == 0 ? [] : await store.FindAsync(caller, [.. wanted.Distinct()], ct);
        return [.. wanted.Select(w => found.Where(w.Names).MaxBy(p => p.Version) ?? throw PolicyProblems.NotFound(w.ToString()))];
    }

    public async Task<PolicyBundle> GetBundleAsync(Caller caller, IReadOnlyList<string> pinned, CancellationToken ct)
    {
        caller.Demand(Scope.PolicyRead);
        Bound(pinned, "pinned policies");
        var digests = pinned.Distinct(StringComparer.Ordinal).ToList();
        var (tenant, found) = await store.RulingAsync(caller, digests, ct);
        var missing = digests.Except(found.Select(p => p.Digest), StringComparer.Ordinal).FirstOrDefault();
        return missing is null ? PolicyBundles.Of(tenant, found) : throw PolicyProblems.NotFound(missing);
    }

    public async Task<Decision> EvaluateAsync(Caller caller, EvaluatePolicy request, CancellationToken ct)
    {
        caller.Demand(Scope.PolicyRead);
        var point = PolicyPoint.Find(request.Point)
            ?? throw Problems.Invalid($"there is no point of this name; the points are {string.Join(", ", PolicyPoint.All.Select(p => $"`{p}`"))}");
        var facts = PolicyFacts.Read(point, request.Facts, out var findings)
            ?? throw Problems.Invalid("the facts do not fit the point; see diagnostics", findings);
        var named = await ResolveAsync(caller, request.Policies, ct);
        var bundle = await GetBundleAsync(caller, [.. named.Select(p => p.Digest)], ct);
        return compiled.Compile(bundle).Decide(point, facts);
    }

    // PostgreSQL keeps microseconds; what is answered now is what will be read later.
    DateTimeOffset Now() => time.GetUtcNow() is var now ? now.AddTicks(-(now.Ticks % TimeSpan.TicksPerMicrosecond)) : default;

    static void Bound(IReadOnlyList<string> list, string what)
    {
        if (list.Count > MostReferences)
        {
            throw Problems.Invalid($"at most {MostReferences} {what} at once, there are {list.Count}");
        }

        // JSON lists may hold null whatever the type says.
        if (list.Any(item => item is null))
        {
            throw Problems.Invalid($"null is not among the {what} there can be");
        }
    }
}
