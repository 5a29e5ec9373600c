using System.Reflection;
using System.Text.RegularExpressions;
using Npgsql;

namespace Anumate.Tests.Data;

/// <summary>
/// Every SQL statement of the solution is known to PostgreSQL before it is sent for the first time. A statement is a <c>const string</c>
/// that begins with <c>select</c>, <c>insert</c>, <c>update</c>, <c>delete</c> or <c>with</c> in lower case, in any type of any Anumate
/// assembly.
/// </summary>
public sealed partial class StatementTests(TestDatabase database)
{
    [Fact]
    public async Task Prepares_every_statement_against_the_migrated_schema()
    {
        await using var connection = new NpgsqlConnection(database.Admin);
        await connection.OpenAsync();
        var failures = new List<string>();
        var statements = Statements().ToList();
        foreach (var (place, sql, _) in statements)
        {
            try
            {
                await using var prepare = new NpgsqlCommand($"prepare checked as {sql}", connection);
                await prepare.ExecuteNonQueryAsync();
                await using var forget = new NpgsqlCommand("deallocate checked", connection);
                await forget.ExecuteNonQueryAsync();
            }
            catch (PostgresException e)
            {
                failures.Add($"{place}: {e.SqlState} {e.MessageText}");
            }
        }

        Assert.Contains(statements, s => s.Place == "EventLog.Read");
        Assert.Empty(failures);
    }

    [Fact]
    public void Names_in_a_service_only_its_own_schema_and_the_platforms()
    {
        var strangers =
            from s in Statements().Concat(Migrations())
            from Match m in Qualified().Matches(s.Sql)
            let schema = m.Groups[1].Value
            where TestSchema.Services.Contains(schema) && schema != s.Service
            select $"{s.Place} names {m.Value}";
        Assert.Empty(strangers);
    }

    [Fact]
    public void Names_columns_and_never_all_of_them()
    {
        // The columns of a group statement are named where it unnests its arrays.
        Assert.Empty(Statements().Where(s => !s.Sql.Contains("unnest(", StringComparison.Ordinal) && Star().IsMatch(s.Sql)).Select(s => s.Place));
    }

    static IEnumerable<(string Place, string Sql, string Service)> Statements() =>
        from path in Directory.GetFiles(AppContext.BaseDirectory, "*numate*.dll")
        where !Path.GetFileName(path).Contains("Tests", StringComparison.Ordinal)
        let assembly = Assembly.Load(AssemblyName.GetAssemblyName(path))
        from type in assembly.GetTypes()
        from field in type.GetFields(BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly)
        where field is { IsLiteral: true } && field.FieldType == typeof(string)
        let text = ((string?)field.GetRawConstantValue())?.Trim()
        where text is not null && Verb().IsMatch(text)
        select ($"{type.Name}.{field.Name}", text, assembly.GetName().Name!.Split('.')[^1].ToLowerInvariant());

    static IEnumerable<(string Place, string Sql, string Service)> Migrations() =>
        from set in TestSchema.Sets
        where set.Service != "platform"
        from step in set.Steps
        select ($"{step.Service}/{step.Number:0000}_{step.Name}", step.Sql, step.Service);

    [GeneratedRegex(@"^(select|insert|update|delete|with)\s")]
    private static partial Regex Verb();

    [GeneratedRegex(@"\b([a-z]+)\.[a-z_]+")]
    private static partial Regex Qualified();

    [GeneratedRegex(@"(select|returning)\s+(\w+\.)?\*")]
    private static partial Regex Star();
}
