using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Caching.Hybrid;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;
using StackExchange.Redis;

namespace Anumate.Platform.Redis;

/// <summary>Section <c>Anumate:Redis</c>. What Redis holds can be lost at any time: the truth is in PostgreSQL.</summary>
public sealed class RedisOptions
{
    public const string Section = "Anumate:Redis";

    /// <summary>Where Redis is, in the form of StackExchange.Redis: <c>redis:6379,password=…,ssl=true</c>. Without it everything stays in memory.</summary>
    public string Connection { get; set; } = "";

    /// <summary>Before every key, so that several installations can share a server.</summary>
    [RegularExpression("[A-Za-z0-9:_-]{1,40}")]
    public string Prefix { get; set; } = "anumate:";

    /// <summary>How long an answer may take. What takes longer counts as failed, and the process goes on without Redis.</summary>
    [Range(typeof(TimeSpan), "00:00:00.010", "00:00:05")]
    public TimeSpan Timeout { get; set; } = TimeSpan.FromMilliseconds(250);
}

[OptionsValidator]
public sealed partial class RedisOptionsValidator : IValidateOptions<RedisOptions>;

/// <summary>
/// The one connection to Redis. It is made in the background and made again after a loss; while it is away every call fails at once, and
/// whoever calls goes on without it.
/// </summary>
public sealed class RedisConnection(RedisOptions options) : IAsyncDisposable
{
    readonly Lazy<Task<IConnectionMultiplexer>> _connection = new(async () => await ConnectionMultiplexer.ConnectAsync(OptionsOf(options)));

    public string Prefix => options.Prefix;

    public TimeSpan Timeout => options.Timeout;

    public Task<IConnectionMultiplexer> GetAsync() => _connection.Value;

    public async ValueTask DisposeAsync()
    {
        if (_connection.IsValueCreated)
        {
            await (await _connection.Value).DisposeAsync();
        }
    }

    static ConfigurationOptions OptionsOf(RedisOptions options)
    {
        ConfigurationOptions redis;
        try
        {
            redis = ConfigurationOptions.Parse(options.Connection);
        }
        catch (ArgumentException e)
        {
            throw new SetupException($"`{RedisOptions.Section}:Connection` is not valid: {e.Message}", e);
        }

        redis.ClientName = "anumate";
        redis.AbortOnConnectFail = false;
        redis.ConnectTimeout = (int)Math.Max(1000, options.Timeout.TotalMilliseconds);
        redis.SyncTimeout = redis.AsyncTimeout = (int)options.Timeout.TotalMilliseconds;
        redis.HeartbeatInterval = TimeSpan.FromMilliseconds(250); // It is what finds calls that take too long.
        redis.BacklogPolicy = BacklogPolicy.FailFast;
        redis.ReconnectRetryPolicy = new LinearRetry(500);
        redis.KeepAlive = 10;
        return redis;
    }
}

/// <summary>Without Redis the server works on, with less: degraded, not down.</summary>
sealed class RedisCheck(RedisConnection redis) : IHealthCheck
{
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        (await redis.GetAsync()).IsConnected
            ? HealthCheckResult.Healthy()
            : HealthCheckResult.Degraded("Redis does not answer; limits hold per process and nothing is shared between caches");
}

public static class RedisServices
{
    // A plan of five thousand steps.
    const int LargestEntry = 16 * 1024 * 1024;

    /// <summary>Adds <see cref="HybridCache"/>: in memory alone, or with Redis behind it where it is configured.</summary>
    public static IServiceCollection AddCache(this IServiceCollection services, RedisOptions options)
    {
        services.AddHybridCache(o => o.MaximumPayloadBytes = LargestEntry);
        if (options.Connection.Length > 0)
        {
            var connection = new RedisConnection(options);
            services.AddSingleton(_ => connection);
            services.AddStackExchangeRedisCache(o =>
            {
                o.ConnectionMultiplexerFactory = connection.GetAsync;
                o.InstanceName = options.Prefix + "cache:";
            });
            services.AddHealthChecks().AddCheck<RedisCheck>("redis");
        }

        return services;
    }
}
