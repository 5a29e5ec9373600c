using System.Collections.Concurrent;
using Anumate.Platform.Events;
using Microsoft.Extensions.DependencyInjection;

namespace Anumate.Tests.EventLog;

public sealed class WorkTests(LogCluster cluster)
{
    readonly Id<Tenant> _tenant = Id<Tenant>.New(TimeProvider.System);

    [Fact]
    public async Task Parks_an_event_that_keeps_failing_while_others_go_on()
    {
        await using var schema = await cluster.SchemaAsync();
        var other = Id<Tenant>.New(TimeProvider.System);
        var seen = new Seen();
        var tries = 0;
        await Written.ToAsync(schema, _tenant, "poison");
        await Written.ToAsync(schema, _tenant, "behind the poison");
        await Written.ToAsync(schema, other, "of another tenant");

        var release = new TaskCompletionSource();
        await using var host = await EventHost.StartAsync(schema.Options, s => s.AddWorkSubscription("test.poison", null, async (e, ct) =>
        {
            if (e.Subject == "poison")
            {
                Interlocked.Increment(ref tries);
                await release.Task.WaitAsync(ct);
                throw new InvalidOperationException($"cannot digest `\0{e.Subject}`");
            }

            await seen.Add(e, ct);
        }));

        Assert.Equal(["of another tenant"], await seen.WhenAsync(1));
        release.SetResult();
        Assert.Equal(["of another tenant", "behind the poison"], await seen.WhenAsync(2));
        Assert.Equal(5, tries);
        Assert.Equal("test.poison|test.written|5|InvalidOperationException: cannot digest `\uFFFDpoison`",
            await schema.ValueAsync<string>("select subscription || '|' || type || '|' || attempts || '|' || error from platform.parked"));
        Assert.Equal("poison", await schema.ValueAsync<string>(
            "select e.subject from platform.parked p join platform.events e using (tenant_id, era, xid, position) where e.id = p.event_id"));
    }

    [Fact]
    public async Task Does_not_park_for_a_passing_failure()
    {
        await using var schema = await cluster.SchemaAsync();
        var seen = new Seen();
        var tries = 0;
        await Written.ToAsync(schema, _tenant, "patience");
        await using var host = await EventHost.StartAsync(schema.Options, s => s.AddWorkSubscription("test.passing", null, (e, ct) =>
            ++tries <= 12 ? throw Problems.Unavailable("the mail server is away") : seen.Add(e, ct)),
            new EventOptions { FirstPause = TimeSpan.FromMilliseconds(1), MaxPause = TimeSpan.FromMilliseconds(2) });

        Assert.Equal(["patience"], await seen.WhenAsync(1));
        Assert.Equal(0L, await schema.ValueAsync<long>("select count(*) from platform.parked"));
    }

    [Fact]
    public async Task Hands_over_together_what_gathered_for_a_tenant_and_tries_each_alone_when_that_fails()
    {
        await using var schema = await cluster.SchemaAsync();
        var other = Id<Tenant>.New(TimeProvider.System);
        var (seen, together) = (new Seen(), new ConcurrentBag<(Id<Tenant> Tenant, int Count)>());
        for (var i = 0; i < 20; i++)
        {
            await Written.ToAsync(schema, _tenant, $"{i:00}");
            await Written.ToAsync(schema, other, i == 7 ? "poison" : $"other {i:00}");
        }

        await Written.ReadableAsync(schema);
        await using var host = await EventHost.StartAsync(schema.Options, s => s.AddSingleton(seen).AddGatheredSubscription<Seen>("test.gathered", null,
            TimeSpan.FromMilliseconds(20), async (into, events, ct) =>
            {
                if (events.Any(e => e.Subject == "poison"))
                {
                    throw new InvalidOperationException("cannot digest");
                }

                together.Add((Assert.Single(events.Select(e => e.Tenant).Distinct()), events.Count));
                foreach (var evt in events)
                {
                    await into.Add(evt, ct);
                }
            }));

        var all = await seen.WhenAsync(39);
        Assert.Equal(Enumerable.Range(0, 20).Select(i => $"{i:00}"), all.Where(s => !s.StartsWith("other", StringComparison.Ordinal)));
        Assert.Equal(Enumerable.Range(0, 20).Where(i => i != 7).Select(i => $"other {i:00}"), all.Where(s => s.StartsWith("other", StringComparison.Ordinal)));
        Assert.Contains((_tenant, 20), together);
        Assert.Equal(1L, await schema.ValueAsync<long>("select count(*) from platform.parked"));
    }

    [Fact]
    public async Task Gives_up_on_a_handler_that_hangs()
    {
        await using var schema = await cluster.SchemaAsync();
        var seen = new Seen();
        await Written.ToAsync(schema, _tenant, "hangs");
        await Written.ToAsync(schema, _tenant, "next");
        await using var host = await EventHost.StartAsync(schema.Options,
            s => s.AddWorkSubscription("test.hang", null, (e, ct) => e.Subject == "hangs" ? Task.Delay(-1, ct) : seen.Add(e, ct)),
            new EventOptions { HandlerTimeout = TimeSpan.FromMilliseconds(100), Attempts = 2, FirstPause = TimeSpan.FromMilliseconds(1) });

        Assert.Equal(["next"], await seen.WhenAsync(1));
        Assert.Equal(1L, await schema.ValueAsync<long>("select count(*) from platform.parked"));
    }

    [Fact]
    public async Task Works_in_one_process_at_a_time_and_goes_on_in_another_where_it_stopped()
    {
        await using var schema = await cluster.SchemaAsync();
        var both = new ConcurrentBag<string>();
        var (one, two) = (new Seen(), new Seen());
        Action<IServiceCollection> Into(Seen seen) => s => s.AddWorkSubscription("test.owner", null, (e, ct) =>
        {
            both.Add(e.Subject);
            return seen.Add(e, ct);
        });

        var first = await EventHost.StartAsync(schema.Options, Into(one));
        await Written.ToAsync(schema, _tenant, "1");
        await one.WhenAsync(1);
        await using var second = await EventHost.StartAsync(schema.Options, Into(two));
        await Written.ToAsync(schema, _tenant, "2");
        await one.WhenAsync(2);
        Assert.Empty(two.Subjects);

        await first.DisposeAsync();
        await Written.ToAsync(schema, _tenant, "3");
        Assert.Equal(["3"], await two.WhenAsync(1));
        Assert.Equal(["1", "2", "3"], both.Order());
    }

    [Fact]
    public async Task Takes_over_from_a_process_that_is_gone_and_refuses_its_late_word()
    {
        await using var schema = await cluster.SchemaAsync();
        var log = new Platform.Events.EventLog(schema.Db);
        var dead = await log.ClaimAsync("test.dead", "dead", default, TimeSpan.FromMinutes(1), default);
        Assert.NotNull(dead);
        Assert.Null(await log.ClaimAsync("test.dead", "heir", default, TimeSpan.FromMinutes(1), default));

        await schema.ExecuteAsync("update platform.cursor set expires = now() where name = 'test.dead'");
        var heir = await log.ClaimAsync("test.dead", "heir", default, TimeSpan.FromMinutes(1), default);
        Assert.Equal(dead.Epoch + 1, heir!.Epoch);
        Assert.False(await log.KeepAsync(dead, new LogPosition(1, 2, 3), TimeSpan.FromMinutes(1), default));
        Assert.True(await log.KeepAsync(heir, new LogPosition(1, 2, 3), TimeSpan.Zero, default));
        Assert.Equal(new LogPosition(1, 2, 3), (await log.ClaimAsync("test.dead", "third", default, TimeSpan.FromMinutes(1), default))!.At);
    }

    [Fact]
    public async Task Handles_only_the_types_asked_for_and_moves_its_cursor_past_the_others()
    {
        await using var schema = await cluster.SchemaAsync();
        var seen = new Seen();
        for (var i = 0; i < 30; i++)
        {
            await Written.ToAsync(schema, _tenant, "unwanted");
        }

        var caller = new TestTenant(schema.Db).Caller() with { Tenant = _tenant };
        await schema.Db.For(_tenant).Event(caller, new PlanCreated("sha256:00", "c", "1.0.0")).SaveAsync(default);
        await using (await EventHost.StartAsync(schema.Options, s => s.AddWorkSubscription("test.types", [PlanCreated.EventType], seen.Add)))
        {
            Assert.Equal(["sha256:00"], await seen.WhenAsync(1));
        }

        Assert.True(await schema.ValueAsync<bool>("select (c.xid, c.position) = (select xid, position from platform.events order by xid desc, position desc limit 1) from platform.cursor c"));
    }

    [Fact]
    public async Task Wakes_another_process_without_waiting_for_its_poll()
    {
        await using var schema = await cluster.SchemaAsync();
        var seen = new Seen();
        await using var writer = await EventHost.StartAsync(schema.Options, _ => { });
        await using var reader = await EventHost.StartAsync(schema.Options, s => s.AddBroadcast(null, seen.Add), new EventOptions { Poll = TimeSpan.FromHours(1) });
        await Task.Delay(300);

        var caller = new TestTenant(writer.Db).Caller() with { Tenant = _tenant };
        await writer.Db.For(_tenant).Event(caller, new PlanCreated("sha256:01", "c", "1.0.0")).SaveAsync(default);
        Assert.Equal(["sha256:01"], await seen.WhenAsync(1));
    }

    [Fact]
    public async Task Goes_on_after_the_database_was_gone()
    {
        await using var own = await TestCluster.StartAsync();
        await using var schema = await TestSchema.MakeAsync(own.Admin, TimeProvider.System, TestSchema.Platform);
        var (work, broadcast) = (new Seen(), new Seen());
        await using var host = await EventHost.StartAsync(schema.Options, s => s.AddWorkSubscription("test.gone", null, work.Add).AddBroadcast(null, broadcast.Add));
        await Written.ToAsync(schema, _tenant, "before");
        await work.WhenAsync(1);

        await own.StopAsync();
        await Task.Delay(700);
        await own.ResumeAsync();
        await Written.ToAsync(schema, _tenant, "after");
        Assert.Equal(["before", "after"], (await work.WhenAsync(2)).Distinct());
        Assert.Equal(["before", "after"], await broadcast.WhenAsync(2));
    }
}
