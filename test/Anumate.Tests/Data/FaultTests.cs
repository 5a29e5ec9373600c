using System.Collections.Concurrent;

namespace Anumate.Tests.Data;

/// <summary>Faults of the server, in a cluster of their own.</summary>
public sealed class FaultTests
{
    const string PutSecret = "insert into platform.secret (name, version, sealed, created) values ($1, 1, '', $2)";
    const string Count = "select count(*) from platform.secret";

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Answers_503_while_the_database_is_gone_and_recovers_without_a_restart(bool crash)
    {
        await using var cluster = await TestCluster.StartAsync();
        await using var schema = await TestSchema.MakeAsync(cluster.Admin, TimeProvider.System, TestSchema.Platform);
        var t = new TestTenant(schema.Db);
        var acknowledged = new ConcurrentBag<string>();
        var problems = new ConcurrentBag<Problem>();
        using var stop = new CancellationTokenSource();
        var callers = Enumerable.Range(0, 12).Select(async c =>
        {
            for (var i = 0; !stop.IsCancellationRequested; i++)
            {
                var name = $"{c}:{i}";
                try
                {
                    await t.Db.For(t.Id).One(PutSecret, name, t.Time.GetUtcNow()).SaveAsync(default);
                    acknowledged.Add(name);
                }
                catch (ProblemException e)
                {
                    problems.Add(e.Problem);
                    await Task.Delay(10);
                }
            }
        }).ToList();

        await WhenAsync(() => acknowledged.Count > 50);
        if (crash)
        {
            await cluster.CrashAsync();
        }
        else
        {
            await cluster.StopAsync();
            await WhenAsync(() => problems.Count > 12);
            await cluster.ResumeAsync();
        }

        var before = acknowledged.Count;
        await WhenAsync(() => acknowledged.Count > before + 50);
        await stop.CancelAsync();
        await Task.WhenAll(callers);

        Assert.NotEmpty(problems);
        Assert.All(problems, p => Assert.Equal(("unavailable", 503), (p.Code, p.Status)));
        var there = await t.Db.For(t.Id).ListAsync("select name from platform.secret", r => r.GetString(0), default);
        Assert.Empty(acknowledged.Except(there));

        // Of what was not acknowledged, only what said «not known» may be there.
        Assert.True(there.Count - acknowledged.Count <= problems.Count(p => p.Detail.Contains("not known", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Does_not_trouble_a_caller_with_connections_that_an_earlier_restart_ended()
    {
        await using var cluster = await TestCluster.StartAsync();
        await using var schema = await TestSchema.MakeAsync(cluster.Admin, TimeProvider.System, TestSchema.Platform);
        var t = new TestTenant(schema.Db);
        await Task.WhenAll(Enumerable.Range(0, 10).Select(i => t.Db.For(t.Id).FirstAsync("select pg_sleep(0.2)", _ => 1, default)));

        await cluster.StopAsync();
        await cluster.ResumeAsync();
        for (var i = 0; i < 10; i++)
        {
            await t.Db.For(t.Id).One(PutSecret, $"{i}", t.Time.GetUtcNow()).SaveAsync(default);
        }

        Assert.Equal(10L, await t.Db.For(t.Id).FirstAsync(Count, r => r.GetInt64(0), default));
    }

    static async Task WhenAsync(Func<bool> happens)
    {
        for (var i = 0; !happens(); i++)
        {
            Assert.True(i < 3000, "it did not happen");
            await Task.Delay(10);
        }
    }
}
