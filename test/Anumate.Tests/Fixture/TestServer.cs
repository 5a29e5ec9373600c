using System.Collections.Concurrent;
using Anumate.Platform.Data;
using Anumate.Platform.Hosting;
using Anumate.Tests;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

[assembly: AssemblyFixture(typeof(TestServer))]

namespace Anumate.Tests;

/// <summary>
/// The whole host on a free loopback port, on the assembly's database; started when a test first asks. A test class takes it as a
/// constructor argument; a test makes itself a tenant: <c>var t = await server.NewTenantAsync();</c>
/// </summary>
public sealed class TestServer : Form
{
    readonly Lazy<Task<RunningServer>> _running = new(async () =>
    {
        var running = await RunningServer.StartAsync(TestDatabase.Current.Options);
        TestDatabase.Current.Outlives(running);
        return running;
    });

    /// <summary>A tenant with one person of each role (<see cref="PlatformTenant.People"/>).</summary>
    public async Task<ServerTenant> NewTenantAsync() => await (await _running.Value).NewTenantAsync();

    public override async Task<PlatformTenant> MakeTenantAsync() => await NewTenantAsync();

    public Task<RunningServer> RunningAsync() => _running.Value;
}

/// <summary>A host in this process.</summary>
public sealed class RunningServer : IAsyncDisposable
{
    readonly WebApplication _app;
    readonly DirectoryInfo _folder;

    RunningServer(WebApplication app, DirectoryInfo folder, LogLines logs)
    {
        _app = app;
        _folder = folder;
        Logs = logs;
        Address = new Uri(AnumateHost.AddressesOf(app)[0]);
        Http = NewHttp();
    }

    public Uri Address { get; }

    public IServiceProvider Services => _app.Services;

    /// <summary>Every endpoint the server answers.</summary>
    public IReadOnlyList<Microsoft.AspNetCore.Http.Endpoint> Endpoints => _app.Services.GetRequiredService<Microsoft.AspNetCore.Routing.EndpointDataSource>().Endpoints;

    /// <summary>Without a credential.</summary>
    public HttpClient Http { get; }

    /// <summary>A client of the server that also sends headers beyond ASCII, which HttpClient refuses by itself.</summary>
    public HttpClient NewHttp() => new(new SocketsHttpHandler { RequestHeaderEncodingSelector = (_, _) => System.Text.Encoding.UTF8 }) { BaseAddress = Address };

    /// <summary>What the host wrote to its log.</summary>
    public LogLines Logs { get; }

    public static async Task<RunningServer> StartAsync(
        DbOptions database, Dictionary<string, string?>? settings = null, Action<IServiceCollection>? change = null, CancellationToken ct = default)
    {
        var folder = Directory.CreateTempSubdirectory("anumate-server-");
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["Anumate:Server:Urls"] = "http://127.0.0.1:0",
            ["Anumate:Secrets:KeyFile"] = TestDatabase.Current.KeyFile,
            ["Anumate:Connectors:AllowPrivateAddresses"] = "true",
        }).AddInMemoryCollection(settings).Build();
        var logs = new LogLines();
        var app = AnumateHost.Build(Anumate.Services.All, configuration, database, TimeProvider.System, services =>
        {
            services.AddLogging(l => l.ClearProviders().AddProvider(logs));
            change?.Invoke(services);
        });
        try
        {
            await AnumateHost.StartAsync(app, Anumate.Services.All, ct);
        }
        catch
        {
            await app.DisposeAsync();
            folder.Delete(recursive: true);
            throw;
        }

        return new RunningServer(app, folder, logs);
    }

    public async Task<ServerTenant> NewTenantAsync(string? name = null)
    {
        name ??= $"t{Convert.ToHexStringLower(System.Security.Cryptography.RandomNumberGenerator.GetBytes(8))}";
        var created = await Services.GetRequiredService<IIdentity>()
            .CreateTenantAsync(PlatformCaller.For(default, "identity", "test"), new NewTenant(name, PlatformTenant.People), default);
        return new ServerTenant(this, created);
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await _app.StopAsync();
        await _app.DisposeAsync();
        _folder.Delete(recursive: true);
    }
}

/// <summary>A tenant on a running server, and its people's credentials.</summary>
public sealed class ServerTenant(RunningServer server, TenantCreated created) : PlatformTenant(created, server.Services.GetRequiredService<Db>())
{
    public RunningServer Server => server;

    public override string Admin => new Npgsql.NpgsqlConnectionStringBuilder(TestDatabase.Current.Server)
    {
        Database = new Npgsql.NpgsqlConnectionStringBuilder(Db.Options.Server).Database, Pooling = false,
    }.ConnectionString;

    public override string Log => string.Join('\n', server.Logs.All.Select(l => l.ToString()));

    public override HttpClient Http => server.Http;

    public override IEnumerable<RouteEndpoint> Endpoints => server.Endpoints.OfType<RouteEndpoint>();

    protected override HttpClient NewHttp() => server.NewHttp();

    /// <summary>A person as the caller of contract methods in process.</summary>
    public override async Task<Caller> CallerAsync(string name) =>
        (await server.Services.GetRequiredService<IIdentity>().AuthenticateAsync(await TokenAsync(name), $"test-{name}", default))!;

    /// <summary>A contract in process.</summary>
    public override T Get<T>() => server.Services.GetRequiredService<T>();
}

/// <summary>Log lines of a host, kept for tests.</summary>
public sealed class LogLines : ILoggerProvider, ISupportExternalScope
{
    readonly ConcurrentQueue<LogLine> _lines = new();
    // Of the test that made the host: what failed on the server is told beside what failed in the test.
    readonly ITestOutputHelper? _output = TestContext.Current.TestOutputHelper;
    IExternalScopeProvider? _scopes;

    public IReadOnlyCollection<LogLine> All => _lines;

    public ILogger CreateLogger(string categoryName) => new Log(this, categoryName);

    public void SetScopeProvider(IExternalScopeProvider scopeProvider) => _scopes = scopeProvider;

    public void Dispose()
    {
    }

    void Tell(LogLine line)
    {
        try
        {
            _output?.WriteLine($"server: {line.Category}: {line.Message} {line.Error}");
        }
        catch (InvalidOperationException)
        {
            // The test is over; the host outlives it.
        }
    }

    sealed class Log(LogLines to, string category) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => to._scopes?.Push(state);

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Information;

        void ILogger.Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            var values = new Dictionary<string, object?>();
            to._scopes?.ForEachScope((scope, into) =>
            {
                foreach (var (key, value) in scope as IEnumerable<KeyValuePair<string, object?>> ?? [])
                {
                    into[key] = value;
                }
            }, values);
            var line = new LogLine(logLevel, category, formatter(state, exception), exception, values);
            to._lines.Enqueue(line);
            if (logLevel >= LogLevel.Error)
            {
                to.Tell(line);
            }
        }
    }
}

public sealed record LogLine(LogLevel Level, string Category, string Message, Exception? Error, IReadOnlyDictionary<string, object?> Scopes);
