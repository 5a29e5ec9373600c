using Anumate.Platform.Data;
using Anumate.Tests.EventLog;
using Microsoft.Extensions.Logging.Abstractions;

namespace Anumate.Tests.Data;

public sealed class MaintenanceTests(LogCluster cluster)
{
    [Fact]
    public async Task Makes_partitions_ahead_and_protects_them()
    {
        await using var schema = await cluster.SchemaAsync();
        await schema.ExecuteAsync("select setval('platform.event_position', 35000000)");
        await MaintainAsync(schema);

        Assert.Equal(["events_p0", "events_p1", "events_p2", "events_p3", "events_p4", "events_p5", "events_rest"],
            await schema.ValueAsync<string[]>("select array_agg(relname::text order by relname) from pg_class where relname like 'events\\_%' and relkind = 'r'"));
        Assert.Equal(0L, await schema.ValueAsync<long>(
            "select count(*) from pg_class c where relispartition and relkind = 'r' and not (relrowsecurity and relforcerowsecurity and exists (select from pg_policy p where p.polrelid = c.oid))"));
        await MaintainAsync(schema);
    }

    [Fact]
    public async Task Leaves_a_range_to_the_default_partition_that_has_rows_of_it()
    {
        await using var schema = await cluster.SchemaAsync();
        await schema.ExecuteAsync("select setval('platform.event_position', 95000000)");
        var tenant = Id<Tenant>.New(TimeProvider.System);
        await Written.ToAsync(schema, tenant, "before its partition");
        await MaintainAsync(schema);
        await Written.ToAsync(schema, tenant, "after");

        Assert.Equal(2L, await schema.ValueAsync<long>("select count(*) from platform.events_rest"));
        Assert.True(await schema.ValueAsync<bool>("select to_regclass('platform.events_p9') is null and to_regclass('platform.events_p10') is not null"));
    }

    [Fact]
    public async Task Stores_leaves_of_any_time()
    {
        await using var schema = await cluster.SchemaAsync();
        var tenant = Id<Tenant>.New(TimeProvider.System);
        foreach (var year in new[] { 1975, 2026, 2199 })
        {
            var time = new DateTimeOffset(year, 7, 1, 0, 0, 0, TimeSpan.Zero);
            await schema.Db.For(tenant).Leaf(new Leaf(new Id<Receipt>(Guid.CreateVersion7(time)), "t", "s", null, "{}"u8.ToArray(), time)).SaveAsync(default);
        }

        Assert.Equal(["platform.leaf_past", "platform.leaf_rest"], await schema.ValueAsync<string[]>(
            "select array_agg(tableoid::regclass::text order by created) from platform.leaf where extract(year from created) <> 2026"));
    }

    [Fact]
    public async Task Forgets_answers_and_keys_that_have_expired_and_nothing_else()
    {
        await using var schema = await cluster.SchemaAsync();
        await schema.ExecuteAsync("""
            insert into platform.idempotency (tenant_id, principal, operation, key, digest, response, created)
                select gen_random_uuid(), gen_random_uuid(), 'o', n::text, '', '{}', now() - (case when n <= 2500 then interval '25 hours' else interval '23 hours' end)
                from generate_series(1, 2510) n;
            insert into platform.service_key (kid, service, public_key, created, expires) values
                ('old', 'registry', '', now(), now() - interval '25 hours'), ('new', 'registry', '', now(), now() - interval '1 hour');
            """);
        await MaintainAsync(schema);
        Assert.Equal(10L, await schema.ValueAsync<long>("select count(*) from platform.idempotency"));
        Assert.Equal("new", await schema.ValueAsync<string>("select string_agg(kid, ',') from platform.service_key"));
    }

    [Fact]
    public async Task Forgets_what_limits_let_pass_when_it_counts_no_more()
    {
        await using var schema = await cluster.SchemaAsync();
        await schema.ExecuteAsync("""
            insert into platform.limit_taken (tenant_id, rule, key, taking, at, expires)
                select gen_random_uuid(), 'p/r', 'k', n::text, now() - interval '1 hour', now() + (case when n <= 1500 then interval '-1 second' else interval '1 minute' end)
                from generate_series(1, 1507) n
            """);
        await MaintainAsync(schema);
        Assert.Equal(7L, await schema.ValueAsync<long>("select count(*) from platform.limit_taken"));
    }

    static async Task MaintainAsync(TestSchema schema)
    {
        using var maintenance = new Maintenance(schema.Db, TimeProvider.System, NullLogger<Maintenance>.Instance);
        await maintenance.RunAsync(default);
    }
}
