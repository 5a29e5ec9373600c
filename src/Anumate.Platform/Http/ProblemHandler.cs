using System.Diagnostics;
using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Anumate.Platform.Http;

/// <summary>Writes what stopped a request as RFC 9457; everything unforeseen is logged once, here, and says nothing outward.</summary>
sealed partial class ProblemHandler(ILogger<ProblemHandler> log) : IExceptionHandler
{
    public async ValueTask<bool> TryHandleAsync(HttpContext httpContext, Exception exception, CancellationToken cancellationToken)
    {
        if (httpContext.RequestAborted.IsCancellationRequested)
        {
            httpContext.Response.StatusCode = StatusCodes.Status499ClientClosedRequest;
            return true;
        }

        var problem = ProblemOf(exception);
        if (problem is null)
        {
            Failed(exception, httpContext.Request.Method, httpContext.Request.Path);
            problem = HttpProblems.Internal();
        }

        await WriteAsync(httpContext, problem);
        return true;
    }

    /// <summary>The problem that an exception stands for; null when it is a fault of ours.</summary>
    static Problem? ProblemOf(Exception exception) => exception switch
    {
        ProblemException e => e.Problem,
        BadHttpRequestException { StatusCode: 413 } => HttpProblems.BodyTooLarge(RequestBody.DefaultLimit).Problem,
        BadHttpRequestException { StatusCode: 408 } => HttpProblems.RequestTimeout().Problem,
        BadHttpRequestException e when Unbound().Match(e.Message) is { Success: true } m =>
            Problems.Invalid($"parameter `{m.Groups[1].Value}` cannot be `{Text.Excerpt(m.Groups[2].Value)}`; see /docs").Problem,
        BadHttpRequestException e => Problems.Invalid(Text.Excerpt(e.Message)).Problem,
        _ => null,
    };

    public static Task WriteAsync(HttpContext context, Problem problem)
    {
        var response = context.Response;
        response.StatusCode = problem.Status;
        response.ContentType = "application/problem+json";
        switch (problem.Status)
        {
            case StatusCodes.Status401Unauthorized:
                response.Headers.WWWAuthenticate = "Bearer";
                break;
            case StatusCodes.Status429TooManyRequests or StatusCodes.Status503ServiceUnavailable when response.Headers.RetryAfter.Count == 0:
                response.Headers.RetryAfter = "1";
                break;
        }

        if (HttpMethods.IsHead(context.Request.Method))
        {
            return Task.CompletedTask;
        }

        var traced = problem with { TraceId = problem.TraceId ?? Activity.Current?.TraceId.ToHexString() };
        return response.Body.WriteAsync(JsonSerializer.SerializeToUtf8Bytes(traced, AnumateJson.Options.GetTypeInfo(typeof(Problem))), context.RequestAborted).AsTask();
    }

    /// <summary>Unknown routes and methods, which routing answers with an empty body.</summary>
    public static async Task WriteEmptyAnswersAsync(HttpContext context, RequestDelegate next)
    {
        await next(context);
        var (request, response) = (context.Request, context.Response);
        if (response.HasStarted || response.ContentLength is not null || response.ContentType is not null)
        {
            return;
        }

        switch (response.StatusCode)
        {
            case StatusCodes.Status404NotFound:
                await WriteAsync(context, HttpProblems.RouteNotFound(request.Method, request.Path).Problem);
                break;
            case StatusCodes.Status405MethodNotAllowed:
                await WriteAsync(context, HttpProblems.MethodNotAllowed(request.Method, request.Path, response.Headers.Allow.ToString()).Problem);
                break;
            case StatusCodes.Status415UnsupportedMediaType:
                await WriteAsync(context, HttpProblems.UnsupportedMediaType(request.ContentType).Problem);
                break;
        }
    }

    // The framework tells the type in our code: Failed to bind parameter "Nullable<Word<RunStatus>> status" from "x".
    [GeneratedRegex("^Failed to bind parameter \"[^\"]* ([^\" ]+)\" from \"(.*)\"\\.$", RegexOptions.Singleline | RegexOptions.CultureInvariant)]
    private static partial Regex Unbound();

    [LoggerMessage(LogLevel.Error, "{Method} {Path} failed")]
    private partial void Failed(Exception exception, string method, string path);
}
