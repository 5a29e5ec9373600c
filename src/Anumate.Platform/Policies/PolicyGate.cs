using System.Collections.Concurrent;
using Anumate.PolicyEngine;
using Microsoft.Extensions.Logging;

namespace Anumate.Platform.Policies;

/// <summary>
/// Where a service asks whether something may happen. Policies are evaluated in this process from the tenant's bundle: fetched when
/// first needed, dropped when news of a change arrives, confirmed anew every few seconds of use. What has an effect is denied
/// by a bundle that was not confirmed for <see cref="ConfirmedFor"/>.
/// </summary>
public sealed partial class PolicyGate(IPolicies policies, CompiledPolicies compiled, BundleSeal seal, Limits limits, PolicyNotes notes, TimeProvider time, ILogger<PolicyGate> log)
{
    /// <summary>The age from which a bundle is confirmed anew.</summary>
    public static readonly TimeSpan ConfirmAfter = TimeSpan.FromSeconds(5);

    /// <summary>The age from which a bundle decides nothing that has an effect.</summary>
    public static readonly TimeSpan ConfirmedFor = TimeSpan.FromSeconds(10);

    readonly ConcurrentDictionary<Id<Tenant>, TenantPolicies> tenants = new();

    /// <summary>
    /// Decides. <paramref name="pinned"/> are the digests of the policies that the capsule names (from its plan's lock; while it is
    /// published or compiled, as resolved at that moment); the tenant's current policies are added, and the narrower wins.
    /// </summary>
    /// <exception cref="ProblemException">
    /// <c>policy-not-found</c>: a pinned policy is not there. <c>unavailable</c>: there is no confirmed bundle to decide by (what has an
    /// effect is then denied).
    /// </exception>
    public async ValueTask<Decision> DecideAsync(
        Caller caller, PolicyPoint point, PolicyFacts facts, IReadOnlyList<string> pinned, CancellationToken ct)
    {
        facts = facts.WithNow(time.GetUtcNow());
        var decision = await RuleAsync(caller, point, facts, pinned, ct);
        notes.Note(caller, point, facts, pinned, decision);
        Superseded(caller, facts, pinned, decision);
        return decision;
    }

    /// <summary>Decides as <see cref="DecideAsync"/>, where nothing is going to happen: what is denied is no violation.</summary>
    public ValueTask<Decision> SimulateAsync(Caller caller, PolicyPoint point, PolicyFacts facts, IReadOnlyList<string> pinned, CancellationToken ct) =>
        RuleAsync(caller, point, facts.WithNow(time.GetUtcNow()), pinned, ct);

    async ValueTask<Decision> RuleAsync(
        Caller caller, PolicyPoint point, PolicyFacts facts, IReadOnlyList<string> pinned, CancellationToken ct)
    {
        var tenant = tenants.GetOrAdd(caller.Tenant, _ => new TenantPolicies());
        if (tenant.IsYoung(time, ConfirmAfter) && tenant.Find(pinned, facts.Capsule, compiled) is { } ruling)
        {
            return ruling.Decide(point, facts);
        }

        try
        {
            return (await ConfirmAsync(tenant, caller, pinned, facts.Capsule, ct)).Decide(point, facts);
        }
        catch (ProblemException e) when (e.Problem.Transient)
        {
            NotConfirmed(e.Problem.Detail);
            if (tenant.IsYoung(time, ConfirmedFor) && tenant.Find(pinned, facts.Capsule, compiled) is { } recent)
            {
                return recent.Decide(point, facts);
            }

            if (facts.HasEffect)
            {
                return Decider.Refuse("", point,
                    $"the tenant's policies were not confirmed for {ConfirmedFor.TotalSeconds:0} s, and what has an effect needs current ones");
            }

            throw;
        }
    }

    /// <summary>
    /// Takes the limits that a decision demands, right before what it allows is done. The same decision when they are taken; a denial in its
    /// place when one is used up.
    /// </summary>
    /// <param name="caller">Whose they are.</param>
    /// <param name="facts">What was decided about.</param>
    /// <param name="decision">What <see cref="DecideAsync"/> gave.</param>
    /// <param name="taking">What is done: asked again under the same name, it is counted once.</param>
    /// <param name="ct">Ends the call.</param>
    /// <exception cref="ProblemException"><c>unavailable</c>: then nothing may be done.</exception>
    public async ValueTask<Decision> TakeAsync(Caller caller, PolicyFacts facts, Decision decision, string taking, CancellationToken ct)
    {
        if (decision.Limits.Count == 0 || await limits.TakeAsync(caller.Tenant, decision.Limits, taking, ct) is not { } used)
        {
            return decision;
        }

        // What is watched was noted with the decision itself.
        var denied = Decider.UsedUp(decision, used.Demand, used.Free) with { Watched = [] };
        notes.Violations.Note(caller, facts, denied);
        return denied;
    }

    /// <summary>Forgets a tenant's bundle: the next question fetches it.</summary>
    public void Forget(Id<Tenant> tenant)
    {
        if (tenants.TryGetValue(tenant, out var known))
        {
            known.Forget();
        }
    }

    /// <summary>Fetches the bundle of a tenant that is in use here, so that the next question need not.</summary>
    public async Task RefreshAsync(Id<Tenant> tenant, CancellationToken ct)
    {
        if (tenants.TryGetValue(tenant, out var known))
        {
            try
            {
                await ConfirmAsync(known, Caller.OfPlatform(tenant, "policy-gate", "news"), [], null, ct);
            }
            catch (Exception e) when (!ct.IsCancellationRequested)
            {
                // The next question asks again, and is told.
                NotConfirmed(e.Message);
            }
        }
    }

    /// <summary>Takes in that there is a version of a policy, which plans made before do not have.</summary>
    public void Heard(Id<Tenant> tenant, string policy, int version)
    {
        if (tenants.TryGetValue(tenant, out var known))
        {
            known.Heard(policy, version);
        }
    }

    /// <summary>Tells, now and then, that runs are decided for by a version that is not the current one any more.</summary>
    void Superseded(Caller caller, PolicyFacts facts, IReadOnlyList<string> pinned, Decision decision)
    {
        if (pinned.Count == 0 || facts.Run is null || !tenants.TryGetValue(caller.Tenant, out var known))
        {
            return;
        }

        foreach (var (policy, version, current) in known.Superseded(pinned, time))
        {
            var now = time.GetUtcNow();
            notes.Violations.Note(caller.Tenant, new PolicyViolated(policy, "", "drift.plan", PolicySubjects.Of(facts), PolicyMode.Observe, Verdict.Allow, 1, now, now,
                new ViolationSample($"a run is ruled by version {version}, which its plan has pinned; version {current} is the current one", version, caller.Principal, facts.Run,
                    decision.Digest, decision.Bundle)));
        }
    }

    async Task<RulingPolicies> ConfirmAsync(TenantPolicies tenant, Caller caller, IReadOnlyList<string> pinned, string? capsule, CancellationToken ct)
    {
        if (!await tenant.Turn.WaitAsync(0, ct))
        {
            // Somebody is asking already; what was confirmed lately serves meanwhile.
            if (tenant.IsYoung(time, ConfirmedFor) && tenant.Find(pinned, capsule, compiled) is { } recent)
            {
                return recent;
            }

            await tenant.Turn.WaitAsync(ct);
        }

        try
        {
            while (true)
            {
                if (tenant.IsYoung(time, ConfirmAfter) && tenant.Find(pinned, capsule, compiled) is { } ruling)
                {
                    return ruling;
                }

                var asking = tenant.Ask(time);
                var bundle = await policies.GetBundleAsync(caller.AsService("policy-gate"), tenant.Unknown(pinned), ct);
                tenant.Take(asking, await seal.IsSoundAsync(caller.Tenant, bundle, ct) ? bundle : throw Problems.Unavailable("the policy bundle is not as the platform signed it"));
                if (tenant.Digest is { } digest)
                {
                    notes.Hosts.Note(caller.Tenant, digest);
                }
            }
        }
        finally
        {
            tenant.Turn.Release();
        }
    }

    [LoggerMessage(LogLevel.Warning, "the policy bundle could not be confirmed: {Reason}")]
    private partial void NotConfirmed(string reason);
}
