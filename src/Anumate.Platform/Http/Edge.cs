using System.Diagnostics;
using Anumate.Platform.RateLimits;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Logging;

namespace Anumate.Platform.Http;

/// <summary>The caller of this request, for endpoints that take a <see cref="Caller"/> parameter.</summary>
public sealed class CallerSlot
{
    public Caller? Caller { get; set; }
}

/// <summary>The outermost step of every request: correlation id, headers of every answer, the log scope.</summary>
sealed class Outside(RequestDelegate next, ILogger<Outside> log)
{
    public const string CorrelationHeader = "X-Correlation-Id";

    public static string CorrelationOf(HttpContext context) => (string)context.Items[CorrelationHeader]!;

    public async Task InvokeAsync(HttpContext context)
    {
        var given = context.Request.Headers[CorrelationHeader];
        var usable = given.Count == 1 && Text.IsVisibleAscii(given[0], 128);
        var correlation = usable ? given[0]! : Activity.Current?.TraceId.ToHexString() ?? ActivityTraceId.CreateRandom().ToHexString();
        context.Items[CorrelationHeader] = correlation;
        context.Response.OnStarting(static state =>
        {
            var response = ((HttpContext)state).Response;
            SetHeaders(response.Headers, CorrelationOf(response.HttpContext));
            RateLimitHeaders.Write(response);
            return Task.CompletedTask;
        }, context);

        using (log.BeginScope(new Dictionary<string, object>(1) { ["correlation"] = correlation }))
        {
            if (given.Count > 0 && !usable)
            {
                await ProblemHandler.WriteAsync(context, Problems.Invalid($"header `{CorrelationHeader}` must be one value of 1 to 128 visible ASCII characters").Problem);
                return;
            }

            await next(context);
        }
    }

    static void SetHeaders(IHeaderDictionary headers, string correlation)
    {
        headers[CorrelationHeader] = correlation;
        headers.XContentTypeOptions = "nosniff";
        headers.XFrameOptions = "DENY";
        headers["Referrer-Policy"] = "no-referrer";
        headers["Cross-Origin-Resource-Policy"] = "same-origin";
        if (headers.CacheControl.Count == 0)
        {
            headers.CacheControl = "no-store";
        }

        if (headers.ContentSecurityPolicy.Count == 0)
        {
            headers.ContentSecurityPolicy = "default-src 'none'; frame-ancestors 'none'";
        }

        if (Activity.Current is { } activity)
        {
            headers.TraceParent = activity.Id;
        }
    }
}

/// <summary>After routing: who calls, may it use the route at all, does the address make sense. Then the endpoint binds and runs.</summary>
sealed class Edge(RequestDelegate next, IIdentity identity, ServiceCallers processes, RateLimiter limiter, ILogger<Edge> log)
{
    // That of a process is the longest: it carries a caller.
    const int LongestCredential = 16 * 1024 + 7;

    public async Task InvokeAsync(HttpContext context, CallerSlot slot)
    {
        if (context.GetEndpoint() is not RouteEndpoint endpoint)
        {
            await next(context);
            return;
        }

        var checks = endpoint.Metadata.GetMetadata<EdgeMetadata>();
        if (PublicRoutes.ReasonFor(endpoint) is not null)
        {
            checks?.Check(context.Request);
            await next(context);
            return;
        }

        var caller = slot.Caller = await CallerOfAsync(context, endpoint.Metadata.GetMetadata<DemandedCredential>(), checks?.Method);
        Activity.Current?.SetTag("anumate.tenant", caller.Tenant.ToString());
        using (log.BeginScope(new Dictionary<string, object>(2) { ["tenant"] = caller.Tenant.ToString(), ["principal"] = caller.Principal.ToString() }))
        {
            if (await RateLimitHeaders.CountAsync(context, limiter, caller) is { } refused)
            {
                await ProblemHandler.WriteAsync(context, refused);
                return;
            }

            if (endpoint.Metadata.GetMetadata<DemandedScope>() is { } demanded)
            {
                caller.Demand(demanded.Scope);
            }

            checks?.Check(context.Request);
            await next(context);
        }
    }

    async Task<Caller> CallerOfAsync(HttpContext context, DemandedCredential? demanded, (string Service, string Name)? method)
    {
        var header = context.Request.Headers.Authorization;
        if (header.Count == 0)
        {
            throw Problems.Unauthenticated("send `Authorization: Bearer` with an access token or an API key");
        }

        const string Scheme = "Bearer ";
        if (header.Count != 1 || header[0] is not { Length: > 7 and <= LongestCredential } text || !text.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase))
        {
            throw Problems.Unauthenticated("the `Authorization` header must be `Bearer` and one credential");
        }

        var credential = text[Scheme.Length..];
        if (ServiceCallers.IsOne(credential))
        {
            return method is { } called && demanded is not { OfProcess: false }
                ? await processes.AuthenticateAsync(credential, called.Service, called.Name, context.RequestAborted)
                : throw Problems.Forbidden("this needs the principal's own credential; no process does it in somebody's name");
        }

        var caller = await identity.AuthenticateAsync(credential, Outside.CorrelationOf(context), context.RequestAborted)
            ?? throw Problems.Unauthenticated("the credential is not valid, has expired or was revoked");
        return demanded is { OfProcess: true } ? throw Problems.Forbidden("this is for processes of the platform") : caller;
    }
}
