using System.CommandLine;
using Anumate.Platform.Data;
using Anumate.Platform.Hosting;
using Microsoft.Extensions.Configuration;

namespace Anumate;

/// <summary>The settings of one call of a host verb.</summary>
static class Settings
{
    public const string KeyFile = "Anumate:Secrets:KeyFile";

    public static IConfigurationRoot Load(ParseResult parse, string? dataFolder)
    {
        var commandLine = new Dictionary<string, string?>();
        if (parse.CommandResult.GetResult(HostCommands.Urls) is not null && parse.GetValue(HostCommands.Urls) is { } urls)
        {
            commandLine[$"{ServerOptions.Section}:Urls"] = urls;
        }

        return Configuration.Load(parse.GetValue(HostCommands.Config), dataFolder, commandLine);
    }

    /// <summary>The database that is configured.</summary>
    /// <exception cref="SetupException">There is none.</exception>
    public static DbOptions DatabaseOf(IConfiguration configuration)
    {
        var options = configuration.GetSection(DbOptions.Section).Get<DbOptions>(b => b.ErrorOnUnknownConfiguration = true);
        return string.IsNullOrWhiteSpace(options?.Server)
            ? throw new SetupException("no database is configured; set ANUMATE__DATABASE__SERVER (like Host=db;Database=anumate) and "
                + "ANUMATE__DATABASE__PASSWORDS__APP and the others, or start with a private one: anumate up")
            : options;
    }
}
