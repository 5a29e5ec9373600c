using Anumate.Platform.Data;
using Microsoft.Extensions.Logging.Abstractions;

namespace Anumate.Tests.Data;

public sealed class MigratorTests(TestDatabase database)
{
    static Migration Step(int number, string sql, int minReader = 0) =>
        MigrationSet.Parse("metering", $"{number:0000}_step{number}", minReader > 0 ? $"-- min_reader: {minReader}\n{sql}" : sql);

    static MigrationSet Set(params Migration[] steps) => new("metering", steps);

    static readonly Migration First = Step(1, "create table metering.one (tenant_id uuid not null default platform.tenant(), n int); select platform.protect('metering.one');", 1);
    static readonly Migration Second = Step(2, "create table metering.two (n int);", 1);
    static readonly Migration Third = Step(3, "create table metering.three (n int);");

    [Fact]
    public async Task Applies_what_is_missing_once_and_lets_the_service_use_it()
    {
        await using var schema = await MakeAsync(Set(First));
        Assert.Equal(0, await RunAsync(schema, Set(First)));
        Assert.Equal(2, await RunAsync(schema, Set(First, Second, Third)));
        var t = new TestTenant(schema.Db);
        await schema.Db.For(t.Id).One("insert into metering.one (n) values (1)").SaveAsync(default);
        Assert.Equal(1, await schema.Db.For(t.Id).FirstAsync("select n from metering.one", r => r.GetInt32(0), default));
    }

    [Fact]
    public async Task Refuses_a_step_that_was_changed_after_it_was_applied()
    {
        await using var schema = await MakeAsync(Set(First));
        var changed = Set(Step(1, First.Sql + "\n-- changed"));
        Assert.Contains("0001_step1", (await Assert.ThrowsAsync<SchemaException>(() => RunAsync(schema, changed))).Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<SchemaException>(() => Migrator.CheckAsync(schema.Db, [changed], default));
    }

    [Fact]
    public async Task Serves_on_its_own_schema_and_on_a_newer_one_that_admits_it()
    {
        await using var schema = await MakeAsync(Set(First));
        await Migrator.CheckAsync(schema.Db, [Set(First)], default);
        Assert.Contains("run `anumate migrate`",
            (await Assert.ThrowsAsync<SchemaException>(() => Migrator.CheckAsync(schema.Db, [Set(First, Second)], default))).Message, StringComparison.Ordinal);

        await RunAsync(schema, Set(First, Second));
        await Migrator.CheckAsync(schema.Db, [Set(First)], default);
        await RunAsync(schema, Set(First, Second, Third));
        Assert.Contains("run a newer program",
            (await Assert.ThrowsAsync<SchemaException>(() => Migrator.CheckAsync(schema.Db, [Set(First)], default))).Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<SchemaException>(() => Migrator.CheckAsync(schema.Db, [Set(First, Second)], default));
        await Migrator.CheckAsync(schema.Db, [Set(First, Second, Third)], default);
    }

    [Fact]
    public async Task Leaves_nothing_of_a_step_that_fails_and_says_which()
    {
        await using var schema = await MakeAsync(Set(First));
        var broken = Step(2, "create table metering.half (n int);\n\ncreate table metering.half (n int);");
        var e = await Assert.ThrowsAsync<SchemaException>(() => RunAsync(schema, Set(First, broken)));
        Assert.Equal("migration 0002_step2 of `metering` failed: relation \"half\" already exists", e.Message);
        Assert.True(await schema.ValueAsync<bool>("select to_regclass('metering.half') is null"));
        Assert.Equal(1, await RunAsync(schema, Set(First, Second)));
    }

    [Fact]
    public async Task Lets_one_migrator_work_at_a_time()
    {
        await using var schema = await MakeAsync(Set(First));
        var set = Set(First, Step(2, "create table metering.two (n int); select pg_sleep(0.2);"), Third);
        var counts = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => RunAsync(schema, set)));
        Assert.Equal(2, counts.Sum());
    }

    [Fact]
    public async Task Says_what_to_do_where_there_is_no_schema()
    {
        await using var schema = await MakeAsync(Set(First));
        await schema.ExecuteAsync("drop schema platform cascade");
        Assert.Contains("run `anumate migrate`",
            (await Assert.ThrowsAsync<SchemaException>(() => Migrator.CheckAsync(schema.Db, [Set(First)], default))).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("1_x")]
    [InlineData("0001x")]
    [InlineData("000a_x")]
    public void Refuses_a_file_name_without_a_number(string file) => Assert.Throws<InvalidOperationException>(() => MigrationSet.Parse("metering", file, ""));

    [Fact]
    public void Hashes_the_same_whatever_the_line_ends() =>
        Assert.Equal(MigrationSet.Parse("x", "0001_a", "a\nb\n").Hash, MigrationSet.Parse("x", "0001_a", "a\r\nb\r\n").Hash);

    Task<TestSchema> MakeAsync(MigrationSet set) => TestSchema.MakeAsync(database.Server, TimeProvider.System, [.. TestSchema.Platform, set]);

    static Task<int> RunAsync(TestSchema schema, MigrationSet set) =>
        new Migrator(schema.Options, TimeProvider.System, NullLogger<Migrator>.Instance).RunAsync([.. TestSchema.Platform, set], default);
}
