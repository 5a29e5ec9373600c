using System.Collections.Concurrent;
using Anumate.Platform.Plans;
using Anumate.Platform.Redis;
using Anumate.Tests.GoldenPath;
using Anumate.Tests.Hosting;
using Anumate.Tests.Http;
using Microsoft.Extensions.Caching.Hybrid;
using Microsoft.Extensions.DependencyInjection;
using StackExchange.Redis;

namespace Anumate.Tests.RateLimits;

/// <summary>Redis is taken away and given back while work goes on. Nobody may notice, and nothing it held may be believed.</summary>
public sealed class RedisUnderLoadTests(TestDatabase database, ToolProgram tools)
{
    [Fact]
    public async Task With_redis_stopped_and_started_under_load_every_request_is_answered()
    {
        await using var redis = await RedisProcess.StartAsync();
        await using var schema = await TestSchema.MakeAsync(database.Server, TimeProvider.System);
        await using var server = await RunningServer.StartAsync(schema.Options, new() { ["Anumate:Redis:Connection"] = redis.Connection });
        var tenant = await server.NewTenantAsync();
        var automation = await Automation.MakeAsync(tenant, tools);
        using var olga = await tenant.HttpAsync("olga");
        var statuses = new ConcurrentBag<int>();
        using var end = new CancellationTokenSource();
        async Task LoadAsync()
        {
            while (!end.IsCancellationRequested)
            {
                statuses.Add((await olga.AskAsync("/v1/me")).Status);
            }
        }

        var load = Enumerable.Range(0, 4).Select(_ => LoadAsync()).ToList();
        for (var round = 0; round < 3; round++)
        {
            await redis.StopAsync();
            Assert.Equal(RunStatus.Completed, (await automation.RunAsync(10)).Status);
            await Processes.UntilAsync(async () => await HealthAsync(server) is (200, "degraded"), "the server says that it is degraded");
            await redis.ResumeAsync();
            await Processes.UntilAsync(async () => await HealthAsync(server) is (200, "ready"), "the server finds Redis again");
            await Processes.UntilAsync(async () => await CountedAsync(redis, automation.Tenant.Id), "requests are counted on Redis again");
            Assert.Equal(RunStatus.Completed, (await automation.RunAsync(10)).Status);
        }

        await end.CancelAsync();
        await Task.WhenAll(load);
        Assert.True(statuses.Count > 100);
        Assert.All(statuses, s => Assert.Equal(200, s));
        Assert.DoesNotContain(server.Logs.All, l => l.Level >= Microsoft.Extensions.Logging.LogLevel.Error && l.Category.StartsWith("Anumate", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_plan_in_redis_is_believed_only_if_its_hash_is_right_and_only_in_its_tenant()
    {
        await using var redis = await RedisProcess.StartAsync();
        await using var schema = await TestSchema.MakeAsync(database.Server, TimeProvider.System);
        await using var server = await RunningServer.StartAsync(schema.Options, new() { ["Anumate:Redis:Connection"] = redis.Connection });
        var automation = await Automation.MakeAsync(await server.NewTenantAsync(), tools);
        var olga = await automation.Tenant.CallerAsync("olga");
        var hash = automation.Plan.PlanHash;
        PlanCache NewProcess() => new(server.Services.GetRequiredService<ICompiler>(), server.Services.GetRequiredService<HybridCache>());
        Assert.Equal(hash, (await NewProcess().GetAsync(olga, hash, default)).Plan.Hash);

        await using var client = await ConnectionMultiplexer.ConnectAsync(redis.Connection);
        var keys = client.GetServer(client.GetEndPoints()[0]);
        string KeyOf(Id<Tenant> tenant) => $"anumate:cache:plan/{tenant}/{hash}";
        await Processes.UntilAsync(async () => await client.GetDatabase().KeyExistsAsync(KeyOf(automation.Tenant.Id)), "the plan is in Redis");

        // Somebody who can write to Redis changes the plan: the amount that needs no approval, a tool, anything; or fills it with noise.
        var stored = (byte[])(await client.GetDatabase().HashGetAsync(KeyOf(automation.Tenant.Id), "data"))!;
        var text = System.Text.Encoding.UTF8.GetString(stored);
        foreach (var altered in new[] { text.Replace("payments.refund", "payments.refunds", StringComparison.Ordinal), "noise", "" })
        {
            await client.GetDatabase().HashSetAsync(KeyOf(automation.Tenant.Id), "data", System.Text.Encoding.UTF8.GetBytes(altered));
            Assert.Equal(hash, (await NewProcess().GetAsync(olga, hash, default)).Plan.Hash);
        }

        // Another tenant does not get it, though it knows the hash.
        var stranger = await (await server.NewTenantAsync()).CallerAsync("olga");
        var e = await Assert.ThrowsAsync<ProblemException>(async () => await NewProcess().GetAsync(stranger, hash, default));
        Assert.Equal("plan-not-found", e.Problem.Code);
        Assert.DoesNotContain(keys.Keys(pattern: $"*{stranger.Tenant}*"), k => k.ToString().Contains("plan", StringComparison.Ordinal));

        // Everything in Redis is lost.
        await keys.ExecuteAsync("FLUSHALL");
        Assert.Equal(hash, (await NewProcess().GetAsync(olga, hash, default)).Plan.Hash);
    }

    [Fact]
    public async Task Starts_without_redis_and_finds_it_when_it_comes()
    {
        var redis = await RedisProcess.StartAsync();
        await using (redis)
        {
            await redis.StopAsync();
            await using var schema = await TestSchema.MakeAsync(database.Server, TimeProvider.System);
            await using var server = await RunningServer.StartAsync(schema.Options, new() { ["Anumate:Redis:Connection"] = redis.Connection });
            var t = await server.NewTenantAsync();
            using var olga = await t.HttpAsync("olga");
            Assert.Equal(200, (await olga.AskAsync("/v1/me")).Status);
            await redis.ResumeAsync();
            await Processes.UntilAsync(async () =>
            {
                Assert.Equal(200, (await olga.AskAsync("/v1/me")).Status);
                return await CountedAsync(redis, t.Id);
            }, "requests are counted on Redis");
        }
    }

    static async Task<(int, string)> HealthAsync(RunningServer server)
    {
        var answer = await server.Http.AskAsync("/health/ready");
        return (answer.Status, System.Text.Json.JsonElement.Parse(answer.Body).GetProperty("status").GetString()!);
    }

    static async Task<bool> CountedAsync(RedisProcess redis, Id<Tenant> tenant)
    {
        await using var connection = new RedisConnection(new() { Connection = redis.Connection, Timeout = TimeSpan.FromSeconds(2) });
        return await (await connection.GetAsync()).GetDatabase().KeyExistsAsync($"anumate:rate:{tenant}");
    }
}
