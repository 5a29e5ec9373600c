using System.Text;
using Anumate.Platform.Http;
using Microsoft.AspNetCore.Routing;

namespace Anumate;

/// <summary><c>docs/roles.md</c>: who may use which route, from the routes of a running host.</summary>
static class RolesPage
{
    public static string Write(IEnumerable<RouteEndpoint> endpoints)
    {
        var routes = endpoints.Select(e => new Route(e)).Where(r => r.Pattern.StartsWith("/v1", StringComparison.Ordinal))
            .OrderBy(r => r.Pattern, StringComparer.Ordinal).ThenBy(r => r.Method, StringComparer.Ordinal).ToList();
        var page = new StringBuilder("""
            # Who may use which route
            Written by `./anumate docs` from the routes of a running host; a test asks every route as every role and finds it so. How somebody
            proves who it is, and how roles are given: [identity.md](identity.md).

            ## The matrix
            Roles add up. A scope that no role holds is held by services of the platform only, which call for a principal and within its tenant.


            """);
        page.Append("| route | scope | ").AppendJoin(" | ", Role.All).AppendLine(" |");
        page.Append("|---|---|").AppendJoin("|", Role.All.Select(_ => ":-:")).AppendLine("|");
        foreach (var route in routes.Where(r => r.Public is null))
        {
            page.Append($"| `{route.Method} {route.Pattern}` | {route.Needs} | ").AppendJoin(" | ", Role.All.Select(role => route.IsFor(role) ? "✓" : " ")).AppendLine(" |");
        }

        page.Append("""

            ## Routes without a caller
            Every other route needs a caller.

            | route | why | what authenticates instead |
            |---|---|---|

            """);
        foreach (var (pattern, reason) in PublicRoutes.Reasons.OrderBy(r => r.Key, StringComparer.Ordinal))
        {
            page.AppendLine($"| `{pattern}` | {reason.Why} | {reason.Instead} |");
        }

        return page.ToString().ReplaceLineEndings("\n");
    }

    sealed class Route(RouteEndpoint endpoint)
    {
        readonly string? _scope = endpoint.Metadata.GetMetadata<DemandedScope>()?.Scope;
        readonly bool _ofProcess = endpoint.Metadata.GetMetadata<DemandedCredential>() is { OfProcess: true };

        public string Method { get; } = endpoint.Metadata.GetMetadata<HttpMethodMetadata>() is { HttpMethods: [var first, ..] } ? first : "GET";

        public string Pattern { get; } = "/" + endpoint.RoutePattern.RawText!.Trim('/');

        public string Needs => _ofProcess ? "a process of the platform" : _scope is null ? "any caller" : Role.All.Any(IsFor) ? $"`{_scope}`" : $"`{_scope}` (services only)";

        public PublicRoute? Public { get; } = PublicRoutes.ReasonFor(endpoint);

        public bool IsFor(string role) => !_ofProcess && (_scope is null || Role.Scopes[role].Contains(_scope));
    }
}
