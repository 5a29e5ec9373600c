using Anumate.Platform.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace Anumate.CapTokens;

/// <summary>Capability tokens: short-lived, narrow, spent before the call.</summary>
public static class CapTokensModule
{
    public static readonly Module Module = new("captokens") { Serves = typeof(ICapTokens), Add = AddCapTokens, Map = CapTokenEndpoints.Map };

    static void AddCapTokens(IServiceCollection services, IConfiguration section)
    {
        services.AddSingleton<CapTokenStore>();
        services.AddSingleton<CapTokenUses>();
        services.AddSingleton<ICapTokens, CapTokenService>();
    }
}
