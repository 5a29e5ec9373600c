using System.Collections.Concurrent;
using Anumate.Platform.Data;

namespace Anumate.Platform.Policies;

/// <summary>Says by which digest this process decides for each tenant that it has decided for lately.</summary>
public sealed class HostReports(Db db, TimeProvider time)
{
    const string Report = """
        insert into platform.policy_host as h (process, digest, at) values ($1, $2, $3)
        on conflict (tenant_id, process) do update set digest = excluded.digest, at = excluded.at
        """;

    const string Forget = "delete from platform.policy_host where at < now() - interval '1 hour'";

    static readonly TimeSpan Again = TimeSpan.FromMinutes(1);

    readonly ConcurrentDictionary<Id<Tenant>, Known> known = new();

    readonly record struct Known(string Digest, long Reported, bool IsDue);

    /// <summary>The name of this process: the same as long as it lives.</summary>
    public static string Process { get; } = $"{Environment.MachineName}/{Environment.ProcessId}";

    /// <summary>Takes in that a bundle was confirmed.</summary>
    public void Note(Id<Tenant> tenant, string digest) => known.AddOrUpdate(tenant, _ => new Known(digest, 0, true),
        (_, k) => k with { Digest = digest, IsDue = k.IsDue || k.Digest != digest || time.GetElapsedTime(k.Reported) >= Again });

    /// <summary>Reports what has changed, and what is in use once a minute.</summary>
    public async Task TellAsync(CancellationToken ct)
    {
        foreach (var (tenant, due) in known.Where(k => k.Value.IsDue))
        {
            await db.For(tenant).Run(Report, Process, due.Digest, time.GetUtcNow()).SaveAsync(ct);
            known.TryUpdate(tenant, new Known(due.Digest, time.GetTimestamp(), false), due);
        }
    }

    public Task ForgetAsync(CancellationToken ct) => db.Across(DbRole.Retention).Run(Forget).SaveAsync(ct);
}
