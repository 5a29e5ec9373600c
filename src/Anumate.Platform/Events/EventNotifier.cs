using Anumate.Platform.Data;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Anumate.Platform.Events;

/// <summary>
/// Wakes the other processes after our commits, and us after theirs. NOTIFY inside a transaction of work would serialise commits, so it
/// is sent on a connection of its own, at most once in <see cref="Pause"/>. Polling is the backstop where this fails.
/// </summary>
sealed partial class EventNotifier(Db db, TimeProvider time, ILogger<EventNotifier> log) : BackgroundService
{
    const string Channel = "anumate_events";
    const string Send = "select pg_notify($1, $2)";

    static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(5);
    static readonly TimeSpan Retry = TimeSpan.FromSeconds(1);

    readonly string _self = Guid.CreateVersion7(time.GetUtcNow()).ToString();

    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        Task.WhenAll(ForEverAsync(TellAsync, stoppingToken), ForEverAsync(ListenAsync, stoppingToken));

    async Task TellAsync(CancellationToken ct)
    {
        var written = db.Written.Here;
        while (true)
        {
            await written.WaitAsync(ct);
            written = db.Written.Here;
            await db.Across(DbRole.Reader).Run(Send, Channel, _self).SaveAsync(ct);
            await Task.Delay(Pause, time, ct);
        }
    }

    async Task ListenAsync(CancellationToken ct)
    {
        await using var connection = await db.Source(DbRole.Reader).OpenConnectionAsync(ct);
        connection.Notification += (_, e) =>
        {
            if (e.Payload != _self)
            {
                db.Written.RingFromElsewhere();
            }
        };
        await using (var listen = new NpgsqlCommand($"listen {Channel}", connection))
        {
            await listen.ExecuteNonQueryAsync(ct);
        }

        while (true)
        {
            await connection.WaitAsync(ct);
        }
    }

    async Task ForEverAsync(Func<CancellationToken, Task> work, CancellationToken ct)
    {
        while (!ct.IsCancellationRequested)
        {
            try
            {
                await work(ct);
            }
            catch (OperationCanceledException) when (ct.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e) when (e is NpgsqlException or ProblemException or IOException)
            {
                Interrupted(e.Message);
                await Task.Delay(Retry, time, ct).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    [LoggerMessage(LogLevel.Debug, "notifications between processes are interrupted, polling goes on: {Reason}")]
    private partial void Interrupted(string reason);
}
