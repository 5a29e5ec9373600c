using Anumate.Identity.Oidc;
using Anumate.Platform.Events;
using Anumate.Platform.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace Anumate.Identity;

/// <summary>Tenants, principals, sign-in and API keys.</summary>
public static class IdentityModule
{
    public static readonly Module Module = new("identity") { Serves = typeof(IIdentity), Add = AddIdentity, Map = IdentityEndpoints.Map };

    static void AddIdentity(IServiceCollection services, IConfiguration section)
    {
        services.AddOptionsOf<IdentityOptions, IdentityOptionsValidator>(section);
        services.AddSingleton<IdentityTelemetry>();
        services.AddSingleton<IdentityStore>();
        services.AddSingleton<CredentialCache>();
        services.AddBroadcast<CredentialCache>([PrincipalChanged.EventType, ApiKeyChanged.EventType], (cache, changed, _) => cache.ForgetAsync(changed));
        services.AddSingleton<Issuer>();
        services.AddSingleton<OidcStore>();
        services.AddSingleton<OidcSignIn>();
        services.AddSingleton<IIdentity, IdentityService>();
        services.AddSingleton<LastUse>();
        services.AddHostedService(p => p.GetRequiredService<LastUse>());
    }
}
