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
    }
}
