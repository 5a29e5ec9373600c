using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Anumate.Platform.Http;

/// <summary>The one way a request takes into the platform.</summary>
public static class HttpEdge
{
    public static IServiceCollection AddHttpEdge(this IServiceCollection services)
    {
        services.AddExceptionHandler<ProblemHandler>();
        services.AddSingleton<ServiceCallers>();
        services.AddScoped<CallerSlot>();
        services.AddScoped(sp => sp.GetRequiredService<CallerSlot>().Caller
            ?? throw new InvalidOperationException("a public route has no caller; take it off the list of PublicRoutes or do not ask for one"));
        services.Configure<RouteHandlerOptions>(o => o.ThrowOnBadRequest = true);
        services.ConfigureHttpJsonOptions(o => CopyTo(o.SerializerOptions));
        return services;
    }

    public static void UseHttpEdge(this WebApplication app)
    {
        app.UseMiddleware<Outside>();
        app.UseExceptionHandler(_ => { });
        app.Use(ProblemHandler.WriteEmptyAnswersAsync);
        app.UseRouting();
        app.UseMiddleware<Edge>();
    }

    /// <summary>The group into which a service maps its routes: <c>/v1</c>, its own OpenAPI document, the checks of the edge.</summary>
    public static RouteGroupBuilder MapService(this IEndpointRouteBuilder routes, string service)
    {
        var group = routes.MapGroup("/v1").WithGroupName(service).WithTags(service);
        ((IEndpointConventionBuilder)group).Finally(EdgeMetadata.AddTo);
        return group;
    }

    // ASP.NET's options object cannot be replaced, only filled.
    static void CopyTo(System.Text.Json.JsonSerializerOptions to)
    {
        var from = AnumateJson.Options;
        to.PropertyNamingPolicy = from.PropertyNamingPolicy;
        to.DictionaryKeyPolicy = from.DictionaryKeyPolicy;
        to.DefaultIgnoreCondition = from.DefaultIgnoreCondition;
        to.Encoder = from.Encoder;
        to.MaxDepth = from.MaxDepth;
        to.NumberHandling = from.NumberHandling;
        to.PropertyNameCaseInsensitive = from.PropertyNameCaseInsensitive;
        to.UnmappedMemberHandling = from.UnmappedMemberHandling;
        to.AllowDuplicateProperties = from.AllowDuplicateProperties;
        to.RespectNullableAnnotations = from.RespectNullableAnnotations;
        to.RespectRequiredConstructorParameters = from.RespectRequiredConstructorParameters;
        to.TypeInfoResolverChain.Clear();
        to.TypeInfoResolverChain.Add(from.TypeInfoResolver!);
    }
}
