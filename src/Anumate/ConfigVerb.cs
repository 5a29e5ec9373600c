using System.Collections;
using System.CommandLine;
using System.Reflection;
using System.Text.Json;
using Anumate.Cli;
using Anumate.Platform.Data;
using Anumate.Platform.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace Anumate;

/// <summary><c>anumate config</c>: every setting with its value in effect; secrets are masked.</summary>
static class ConfigVerb
{
    static readonly string[] SecretWords = ["Password", "Secret", "Token", "ApiKey"];

    const string Masked = "********";

    public static Task<int> RunAsync(ParseResult parse, Output output)
    {
        var values = Effective(Settings.Load(parse, UserCommands.DataFolder(parse)));
        if (output.Json)
        {
            output.Raw(JsonSerializer.Serialize(values, HostJson.Default.IReadOnlyDictionaryStringString) + "\n");
        }
        else
        {
            output.Table(["setting", "value"], values.Select(v => new[] { v.Key, v.Value }));
        }

        return Task.FromResult(ExitCode.Ok);
    }

    /// <summary>Every known setting, by its full name.</summary>
    public static IReadOnlyDictionary<string, string> Effective(IConfiguration configuration)
    {
        var values = new SortedDictionary<string, string>(StringComparer.Ordinal);
        Add(values, DbOptions.Section, configuration.GetSection(DbOptions.Section).Get<DbOptions>() ?? new DbOptions());

        // The same registrations as those of the server tell which options there are.
        using var app = AnumateHost.Build(Services.All, configuration, new DbOptions(), TimeProvider.System);
        foreach (var section in app.Services.GetServices<OptionsSection>())
        {
            Add(values, section.Path, section.Value());
        }

        foreach (var (word, address) in ServiceAddresses.Of(configuration).ByWord)
        {
            values[$"{ServiceAddresses.Section}:{word}"] = address.ToString();
        }

        return values;
    }

    static void Add(SortedDictionary<string, string> to, string path, object options)
    {
        foreach (var property in options.GetType().GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(p => p.CanWrite && p.GetIndexParameters().Length == 0))
        {
            var name = $"{path}:{property.Name}";
            switch (property.GetValue(options))
            {
                case null:
                    to[name] = "";
                    break;
                case string text:
                    to[name] = Mask(property.Name, path, text);
                    break;
                case IEnumerable list:
                    to[name] = string.Join(", ", list.Cast<object?>());
                    break;
                case { } value when value.GetType().Assembly == typeof(object).Assembly || value.GetType().IsEnum || value is Uri:
                    to[name] = Convert.ToString(value, System.Globalization.CultureInfo.InvariantCulture) ?? "";
                    break;
                case { } nested:
                    Add(to, name, nested);
                    break;
            }
        }
    }

    static string Mask(string name, string path, string text)
    {
        if (text.Length == 0 || name.EndsWith("File", StringComparison.Ordinal))
        {
            return text;
        }

        if (path.EndsWith(":Passwords", StringComparison.Ordinal)
            || SecretWords.Any(word => name.Contains(word, StringComparison.OrdinalIgnoreCase)))
        {
            return Masked;
        }

        try
        {
            return text.Contains("Password", StringComparison.OrdinalIgnoreCase)
                && new NpgsqlConnectionStringBuilder(text) is { Password.Length: > 0 } connection
                ? new NpgsqlConnectionStringBuilder(text) { Password = Masked }.ConnectionString
                : text;
        }
        catch (ArgumentException)
        {
            return Masked;
        }
    }
}
