using Anumate.Platform.Data;
using Anumate.Platform.Events;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;

namespace Anumate.Tests.EventLog;

/// <summary>Nothing is skipped, whatever the order of commits.</summary>
public sealed class OrderTests(LogCluster cluster)
{
    readonly Id<Tenant> _tenant = Id<Tenant>.New(TimeProvider.System);

    [Fact]
    public async Task Holds_back_what_a_transaction_still_open_could_come_before()
    {
        await using var schema = await cluster.SchemaAsync();
        var log = new Platform.Events.EventLog(schema.Db);
        var start = await log.NowAsync(default);

        await using var early = await OpenTransaction.BeginAsync(schema, _tenant);
        await Written.ToAsync(schema, _tenant, "later");
        var held = await log.ReadAsync(start, null, 100, default);
        Assert.Empty(held.Seen);
        Assert.True(held.HeldBack);
        Assert.Equal(start, held.Last);

        // Its position is the higher one, its transaction the older.
        await early.WriteAsync("earlier");
        await early.CommitAsync();
        var page = await SettledAsync(log, start, 2);
        Assert.Equal(["earlier", "later"], page.Seen.Select(s => s.Event!.Subject));
        Assert.True(page.Seen[0].At.Position > page.Seen[1].At.Position);
    }

    [Fact]
    public async Task Gives_an_event_whose_position_is_lower_but_which_commits_later()
    {
        await using var schema = await cluster.SchemaAsync();
        var seen = new Seen();
        await using var host = await EventHost.StartAsync(schema.Options, s => s.AddWorkSubscription("test.order", null, seen.Add));

        await using var slow = await OpenTransaction.BeginAsync(schema, _tenant);
        await slow.WriteAsync("first position");
        await Written.ToAsync(schema, _tenant, "second position");
        await Task.Delay(50);
        await slow.CommitAsync();
        await Written.ToAsync(schema, _tenant, "third position");

        Assert.Equal(["first position", "second position", "third position"], await seen.WhenAsync(3));
    }

    [Fact]
    public async Task Delivers_every_event_of_many_overlapping_transactions_to_both_kinds_of_subscriber()
    {
        await using var schema = await cluster.SchemaAsync();
        var (work, broadcast) = (new Seen(), new Seen());
        await using var host = await EventHost.StartAsync(schema.Options, s => s.AddWorkSubscription("test.all", null, work.Add).AddBroadcast(null, broadcast.Add));

        const int Writers = 12, Each = 40;
        await Task.WhenAll(Enumerable.Range(0, Writers).Select(async w =>
        {
            var random = new Random(w);
            var tenant = Id<Tenant>.New(TimeProvider.System);
            for (var i = 0; i < Each; i++)
            {
                await using var transaction = await OpenTransaction.BeginAsync(schema, tenant);
                await Task.Delay(random.Next(4));
                await transaction.WriteAsync($"{w}:{i}");
                await Task.Delay(random.Next(6));
                await transaction.CommitAsync();
            }
        }));

        foreach (var seen in new[] { work, broadcast })
        {
            var subjects = await seen.WhenAsync(Writers * Each);
            Assert.Equal(Writers * Each, subjects.Distinct().Count());
            foreach (var w in Enumerable.Range(0, Writers))
            {
                // One tenant's events, written one after another, come in that order.
                Assert.Equal(Enumerable.Range(0, Each).Select(i => $"{w}:{i}"), subjects.Where(s => s.StartsWith($"{w}:", StringComparison.Ordinal)));
            }
        }
    }

    [Fact]
    public async Task Goes_on_in_a_new_era_although_its_transaction_numbers_are_lower()
    {
        await using var schema = await cluster.SchemaAsync();
        await Written.ToAsync(schema, _tenant, "before");
        var log = new Platform.Events.EventLog(schema.Db);

        // As after a restore into a young cluster: what is stored has numbers this cluster has not reached.
        await schema.ExecuteAsync("""
            update platform.events set xid = '900000000000';
            update platform.setting set value = '{"number":1,"system":"another","timeline":1}' where name = 'era'
            """);
        Assert.True((await log.ReadAsync(default, null, 100, default)).HeldBack);
        Assert.Contains("anumate migrate", (await Assert.ThrowsAsync<SchemaException>(() => Migrator.CheckAsync(schema.Db, TestSchema.Platform, default))).Message, StringComparison.Ordinal);

        Assert.Equal(0, await new Migrator(schema.Options, TimeProvider.System, NullLogger<Migrator>.Instance).RunAsync(TestSchema.Platform, default));
        await Migrator.CheckAsync(schema.Db, TestSchema.Platform, default);
        await Written.ToAsync(schema, _tenant, "after");
        var page = await SettledAsync(log, default, 2);
        Assert.Equal(["before", "after"], page.Seen.Select(s => s.Event!.Subject));
        Assert.Equal([1, 2], page.Seen.Select(s => s.At.Era));
    }

    /// <summary>A page with so many entries; transactions of other tests in this cluster may hold it back for a while.</summary>
    static async Task<LogPage> SettledAsync(Platform.Events.EventLog log, LogPosition after, int count)
    {
        for (var i = 0; ; i++)
        {
            var page = await log.ReadAsync(after, null, 100, default);
            if (page.Seen.Count >= count)
            {
                return page;
            }

            Assert.True(i < 1000, $"expected {count} settled events, got {page.Seen.Count}");
            await Task.Delay(10);
        }
    }
}
