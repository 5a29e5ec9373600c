using System.ComponentModel.DataAnnotations;
using System.Diagnostics;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Npgsql;
using OpenTelemetry.Exporter;
using OpenTelemetry.Logs;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace Anumate.Platform.Telemetry;

/// <summary>Section <c>Anumate:Telemetry</c>.</summary>
public sealed class TelemetryOptions
{
    public const string Section = "Anumate:Telemetry";

    /// <summary>Where traces, metrics and logs go by OTLP, e.g. <c>http://collector:4317</c>; nowhere when absent.</summary>
    public Uri? OtlpEndpoint { get; set; }

    [AllowedValues("grpc", "http")]
    public string OtlpProtocol { get; set; } = "grpc";

    /// <summary>Whether <c>/metrics</c> also answers others than this machine.</summary>
    public bool PublicMetrics { get; set; }

    /// <summary>The least level of log lines: <c>Trace</c>, <c>Debug</c>, <c>Information</c>, <c>Warning</c>, <c>Error</c>.</summary>
    [EnumDataType(typeof(LogLevel))]
    public LogLevel LogLevel { get; set; } = LogLevel.Information;

    /// <summary><c>json</c> for machines, <c>text</c> for people.</summary>
    [AllowedValues("json", "text")]
    public string LogFormat { get; set; } = "json";
}

[OptionsValidator]
public sealed partial class TelemetryOptionsValidator : IValidateOptions<TelemetryOptions>;

/// <summary>Logs, metrics and traces of the whole process. Sources and meters of ours are named <c>anumate.…</c>.</summary>
public static class Telemetry
{
    const string Ours = "anumate.*";

    // Without a collector nobody reads spans. Their ids still run through requests, events, tool calls and logs.
    static readonly ActivityListener Propagation = new()
    {
        ShouldListenTo = source => source.Name.StartsWith("Anumate.", StringComparison.Ordinal),
        Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.PropagationData,
    };

    public static void AddTelemetry(this IServiceCollection services, TelemetryOptions options)
    {
        services.AddSingleton<Slo>();
        services.AddLogging(logging =>
        {
            logging.SetMinimumLevel(options.LogLevel);
            logging.AddFilter("Microsoft", Above(options.LogLevel, LogLevel.Warning));
            logging.AddFilter("Npgsql", Above(options.LogLevel, LogLevel.Warning));
            logging.AddFilter("Orleans", Above(options.LogLevel, LogLevel.Warning));
            logging.AddFilter("Orleans.Runtime.Silo", Above(options.LogLevel, LogLevel.Error)); // It recommends the server's collector; ours is chosen.
            logging.AddFilter("Orleans.Runtime.Watchdog", Above(options.LogLevel, LogLevel.Error)); // Compiling at start looks to it like a stall.
            logging.AddFilter("Polly", Above(options.LogLevel, LogLevel.Warning)); // Orleans retries with it, and it tells each success.
            logging.AddFilter("OpenTelemetry", Above(options.LogLevel, LogLevel.Warning));
            logging.Configure(o => o.ActivityTrackingOptions = ActivityTrackingOptions.None);
            logging.AddConsoleFormatter<LogFormatter, LogFormatterOptions>(o => o.Json = options.LogFormat == "json");
            logging.AddConsole(o =>
            {
                o.FormatterName = LogFormatter.FormatterName;
                o.LogToStandardErrorThreshold = LogLevel.Trace;
            });
        });

        var telemetry = services.AddOpenTelemetry().ConfigureResource(r => r.AddService("anumate"));
        telemetry.WithMetrics(metrics =>
        {
            metrics.AddMeter(Ours, "Microsoft.AspNetCore.Hosting", "Microsoft.AspNetCore.Server.Kestrel", "System.Net.Http", "Npgsql", "System.Runtime", "Microsoft.Orleans")
                .AddPrometheusExporter();
            if (options.OtlpEndpoint is not null)
            {
                metrics.AddOtlpExporter(o => Point(o, options));
            }
        });

        if (options.OtlpEndpoint is null)
        {
            ActivitySource.AddActivityListener(Propagation);
        }
        else
        {
            telemetry.WithTracing(tracing => tracing.AddSource(Ours).AddAspNetCoreInstrumentation().AddHttpClientInstrumentation().AddNpgsql()
                .AddSource("Microsoft.Orleans.Runtime", "Microsoft.Orleans.Application").AddOtlpExporter(o => Point(o, options)));
            telemetry.WithLogging(logging => logging.AddOtlpExporter(o => Point(o, options)), o => o.IncludeScopes = true);
        }
    }

    /// <summary>Prometheus at <c>/metrics</c>, for this machine only unless configured otherwise.</summary>
    public static void MapMetrics(this IEndpointRouteBuilder routes, TelemetryOptions options)
    {
        var metrics = routes.MapPrometheusScrapingEndpoint("/metrics");
        if (!options.PublicMetrics)
        {
            metrics.Add(builder =>
            {
                var scrape = builder.RequestDelegate!;
                builder.RequestDelegate = context => context.Connection.RemoteIpAddress is { } from && System.Net.IPAddress.IsLoopback(from)
                    ? scrape(context)
                    : NotFound(context);
            });
        }
    }

    static Task NotFound(HttpContext context)
    {
        context.Response.StatusCode = StatusCodes.Status404NotFound;
        return Task.CompletedTask;
    }

    static LogLevel Above(LogLevel chosen, LogLevel least) => chosen > least ? chosen : least;

    static void Point(OtlpExporterOptions exporter, TelemetryOptions options)
    {
        exporter.Endpoint = options.OtlpEndpoint!;
        exporter.Protocol = options.OtlpProtocol == "grpc" ? OtlpExportProtocol.Grpc : OtlpExportProtocol.HttpProtobuf;
    }
}
