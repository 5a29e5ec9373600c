using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using System.Reflection.PortableExecutable;
using System.Text.RegularExpressions;
using Anumate.Platform.Data;
using Npgsql;

namespace Anumate.Tests.Split;

/// <summary>The walls between services: in the database, in the SQL, and in what the code can know.</summary>
public sealed partial class WallTests(TestDatabase database, TestServer server)
{
    static readonly string[] OfTheHost = ["ProcessKey", "ServiceCallers", "CallGraph", "HostedServices", "ServiceAddresses", "ServiceClients", "AnumateHost"];

    public static TheoryData<string> Words { get; } = [.. Services.Words];

    [Theory]
    [MemberData(nameof(Words))]
    public async Task The_role_of_one_service_reads_no_other_schema(string word)
    {
        var options = database.Options with { AppRole = $"anumate_wall_{word}" };
        await Bootstrap.AddLoginAsync(database.Server, options, [word], default);
        await using var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(options.ConnectionString(DbRole.App)) { Pooling = false }.ConnectionString);
        await connection.OpenAsync();
        var tables = await TablesAsync();
        Assert.True(tables.Select(t => t.Schema).Distinct().Count() > 8);
        foreach (var (schema, table, partition) in tables)
        {
            await using var read = new NpgsqlCommand($"select 1 from {schema}.{table} limit 1", connection);
            if (schema == word && !partition)
            {
                await read.ExecuteNonQueryAsync();
            }
            else
            {
                Assert.Equal("42501", (await Assert.ThrowsAsync<PostgresException>(async () => await read.ExecuteNonQueryAsync())).SqlState);
            }
        }

        await using var became = new NpgsqlCommand($"set role anumate_{Services.Words.First(w => w != word)}", connection);
        Assert.Equal("42501", (await Assert.ThrowsAsync<PostgresException>(async () => await became.ExecuteNonQueryAsync())).SqlState);
    }

    [Fact]
    public async Task A_login_made_again_with_other_services_loses_the_first()
    {
        var options = database.Options with { AppRole = "anumate_wall_moved" };
        await Bootstrap.AddLoginAsync(database.Server, options, ["registry", "policies"], default);
        await Bootstrap.AddLoginAsync(database.Server, options, ["policies", "receipts"], default);
        await using var db = new Db(options, TimeProvider.System);
        Assert.Equal(["platform", "policies", "receipts"], await db.ForPlatform().ListAsync(
            "select s from unnest(array['platform', 'policies', 'receipts', 'registry']) s where pg_has_role('anumate_' || s, 'member') order by s", r => r.GetString(0), default));
    }

    [Fact]
    public void No_text_in_a_service_names_a_table_of_another()
    {
        var strangers =
            from assembly in Assemblies()
            from text in assembly.Texts
            where Sql().IsMatch(text)
            from Match m in Qualified().Matches(text)
            where Services.Words.Contains(m.Groups[1].Value) && m.Groups[1].Value != assembly.Word
            select $"{assembly.Word}: {m.Value} in `{text}`";
        Assert.Empty(strangers);
        Assert.True(Assemblies().Sum(a => a.Texts.Count(t => Sql().IsMatch(t))) > 100);
    }

    [Fact]
    public void No_service_can_ask_which_form_it_runs_in()
    {
        foreach (var assembly in Assemblies())
        {
            Assert.Empty(assembly.Types.Intersect(OfTheHost));
            Assert.DoesNotContain(assembly.References, r => r is "Anumate.Client" or "anumate"
                || (r.StartsWith("Anumate.", StringComparison.Ordinal) && Services.Words.Contains(r.Split('.')[^1].ToLowerInvariant())));
            Assert.DoesNotContain(assembly.Texts, t => t.Contains("Anumate:Services", StringComparison.OrdinalIgnoreCase) || t.Contains("ANUMATE__", StringComparison.Ordinal));
        }
    }

    [Fact]
    public async Task Each_contract_method_has_one_route_of_its_name_and_each_route_is_its_services_by_its_first_segment()
    {
        var routes = (await server.RunningAsync()).Endpoints.OfType<Microsoft.AspNetCore.Routing.RouteEndpoint>()
            .Where(r => r.RoutePattern.RawText!.StartsWith("/v1/", StringComparison.Ordinal)).ToList();
        foreach (var route in routes)
        {
            var service = route.Metadata.OfType<Microsoft.AspNetCore.Routing.IEndpointGroupNameMetadata>().Single().EndpointGroupName;
            Assert.Equal(service, ServiceGraph.ServiceOf(route.RoutePattern.RawText!.Split('/')[2]));
        }

        var called = routes.Select(r => (r.Metadata.OfType<System.Reflection.MethodInfo>().First(), Service: r.Metadata.OfType<Microsoft.AspNetCore.Routing.IEndpointGroupNameMetadata>().Single().EndpointGroupName))
            .Select(r => $"{r.Service}.{r.Item1.Name}Async").Where(name => name != "identity.GetKeysAsync");
        Assert.Equal(Services.All.SelectMany(m => m.Serves.GetMethods().Select(method => $"{m.Name}.{method.Name}")).Order(StringComparer.Ordinal), called.Order(StringComparer.Ordinal));
    }

    async Task<IReadOnlyList<(string Schema, string Table, bool IsPartition)>> TablesAsync()
    {
        await using var connection = new NpgsqlConnection(database.Admin);
        await connection.OpenAsync();
        await using var look = new NpgsqlCommand("select n.nspname, c.relname, c.relispartition from pg_class c join pg_namespace n on n.oid = c.relnamespace where n.nspname = any($1) and c.relkind in ('r', 'p') order by 1, 2", connection)
        { Parameters = { new() { Value = Services.Words.ToArray() } } };
        await using var reader = await look.ExecuteReaderAsync();
        var tables = new List<(string, string, bool)>();
        while (await reader.ReadAsync())
        {
            tables.Add((reader.GetString(0), reader.GetString(1), reader.GetBoolean(2)));
        }

        return tables;
    }

    // Every literal of an assembly: also what no constant holds.
    static IReadOnlyList<(string Word, IReadOnlyList<string> Texts, IReadOnlyList<string> Types, IReadOnlyList<string> References)> Assemblies() => [.. Services.All.Select(m =>
    {
        using var file = new PEReader(File.OpenRead(m.Assembly.Location));
        var reader = file.GetMetadataReader();
        var texts = new List<string>();
        for (var handle = First; !handle.IsNil; handle = reader.GetNextHandle(handle))
        {
            texts.Add(reader.GetUserString(handle));
        }

        return (m.Name, (IReadOnlyList<string>)texts, (IReadOnlyList<string>)[.. reader.TypeReferences.Select(t => reader.GetString(reader.GetTypeReference(t).Name))],
            (IReadOnlyList<string>)[.. reader.AssemblyReferences.Select(r => reader.GetString(reader.GetAssemblyReference(r).Name))]);
    })];

    static UserStringHandle First => MetadataTokens.UserStringHandle(1);

    [GeneratedRegex(@"(^|\s)(select|insert into|update|delete from|from|join)\s", RegexOptions.IgnoreCase)]
    private static partial Regex Sql();

    [GeneratedRegex(@"\b([a-z]+)\.[a-z_]+")]
    private static partial Regex Qualified();
}
