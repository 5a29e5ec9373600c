using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Anumate.Platform.Events;

/// <summary>Runs the work subscriptions of this process.</summary>
sealed partial class EventWork(
    IEnumerable<WorkSubscription> subscriptions, EventLog events, EventTail tail, EventOptions options, TimeProvider time, ILogger<EventWork> log)
    : BackgroundService
{
    readonly string _owner = $"{Environment.MachineName}:{Environment.ProcessId}:{Guid.CreateVersion7(time.GetUtcNow())}";

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => Task.WhenAll(subscriptions.Select(s => RunAsync(s, stoppingToken)));

    async Task RunAsync(WorkSubscription subscription, CancellationToken ct)
    {
        var wake = tail.WakeFor(subscription.Types);
        while (!ct.IsCancellationRequested)
        {
            var pause = options.Poll;
            try
            {
                var from = subscription.FromStart ? default : await events.NowAsync(ct);
                if (await events.ClaimAsync(subscription.Name, _owner, from, options.Lease, ct) is { } held)
                {
                    using var run = new WorkRun(subscription, held, events, wake, options, time, log);
                    await run.RunAsync(ct);
                    pause = TimeSpan.Zero;
                }
            }
            catch (OperationCanceledException) when (ct.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e) when (e is ProblemException or NpgsqlException)
            {
                Interrupted(subscription.Name, e.Message);
            }
            catch (Exception e)
            {
                // A defect of ours must not end the host: the events wait, and the log says so.
                Broken(subscription.Name, e);
                pause = options.MaxPause;
            }

            await Task.Delay(pause, time, ct).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    [LoggerMessage(LogLevel.Warning, "work subscription {Subscription} is interrupted: {Reason}")]
    private partial void Interrupted(string subscription, string reason);

    [LoggerMessage(LogLevel.Error, "work subscription {Subscription} broke and is started again")]
    private partial void Broken(string subscription, Exception e);
}
