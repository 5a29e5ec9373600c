using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Anumate.Platform.Events;

/// <summary>
/// Work that events cause, done once for all processes: a cursor by name, one owner at a time, tenants in parallel, each tenant's events
/// in order. At least once: the handler is idempotent by the event's id. What keeps failing is parked, and the others go on.
/// </summary>
/// <param name="Types">The event types wanted; null for every type.</param>
/// <param name="FromStart">Whether a new cursor begins with the oldest event there is, or with the next.</param>
sealed record WorkSubscription(
    string Name, IReadOnlyList<string>? Types, bool FromStart, Func<IReadOnlyList<StoredEvent>, CancellationToken, Task> Handler)
{
    /// <summary>Most events handed over at once, all of one tenant.</summary>
    public int AtOnce { get; init; } = 1;

    /// <summary>How long events gather before they are handed over.</summary>
    public TimeSpan Gather { get; init; }
}

/// <summary>News for each process from now on: caches, bundles, live pages. A failure is logged and passed over.</summary>
sealed record Broadcast(IReadOnlyList<string>? Types, Func<StoredEvent, CancellationToken, Task> Handler);

/// <summary>Registration of subscribers.</summary>
public static class Subscriptions
{
    /// <summary>Adds work, handled by a service: see <see cref="WorkSubscription"/>.</summary>
    /// <param name="services">The collection.</param>
    /// <param name="name">The cursor, never renamed: <c>service.purpose</c>.</param>
    /// <param name="types">Event types; null for every type.</param>
    /// <param name="handler">What to do; idempotent by the event's id.</param>
    /// <param name="fromStart">Whether a new cursor begins with the oldest event there is (the default), or with the next.</param>
    public static IServiceCollection AddWorkSubscription<T>(this IServiceCollection services, string name, IReadOnlyList<string>? types,
        Func<T, StoredEvent, CancellationToken, Task> handler, bool fromStart = true)
        where T : notnull => services.AddSingleton(p =>
        {
            var target = p.GetRequiredService<T>();
            return new WorkSubscription(name, types, fromStart, (e, ct) => handler(target, e[0], ct));
        });

    /// <summary>Adds work: see <see cref="WorkSubscription"/>.</summary>
    public static IServiceCollection AddWorkSubscription(this IServiceCollection services, string name, IReadOnlyList<string>? types,
        Func<StoredEvent, CancellationToken, Task> handler, bool fromStart = true) =>
        services.AddSingleton(new WorkSubscription(name, types, fromStart, (e, ct) => handler(e[0], ct)));

    /// <summary>
    /// Adds work that is cheaper done for many events at once: those of one tenant that came within <paramref name="gather"/> are handed
    /// over together, in order, and done all or none. When that fails, each is tried alone.
    /// </summary>
    public static IServiceCollection AddGatheredSubscription<T>(this IServiceCollection services, string name, IReadOnlyList<string>? types,
        TimeSpan gather, Func<T, IReadOnlyList<StoredEvent>, CancellationToken, Task> handler)
        where T : notnull => services.AddSingleton(p =>
        {
            var target = p.GetRequiredService<T>();
            return new WorkSubscription(name, types, true, (e, ct) => handler(target, e, ct)) { AtOnce = 256, Gather = gather };
        });

    /// <summary>Adds a listener of this process, handled by a service: see <see cref="Broadcast"/>.</summary>
    public static IServiceCollection AddBroadcast<T>(this IServiceCollection services, IReadOnlyList<string>? types,
        Func<T, StoredEvent, CancellationToken, Task> handler)
        where T : notnull => services.AddSingleton(p =>
        {
            var target = p.GetRequiredService<T>();
            return new Broadcast(types, (e, ct) => handler(target, e, ct));
        });

    /// <summary>Adds a listener of this process: see <see cref="Broadcast"/>.</summary>
    public static IServiceCollection AddBroadcast(this IServiceCollection services, IReadOnlyList<string>? types,
        Func<StoredEvent, CancellationToken, Task> handler) => services.AddSingleton(new Broadcast(types, handler));

    /// <summary>Adds the log, its readers and what wakes them.</summary>
    public static IServiceCollection AddEventLog(this IServiceCollection services, EventOptions options)
    {
        services.TryAddSingleton(options);
        services.AddSingleton<EventLog>();
        services.AddSingleton<EventTail>();
        services.AddHostedService(p => p.GetRequiredService<EventTail>());
        services.AddHostedService<EventNotifier>();
        services.AddHostedService<EventWork>();
        return services;
    }
}
