using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http.Metadata;

namespace Anumate.Platform.Http;

/// <summary>The scope without which the route answers 403; checked at the edge before the body is read, and again by the service method.</summary>
public sealed record DemandedScope(string Scope);

sealed record BodyLimitMetadata(long? MaxRequestBodySize) : IRequestSizeLimitMetadata;

public static class EndpointConventions
{
    /// <summary>Documents and enforces the scope that the service method demands.</summary>
    public static TBuilder Demands<TBuilder>(this TBuilder endpoint, string scope)
        where TBuilder : IEndpointConventionBuilder => endpoint.WithMetadata(new DemandedScope(scope));

    /// <summary>Another body limit than the default 1 MiB.</summary>
    public static TBuilder BodyLimit<TBuilder>(this TBuilder endpoint, int bytes)
        where TBuilder : IEndpointConventionBuilder => endpoint.WithMetadata(new BodyLimitMetadata(bytes));
}
