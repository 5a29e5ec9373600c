using System.CommandLine;
using Anumate.Cli;
using Anumate.Platform.Data;
using Anumate.Platform.Secrets;
using Microsoft.Extensions.Logging.Abstractions;

namespace Anumate;

/// <summary><c>anumate migrate</c>: the schema of this program, on the configured database; the key file is made where it is missing.</summary>
static class MigrateVerb
{
    public static async Task<int> RunAsync(ParseResult parse, Output output, CancellationToken ct)
    {
        var configuration = Settings.Load(parse, null);
        var database = Settings.DatabaseOf(configuration);
        if (configuration[Settings.KeyFile] is { Length: > 0 } keyFile)
        {
            MasterKey.OpenOrCreate(keyFile);
        }

        try
        {
            var applied = await new Migrator(database, TimeProvider.System, NullLogger<Migrator>.Instance).RunAsync(Migrations.Of(Services.All), ct);
            output.Line($"{applied} migrations applied");
            return ExitCode.Ok;
        }
        catch (SchemaException e)
        {
            throw new SetupException(e.Message, e);
        }
        catch (Npgsql.NpgsqlException e)
        {
            throw new SetupException($"the database cannot be reached or refuses: {e.Message}; see: anumate doctor", e);
        }
    }
}
