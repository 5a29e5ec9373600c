using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Anumate.Policies;

/// <summary>Looks for processes that decide by something else, and removes what is old. Several processes may do it at once.</summary>
sealed partial class PolicyUpkeep(PolicyDrift drift, ViolationStore violations, TimeProvider time, ILogger<PolicyUpkeep> log) : BackgroundService
{
    static readonly TimeSpan Every = TimeSpan.FromSeconds(10), Cleaning = TimeSpan.FromMinutes(10);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var cleaned = time.GetTimestamp();
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await drift.LookAtHostsAsync(stoppingToken);
                await drift.LookAtMixAsync(stoppingToken);
                if (time.GetElapsedTime(cleaned) >= Cleaning)
                {
                    cleaned = time.GetTimestamp();
                    await violations.ForgetAsync(stoppingToken);
                }
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

    [LoggerMessage(LogLevel.Warning, "what is due for policies is done later: {Reason}")]
    private partial void Postponed(string reason);
}
