using Anumate.Platform.Data;
using Microsoft.Extensions.DependencyInjection;

namespace Anumate.Platform.Secrets;

public static class SecretsServices
{
    /// <summary>Adds <see cref="ISecretStore"/>, <see cref="SigningKeys"/> and <see cref="RunVault"/>, all under the master key of the file.</summary>
    public static IServiceCollection AddSecrets(this IServiceCollection services)
    {
        services.AddSingleton(p => MasterKey.Open(p.GetRequiredService<SecretsOptions>().KeyFile));
        services.AddSingleton<TenantKeys>();
        services.AddSingleton<SigningKeys>();
        services.AddSingleton<ISecretStore, SealedSecretStore>();
        services.AddSingleton(p => new RunVault(p.GetRequiredService<Db>(), p.GetRequiredService<TenantKeys>(), p.GetRequiredService<TimeProvider>()));
        return services;
    }
}
