using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Anumate.Approvals;

/// <summary>Closes approvals whose time has run out. Several processes may do it at once: the version decides.</summary>
sealed partial class ApprovalTimer(ApprovalStore store, ApprovalService service, ApprovalOptions options, TimeProvider time, ILogger<ApprovalTimer> log)
    : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var tick = new PeriodicTimer(options.TimerInterval, time);
        while (await tick.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                foreach (var (tenant, id) in await store.DueAsync(time.GetUtcNow(), stoppingToken))
                {
                    await service.ExpireAsync(tenant, id, stoppingToken);
                }
            }
            catch (ProblemException e)
            {
                Waits(e.Problem.Detail);
            }
        }
    }

    [LoggerMessage(LogLevel.Warning, "expired approvals cannot be closed now: {Detail}")]
    private partial void Waits(string detail);
}
