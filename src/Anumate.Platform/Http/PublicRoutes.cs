using System.Collections.Frozen;
using Microsoft.AspNetCore.Routing;

namespace Anumate.Platform.Http;

/// <summary>A route that needs no caller: why, and what authenticates a request, or bounds what it can learn or do, instead.</summary>
public sealed record PublicRoute(string Why, string Instead);

/// <summary>Routes that need no caller. This is the whole list; a test walks every endpoint and finds it here or behind a credential.</summary>
public static class PublicRoutes
{
    public static FrozenDictionary<string, PublicRoute> Reasons { get; } = new Dictionary<string, PublicRoute>
    {
        ["/health/live"] = new("orchestrators probe it without a credential", "nothing: it says only that the process runs"),
        ["/health/ready"] = new("orchestrators probe it without a credential", "nothing: it names dependencies and their state, no data"),
        ["/metrics"] = new("scraped by Prometheus", "the address: it answers on loopback only unless configured otherwise, and holds no tenant"),
        ["/v1/sign-in"] = new("this is where a caller gets its credential", "the person's secret in the body, of 256 random bits"),
        ["/v1/jwks"] = new("read by whoever verifies an access token", "nothing: public keys are made to be read"),
        ["/v1/captokens/jwks"] = new("read by whoever verifies a capability token", "nothing: public keys are made to be read"),
        ["/v1/receipts/jwks"] = new("read by whoever verifies a receipt", "nothing: public keys are made to be read"),
        ["/openapi/{documentName}.json"] = new("the description of the API", "nothing: it is the same for all and committed with the sources"),
        ["/docs"] = new("the reference pages of the API", "nothing: they are the same for all"),
    }.ToFrozenDictionary();

    /// <summary>Why the route needs no caller; null when it needs one.</summary>
    public static PublicRoute? ReasonFor(RouteEndpoint endpoint)
    {
        var pattern = "/" + (endpoint.RoutePattern.RawText ?? "").Trim('/');
        return Reasons.TryGetValue(pattern, out var reason) ? reason
            : pattern.StartsWith("/docs/", StringComparison.Ordinal) ? Reasons["/docs"]
            : null;
    }
}
