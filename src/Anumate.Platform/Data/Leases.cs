using Npgsql;

namespace Anumate.Platform.Data;

/// <summary>
/// An exclusive duty while it lasts. <see cref="Epoch"/> rises with each acquisition: what is written under the lease carries it, so
/// that a holder who has been asleep cannot write any more.
/// </summary>
public sealed record Lease(string Name, string Holder, long Epoch);

/// <summary>Duties that one process at a time has: the sequencer of a log, the orchestrator of a database. The database's clock decides.</summary>
public sealed class Leases(Db db)
{
    const string Acquire = """
        insert into platform.lease as l (name, holder, epoch, expires)
        select $1, $2, 1, clock_timestamp() + $3
        where not exists (select from platform.lease where name = $1 and expires > clock_timestamp())
        on conflict (name) do update set holder = excluded.holder, epoch = l.epoch + 1, expires = excluded.expires
            where l.expires <= clock_timestamp()
        returning epoch
        """;

    const string Renew = """
        update platform.lease set expires = clock_timestamp() + $4
        where name = $1 and holder = $2 and epoch = $3 and expires > clock_timestamp()
        returning 1
        """;

    const string Release = "update platform.lease set expires = '-infinity' where name = $1 and holder = $2 and epoch = $3";

    const string Look = "select name, holder, epoch from platform.lease where name = $1 and expires > clock_timestamp()";

    /// <summary>Takes the lease, or null while somebody has it (the same holder included: a process asks once).</summary>
    public async Task<Lease?> AcquireAsync(string name, string holder, TimeSpan duration, CancellationToken ct) =>
        await db.ForPlatform().FirstAsync(Acquire, r => new Lease(name, holder, r.GetInt64(0)), ct, name, holder, duration);

    /// <summary>Keeps the lease; false when it has run out or is another's. Then stop at once: a lease that ran out is never revived.</summary>
    public Task<bool> RenewAsync(Lease lease, TimeSpan duration, CancellationToken ct) =>
        db.ForPlatform().FirstAsync(Renew, _ => true, ct, lease.Name, lease.Holder, lease.Epoch, duration);

    /// <summary>Gives it back, so that the next holder need not wait.</summary>
    public Task ReleaseAsync(Lease lease, CancellationToken ct) =>
        db.ForPlatform().Run(Release, lease.Name, lease.Holder, lease.Epoch).SaveAsync(ct);

    /// <summary>Who has it now.</summary>
    public Task<Lease?> HolderAsync(string name, CancellationToken ct) =>
        db.ForPlatform().FirstAsync(Look, Read, ct, name);

    static Lease? Read(NpgsqlDataReader r) => new(r.GetString(0), r.GetString(1), r.GetInt64(2));
}
