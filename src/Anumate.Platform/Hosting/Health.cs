using System.Text.Json;
using System.Text.Json.Serialization;
using Anumate.Platform.Data;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Anumate.Platform.Hosting;

/// <summary>What <c>/health/ready</c> says of the process and of each thing it depends on.</summary>
public sealed record Readiness(string Status, IReadOnlyList<Dependency> Dependencies);

/// <summary>One dependency: <c>ok</c>, <c>degraded</c> or <c>down</c>.</summary>
public sealed record Dependency(string Name, string Status, string? Detail, long Milliseconds);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(Readiness))]
sealed partial class HealthJson : JsonSerializerContext;

/// <summary>
/// <c>/health/live</c>: the process runs. <c>/health/ready</c>: every dependency answers. A service adds its own check in its module:
/// <c>services.AddHealthChecks().AddCheck&lt;T&gt;("name")</c>.
/// </summary>
public static class Health
{
    public static void AddHealth(this IServiceCollection services) => services.AddHealthChecks().AddCheck<DatabaseCheck>("database");

    public static void MapHealth(this IEndpointRouteBuilder routes)
    {
        routes.MapHealthChecks("/health/live", new HealthCheckOptions { Predicate = _ => false, ResponseWriter = WriteAsync });
        routes.MapHealthChecks("/health/ready", new HealthCheckOptions { ResponseWriter = WriteAsync });
    }

    static Task WriteAsync(HttpContext context, HealthReport report)
    {
        var readiness = new Readiness(
            report.Status == HealthStatus.Healthy ? "ready" : Word(report.Status),
            [.. report.Entries.OrderBy(e => e.Key, StringComparer.Ordinal)
                .Select(e => new Dependency(e.Key, Word(e.Value.Status), e.Value.Description, (long)e.Value.Duration.TotalMilliseconds))]);
        context.Response.ContentType = "application/json";
        return context.Response.Body.WriteAsync(JsonSerializer.SerializeToUtf8Bytes(readiness, HealthJson.Default.Readiness), context.RequestAborted).AsTask();
    }

    static string Word(HealthStatus status) => status switch
    {
        HealthStatus.Healthy => "ok",
        HealthStatus.Degraded => "degraded",
        _ => "down",
    };
}

sealed class DatabaseCheck(Db db) : IHealthCheck
{
    const string Answer = "select 1";

    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(TimeSpan.FromSeconds(2));
        try
        {
            await db.ForPlatform().FirstAsync(Answer, r => r.GetInt32(0), patience.Token);
            return HealthCheckResult.Healthy();
        }
        catch (ProblemException e)
        {
            return HealthCheckResult.Unhealthy(e.Problem.Detail);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return HealthCheckResult.Unhealthy("the database did not answer within 2 s");
        }
    }
}
