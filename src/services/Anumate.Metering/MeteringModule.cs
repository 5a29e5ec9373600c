using Anumate.Platform.Events;
using Anumate.Platform.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace Anumate.Metering;

/// <summary>What was used.</summary>
public static class MeteringModule
{
    public static readonly Module Module = new("metering") { Serves = typeof(IMetering), Add = AddMetering, Map = UsageEndpoints.Map };

    // Usage may be a moment late; a transaction for each run would cost as much as a step of it.
    static readonly TimeSpan Gather = TimeSpan.FromMilliseconds(200);

    static void AddMetering(IServiceCollection services, IConfiguration section)
    {
        services.AddSingleton<UsageStore>();
        services.AddSingleton<IMetering, MeteringService>();
        services.AddGatheredSubscription<UsageStore>("metering.usage", [ExecutionCompleted.EventType], Gather, (store, e, ct) => store.CountAsync(e, ct));
    }
}
