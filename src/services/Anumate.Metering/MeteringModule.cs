using Anumate.Platform.Events;
using Anumate.Platform.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace Anumate.Metering;

/// <summary>What was used.</summary>
public static class MeteringModule
{
    public static readonly Module Module = new("metering") { Serves = typeof(IMetering), Add = AddMetering, Map = UsageEndpoints.Map };

    static void AddMetering(IServiceCollection services, IConfiguration section)
    {
        services.AddSingleton<UsageStore>();
        services.AddSingleton<IMetering, MeteringService>();
        services.AddWorkSubscription<UsageStore>("metering.usage", [ExecutionCompleted.EventType], (store, e, ct) => store.CountAsync(e, ct));
    }
}
