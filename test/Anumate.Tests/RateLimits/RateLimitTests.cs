using Anumate.Platform.RateLimits;
using Anumate.Platform.Redis;
using Anumate.Tests.Http;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace Anumate.Tests.RateLimits;

public sealed class RateLimitTests(TestDatabase database)
{
    const int Limit = 20;

    [Fact]
    public async Task A_tenant_past_its_limit_is_told_when_to_come_back_and_its_neighbour_notices_nothing()
    {
        await using var schema = await TestSchema.MakeAsync(database.Server, TimeProvider.System);
        await using var server = await RunningServer.StartAsync(schema.Options, new() { ["Anumate:RateLimits:Requests"] = $"{Limit}", ["Anumate:RateLimits:Window"] = "01:00:00" });
        await FloodAsync(server);
    }

    [Fact]
    public async Task Counts_on_redis_as_it_counts_in_memory()
    {
        await using var redis = await RedisProcess.StartAsync();
        await using var schema = await TestSchema.MakeAsync(database.Server, TimeProvider.System);
        await using var server = await RunningServer.StartAsync(schema.Options, new()
        {
            ["Anumate:RateLimits:Requests"] = $"{Limit}", ["Anumate:RateLimits:Window"] = "01:00:00", ["Anumate:Redis:Connection"] = redis.Connection,
            ["Anumate:Redis:Timeout"] = "00:00:05", // A busy machine is no lost Redis.
        });
        await FloodAsync(server);
    }

    static async Task FloodAsync(RunningServer server)
    {
        var (t, neighbour) = (await server.NewTenantAsync(), await server.NewTenantAsync());
        using var olga = await t.HttpAsync("olga");
        using var alma = await t.HttpAsync("alma");
        using var other = await neighbour.HttpAsync("olga");
        var answers = new List<Answer>();
        for (var i = 0; i < Limit + 5; i++)
        {
            // All people of a tenant share its limit, and requests that find nothing count too.
            answers.Add(await (i % 2 == 0 ? olga : alma).AskAsync(i % 3 == 0 ? "/v1/executions/x" : "/v1/me"));
        }

        Assert.Equal(Limit, answers.Count(a => a.Status != 429));
        Assert.All(answers[..Limit], a => Assert.True(a.Status is 200 or 404, $"answered {a.Status}"));
        Assert.All(answers, a => Assert.Equal($"\"tenant\";q={Limit};w=3600", a.Header("RateLimit-Policy")));
        Assert.Equal($"\"tenant\";r={Limit - 1};t=180", answers[0].Header("RateLimit"));
        var refused = answers[^1];
        Assert.StartsWith("\"tenant\";r=0;t=", refused.Header("RateLimit"));
        Assert.Equal("too-many-requests", refused.Problem.Code);
        Assert.Equal("tenant", refused.Problem.Facts!["violated_policies"][0].GetString());
        Assert.InRange(int.Parse(refused.Header("Retry-After")!, System.Globalization.CultureInfo.InvariantCulture), 1, 180);

        // Neither a neighbour, nor who has no credential, nor the platform's own probes are held up by it.
        Assert.Equal(200, (await other.AskAsync("/v1/me")).Status);
        Assert.Equal(401, (await server.Http.AskAsync("/v1/me")).Status);
        Assert.Equal(200, (await server.Http.AskAsync("/health/ready")).Status);
    }

    [Fact]
    public async Task A_tenant_can_have_a_limit_of_its_own_or_none()
    {
        var (one, other, any) = (NewId(), NewId(), NewId());
        var limiter = InMemory(new() { Requests = 3, Tenants = { [$"{one}"] = 5, [$"{other}"] = 0 } });
        Assert.Equal(5, await PassedAsync(limiter, one, 10));
        Assert.Equal(3, await PassedAsync(limiter, any, 10));
        Assert.Null(await limiter.TakeAsync(other));
    }

    [Fact]
    public void Refuses_to_start_with_a_limit_for_what_is_no_tenant() =>
        Assert.Contains("`acme: 5`", new RateLimitOptionsValidator().Validate(null, new() { Tenants = { ["acme"] = 5 } }).FailureMessage);

    [Fact]
    public async Task Processes_on_one_redis_share_a_tenants_limit()
    {
        await using var redis = await RedisProcess.StartAsync();
        await using var first = Patient(redis);
        await using var second = Patient(redis);
        await using var elsewhere = Patient(redis, "other:");
        var options = new RateLimitOptions { Requests = 100, Window = TimeSpan.FromHours(1) };
        RateLimiter[] limiters = [OnRedis(options, first), OnRedis(options, second)];
        var tenant = NewId();
        var grants = await Task.WhenAll(Enumerable.Range(0, 300).Select(i => limiters[i % 2].TakeAsync(tenant).AsTask()));
        Assert.Equal(100, grants.Count(g => g!.Value.Allowed));
        Assert.All(grants, g => Assert.InRange(g!.Value.RetryAfter, TimeSpan.Zero, TimeSpan.FromSeconds(36)));

        // Another installation on the same server, and another tenant, have counts of their own.
        Assert.True((await OnRedis(options, elsewhere).TakeAsync(tenant))!.Value.Allowed);
        Assert.True((await limiters[0].TakeAsync(NewId()))!.Value.Allowed);
    }

    [Fact]
    public async Task Losing_redis_gives_nobody_a_fresh_quota()
    {
        await using var redis = await RedisProcess.StartAsync();
        await using var connection = Patient(redis);
        var limiter = OnRedis(new() { Requests = 10, Window = TimeSpan.FromHours(1) }, connection);
        var tenant = NewId();
        Assert.Equal(10, await PassedAsync(limiter, tenant, 12));
        await redis.StopAsync();
        Assert.Equal(0, await PassedAsync(limiter, tenant, 5));
        Assert.Equal(10, await PassedAsync(limiter, NewId(), 12));
    }

    [Fact]
    public async Task A_redis_that_hangs_holds_up_one_request_and_not_all()
    {
        await using var redis = await RedisProcess.StartAsync();
        await using var connection = new RedisConnection(new() { Connection = redis.Connection });
        var time = new FakeTimeProvider();
        var limiter = new RateLimiter(new() { Requests = 1000, Window = TimeSpan.FromHours(1) }, time, NullLogger<RateLimiter>.Instance, connection);
        var tenant = NewId();
        Assert.True((await limiter.TakeAsync(tenant))!.Value.Allowed);
        await redis.SignalAsync("STOP");
        try
        {
            // The first finds out. While the limiter's clock stands still Redis is not asked again: all others are answered without a wait.
            Assert.True((await limiter.TakeAsync(tenant))!.Value.Allowed);
            for (var i = 0; i < 100; i++)
            {
                var take = limiter.TakeAsync(tenant);
                Assert.True(take.IsCompleted);
                Assert.Equal(997 - i, (await take)!.Value.Remaining);
            }
        }
        finally
        {
            await redis.SignalAsync("CONT");
        }

        await Hosting.Processes.UntilAsync(async () =>
        {
            time.Advance(TimeSpan.FromSeconds(2));
            var other = NewId();
            await limiter.TakeAsync(other);
            var connected = await connection.GetAsync();
            return connected.IsConnected && await connected.GetDatabase().KeyExistsAsync($"anumate:rate:{other}");
        }, "Redis is asked again");
    }

    static RateLimiter InMemory(RateLimitOptions options) => new(options, new FakeTimeProvider(), NullLogger<RateLimiter>.Instance);

    static RateLimiter OnRedis(RateLimitOptions options, RedisConnection redis) =>
        new(options, TimeProvider.System, NullLogger<RateLimiter>.Instance, redis);

    static RedisConnection Patient(RedisProcess redis, string prefix = "anumate:") =>
        new(new() { Connection = redis.Connection, Prefix = prefix, Timeout = TimeSpan.FromSeconds(5) });

    static Id<Tenant> NewId() => Id<Tenant>.New(TimeProvider.System);

    static async Task<int> PassedAsync(RateLimiter limiter, Id<Tenant> tenant, int tries)
    {
        var passed = 0;
        for (var i = 0; i < tries; i++)
        {
            passed += (await limiter.TakeAsync(tenant))!.Value.Allowed ? 1 : 0;
        }

        return passed;
    }
}
