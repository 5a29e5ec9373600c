using Anumate.Platform.Data;
using Anumate.Tests.EventLog;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace Anumate.Tests.Data;

/// <summary>The group committer, with the shape of statement that journals use: rows locked in order, advanced only by the next number.</summary>
public sealed class GroupWriterTests(LogCluster cluster)
{
    const string Tables = """
        create schema test;
        create table test.run (tenant_id uuid, id uuid, seq int not null, primary key (tenant_id, id));
        create table test.run_event (tenant_id uuid, id uuid, seq int, body json not null, primary key (tenant_id, id, seq), check (body->>'poison' is null));
        grant usage on schema test to anumate_writer;
        grant select, update on test.run to anumate_writer;
        grant insert on test.run_event to anumate_writer;
        """;

    const string Append = """
        with item as materialized (
            select * from unnest($1::int[], $2::uuid[], $3::uuid[], $4::int[], $5::text[], $6::json[]) as i(ord, tenant_id, id, seq, note, body)),
        lk as materialized (
            select i.* from item i join test.run u on u.tenant_id = i.tenant_id and u.id = i.id order by i.tenant_id, i.id for no key update of u),
        adv as (
            update test.run u set seq = i.seq from lk i where u.tenant_id = i.tenant_id and u.id = i.id and u.seq = i.seq - 1
            returning i.ord, i.tenant_id, i.id, i.seq, i.body),
        ev as (insert into test.run_event (tenant_id, id, seq, body) select tenant_id, id, seq, body from adv)
        select ord from adv
        """;

    static readonly Guid Tenant = new("00000000-0000-7000-8000-000000000001");

    static GroupStatement<Item> Statement => new GroupStatement<Item>(Append, i => i.Run) { Size = i => i.Body.Length }
        .Uuid(_ => Tenant).Uuid(i => i.Run).Integer(i => i.Seq).Text(i => i.Note).Json(i => System.Text.Encoding.UTF8.GetBytes(i.Body));

    sealed record Item(Guid Run, int Seq, string Body = "{}", string? Note = null);

    static Guid Run(int n) => new($"00000000-0000-7000-9000-{n:000000000000}");

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Commits_what_many_runs_append_at_once(int writers)
    {
        await using var schema = await SchemaAsync(runs: 40);
        await using var writer = Writer(schema, new GroupOptions { Writers = writers });
        await Task.WhenAll(Enumerable.Range(1, 40).Select(async run =>
        {
            for (var seq = 1; seq <= 25; seq++)
            {
                Assert.True(await writer.WriteAsync(new Item(Run(run), seq, $"{{\"n\":{seq}}}"), default));
            }
        }));

        Assert.Equal(1000L, await schema.ValueAsync<long>("select count(*) from test.run_event where (body->>'n')::int = seq"));
        Assert.Equal(40L, await schema.ValueAsync<long>("select count(*) from test.run where seq = 25"));
    }

    [Fact]
    public async Task Sends_all_that_waits_as_one_statement_and_refuses_an_item_alone()
    {
        await using var schema = await SchemaAsync(runs: 100);
        await using var writer = Writer(schema);
        await using var blocker = await BlockAsync(schema, "select from test.run where id = '00000000-0000-7000-9000-000000000001' for update");
        var first = writer.WriteAsync(new Item(Run(1), 1), default).AsTask();
        await BlockedAsync(schema);
        var waiting = Enumerable.Range(2, 99).Select(run => writer.WriteAsync(new Item(Run(run), run == 50 ? 7 : 1), default).AsTask()).ToList();
        await blocker.DisposeAsync();

        Assert.True(await first);
        var answers = await Task.WhenAll(waiting);
        Assert.Equal(48, Assert.Single(answers.Index(), a => !a.Item).Index);
        Assert.Equal(2L, await schema.ValueAsync<long>("select count(distinct xmin::text) from test.run_event"));
        Assert.Equal(99L, await schema.ValueAsync<long>("select count(*) from test.run_event"));
    }

    [Fact]
    public async Task Keeps_the_order_of_items_that_share_a_key()
    {
        await using var schema = await SchemaAsync(runs: 2);
        await using var writer = Writer(schema);
        var answers = await Task.WhenAll(Enumerable.Range(0, 60).Select(i => writer.WriteAsync(new Item(Run(1 + (i % 2)), 1 + (i / 2)), default).AsTask()));
        Assert.DoesNotContain(false, answers);
    }

    [Fact]
    public async Task Finds_the_item_that_breaks_the_statement_and_commits_the_others()
    {
        await using var schema = await SchemaAsync(runs: 64);
        await using var writer = Writer(schema);
        await using var blocker = await BlockAsync(schema, "lock table test.run in access exclusive mode");
        var all = Enumerable.Range(1, 64).Select(run => writer.WriteAsync(new Item(Run(run), 1, run is 20 or 21 ? "{\"poison\":1}" : "{}"), default).AsTask()).ToList();
        await blocker.DisposeAsync();

        await Task.WhenAll(all).ContinueWith(_ => { }, TaskScheduler.Default);
        Assert.Equal([19, 20], all.Index().Where(t => t.Item.IsFaulted).Select(t => t.Index));
        Assert.All(all.Where(t => t.IsCompletedSuccessfully), t => Assert.True(t.IsCompletedSuccessfully));
        Assert.Equal(62L, await schema.ValueAsync<long>("select count(*) from test.run_event"));
    }

    [Fact]
    public async Task Sends_a_group_again_that_lost_a_deadlock()
    {
        await using var schema = await SchemaAsync(runs: 2);
        await using var writer = Writer(schema);

        // Ours looks for deadlocks far later than the writer, so the writer is the one to find itself in it and give way.
        await using var other = await BlockAsync(schema, $"set local deadlock_timeout = '1min'; select from test.run where id = '{Run(2)}' for update");
        var hold = await BlockAsync(schema, $"select from test.run where id = '{Run(1)}' for update");
        var both = new[] { writer.WriteAsync(new Item(Run(1), 1), default).AsTask(), writer.WriteAsync(new Item(Run(2), 1), default).AsTask() };
        await hold.DisposeAsync();
        await BlockedAsync(schema);
        await other.ExecuteAsync($"select from test.run where id = '{Run(1)}' for update");
        await other.DisposeAsync();

        Assert.DoesNotContain(false, await Task.WhenAll(both));
    }

    [Fact]
    public async Task Goes_on_when_the_server_ends_its_connection()
    {
        await using var schema = await SchemaAsync(runs: 3);
        await using var writer = Writer(schema);
        Assert.True(await writer.WriteAsync(new Item(Run(1), 1), default));
        await schema.ExecuteAsync("select pg_terminate_backend(pid) from pg_stat_activity where usename = 'anumate_writer' and datname = current_database()");
        Assert.True(await writer.WriteAsync(new Item(Run(1), 2), default));

        await using var blocker = await BlockAsync(schema, $"select from test.run where id = '{Run(1)}' for update");
        var waiting = writer.WriteAsync(new Item(Run(1), 3), default).AsTask();
        await BlockedAsync(schema);
        await schema.ExecuteAsync("select pg_terminate_backend(pid) from pg_stat_activity where usename = 'anumate_writer' and datname = current_database()");
        await blocker.DisposeAsync();
        Assert.True(await waiting);
        Assert.Equal(3L, await schema.ValueAsync<long>("select count(*) from test.run_event"));
    }

    [Fact]
    public async Task Tells_waiters_that_the_database_is_away_and_recovers()
    {
        await using var own = await TestCluster.StartAsync();
        await using var schema = await FillAsync(await TestSchema.MakeAsync(own.Admin, TimeProvider.System, TestSchema.Platform), runs: 8);
        await using var writer = Writer(schema);
        Assert.True(await writer.WriteAsync(new Item(Run(1), 1), default));
        await own.StopAsync();
        var all = Enumerable.Range(2, 7).Select(run => writer.WriteAsync(new Item(Run(run), 1), default).AsTask()).ToList();
        foreach (var waiting in all)
        {
            Assert.Equal("unavailable", (await Assert.ThrowsAsync<ProblemException>(() => waiting)).Problem.Code);
        }

        await own.ResumeAsync();
        Assert.True(await writer.WriteAsync(new Item(Run(1), 2), default));
    }

    [Fact]
    public async Task Refuses_what_cannot_be_stored_before_it_waits_with_others()
    {
        await using var schema = await SchemaAsync(runs: 1);
        await using var writer = Writer(schema, new GroupOptions { MaxItemBytes = 100 });
        Assert.Equal("too-large", (await Assert.ThrowsAsync<ProblemException>(async () => await writer.WriteAsync(new Item(Run(1), 1, new string(' ', 101)), default))).Problem.Code);
        Assert.Equal("invalid-request", (await Assert.ThrowsAsync<ProblemException>(async () => await writer.WriteAsync(new Item(Run(1), 1, "{}", "a\0b"), default))).Problem.Code);
        Assert.True(await writer.WriteAsync(new Item(Run(1), 1), default));
    }

    [Fact]
    public async Task Writes_what_waits_before_it_stops()
    {
        await using var schema = await SchemaAsync(runs: 50);
        var writer = Writer(schema);
        var waiting = Enumerable.Range(1, 50).Select(run => writer.WriteAsync(new Item(Run(run), 1), default).AsTask()).ToList();
        await writer.DisposeAsync();
        Assert.DoesNotContain(false, await Task.WhenAll(waiting));
        Assert.Equal("unavailable", (await Assert.ThrowsAsync<ProblemException>(async () => await writer.WriteAsync(new Item(Run(1), 2), default))).Problem.Code);
    }

    [Fact]
    public async Task Stores_a_leaf_once_however_often_it_is_written()
    {
        await using var schema = await SchemaAsync(runs: 0);
        await using var leaves = new LeafWriter(schema.Db, NullLoggerFactory.Instance);
        var tenant = Id<Tenant>.New(TimeProvider.System);
        var leaf = new Leaf(Id<Receipt>.New(TimeProvider.System), "run.intent", "run_x", null, "{}"u8.ToArray(), DateTimeOffset.UnixEpoch);
        await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => leaves.WriteAsync(tenant, leaf, default)));
        Assert.Equal(1L, await schema.ValueAsync<long>("select count(*) from platform.leaf"));
        Assert.Equal(leaf.Hash(), await schema.ValueAsync<byte[]>("select leaf_hash from platform.leaf"));
    }

    static GroupWriter<Item> Writer(TestSchema schema, GroupOptions? options = null) =>
        new(schema.Db, Statement, options ?? new GroupOptions(), NullLogger<GroupWriter<Item>>.Instance);

    async Task<TestSchema> SchemaAsync(int runs) => await FillAsync(await cluster.SchemaAsync(), runs);

    static async Task<TestSchema> FillAsync(TestSchema schema, int runs)
    {
        await schema.ExecuteAsync($"{Tables}; insert into test.run select '{Tenant}', ('00000000-0000-7000-9000-' || lpad(n::text, 12, '0'))::uuid, 0 from generate_series(1, {runs}) n");
        return schema;
    }

    static async Task<Blocker> BlockAsync(TestSchema schema, string sql)
    {
        var connection = new NpgsqlConnection(schema.Admin);
        await connection.OpenAsync();
        var blocker = new Blocker(connection, await connection.BeginTransactionAsync());
        await blocker.ExecuteAsync(sql);
        return blocker;
    }

    /// <summary>Waits until the writer stands before a lock.</summary>
    static async Task BlockedAsync(TestSchema schema)
    {
        while (await schema.ValueAsync<long>(
            "select count(*) from pg_stat_activity where usename = 'anumate_writer' and datname = current_database() and wait_event_type = 'Lock'") == 0)
        {
            await Task.Delay(5);
        }
    }

    sealed class Blocker(NpgsqlConnection connection, NpgsqlTransaction transaction) : IAsyncDisposable
    {
        public async Task ExecuteAsync(string sql)
        {
            await using var command = new NpgsqlCommand(sql, connection, transaction);
            await command.ExecuteNonQueryAsync();
        }

        public async ValueTask DisposeAsync()
        {
            await transaction.DisposeAsync();
            await connection.DisposeAsync();
        }
    }
}
