using System.Reflection;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Metadata;

namespace Anumate.Platform.Http;

/// <summary>
/// The JSON body of a request as a contract record. Every endpoint with a body takes this and not the record itself: the bytes are
/// checked as a whole (UTF-8, depth, duplicate keys, numbers) and what is wrong is named by path, line and column.
/// </summary>
public sealed record Body<T>(T Value) : IBindableFromHttpContext<Body<T>>, IEndpointParameterMetadataProvider
    where T : class
{
    public static implicit operator T(Body<T> body) => body.Value;

    public static async ValueTask<Body<T>?> BindAsync(HttpContext context, ParameterInfo parameter)
    {
        RequestBody.DemandJson(context.Request);
        var bytes = await RequestBody.ReadAsync(context);
        return new Body<T>(ContractReader.Read<T>(bytes));
    }

    public static void PopulateMetadata(ParameterInfo parameter, EndpointBuilder builder) =>
        builder.Metadata.Add(new AcceptsMetadata(["application/json"], typeof(T)));
}

static class RequestBody
{
    /// <summary>The body limit of an endpoint that does not say otherwise.</summary>
    public const int DefaultLimit = 1024 * 1024;

    /// <summary>415 unless the content is JSON in UTF-8.</summary>
    public static void DemandJson(HttpRequest request)
    {
        if (!Microsoft.Net.Http.Headers.MediaTypeHeaderValue.TryParse(request.ContentType, out var type)
            || !type.MediaType.Equals("application/json", StringComparison.OrdinalIgnoreCase)
            || (type.Charset.HasValue && !type.Charset.Equals("utf-8", StringComparison.OrdinalIgnoreCase)))
        {
            throw HttpProblems.UnsupportedMediaType(request.ContentType);
        }
    }

    /// <summary>The whole body; 413 past the endpoint's limit, which also holds where the length is not announced.</summary>
    public static async ValueTask<ReadOnlyMemory<byte>> ReadAsync(HttpContext context)
    {
        var limit = context.GetEndpoint()?.Metadata.GetMetadata<IRequestSizeLimitMetadata>()?.MaxRequestBodySize ?? DefaultLimit;
        if (context.Request.ContentLength > limit)
        {
            throw HttpProblems.BodyTooLarge(limit);
        }

        using var buffer = new MemoryStream((int)(context.Request.ContentLength ?? 0));
        var chunk = System.Buffers.ArrayPool<byte>.Shared.Rent(16 * 1024);
        try
        {
            int n;
            while ((n = await context.Request.Body.ReadAsync(chunk, context.RequestAborted)) > 0)
            {
                if (buffer.Length + n > limit)
                {
                    throw HttpProblems.BodyTooLarge(limit);
                }

                buffer.Write(chunk, 0, n);
            }
        }
        finally
        {
            System.Buffers.ArrayPool<byte>.Shared.Return(chunk);
        }

        return buffer.GetBuffer().AsMemory(0, (int)buffer.Length);
    }
}
