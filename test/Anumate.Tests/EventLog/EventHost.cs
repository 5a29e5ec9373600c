using Anumate.Platform.Data;
using Anumate.Platform.Events;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Anumate.Tests.EventLog;

/// <summary>A process, as far as events are concerned: its own database object, its own subscribers.</summary>
sealed class EventHost : IAsyncDisposable
{
    readonly ServiceProvider _services;
    readonly List<IHostedService> _running = [];

    EventHost(ServiceProvider services) => _services = services;

    public Db Db => _services.GetRequiredService<Db>();

    public Platform.Events.EventLog Log => _services.GetRequiredService<Platform.Events.EventLog>();

    public static async Task<EventHost> StartAsync(DbOptions database, Action<IServiceCollection> subscribe, EventOptions? options = null)
    {
        var services = new ServiceCollection();
        services.AddLogging().AddSingleton(TimeProvider.System).AddData(database).AddEventLog(options ?? new EventOptions { FirstPause = TimeSpan.FromMilliseconds(5) });
        subscribe(services);
        var host = new EventHost(services.BuildServiceProvider());
        foreach (var service in host._services.GetServices<IHostedService>())
        {
            await service.StartAsync(default);
            host._running.Add(service);
        }

        await host._services.GetRequiredService<EventTail>().Following;
        return host;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var service in _running)
        {
            await service.StopAsync(default);
        }

        await _services.DisposeAsync();
    }
}

/// <summary>What a handler was given, and a way to wait for it.</summary>
sealed class Seen
{
    readonly List<string> _subjects = [];

    public IReadOnlyList<string> Subjects
    {
        get
        {
            lock (_subjects)
            {
                return [.. _subjects];
            }
        }
    }

    public Task Add(StoredEvent evt, CancellationToken ct)
    {
        lock (_subjects)
        {
            _subjects.Add(evt.Subject);
        }

        return Task.CompletedTask;
    }

    public async Task<IReadOnlyList<string>> WhenAsync(int count)
    {
        for (var i = 0; Subjects.Count < count; i++)
        {
            Assert.True(i < 3000, $"expected {count} events, got {Subjects.Count}: {string.Join(", ", Subjects.Take(50))}");
            await Task.Delay(10);
        }

        return Subjects;
    }
}
