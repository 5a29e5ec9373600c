using System.Collections.Concurrent;
using System.Text;
using Anumate.Platform.Events;
using Anumate.PolicyEngine;
using Anumate.PolicyEngine.Checks;
using Anumate.Proofs;

namespace Anumate.Policies;

/// <summary>
/// What changed under policies without anybody changing them: tools that they speak of, processes that decide by something else, and a
/// share of denials that is not what it was. Each is told once, as a violation.
/// </summary>
sealed class PolicyDrift(PolicyStore store, DriftStore found, DecisionStore decisions, PolicyService policies, TimeProvider time)
{
    /// <summary>What is heard of.</summary>
    public static IReadOnlyList<string> Types { get; } = [PolicyPublished.EventType, PolicyDeleted.EventType, PolicyBound.EventType, PolicyListChanged.EventType,
        WaiverGranted.EventType, WaiverRevoked.EventType, ConnectorChanged.EventType];

    // As long as a process may take to hear of a change when the news is lost.
    static readonly TimeSpan HostsTake = TimeSpan.FromSeconds(30);

    // Fewer decisions than these say nothing about shares.
    const int Enough = 100;
    const double Shift = 0.2;

    readonly ConcurrentDictionary<Id<Tenant>, DateTimeOffset> changed = new();
    DateTimeOffset looked;

    public async Task HandleAsync(StoredEvent e, CancellationToken ct)
    {
        var caller = Caller.OfPlatform(e.Tenant, "policies", "drift");
        if (e.Type == ConnectorChanged.EventType)
        {
            await FitAsync(caller, await store.CurrentAsync(caller, ct), tell: true, ct);
            return;
        }

        changed[e.Tenant] = time.GetUtcNow();
        if (e.Type == PolicyPublished.EventType)
        {
            var name = e.Data<PolicyPublished>().Name;
            await FitAsync(caller, [.. (await store.CurrentAsync(caller, ct)).Where(p => p.Name == name)], tell: false, ct);
        }
    }

    /// <summary>Looks at the shares of denials in the last whole hour, once for each tenant.</summary>
    public async Task LookAtMixAsync(CancellationToken ct)
    {
        var hour = DriftStore.Hour(time.GetUtcNow()).AddHours(-1);
        if (hour == looked)
        {
            return;
        }

        foreach (var tenant in await found.TenantsAsync(hour, ct))
        {
            if (await found.NoteAsync(tenant, "hour", "", $"{hour:O}", null, ct))
            {
                await LookAtMixAsync(tenant, hour, ct);
            }
        }

        looked = hour;
    }

    async Task LookAtMixAsync(Id<Tenant> tenant, DateTimeOffset hour, CancellationToken ct)
    {
        foreach (var (point, now, denied, before, deniedBefore) in await found.SharesAsync(tenant, hour, ct))
        {
            var (share, usual) = ((double)denied / Math.Max(now, 1), (double)deniedBefore / Math.Max(before, 1));
            if (now >= Enough && before >= Enough && Math.Abs(share - usual) >= Shift)
            {
                await TellAsync(tenant, "mix", point, $"{hour:O}", "drift.mix", "", $"point {point}",
                    $"{share:P0} of {now} decisions at {point} were denials in the hour from {hour:yyyy-MM-dd'T'HH:mm'Z'}; it was {usual:P0} in the day before", ct);
            }
        }
    }

    /// <summary>Looks at the processes of tenants whose policies changed a while ago.</summary>
    public async Task LookAtHostsAsync(CancellationToken ct)
    {
        foreach (var (tenant, at) in changed.Where(c => time.GetUtcNow() - c.Value >= HostsTake).ToList())
        {
            changed.TryRemove(new(tenant, at));
            var caller = Caller.OfPlatform(tenant, "policies", "drift");
            var digest = (await policies.GetBundleAsync(caller, [], ct)).Digest;

            // What a process said before the change, or just after it, is no drift.
            foreach (var (process, other, said) in await decisions.HostsAsync(tenant, at + (HostsTake / 2), ct))
            {
                if (other != digest && said > at)
                {
                    await TellAsync(tenant, "host", process, $"{other} {digest}", "drift.host", "", $"process {process}", $"it decides by {other}, and what rules the tenant is {digest}", ct);
                }
            }
        }
    }

    /// <summary>What the checks say about policies because of the tools there are now, if it is not what they said before.</summary>
    async Task FitAsync(Caller caller, IReadOnlyList<PolicyVersion> current, bool tell, CancellationToken ct)
    {
        if (current.Count == 0)
        {
            return;
        }

        var world = await policies.WorldAsync(caller, ct);
        foreach (var policy in current)
        {
            var alone = CompiledPolicy.Check(policy.Source, PolicyWorld.Unknown).Diagnostics.Select(d => d.ToString()).ToHashSet(StringComparer.Ordinal);
            var says = CompiledPolicy.Check(policy.Source, world).Diagnostics.Select(d => d.ToString()).Where(d => !alone.Contains(d)).ToList();
            var state = $"{policy.Digest} {Digest.Of(Encoding.UTF8.GetBytes(string.Join('\n', says)))}";
            if (!tell || says.Count == 0)
            {
                await found.NoteAsync(caller.Tenant, "fit", policy.Name, state, null, ct);
            }
            else
            {
                await TellAsync(caller.Tenant, "fit", policy.Name, state, "drift.tool", policy.Name, $"policy {policy.Name}", $"the tools have changed under it: {says[0]}", ct);
            }
        }
    }

    Task<bool> TellAsync(Id<Tenant> tenant, string kind, string name, string state, string point, string policy, string of, string reason, CancellationToken ct)
    {
        var now = time.GetUtcNow();
        return found.NoteAsync(tenant, kind, name, state, new PolicyViolated(policy, "", point, of, PolicyMode.Observe, Verdict.Allow, 1, now, now,
            new ViolationSample(reason, null, default, null, "", "")), ct);
    }
}
