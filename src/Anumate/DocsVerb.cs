using System.CommandLine;
using Anumate.Cli;
using Anumate.Platform.Data;
using Anumate.Platform.Secrets;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.OpenApi;

namespace Anumate;

/// <summary><c>anumate docs</c>: writes what is generated from the program, <c>problems.md</c>, <c>roles.md</c> and <c>openapi/*.json</c>.</summary>
static class DocsVerb
{
    public static async Task<int> RunAsync(ParseResult parse, Output output, CancellationToken ct)
    {
        var folder = parse.GetRequiredValue(HostCommands.DocsFolder);
        foreach (var (name, text) in await GenerateAsync(ct))
        {
            var path = Path.Combine(folder, name);
            Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
            await File.WriteAllTextAsync(path, text, ct);
            output.Line($"{path}");
        }

        return ExitCode.Ok;
    }

    /// <summary>Every generated page by its path below <c>docs/</c>.</summary>
    public static async Task<IReadOnlyDictionary<string, string>> GenerateAsync(CancellationToken ct)
    {
        var pages = new Dictionary<string, string> { ["problems.md"] = ProblemsPage.Write() };

        // The very documents a server gives out, and its very routes, from one that runs nothing but its HTTP edge.
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["Anumate:Server:Urls"] = "http://127.0.0.1:0", [Settings.KeyFile] = "none",
        }).Build();
        await using var app = AnumateHost.Build(Services.All, configuration, new DbOptions { Server = "Host=none" }, TimeProvider.System, services =>
        {
            services.AddSingleton<IMasterKey>(MasterKey.Fleeting());
            foreach (var worker in services.Where(s => s.ServiceType == typeof(IHostedService)).ToList())
            {
                services.Remove(worker);
            }
        });
        await app.StartAsync(ct);
        pages["roles.md"] = RolesPage.Write(app.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>());
        foreach (var module in Services.All.Where(m => m.Map is not null).OrderBy(m => m.Name, StringComparer.Ordinal))
        {
            var document = await app.Services.GetRequiredKeyedService<IOpenApiDocumentProvider>(module.Name).GetOpenApiDocumentAsync(ct);
            pages[$"openapi/{module.Name}.json"] = (await document.SerializeAsJsonAsync(OpenApiSpecVersion.OpenApi3_1, ct)).ReplaceLineEndings("\n") + "\n";
        }

        await app.StopAsync(ct);
        return pages;
    }
}
