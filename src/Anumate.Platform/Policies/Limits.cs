using Anumate.Platform.Data;

namespace Anumate.Platform.Policies;

/// <summary>
/// Takes the limits that decisions demand: all of one decision or none, in one round trip, over every process and by a window that moves
/// with the time. What is taken is durable before it is used: a process that ends in between has counted once more than it has done.
/// </summary>
public sealed class Limits(Db db, TimeProvider time)
{
    const string Take = "select number, free from platform.take_limits($1, $2, $3, $4, $5, $6)";

    /// <summary>Takes them for one thing, which may be asked again and then is counted once.</summary>
    /// <param name="tenant">Whose they are.</param>
    /// <param name="demands">What a decision demands.</param>
    /// <param name="taking">What is let pass: the name of one attempt.</param>
    /// <param name="ct">Ends the call.</param>
    /// <returns>The first that is used up, and when it is free again; null when all are taken.</returns>
    /// <exception cref="ProblemException"><c>unavailable</c>: then nothing may pass.</exception>
    public async Task<(LimitDemand Demand, DateTimeOffset Free)?> TakeAsync(
        Id<Tenant> tenant, IReadOnlyList<LimitDemand> demands, string taking, CancellationToken ct)
    {
        var (number, free) = await db.For(tenant).FirstAsync(Take, r => (r.GetInt32(0), r.Time(1)), ct,
            demands.Select(d => d.Rule), demands.Select(d => d.Key), demands.Select(d => d.Count), demands.Select(d => (long)d.Per.TotalSeconds),
            taking, time.GetUtcNow());
        return number == 0 ? null : (demands[number - 1], free);
    }
}
