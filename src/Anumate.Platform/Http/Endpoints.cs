using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http.Metadata;

namespace Anumate.Platform.Http;

/// <summary>The scope without which the route answers 403; checked at the edge before the body is read, and again by the service method.</summary>
public sealed record DemandedScope(string Scope);

/// <summary>A route for one kind of credential alone: a process's (<c>svc+jwt</c>), or a principal's own.</summary>
public sealed record DemandedCredential(bool OfProcess);

sealed record BodyLimitMetadata(long? MaxRequestBodySize) : IRequestSizeLimitMetadata;

public static class EndpointConventions
{
    /// <summary>Documents and enforces the scope that the service method demands.</summary>
    public static TBuilder Demands<TBuilder>(this TBuilder endpoint, string scope)
        where TBuilder : IEndpointConventionBuilder => endpoint.WithMetadata(new DemandedScope(scope));

    /// <summary>Takes nothing but the token of a process of the platform.</summary>
    public static TBuilder OfProcesses<TBuilder>(this TBuilder endpoint)
        where TBuilder : IEndpointConventionBuilder => endpoint.WithMetadata(new DemandedCredential(OfProcess: true));

    /// <summary>Takes the principal's own credential alone: no process may do it in somebody's name.</summary>
    public static TBuilder OfPrincipals<TBuilder>(this TBuilder endpoint)
        where TBuilder : IEndpointConventionBuilder => endpoint.WithMetadata(new DemandedCredential(OfProcess: false));

    /// <summary>Another body limit than the default 1 MiB.</summary>
    public static TBuilder BodyLimit<TBuilder>(this TBuilder endpoint, int bytes)
        where TBuilder : IEndpointConventionBuilder => endpoint.WithMetadata(new BodyLimitMetadata(bytes));
}
