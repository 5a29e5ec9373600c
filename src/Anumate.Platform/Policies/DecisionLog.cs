using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Anumate.Platform.Data;
using Anumate.Platform.Secrets;
using Anumate.PolicyEngine;

namespace Anumate.Platform.Policies;

/// <summary>The mark of ids of recorded decisions.</summary>
public sealed record RecordedDecision : IEntity
{
    public static string Prefix => "dec";
}

/// <summary>
/// Records decisions with their facts, so that a policy can be tried on what really happened: of each tenant so many a second, denials
/// before the rest, written together once a second. It is a sample: nothing waits for it.
/// </summary>
public sealed class DecisionLog(Db db, RunVault vault, TimeProvider time)
{
    const string Insert = """
        insert into platform.decision (id, at, point, subject, verdict, digest, pinned, run_id, key_of, facts)
        select * from unnest($1::uuid[], $2::timestamptz[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::uuid[], $9::uuid[], $10::text[])
        """;

    const string Forget = """
        with gone as (
            delete from platform.decision where (tenant_id, id) in (
                select tenant_id, id from platform.decision where at < now() - interval '30 days' order by at limit $1)
            returning 1)
        select count(*) from gone
        """;

    const int DenialsASecond = 20, OthersASecond = 20, LargestFacts = 64 * 1024;

    readonly Lock turn = new();
    Dictionary<Id<Tenant>, Noted> seen = [];

    /// <summary>What is kept of a decision until it is written. Facts do not change, and hold what they read.</summary>
    sealed record Kept(PolicyPoint Point, PolicyFacts Facts, IReadOnlyList<string> Pinned, Verdict Verdict, string Digest, DateTimeOffset At);

    sealed class Noted
    {
        public List<Kept> Denials { get; } = [];

        public List<Kept> Others { get; } = [];
    }

    public void Note(Id<Tenant> tenant, PolicyPoint point, PolicyFacts facts, IReadOnlyList<string> pinned, Decision decision)
    {
        lock (turn)
        {
            if (!seen.TryGetValue(tenant, out var noted))
            {
                seen[tenant] = noted = new();
            }

            var (into, most) = decision.Verdict == Verdict.Deny ? (noted.Denials, DenialsASecond) : (noted.Others, OthersASecond);
            if (into.Count < most)
            {
                into.Add(new Kept(point, facts, pinned, decision.Verdict, decision.Digest, time.GetUtcNow()));
            }
        }
    }

    /// <summary>Writes what was noted since the last time; what cannot be written is let go.</summary>
    public async Task WriteAsync(CancellationToken ct)
    {
        Dictionary<Id<Tenant>, Noted> writing;
        lock (turn)
        {
            (writing, seen) = (seen, []);
        }

        foreach (var (tenant, noted) in writing)
        {
            var rows = new List<Row>();
            foreach (var kept in noted.Denials.Concat(noted.Others))
            {
                if (await RowAsync(tenant, kept, ct) is { } row)
                {
                    rows.Add(row);
                }
            }

            if (rows.Count == 0)
            {
                continue;
            }

            await db.For(tenant).Run(Insert, rows.Select(r => r.Id.Value), rows.Select(r => r.Kept.At), rows.Select(r => r.Kept.Point.Name),
                rows.Select(r => PolicySubjects.Of(r.Kept.Facts)), rows.Select(r => r.Kept.Verdict.ToString()), rows.Select(r => r.Kept.Digest),
                rows.Select(r => string.Join(' ', r.Kept.Pinned)), Uuids(rows.Select(r => r.Run)), Uuids(rows.Select(r => r.Key)), rows.Select(r => r.Facts)).SaveAsync(ct);
        }
    }

    /// <summary>Removes what is old, of all tenants.</summary>
    public async Task ForgetAsync(CancellationToken ct)
    {
        const int batchSize = 1_000;
        while (await db.Across(DbRole.Retention).FirstAsync(Forget, r => r.GetInt64(0), ct, batchSize) == batchSize)
        {
        }
    }

    /// <summary>The facts of a recorded decision; null when their key was erased.</summary>
    public async ValueTask<byte[]?> OpenAsync(Id<Tenant> tenant, Id<RecordedDecision> id, Guid? keyOf, string facts, CancellationToken ct) => keyOf is not { } scope
        ? Encoding.UTF8.GetBytes(facts)
        : await vault.GetAsync(tenant, new Id<Run>(scope), ct) is { } keys && keys.Seal.TryOpen(facts, ContextOf(id), out var plain) ? plain : null;

    async Task<Row?> RowAsync(Id<Tenant> tenant, Kept kept, CancellationToken ct)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            kept.Facts.Write(json, kept.Point);
        }

        if (buffer.Length > LargestFacts)
        {
            return null;
        }

        var id = new Id<RecordedDecision>(Guid.CreateVersion7(kept.At));
        if (kept.Point == PolicyPoint.CapsulePublish || kept.Point == PolicyPoint.PlanCompile)
        {
            // No value is in it: who acts, and on which capsule.
            return new Row(id, kept, null, null, Encoding.UTF8.GetString(buffer.GetBuffer().AsSpan(0, (int)buffer.Length)));
        }

        Guid? run = Id<Run>.TryParse(kept.Facts.Run, null, out var of) ? of.Value : null;
        var scope = run is { } known ? new Id<Run>(known) : DayOf(kept.At);
        if (await vault.GetAsync(tenant, scope, ct) is not { } keys)
        {
            // A start that was denied has left no key.
            scope = DayOf(kept.At);
            keys = await vault.CreateDataKeyAsync(tenant, scope, ct);
        }

        using var random = RandomNumberGenerator.Create();
        return new Row(id, kept, run, scope.Value, keys.Seal.Seal(buffer.GetBuffer().AsSpan(0, (int)buffer.Length), ContextOf(id), random));
    }

    // The least id of the day: no run has it.
    static Id<Run> DayOf(DateTimeOffset at)
    {
        Span<byte> bytes = stackalloc byte[16];
        bytes.Clear();
        System.Buffers.Binary.BinaryPrimitives.WriteUInt64BigEndian(bytes, (ulong)new DateTimeOffset(at.UtcDateTime.Date, TimeSpan.Zero).ToUnixTimeMilliseconds() << 16);
        return new Id<Run>(new Guid(bytes, bigEndian: true));
    }

    static string ContextOf(Id<RecordedDecision> id) => $"{id}/facts";

    static Npgsql.NpgsqlParameter<Guid?[]> Uuids(IEnumerable<Guid?> ids) =>
        new() { TypedValue = [.. ids], NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Array | NpgsqlTypes.NpgsqlDbType.Uuid };

    sealed record Row(Id<RecordedDecision> Id, Kept Kept, Guid? Run, Guid? Key, string Facts);
}
