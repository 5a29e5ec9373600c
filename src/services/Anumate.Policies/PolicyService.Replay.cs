using System.Text.Json;
using Anumate.Platform.Policies;
using Anumate.PolicyEngine;

namespace Anumate.Policies;

/// <summary>Trying a version on what really happened.</summary>
sealed partial class PolicyService
{
    const int MostReplayed = 10_000, ReplayPage = 200, MostChanges = 200;

    static readonly TimeSpan HostsFor = TimeSpan.FromMinutes(5);

    public async Task<PolicyReplay> ReplayAsync(Caller caller, Id<Policy> id, ReplayPolicy request, CancellationToken ct)
    {
        caller.Demand(Scope.PolicyWrite);
        caller.Demand(Scope.SensitiveRead);
        if (request.Most is < 1 or > MostReplayed)
        {
            throw Problems.Invalid($"`most` is 1 to {MostReplayed}");
        }

        if (request.Point is { } point && PolicyPoint.Find(point) is null)
        {
            throw Problems.Invalid($"there is no point of this name; the points are {string.Join(", ", PolicyPoint.All.Select(p => $"`{p}`"))}");
        }

        var version = await store.GetAsync(caller, id, ct);
        await store.RecordAsync(caller, AuditRecord.Of(caller, time, "policy.replayed", "policy", id.ToString()), ct);
        var replay = new Replay(version, compiled);
        Id<RecordedDecision>? before = null;
        for (var left = request.Most; left > 0;)
        {
            var page = await decisions.ListAsync(caller, request, before, Math.Min(left, ReplayPage), ct);
            var ruling = await store.RulingAsync(caller, [.. page.SelectMany(d => d.Pinned).Distinct(StringComparer.Ordinal)], Now(), ct);
            ruling = ruling with { Waivers = await signer.SoundAsync(ruling.Waivers, ct) };
            foreach (var recorded in page)
            {
                replay.Try(recorded, ruling, await log.OpenAsync(caller.Tenant, recorded.Id, recorded.KeyOf, recorded.Facts, ct));
            }

            if (page.Count < Math.Min(left, ReplayPage))
            {
                break;
            }

            (before, left) = (page[^1].Id, left - page.Count);
        }

        return replay.Done();
    }

    public async Task<PolicyHosts> GetHostsAsync(Caller caller, CancellationToken ct)
    {
        caller.Demand(Scope.PolicyRead);
        var digest = (await GetBundleAsync(caller, [], ct)).Digest;
        var hosts = await decisions.HostsAsync(caller.Tenant, Now() - HostsFor, ct);
        return new PolicyHosts(digest, [.. hosts.Select(h => new PolicyHost(h.Process, h.Digest, h.Digest == digest, h.At))]);
    }

    /// <summary>Makes recorded decisions again, with what is in force and with a version in its place.</summary>
    sealed class Replay(PolicyVersion version, CompiledPolicies compiled)
    {
        readonly Dictionary<string, (RulingPolicies Now, RulingPolicies Then)> rulings = new(StringComparer.Ordinal);
        readonly SortedDictionary<(Verdict Now, Verdict Then), int> counts = [];
        readonly List<ReplayedDecision> changes = [];
        int tried, unreadable, changed;

        public void Try(Recorded recorded, Ruling ruling, byte[]? facts)
        {
            if (facts is null || PolicyPoint.Find(recorded.Point) is not { } point || Read(point, facts) is not { } read
                || recorded.Pinned.Any(digest => ruling.Pinned.All(p => p.Digest != digest)))
            {
                unreadable++;
                return;
            }

            var (inForce, inPlace) = Rulings(recorded, ruling, read.Capsule);
            var (now, then) = (inForce.Decide(point, read), inPlace.Decide(point, read));
            tried++;
            counts[(now.Verdict, then.Verdict)] = counts.GetValueOrDefault((now.Verdict, then.Verdict)) + 1;
            if (now.Verdict == then.Verdict && Demands(now) == Demands(then))
            {
                return;
            }

            changed++;
            if (changes.Count < MostChanges)
            {
                changes.Add(new ReplayedDecision(recorded.Id.ToString(), recorded.At, recorded.Point, recorded.Subject, recorded.Run, recorded.Verdict, now.Verdict, then.Verdict, then.Reason));
            }
        }

        public PolicyReplay Done() => new(version.Name, version.Version, tried, unreadable, changed,
            [.. counts.Select(c => new ReplayCount(c.Key.Now, c.Key.Then, c.Value))], changes);

        (RulingPolicies Now, RulingPolicies Then) Rulings(Recorded recorded, Ruling ruling, string? capsule)
        {
            var key = $"{string.Join(' ', recorded.Pinned)} {capsule}";
            if (!rulings.TryGetValue(key, out var known))
            {
                var pinned = ruling.Pinned.Where(p => recorded.Pinned.Contains(p.Digest)).ToList();
                var rules = version.Binding == PolicyBinding.Tenant ? ruling.Tenant.Where(p => p.Name != version.Name).Append(version) : ruling.Tenant;

                // It is tried as if it were enforced, however it is meant now.
                rulings[key] = known = (
                    compiled.Compile(PolicyBundles.Of(ruling.Tenant, pinned, ruling.Bindings, ruling.Lists, ruling.Waivers), capsule),
                    compiled.Compile(PolicyBundles.Of(rules, pinned.Select(p => p.Name == version.Name ? version : p), ruling.Bindings.Where(b => b.Policy != version.Name),
                        ruling.Lists, ruling.Waivers), capsule));
            }

            return known;
        }

        static PolicyFacts? Read(PolicyPoint point, byte[] facts)
        {
            try
            {
                return PolicyFacts.Read(point, JsonElement.Parse(facts), out _);
            }
            catch (JsonException)
            {
                return null;
            }
        }

        // What is demanded, whatever the rules are called that demand it.
        static string Demands(Decision decision) => string.Join('\n', decision.Approvals.Select(a => $"{a.Quorum} {string.Join(',', a.Groups)} {a.Within} {a.DistinctFromActor}")
            .Concat(decision.Limits.Select(l => $"{l.Count} {l.Per} {l.Key}")).Concat(decision.Redactions.Select(r => $"{r.Path} {string.Join(',', r.Recognisers)} {r.Operator} {r.First} {r.Last} {r.Keep}"))
            .Order(StringComparer.Ordinal));
    }
}
