using System.Net;
using System.Net.Sockets;
using Anumate.Platform.Data;
using Anumate.Platform.Events;
using Anumate.Platform.Hosting;
using Anumate.Platform.Http;
using Anumate.Platform.RateLimits;
using Anumate.Platform.Redis;
using Anumate.Platform.Secrets;
using Anumate.Platform.Telemetry;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Anumate;

/// <summary>The server process: the chosen services behind one HTTP edge. Tests run the very same.</summary>
static class AnumateHost
{
    static readonly TimeSpan StartToTheEnd = TimeSpan.FromSeconds(10);

    /// <summary>Composes the host. Nothing runs before it is started.</summary>
    public static WebApplication Build(
        IReadOnlyList<Module> modules, IConfiguration configuration, DbOptions database, TimeProvider time, Action<IServiceCollection>? change = null)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ApplicationName = "anumate" });
        builder.Configuration.AddConfiguration(configuration);
        var server = OptionsOf<ServerOptions>(configuration, ServerOptions.Section);
        var telemetry = OptionsOf<TelemetryOptions>(configuration, TelemetryOptions.Section);
        var delivery = OptionsOf<EventOptions>(configuration, EventOptions.Section);
        Listen(builder, server);

        var services = builder.Services;
        services.AddSingleton(time);
        services.AddSingleton<IHostLifetime, StoppedByToken>();
        services.AddOptionsOf<ServerOptions, ServerOptionsValidator>(configuration.GetSection(ServerOptions.Section));
        services.AddOptionsOf<TelemetryOptions, TelemetryOptionsValidator>(configuration.GetSection(TelemetryOptions.Section));
        services.AddOptionsOf<SecretsOptions, SecretsOptionsValidator>(configuration.GetSection(SecretsOptions.Section));
        services.AddOptionsOf<RedisOptions, RedisOptionsValidator>(configuration.GetSection(RedisOptions.Section));
        services.AddOptionsOf<RateLimitOptions, RateLimitOptionsValidator>(configuration.GetSection(RateLimitOptions.Section));
        services.Configure<HostOptions>(o =>
        {
            o.ShutdownTimeout = server.ShutdownTimeout;
            o.ServicesStartConcurrently = true;
            o.ServicesStopConcurrently = true;
        });
        services.AddRoutingCore();
        services.AddTelemetry(telemetry);
        services.AddData(database);
        services.AddEventLog(delivery);
        services.AddSingleton(new OptionsSection(EventOptions.Section, () => delivery));
        services.AddSecrets(configuration.GetSection(SecretsOptions.Section).Get<SecretsOptions>() ?? new SecretsOptions());
        services.AddHealth();
        services.AddCache(OptionsOf<RedisOptions>(configuration, RedisOptions.Section));
        services.AddRateLimits();
        services.AddHttpEdge();
        services.AddServiceCalls(modules, Services.All);
        services.AddClients(modules, ServiceAddresses.Of(configuration));
        services.AddApiDocuments(modules);
        foreach (var module in modules)
        {
            module.Add(services, configuration.GetSection(module.Section));
        }

        change?.Invoke(services);

        var app = builder.Build();
        app.UseHttpEdge();
        app.MapHealth();
        app.MapMetrics(telemetry);
        app.MapApiDocuments();
        app.MapApiReference(modules);
        foreach (var module in modules)
        {
            module.Map?.Invoke(app.MapService(module.Name));
        }

        return app;
    }

    /// <summary>Refuses a schema that does not fit, then starts everything.</summary>
    /// <exception cref="SetupException">The address is taken, the schema does not fit, the settings are not valid.</exception>
    public static async Task StartAsync(WebApplication app, IReadOnlyList<Module> modules, CancellationToken ct)
    {
        try
        {
            DemandValid(app.Services);
            DemandFree(app.Services.GetRequiredService<ServerOptions>().Urls);
            await Migrator.CheckAsync(app.Services.GetRequiredService<Db>(), Migrations.Of(modules), ct);

            // Told to stop meanwhile, it starts to the end and then stops in order: half a start can only be broken off, and says so in the log.
            using var late = new CancellationTokenSource();
            await using (ct.Register(() => late.CancelAfter(StartToTheEnd)))
            {
                await app.StartAsync(late.Token);
            }

            if (ct.IsCancellationRequested)
            {
                await app.StopAsync(CancellationToken.None);
                throw new OperationCanceledException(ct);
            }
        }
        catch (Exception e) when (ct.IsCancellationRequested && e is not OperationCanceledException)
        {
            throw new OperationCanceledException("told to stop while starting", e, ct);
        }
        catch (SchemaException e)
        {
            throw new SetupException(e.Message, e);
        }
        catch (NpgsqlException e)
        {
            throw new SetupException($"the database cannot be reached or refuses: {e.Message}; see: anumate doctor", e);
        }
        catch (IOException e) when (e.InnerException is AddressInUseException)
        {
            throw Taken(e.Message.Split(": ")[0].TrimEnd('.'), e);
        }
        catch (SocketException e)
        {
            throw new SetupException($"cannot listen at {app.Services.GetRequiredService<ServerOptions>().Urls}: {e.Message}", e);
        }
    }

    // Before the host does it, which logs where in its code.
    static void DemandValid(IServiceProvider services)
    {
        try
        {
            services.GetRequiredService<IStartupValidator>().Validate();
        }
        catch (Exception e) when (e is OptionsValidationException or AggregateException)
        {
            var each = e is AggregateException several ? several.Flatten().InnerExceptions : [e];
            throw new SetupException(string.Join("; ", each.Select(x =>
                x is OptionsValidationException o ? $"the settings of {o.OptionsType.Name} are not valid: {string.Join("; ", o.Failures)}" : x.Message)), e);
        }
        catch (InvalidOperationException e)
        {
            throw new SetupException($"the settings are not valid: {e.Message}", e);
        }
    }

    /// <summary>Looks before everything else is started: the web server would find out last, and log where in its code.</summary>
    /// <exception cref="SetupException">Another program listens there.</exception>
    public static void DemandFree(string urls)
    {
        foreach (var url in urls.Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            if (!Uri.TryCreate(url, UriKind.Absolute, out var address) || address.Port <= 0 || !IPAddress.TryParse(address.Host.Trim('[', ']'), out var ip))
            {
                continue;
            }

            try
            {
                using var probe = new TcpListener(ip, address.Port);
                probe.Start();
            }
            catch (SocketException e) when (e.SocketErrorCode is SocketError.AddressAlreadyInUse)
            {
                throw Taken($"Failed to bind to address {url}", e);
            }
        }
    }

    static SetupException Taken(string what, Exception e) => new($"{what}; another program listens there, choose another with --urls http://127.0.0.1:0", e);

    /// <summary>The addresses at which a started server answers.</summary>
    public static IReadOnlyList<string> AddressesOf(WebApplication app) =>
        [.. app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses];

    static void Listen(WebApplicationBuilder builder, ServerOptions server)
    {
        var host = builder.WebHost.UseKestrelCore().UseUrls(server.Urls);
        if (server.Urls.Contains("https:", StringComparison.OrdinalIgnoreCase))
        {
            // Certificates: the standard section Kestrel:Certificates:Default.
            host.UseKestrelHttpsConfiguration();
            builder.WebHost.ConfigureKestrel((context, o) => o.Configure(context.Configuration.GetSection("Kestrel")));
        }

        builder.WebHost.ConfigureKestrel(o =>
        {
            o.AddServerHeader = false;
            o.AllowSynchronousIO = false;
            o.Limits.MaxConcurrentConnections = server.MaxConnections;
            o.Limits.MaxRequestBodySize = 16 * 1024 * 1024; // A wall; the body's reader knows the limit of each endpoint.
        });
    }

    static T OptionsOf<T>(IConfiguration configuration, string section)
        where T : class, new()
    {
        var options = new T();
        try
        {
            configuration.GetSection(section).Bind(options, b => b.ErrorOnUnknownConfiguration = true);
        }
        catch (InvalidOperationException e)
        {
            throw new SetupException($"the settings of `{section}` are not valid: {e.InnerException?.Message ?? e.Message}", e);
        }

        return new DataAnnotationValidateOptions<T>(null).Validate(null, options) is { Failed: true } result
            ? throw new SetupException($"the settings of `{section}` are not valid: {string.Join("; ", result.Failures ?? [])}")
            : options;
    }

    /// <summary>Signals are the command line's business: it cancels the token of the verb.</summary>
    sealed class StoppedByToken : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}

/// <summary>The migrations of the platform and of services.</summary>
static class Migrations
{
    public static IReadOnlyList<MigrationSet> Of(IReadOnlyList<Module> modules) =>
        [MigrationSet.Of(typeof(Db).Assembly), .. modules.Select(m => MigrationSet.Of(m.Assembly, m.Name)).Where(s => s.Steps.Count > 0)];
}
