using Anumate.Platform.Data;
using Anumate.Platform.Policies;
using Npgsql;

namespace Anumate.Policies;

/// <summary>Decisions that the gates recorded, and the processes that decide.</summary>
sealed class DecisionStore(Db db)
{
    const string Page = """
        select id, at, point, subject, verdict, pinned, run_id, key_of, facts from platform.decision
        where ($1::timestamptz is null or at >= $1) and ($2::timestamptz is null or at < $2) and ($3::text is null or point = $3) and ($4::uuid is null or id < $4)
        order by id desc limit $5
        """;

    const string Hosts = "select process, digest, at from platform.policy_host where at > $1 order by process";

    /// <summary>The newest decisions before one (all, where none is named).</summary>
    public Task<IReadOnlyList<Recorded>> ListAsync(Caller caller, ReplayPolicy of, Id<RecordedDecision>? before, int limit, CancellationToken ct) =>
        db.For(caller.Tenant).ListAsync(Page, ToRecorded, ct, of.From, of.To, of.Point, before?.Value, limit);

    /// <summary>The processes that decided for the tenant since then.</summary>
    public Task<IReadOnlyList<(string Process, string Digest, DateTimeOffset At)>> HostsAsync(Id<Tenant> tenant, DateTimeOffset since, CancellationToken ct) =>
        db.For(tenant).ListAsync(Hosts, r => (r.GetString(0), r.GetString(1), r.Time(2)), ct, since);

    static Recorded ToRecorded(NpgsqlDataReader r) => new(r.Id<RecordedDecision>(0), r.Time(1), r.GetString(2), r.GetString(3),
        Enum.TryParse<Verdict>(r.GetString(4), out var verdict) ? verdict : Verdict.Deny,
        r.GetString(5).Split(' ', StringSplitOptions.RemoveEmptyEntries), r.IsDBNull(6) ? null : r.Id<Run>(6).ToString(), r.IsDBNull(7) ? null : r.GetGuid(7), r.GetString(8));
}

/// <summary>A recorded decision, its facts sealed with the key of <see cref="KeyOf"/>.</summary>
sealed record Recorded(
    Id<RecordedDecision> Id, DateTimeOffset At, string Point, string Subject, Verdict Verdict, IReadOnlyList<string> Pinned, string? Run, Guid? KeyOf, string Facts);
