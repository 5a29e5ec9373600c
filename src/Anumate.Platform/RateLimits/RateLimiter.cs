using System.Collections.Concurrent;
using System.Collections.Frozen;
using System.ComponentModel.DataAnnotations;
using System.Diagnostics.Metrics;
using Anumate.Platform.Redis;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using StackExchange.Redis;

namespace Anumate.Platform.RateLimits;

/// <summary>Section <c>Anumate:RateLimits</c>.</summary>
public sealed class RateLimitOptions : IValidatableObject
{
    public const string Section = "Anumate:RateLimits";

    /// <summary>How many requests a tenant may send in a <see cref="Window"/>, all its people and keys together; 0 is no limit. The default is a wall against a client gone wild.</summary>
    [Range(0, 100_000_000)]
    public int Requests { get; set; } = 300_000;

    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00")]
    public TimeSpan Window { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>Tenants with a number of requests of their own, by id: <c>ten_…: 1000</c>.</summary>
    public Dictionary<string, int> Tenants { get; init; } = [];

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext) =>
        Tenants.Where(t => t.Value < 0 || !Id<Tenant>.TryParse(t.Key, null, out _))
            .Select(t => new ValidationResult($"`{t.Key}: {t.Value}` is no tenant's id and number of requests", [nameof(Tenants)]));
}

[OptionsValidator]
public sealed partial class RateLimitOptionsValidator : IValidateOptions<RateLimitOptions>;

/// <summary>
/// Counts the requests of each tenant: on Redis, one count for all processes, where it is configured and answers, else in this process.
/// What Redis said last is remembered here, so losing it gives nobody a fresh quota; each process then counts for itself.
/// </summary>
public sealed partial class RateLimiter(RateLimitOptions options, TimeProvider time, ILogger<RateLimiter> log, RedisConnection? redis = null)
{
    // The same counting as Quota.Take, by the clock of Redis, so that the clocks of processes do not matter. Numbers are relative to a
    // recent second: a double holds them with fractions of a microsecond.
    const string Script = """
        local t = redis.call('TIME')
        local now = (tonumber(t[1]) - 1700000000) * 1000000 + tonumber(t[2])
        local window, step = tonumber(ARGV[1]), tonumber(ARGV[2])
        local empty = math.max(tonumber(redis.call('GET', KEYS[1]) or '0'), now)
        local level = empty + step - now
        if level > window + 1 then
            return {0, string.format('%.3f', empty - now)}
        end
        redis.call('SET', KEYS[1], string.format('%.3f', empty + step), 'PX', math.ceil(level / 1000) + 1000)
        return {1, string.format('%.3f', level)}
        """;

    const int MostSlots = 10_000;

    // After a failure Redis is left alone for so long: no request waits for what is known to be away.
    static readonly TimeSpan Rest = TimeSpan.FromSeconds(1);

    static readonly Meter Meter = new("Anumate.RateLimits");
    static readonly Counter<long> Refusals = Meter.CreateCounter<long>("anumate.rate_limits.refused", "{request}");
    static readonly Counter<long> Local = Meter.CreateCounter<long>("anumate.rate_limits.without_redis", "{request}");

    readonly Quota _quota = new(options.Requests, options.Window);
    readonly FrozenDictionary<Id<Tenant>, Quota> _own = options.Tenants.ToFrozenDictionary(t => Id<Tenant>.Parse(t.Key, null), t => new Quota(t.Value, options.Window));
    readonly ConcurrentDictionary<Id<Tenant>, Slot> _slots = new();
    readonly long _start = time.GetTimestamp();
    long _failedAt;
    bool _away;

    /// <summary>The quota of a tenant; null when it has no limit.</summary>
    public Quota? QuotaOf(Id<Tenant> tenant) => _own.GetValueOrDefault(tenant, _quota) is { Requests: > 0 } quota ? quota : null;

    /// <summary>Counts one request; null when the tenant has no limit.</summary>
    public async ValueTask<Grant?> TakeAsync(Id<Tenant> tenant)
    {
        if (QuotaOf(tenant) is not { } quota)
        {
            return null;
        }

        var grant = await SharedAsync(tenant, quota) ?? InProcess(tenant, quota);
        if (!grant.Allowed)
        {
            Refusals.Add(1);
        }

        return grant;
    }

    double Now => time.GetElapsedTime(_start).TotalMicroseconds;

    Grant InProcess(Id<Tenant> tenant, Quota quota)
    {
        if (redis is not null)
        {
            Local.Add(1);
        }

        var slot = SlotOf(tenant);
        lock (slot)
        {
            return quota.Take(ref slot.Empty, Now);
        }
    }

    async ValueTask<Grant?> SharedAsync(Id<Tenant> tenant, Quota quota)
    {
        if (redis is null || (_away && time.GetElapsedTime(Volatile.Read(ref _failedAt)) < Rest))
        {
            return null;
        }

        try
        {
            var database = (await redis.GetAsync()).GetDatabase();
            var answer = (RedisResult[])(await database.ScriptEvaluateAsync(
                Script, [$"{redis.Prefix}rate:{tenant}"], [quota.WindowMicroseconds, quota.StepMicroseconds]).WaitAsync(redis.Timeout))!;
            var level = (double)answer[1];
            Remember(tenant, level);
            if (_away)
            {
                _away = false;
                Back();
            }

            return (int)answer[0] == 1 ? quota.Allowed(level) : quota.Refused(level);
        }
        catch (Exception e)
        {
            // Of any kind: a call that meets a connection just breaking has been seen to fail with what its stream threw.
            Volatile.Write(ref _failedAt, time.GetTimestamp());
            if (!_away)
            {
                _away = true;
                Lost(e.Message);
            }

            return null;
        }
    }

    void Remember(Id<Tenant> tenant, double level)
    {
        var slot = SlotOf(tenant);
        lock (slot)
        {
            slot.Empty = Now + level;
        }
    }

    Slot SlotOf(Id<Tenant> tenant)
    {
        if (_slots.Count >= MostSlots)
        {
            foreach (var (key, slot) in _slots)
            {
                if (slot.Empty <= Now)
                {
                    _slots.TryRemove(key, out _);
                }
            }
        }

        return _slots.GetOrAdd(tenant, static _ => new Slot());
    }

    sealed class Slot
    {
        public double Empty;
    }

    [LoggerMessage(LogLevel.Warning, "Redis does not answer ({Why}); until it does, each process counts requests for itself")]
    private partial void Lost(string why);

    [LoggerMessage(LogLevel.Information, "Redis answers again; requests are counted together")]
    private partial void Back();
}

public static class RateLimitServices
{
    public static IServiceCollection AddRateLimits(this IServiceCollection services) => services.AddSingleton(p => new RateLimiter(
        p.GetRequiredService<RateLimitOptions>(), p.GetRequiredService<TimeProvider>(), p.GetRequiredService<ILogger<RateLimiter>>(), p.GetService<RedisConnection>()));
}
