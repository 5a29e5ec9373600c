using System.Collections.Frozen;
using Microsoft.AspNetCore.Routing;

namespace Anumate.Platform.Http;

/// <summary>Routes that need no caller. This is the whole list; a test walks every endpoint and finds it here or behind a credential.</summary>
public static class PublicRoutes
{
    public static FrozenDictionary<string, string> Reasons { get; } = new Dictionary<string, string>
    {
        ["/health/live"] = "orchestrators probe it without a credential; it says only that the process runs",
        ["/health/ready"] = "orchestrators probe it without a credential; it names dependencies and their state, no data",
        ["/metrics"] = "scraped by Prometheus; answers on loopback only unless configured otherwise; holds no tenant",
        ["/v1/sign-in"] = "this is where a caller gets its credential",
        ["/v1/jwks"] = "public keys, made to be read by whoever verifies a token",
        ["/v1/captokens/jwks"] = "public keys, made to be read by whoever verifies a token",
        ["/v1/receipts/jwks"] = "public keys, made to be read by whoever verifies a receipt",
        ["/openapi/{documentName}.json"] = "the description of the API, the same for all",
        ["/docs"] = "the reference pages of the API, the same for all",
    }.ToFrozenDictionary();

    /// <summary>Why the route needs no caller; null when it needs one.</summary>
    public static string? ReasonFor(RouteEndpoint endpoint)
    {
        var pattern = "/" + (endpoint.RoutePattern.RawText ?? "").Trim('/');
        return Reasons.TryGetValue(pattern, out var reason) ? reason
            : pattern.StartsWith("/docs/", StringComparison.Ordinal) ? Reasons["/docs"]
            : null;
    }
}
