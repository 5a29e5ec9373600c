using System.Collections.Concurrent;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Anumate.Identity;

/// <summary>When API keys were last used, gathered here and written from time to time: no request waits for it.</summary>
sealed partial class LastUse(IdentityStore store, IdentityOptions options, TimeProvider time, ILogger<LastUse> log) : BackgroundService
{
    readonly ConcurrentDictionary<(Id<Tenant> Tenant, Id<ApiKey> Key), DateTimeOffset> _seen = new();

    public void Note(Id<Tenant> tenant, Id<ApiKey> key, DateTimeOffset at) => _seen[(tenant, key)] = at;

    public async Task WriteAsync(CancellationToken ct)
    {
        foreach (var tenant in _seen.ToArray().GroupBy(s => s.Key.Tenant))
        {
            await store.TouchAsync(tenant.Key, [.. tenant.Select(s => s.Key.Key.Value)], [.. tenant.Select(s => s.Value)], ct);
            foreach (var seen in tenant)
            {
                // Not what was noted again meanwhile.
                _seen.TryRemove(seen);
            }
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(options.LastUsedInterval, time);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                try
                {
                    await WriteAsync(stoppingToken);
                }
                catch (ProblemException e)
                {
                    NotWritten(e.Problem.Detail);
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The host stops.
        }
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        try
        {
            await WriteAsync(cancellationToken);
        }
        catch (ProblemException e)
        {
            NotWritten(e.Problem.Detail);
        }
    }

    [LoggerMessage(LogLevel.Warning, "the last use of API keys was not written, it is tried again: {Reason}")]
    private partial void NotWritten(string reason);
}
