using Anumate.Platform.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace Anumate.Connectors;

/// <summary>The tool catalogue and the one place from which tools are called.</summary>
public static class ConnectorsModule
{
    public static readonly Module Module = new("connectors")
    {
        Serves = typeof(IConnectors), Needs = [typeof(ICapTokens)], Add = AddConnectors, Map = ConnectorEndpoints.Map,
    };

    static void AddConnectors(IServiceCollection services, IConfiguration section)
    {
        services.AddOptionsOf<ConnectorOptions, ConnectorOptionsValidator>(section);
        services.AddSingleton<ConnectorStore>();
        services.AddSingleton<ToolCache>();
        services.AddSingleton<ToolHttp>();
        services.AddSingleton<IConnectors, ConnectorService>();
    }
}
