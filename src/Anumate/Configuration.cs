using Microsoft.Extensions.Configuration;

namespace Anumate;

/// <summary>
/// Where settings come from, later ones winning: a JSON file (<c>--config</c>, else <c>anumate.json</c> in the data folder), the
/// environment (<c>ANUMATE__SERVER__URLS</c>), the command line.
/// </summary>
static class Configuration
{
    const string FileName = "anumate.json";

    static readonly string[] OfPlatform = ["Server", "Database", "Delivery", "RateLimits", "Redis", "Secrets", "Services", "Telemetry"];

    public static IConfigurationRoot Load(string? file, string? dataFolder, IEnumerable<KeyValuePair<string, string?>> commandLine)
    {
        var builder = new ConfigurationBuilder();
        try
        {
            if (file is not null)
            {
                builder.AddJsonFile(Path.GetFullPath(file), optional: false, reloadOnChange: false);
            }
            else if (dataFolder is not null)
            {
                builder.AddJsonFile(Path.GetFullPath(Path.Combine(dataFolder, FileName)), optional: true, reloadOnChange: false);
            }

            builder.AddEnvironmentVariables();
            builder.AddInMemoryCollection(commandLine);
            var configuration = builder.Build();
            DemandKnown(configuration);
            return configuration;
        }
        catch (FileNotFoundException e)
        {
            throw new SetupException($"there is no configuration file `{e.FileName ?? file}`", e);
        }
        catch (InvalidDataException e)
        {
            throw new SetupException($"the configuration file is not valid: {e.InnerException?.Message ?? e.Message}", e);
        }
    }

    // A section that nobody reads is a mistake; keys within a section are checked when its options are bound.
    static void DemandKnown(IConfigurationRoot configuration)
    {
        var known = OfPlatform.Concat(Services.All.Select(m => m.Name)).ToHashSet(StringComparer.OrdinalIgnoreCase);
        if (configuration.GetSection("Anumate").GetChildren().FirstOrDefault(s => !known.Contains(s.Key)) is { } unknown)
        {
            throw new SetupException($"there is no setting `Anumate:{unknown.Key}`; sections are {string.Join(", ", known.Order(StringComparer.OrdinalIgnoreCase))}");
        }
    }
}
