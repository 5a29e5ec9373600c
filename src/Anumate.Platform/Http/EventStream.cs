using System.Reflection;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.Extensions.DependencyInjection;

namespace Anumate.Platform.Http;

/// <summary>
/// 200 with server-sent events (HTML Living Standard, section 9.2), each the JSON of one item. What stops it before the first item is
/// a problem as anywhere; later the connection breaks off. While nothing happens a comment keeps the connection alive.
/// </summary>
/// <param name="items">What to send, as it comes.</param>
/// <param name="label">The <c>event</c> and <c>id</c> of an item; neither holds a line break.</param>
public sealed class EventStream<T>(IAsyncEnumerable<T> items, Func<T, (string Event, string Id)> label) : IResult, IEndpointMetadataProvider
{
    const string ContentType = "text/event-stream";

    static readonly TimeSpan First = TimeSpan.FromMilliseconds(250), Later = TimeSpan.FromSeconds(15);

    public async Task ExecuteAsync(HttpContext httpContext)
    {
        var (response, gone) = (httpContext.Response, httpContext.RequestAborted);
        var time = httpContext.RequestServices.GetRequiredService<TimeProvider>();
        var type = (JsonTypeInfo<T>)AnumateJson.Options.GetTypeInfo(typeof(T));
        await using var source = items.GetAsyncEnumerator(gone);
        try
        {
            for (var pause = First; ; pause = Later)
            {
                var next = source.MoveNextAsync().AsTask();
                while (await Task.WhenAny(next, Task.Delay(pause, time, gone)) != next)
                {
                    Begin(httpContext);
                    await response.WriteAsync(":\n\n", gone);
                    await response.Body.FlushAsync(gone);
                    pause = Later;
                }

                if (!await next)
                {
                    Begin(httpContext);
                    return;
                }

                Begin(httpContext);
                var (name, id) = label(source.Current);
                await response.WriteAsync($"event: {name}\nid: {id}\ndata: ", gone);
                await response.Body.WriteAsync(JsonSerializer.SerializeToUtf8Bytes(source.Current, type), gone);
                await response.WriteAsync("\n\n", gone);
                await response.Body.FlushAsync(gone);
            }
        }
        catch (Exception) when (gone.IsCancellationRequested)
        {
            // The caller has gone away.
        }
        catch (ProblemException) when (response.HasStarted)
        {
            httpContext.Abort();
        }
    }

    public static void PopulateMetadata(MethodInfo method, EndpointBuilder builder) =>
        builder.Metadata.Add(new ProducesResponseTypeMetadata(StatusCodes.Status200OK, typeof(T), [ContentType]));

    static void Begin(HttpContext context)
    {
        if (!context.Response.HasStarted)
        {
            context.Response.ContentType = ContentType;
            context.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
        }
    }
}
