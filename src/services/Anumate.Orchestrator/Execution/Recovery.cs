using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Anumate.Orchestrator;

/// <summary>
/// Takes over every run that an earlier host left unfinished, after this host has started. Then looks again now and then: a host that was
/// stopped for a while and has not noticed yet that it lost the lease may still accept a run, and leave it when it does.
/// </summary>
sealed partial class Recovery(RunStore store, HostLease lease, RunShards shards, OrchestratorOptions options, TimeProvider time, IHostApplicationLifetime lifetime, ILogger<Recovery> log)
    : BackgroundService
{
    const int PageSize = 500;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var started = new TaskCompletionSource();
        using var registration = lifetime.ApplicationStarted.Register(started.SetResult);
        await started.Task.WaitAsync(stoppingToken);
        using var again = new PeriodicTimer(options.LookAgain, time);
        do
        {
            await TakeAllAsync(stoppingToken);
        }
        while (await again.WaitForNextTickAsync(stoppingToken));
    }

    async Task TakeAllAsync(CancellationToken stoppingToken)
    {
        var (after, count) = (default(Id<Run>), 0);
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                var page = await store.UnfinishedAsync(lease.Epoch, after, PageSize, stoppingToken);
                await Parallel.ForEachAsync(page, new ParallelOptions { MaxDegreeOfParallelism = options.RecoverAtOnce, CancellationToken = stoppingToken },
                    async (run, ct) => await ResumeAsync(run.Tenant, run.Run, ct));
                count += page.Count;
                if (page.Count < PageSize)
                {
                    break;
                }

                after = page[^1].Run;
            }
            catch (ProblemException e)
            {
                Waits(e.Problem.Detail);
                await Task.Delay(TimeSpan.FromSeconds(1), time, stoppingToken);
            }
        }

        if (count > 0)
        {
            Took(count, lease.Epoch);
        }
    }

    async Task ResumeAsync(Id<Tenant> tenant, Id<Run> run, CancellationToken ct)
    {
        for (var attempt = 1; !ct.IsCancellationRequested; attempt++)
        {
            try
            {
                await shards.Of(run).ResumeAsync(RunKey.Of(tenant, run));
                return;
            }
            catch (ProblemException e) when (e.Problem.Transient)
            {
                Waits(e.Problem.Detail);
                await Task.Delay(TimeSpan.FromSeconds(Math.Min(attempt, 10)), time, ct);
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                // One run that cannot be read must not keep the others waiting.
                NotResumed(run, e);
                return;
            }
        }
    }

    [LoggerMessage(LogLevel.Information, "took over {Count} unfinished runs in epoch {Epoch}")]
    private partial void Took(int count, long epoch);

    [LoggerMessage(LogLevel.Warning, "unfinished runs cannot be taken over now: {Detail}")]
    private partial void Waits(string detail);

    [LoggerMessage(LogLevel.Error, "{Run} cannot be taken over")]
    private partial void NotResumed(Id<Run> run, Exception e);
}
