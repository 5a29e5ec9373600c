using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Anumate.Platform.Data;

/// <summary>Makes partitions before they are needed, and removes what has expired, in small batches. Several processes may do it at once.</summary>
public sealed partial class Maintenance(Db db, TimeProvider time, ILogger<Maintenance> log) : BackgroundService
{
    const int BatchSize = 1000;

    const string EnsurePartitions = "select platform.ensure_partitions()";

    const string ForgetAnswers = """
        with gone as (
            delete from platform.idempotency where (tenant_id, principal, operation, key) in (
                select tenant_id, principal, operation, key from platform.idempotency
                where created < now() - interval '24 hours' order by created limit $1)
            returning 1)
        select count(*) from gone
        """;

    const string ForgetTakings = """
        with gone as (
            delete from platform.limit_taken where (tenant_id, rule, key, taking) in (
                select tenant_id, rule, key, taking from platform.limit_taken where expires < now() order by expires limit $1)
            returning 1)
        select count(*) from gone
        """;

    const string ForgetServiceKeys = "delete from platform.service_key where expires < now() - interval '1 day'";

    static readonly TimeSpan Every = TimeSpan.FromMinutes(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await RunAsync(stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e) when (e is ProblemException or NpgsqlException)
            {
                Postponed(e.Message);
            }

            await Task.Delay(Every, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Everything that is due, once.</summary>
    public async Task RunAsync(CancellationToken ct)
    {
        var made = await db.Across(DbRole.Retention).FirstAsync(EnsurePartitions, r => r.GetInt32(0), ct);
        if (made > 0)
        {
            Made(made);
        }

        await db.Across(DbRole.Retention).Run(ForgetServiceKeys).SaveAsync(ct);
        while (await db.Across(DbRole.Retention).FirstAsync(ForgetAnswers, r => r.GetInt64(0), ct, BatchSize) == BatchSize)
        {
        }

        while (await db.Across(DbRole.Retention).FirstAsync(ForgetTakings, r => r.GetInt64(0), ct, BatchSize) == BatchSize)
        {
        }
    }

    [LoggerMessage(LogLevel.Information, "made {Count} partitions")]
    private partial void Made(int count);

    [LoggerMessage(LogLevel.Warning, "maintenance is postponed: {Reason}")]
    private partial void Postponed(string reason);
}
