using System.CommandLine;
using Anumate.Cli;
using Anumate.Platform.Data;

namespace Anumate;

/// <summary>
/// <c>anumate bootstrap</c>: the database and its roles with the configured passwords, as a superuser; with <c>--services</c> the login role
/// (<c>Anumate:Database:AppRole</c>) of a process that hosts those alone. May be repeated.
/// </summary>
static class BootstrapVerb
{
    public static async Task<int> RunAsync(ParseResult parse, Output output, CancellationToken ct)
    {
        var options = Settings.DatabaseOf(Settings.Load(parse, null));
        var admin = parse.GetValue(HostCommands.Admin) ?? Environment.GetEnvironmentVariable("ANUMATE_POSTGRES_ADMIN");
        if (string.IsNullOrWhiteSpace(admin))
        {
            throw new SetupException("say who makes the roles: ANUMATE_POSTGRES_ADMIN (like Host=db;Username=postgres;Password=…), or --admin");
        }

        try
        {
            if (parse.GetValue(HostCommands.ServicesOption) is { Length: > 0 } words)
            {
                await OneAsync(admin, options, [.. Services.Hosted(words).Select(m => m.Name)], output, ct);
            }
            else
            {
                await AllAsync(admin, options, output, ct);
            }

            return ExitCode.Ok;
        }
        catch (Npgsql.NpgsqlException e)
        {
            throw new SetupException($"the database cannot be reached or refuses: {e.Message}", e);
        }
    }

    static async Task AllAsync(string admin, DbOptions options, Output output, CancellationToken ct)
    {
        foreach (var role in Enum.GetValues<DbRole>())
        {
            Demand(options, role);
        }

        await Bootstrap.RunAsync(admin, options, Services.Words, ct);
        output.Line($"the roles and the database are there; next: anumate migrate");
    }

    static async Task OneAsync(string admin, DbOptions options, IReadOnlyList<string> words, Output output, CancellationToken ct)
    {
        if (options.AppRole == new DbOptions().AppRole)
        {
            throw new SetupException($"`{options.AppRole}` is the role of a process that hosts everything; name this process's own: ANUMATE__DATABASE__APPROLE");
        }

        Demand(options, DbRole.App);
        await Bootstrap.AddLoginAsync(admin, options, words, ct);
        output.Line($"{options.AppRole} serves {string.Join(", ", words)}, and nothing else");
    }

    static void Demand(DbOptions options, DbRole role)
    {
        if (options.Passwords.Of(role).Length == 0)
        {
            throw new SetupException($"the role {role.ToString().ToLowerInvariant()} has no password; set ANUMATE__DATABASE__PASSWORDS__{role.ToString().ToUpperInvariant()}");
        }
    }
}
