using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Anumate.Platform.Data;

/// <summary>Registration of the database.</summary>
public static class DataServices
{
    /// <summary>Adds <see cref="Db"/> and what works on it in the background.</summary>
    public static IServiceCollection AddData(this IServiceCollection services, DbOptions options)
    {
        services.AddSingleton(options);
        services.AddSingleton<Migrator>();
        services.AddSingleton(p => new Db(options, p.GetRequiredService<TimeProvider>(), p.GetRequiredService<ILoggerFactory>()));
        services.AddSingleton<Leases>();
        services.AddSingleton<LeafWriter>();
        services.AddHostedService<Maintenance>();
        return services;
    }
}
