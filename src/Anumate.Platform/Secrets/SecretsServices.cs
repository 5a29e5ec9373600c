using Anumate.Platform.Data;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging;

namespace Anumate.Platform.Secrets;

public static class SecretsServices
{
    /// <summary>Adds <see cref="IMasterKey"/>, <see cref="ISecretStore"/>, <see cref="SigningKeys"/> and <see cref="RunVault"/>, local or in Vault as configured.</summary>
    public static IServiceCollection AddSecrets(this IServiceCollection services, SecretsOptions options)
    {
        services.AddSingleton<TenantKeys>();
        services.AddSingleton<SigningKeys>();
        services.AddSingleton<KeyRotation>();
        services.AddSingleton(p => new RunVault(p.GetRequiredService<Db>(), p.GetRequiredService<TenantKeys>(), p.GetRequiredService<TimeProvider>()));
        if (options.UsesVault)
        {
            services.AddSingleton(p => new VaultClient(options.Vault, p.GetRequiredService<TimeProvider>(), p.GetRequiredService<ILogger<VaultClient>>()));
            services.AddHealthChecks().AddCheck<VaultCheck>("vault");
        }

        if (options.Store == SecretKeeper.Vault)
        {
            services.AddSingleton<ISecretStore>(p => new VaultSecretStore(p.GetRequiredService<VaultClient>(), options.Vault, p.GetRequiredService<TimeProvider>()));
        }
        else
        {
            services.AddSingleton<ISecretStore, SealedSecretStore>();
        }

        services.AddSingleton<IMasterKey>(p => options.MasterKey == SecretKeeper.Vault
            ? new VaultMasterKey(p.GetRequiredService<VaultClient>(), options.Vault, p.GetRequiredService<TimeProvider>(), options.KeyFile.Length > 0 ? MasterKey.Open(options.KeyFile) : null)
            : MasterKey.Open(options.KeyFile));
        return services;
    }
}

/// <summary>Without Vault the server works on with what it knows, for a while: degraded, not down.</summary>
sealed class VaultCheck(VaultClient vault) : IHealthCheck
{
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        await vault.TroubleAsync(cancellationToken) is null
            ? HealthCheckResult.Healthy()
            : HealthCheckResult.Degraded("no node of Vault answers; values in memory are used while they may be");
}
