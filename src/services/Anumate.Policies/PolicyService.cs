using Anumate.Platform.Data;
using Anumate.Platform.Policies;
using Anumate.Platform.Redactions;
using Anumate.PolicyEngine;

namespace Anumate.Policies;

sealed partial class PolicyService(PolicyStore store, CompiledPolicies compiled, PolicyRedaction redaction, IConnectors connectors, TimeProvider time) : IPolicies
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
        var version = Version(caller, Publishable(request.Source), request.Binding, request.Source);
        try
        {
            return await store.SaveAsync(caller, version, once, Published(caller, version), ct);
        }
        catch (ProblemException e) when (e.Problem.Code == "policy-version-exists")
        {
            // The same text published again, by hand or by a pipeline, is published already.
            return await store.AnswerAsync(caller, await SameAsync(caller, version, ct) ?? throw e.Problem.Exception(), once, ct);
        }
    }

    public async Task<PolicyVersion> UpdateAsync(Caller caller, Id<Policy> id, PolicyText request, long ifMatch, CancellationToken ct)
    {
        caller.Demand(Scope.PolicyWrite);
        var before = await store.GetAsync(caller, id, ct);
        var policy = Publishable(request.Source);
        if (policy.Name != before.Name)
        {
            throw Problems.Invalid($"`{id}` is a version of `{before.Name}`, and the document is of `{policy.Name}`");
        }

        var version = Version(caller, policy, before.Binding, request.Source);
        if (version.Version <= ifMatch)
        {
            throw PolicyProblems.NotNewer(version.Name, version.Version, ifMatch);
        }

        try
        {
            await store.UpdateAsync(caller, version, ifMatch, Published(caller, version), ct);
            return version;
        }
        catch (ProblemException e) when (e.Problem.Code is "version-conflict")
        {
            // Sent again after an answer that was lost: it is published already.
            return await SameAsync(caller, version, ct) ?? throw e.Problem.Exception();
        }
    }

    public async Task DeleteAsync(Caller caller, Id<Policy> id, CancellationToken ct)
    {
        caller.Demand(Scope.PolicyWrite);
        var policy = await store.GetAsync(caller, id, ct);
        if (policy.Deleted is not null)
        {
            return;
        }

        try
        {
            await store.DeleteAsync(caller, policy, Now(), AuditRecord.Of(caller, time, "policy.deleted", "policy", id.ToString()), ct);
        }
        catch (ProblemException e) when (e.Problem.Code == "policy-deleted")
        {
            // By somebody else, a moment ago.
        }
    }

    public async Task<Page<PolicyVersion>> ListAsync(Caller caller, string? name, bool deleted, PageRequest page, CancellationToken ct)
    {
        caller.Demand(Scope.PolicyRead);
        return await store.ListAsync(caller, name, deleted, page, ct);
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
        var ruling = compiled.Compile(bundle);
        return request.Explain ? ruling.Explain(point, facts) : ruling.Decide(point, facts);
    }

    /// <summary>The policy of a document that may be published.</summary>
    static CompiledPolicy Publishable(string source)
    {
        var policy = Sound(source);
        return Enforcement.Missing(policy) is { Count: > 0 } missing ? throw PolicyProblems.Invalid(missing) : policy;
    }

    static CompiledPolicy Sound(string source)
    {
        var check = CompiledPolicy.Check(source);
        return check.Policy ?? throw PolicyProblems.Invalid(check.Diagnostics);
    }

    PolicyVersion Version(Caller caller, CompiledPolicy policy, PolicyBinding binding, string source) =>
        new(Id<Policy>.New(time), policy.Name, policy.Version, binding, policy.Digest, source, caller.Principal, Now());

    AuditRecord Published(Caller caller, PolicyVersion version) => AuditRecord.Of(caller, time, "policy.published", "policy", version.Id.ToString());

    /// <summary>The stored version of this number, when it says the same and rules.</summary>
    async Task<PolicyVersion?> SameAsync(Caller caller, PolicyVersion version, CancellationToken ct)
    {
        var existing = await store.FindAsync(caller, version.Name, version.Version, ct);
        return existing?.Digest != version.Digest ? null : existing.Deleted is null ? existing : throw PolicyProblems.WasDeleted(version.Name);
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
