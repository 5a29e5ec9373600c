using Anumate.Platform.Data;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Anumate.Orchestrator;

/// <summary>
/// The right of one host to run this database's runs: a lease with an epoch. A second host refuses to start; a host that loses the
/// lease stops. Runs left by an earlier host are taken over once the lease is held.
/// </summary>
sealed partial class HostLease(Db db, OrchestratorOptions options, IHostApplicationLifetime lifetime, TimeProvider time, ILogger<HostLease> log) : IHostedLifecycleService, IDisposable
{
    const string Name = "orchestrator";

    const string Acquire = """
        insert into platform.lease as l (name, holder, epoch, expires) values ($1, $2, 1, now() + $3)
        on conflict (name) do update set holder = excluded.holder, epoch = l.epoch + 1, expires = excluded.expires where l.expires <= now() or $4
        returning epoch
        """;

    const string Renew = "update platform.lease set expires = now() + $4 where name = $1 and holder = $2 and epoch = $3 returning epoch";

    const string Release = "update platform.lease set expires = now() where name = $1 and holder = $2 and epoch = $3";

    readonly string holder = $"{Environment.MachineName}/{Environment.ProcessId}/{Guid.CreateVersion7(time.GetUtcNow()):n}";
    readonly CancellationTokenSource stopping = new();
    Task renewing = Task.CompletedTask;
    long held;

    /// <summary>The epoch in which this host runs; 0 before it may.</summary>
    public long Epoch { get; private set; }

    /// <summary>How long it has not been renewed.</summary>
    public TimeSpan Age => time.GetElapsedTime(Volatile.Read(ref held));

    /// <summary>Waits for the lease at most as long as a dead host could still hold it.</summary>
    /// <exception cref="SetupException">Another host holds it and renews it.</exception>
    public async Task StartingAsync(CancellationToken cancellationToken)
    {
        var began = time.GetTimestamp();
        while (Epoch == 0)
        {
            Epoch = await db.ForPlatform().FirstAsync(Acquire, r => r.GetInt64(0), cancellationToken, Name, holder, options.Lease, options.TakeOver);
            if (Epoch == 0)
            {
                if (time.GetElapsedTime(began) > options.Lease + TimeSpan.FromSeconds(2))
                {
                    throw new SetupException("another host runs this database's executions; stop it, or give this host its own database");
                }

                await Task.Delay(TimeSpan.FromMilliseconds(250), time, cancellationToken);
            }
        }

        Volatile.Write(ref held, time.GetTimestamp());
        renewing = Task.Run(() => RenewAsync(stopping.Token), CancellationToken.None);
    }

    public async Task StoppedAsync(CancellationToken cancellationToken)
    {
        await stopping.CancelAsync();
        await renewing;
        try
        {
            await db.ForPlatform().Run(Release, Name, holder, Epoch).SaveAsync(cancellationToken);
        }
        catch (ProblemException)
        {
            // The database is gone already; the lease runs out by itself.
        }
    }

    public void Dispose() => stopping.Dispose();

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    async Task RenewAsync(CancellationToken ct)
    {
        using var tick = new PeriodicTimer(options.Lease / 3, time);
        try
        {
            while (await tick.WaitForNextTickAsync(ct))
            {
                try
                {
                    if (await db.ForPlatform().FirstAsync(Renew, r => r.GetInt64(0), ct, Name, holder, Epoch, options.Lease) != Epoch)
                    {
                        Lost();
                        lifetime.StopApplication();
                        return;
                    }

                    Volatile.Write(ref held, time.GetTimestamp());
                }
                catch (ProblemException e)
                {
                    // Without a database nothing can be appended either; somebody else may only take over once it answers again.
                    NotRenewed(e.Problem.Detail, Age);
                }
            }
        }
        catch (OperationCanceledException)
        {
            // Stopping.
        }
    }

    [LoggerMessage(LogLevel.Critical, "another host has taken over the executions of this database; stopping")]
    private partial void Lost();

    [LoggerMessage(LogLevel.Warning, "the lease was not renewed for {Since}: {Reason}")]
    private partial void NotRenewed(string reason, TimeSpan since);
}

/// <summary>A host that may not carry out runs now takes none: what it accepted would wait.</summary>
sealed class HostLeaseCheck(HostLease lease, OrchestratorOptions options) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) => Task.FromResult(
        lease.Epoch == 0 ? HealthCheckResult.Unhealthy("this host does not hold the lease on executions yet")
        : lease.Age > options.Lease ? HealthCheckResult.Unhealthy($"the lease on executions was not renewed for {lease.Age.TotalSeconds:0} s")
        : HealthCheckResult.Healthy());
}
