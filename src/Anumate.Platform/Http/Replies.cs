using System.Reflection;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Http.Metadata;

namespace Anumate.Platform.Http;

/// <summary>200 with the value and its version as JSON, and the version as <c>ETag</c>.</summary>
public sealed class OkVersioned<T>(Versioned<T> value) : IResult, IEndpointMetadataProvider
    where T : class
{
    public Task ExecuteAsync(HttpContext httpContext)
    {
        httpContext.Response.Headers.ETag = ETag.Of(value.Version);
        return httpContext.Response.WriteAsJsonAsync(
            value, (JsonTypeInfo<Versioned<T>>)AnumateJson.Options.GetTypeInfo(typeof(Versioned<T>)), cancellationToken: httpContext.RequestAborted);
    }

    public static void PopulateMetadata(MethodInfo method, EndpointBuilder builder) =>
        builder.Metadata.Add(new ProducesResponseTypeMetadata(StatusCodes.Status200OK, typeof(Versioned<T>), ["application/json"]));
}

/// <summary>200 with the value as JSON, and the version that it is itself, as <c>ETag</c>.</summary>
public sealed class OkTagged<T>(T value, long version) : IResult, IEndpointMetadataProvider
    where T : class
{
    public Task ExecuteAsync(HttpContext httpContext)
    {
        httpContext.Response.Headers.ETag = ETag.Of(version);
        return httpContext.Response.WriteAsJsonAsync(value, (JsonTypeInfo<T>)AnumateJson.Options.GetTypeInfo(typeof(T)), cancellationToken: httpContext.RequestAborted);
    }

    public static void PopulateMetadata(MethodInfo method, EndpointBuilder builder) =>
        builder.Metadata.Add(new ProducesResponseTypeMetadata(StatusCodes.Status200OK, typeof(T), ["application/json"]));
}

/// <summary>The answers of endpoints: <see cref="TypedResults"/>, and what it lacks.</summary>
public static class Reply
{
    public static OkVersioned<T> Ok<T>(Versioned<T> value)
        where T : class => new(value);

    public static OkTagged<T> Ok<T>(T value, long version)
        where T : class => new(value, version);

    public static Ok<T> Ok<T>(T value) => TypedResults.Ok(value);

    /// <summary>201 with <c>Location</c>.</summary>
    public static Created<T> Created<T>(string location, T value) => TypedResults.Created(location, value);

    /// <summary>Server-sent events; see <see cref="EventStream{T}"/>.</summary>
    public static EventStream<T> Stream<T>(IAsyncEnumerable<T> items, Func<T, (string Event, string Id)> label) => new(items, label);
}
