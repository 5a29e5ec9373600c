using Anumate.Platform.Data;
using Anumate.PolicyEngine;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Anumate.Platform.Policies;

/// <summary>
/// What this process saw of violations: counted in memory and told as events once a second, so that a loop that is denied a thousand times
/// a second is one event and not a thousand. What was not told yet when a process is killed is lost here; a denial stands in the record of
/// whatever was denied.
/// </summary>
public sealed partial class ViolationLog(Db db, TimeProvider time, ILogger<ViolationLog> log)
{
    // Kinds of violations counted apart until they are told; more of them are counted together.
    const int MostKinds = 1_000;

    // Events of one transaction.
    const int AtOnce = 50;

    readonly Lock turn = new();
    Dictionary<Kind, PolicyViolated> seen = [];

    /// <summary>Takes in what a decision says of violations: nothing, most often.</summary>
    public void Note(Caller caller, PolicyFacts facts, Decision decision)
    {
        if (decision.Verdict != Verdict.Deny && decision.Watched.Count == 0)
        {
            return;
        }

        var now = time.GetUtcNow();
        foreach (var rule in decision.Watched)
        {
            if (rule.Mode == PolicyMode.Warn)
            {
                Warned(rule.Policy, rule.Rule ?? "", decision.Point);
            }

            var sample = new ViolationSample(rule.Because ?? "", rule.Version, caller.Principal, facts.Run, decision.Digest, decision.Bundle);
            Note(caller.Tenant, new PolicyViolated(rule.Policy, rule.Rule ?? "", decision.Point, PolicySubjects.Of(facts), rule.Mode, rule.Verdict, 1, now, now, sample));
        }

        if (decision.Verdict == Verdict.Deny)
        {
            var denying = decision.Matched.FirstOrDefault(m => m.Verdict == Verdict.Deny);
            var sample = new ViolationSample(decision.Reason, denying?.Version, caller.Principal, facts.Run, decision.Digest, decision.Bundle);
            Note(caller.Tenant, new PolicyViolated(denying?.Policy ?? "", denying?.Rule ?? "", decision.Point, PolicySubjects.Of(facts), PolicyMode.Enforce, Verdict.Deny, 1, now, now, sample));
        }
    }

    /// <summary>Takes in a violation.</summary>
    public void Note(Id<Tenant> tenant, PolicyViolated violation)
    {
        lock (turn)
        {
            var kind = new Kind(tenant, violation.Policy, violation.Rule, violation.Point, violation.Of, violation.Mode, violation.Verdict);
            if (!seen.ContainsKey(kind) && seen.Count >= MostKinds)
            {
                violation = violation with { Of = "others" };
                kind = kind with { Of = "others" };
            }

            seen[kind] = seen.TryGetValue(kind, out var known)
                ? violation with
                {
                    Count = known.Count + violation.Count,
                    First = known.First < violation.First ? known.First : violation.First,
                    Last = known.Last > violation.Last ? known.Last : violation.Last,
                }
                : violation;
        }
    }

    /// <summary>Tells what was seen since the last time; what could not be told is told later.</summary>
    public async Task TellAsync(CancellationToken ct)
    {
        Dictionary<Kind, PolicyViolated> telling;
        lock (turn)
        {
            (telling, seen) = (seen, []);
        }

        foreach (var group in telling.GroupBy(t => t.Key.Tenant).SelectMany(t => t.Chunk(AtOnce)))
        {
            var tenant = group[0].Key.Tenant;
            try
            {
                var batch = db.For(tenant);
                foreach (var (_, violation) in group)
                {
                    batch.Event(Caller.OfPlatform(tenant, "policies", "violations"), violation);
                }

                await batch.SaveAsync(ct);
            }
            catch (Exception e) when (e is ProblemException or NpgsqlException or OperationCanceledException)
            {
                foreach (var (_, violation) in group)
                {
                    Note(tenant, violation);
                }

                NotTold(e.Message);
            }
        }
    }

    readonly record struct Kind(Id<Tenant> Tenant, string Policy, string Rule, string Point, string Of, PolicyMode Mode, Verdict Verdict);

    [LoggerMessage(LogLevel.Warning, "a watched policy would deny: {Policy}/{Rule} at {Point}")]
    private partial void Warned(string policy, string rule, string point);

    [LoggerMessage(LogLevel.Warning, "violations are told later: {Reason}")]
    private partial void NotTold(string reason);
}
