using System.Collections.Concurrent;
using System.Threading.Channels;
using Microsoft.Extensions.Hosting;

namespace Anumate.Platform.Policies;

/// <summary>
/// Fetches what changed before it is asked for. A tenant that is waiting is not put in line again: a thousand publications in a row are a
/// few fetches.
/// </summary>
public sealed class PolicyRefresher(PolicyGate gate) : BackgroundService
{
    readonly ConcurrentDictionary<Id<Tenant>, bool> waiting = new();
    readonly Channel<Id<Tenant>> line = Channel.CreateUnbounded<Id<Tenant>>(new UnboundedChannelOptions { SingleReader = true });

    /// <summary>Takes in that something changed for a tenant.</summary>
    public void Soon(Id<Tenant> tenant)
    {
        if (waiting.TryAdd(tenant, true))
        {
            line.Writer.TryWrite(tenant);
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            await foreach (var tenant in line.Reader.ReadAllAsync(stoppingToken))
            {
                waiting.TryRemove(tenant, out _);
                await gate.RefreshAsync(tenant, stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
        }
    }
}
