using System.Text;
using System.Text.Json;
using Anumate.Platform.Http;
using Anumate.Tests.Http;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.AspNetCore.Routing;

namespace Anumate.Tests.Walls;

/// <summary>One route of the running host's own endpoint table.</summary>
public sealed record WalkedRoute(RouteEndpoint Endpoint)
{
    public string Method { get; } = Endpoint.Metadata.GetMetadata<HttpMethodMetadata>() is { HttpMethods: [var first, ..] } ? first : "GET";

    public string Pattern { get; } = "/" + Endpoint.RoutePattern.RawText!.Trim('/');

    public string Name => $"{Method} {Pattern}";

    /// <summary>The service that maps it, by which a split form knows where to send it.</summary>
    public string? Service => Endpoint.Metadata.GetMetadata<IEndpointGroupNameMetadata>()?.EndpointGroupName;

    public string? Scope => Endpoint.Metadata.GetMetadata<DemandedScope>()?.Scope;

    public bool IsPublic => PublicRoutes.ReasonFor(Endpoint) is not null;

    /// <summary>Whether a person of the role may use it; none may where it is for processes of the platform.</summary>
    public bool IsFor(string role) => Endpoint.Metadata.GetMetadata<DemandedCredential>() is not { OfProcess: true } && (Scope is null || Role.Scopes[role].Contains(Scope));

    public bool TakesBody => Endpoint.Metadata.GetMetadata<IAcceptsMetadata>() is not null;

    public bool TakesKey => Endpoint.Metadata.OfType<ParameterMetadata>().Any(p => p.Name == IdempotencyKey.Header);

    /// <summary>The address with something in place of each parameter.</summary>
    public string With(string value) => Endpoint.RoutePattern.Parameters.Aggregate(Pattern, (path, p) => path.Replace($"{{{p.Name}}}", value, StringComparison.Ordinal));

    /// <summary>The address with ids of nothing, well-formed.</summary>
    public string WithUnknownIds => (Endpoint.Metadata.GetMetadata<EdgeMetadata>()?.Ids ?? [])
        .Aggregate(Pattern, (path, id) => path.Replace($"{{{id.Name}}}", $"{id.Prefix}_01m826h01xf14v1qvyk36e7vrz", StringComparison.Ordinal));

    /// <summary>The names that the route takes in its query.</summary>
    public IReadOnlyCollection<string> QueryNames => Endpoint.Metadata.GetMetadata<EdgeMetadata>()?.QueryNames ?? (IReadOnlyCollection<string>)[];

    public override string ToString() => Name;
}

/// <summary>
/// Asks every route. The table of routes is the host's own, so that a new one is walked without being told of; where they answer is
/// given, so that the same walk goes over one process and over many.
/// </summary>
public sealed class RouteWalk(IEnumerable<RouteEndpoint> endpoints, Func<WalkedRoute, HttpClient> clientOf)
{
    /// <summary>Over one process.</summary>
    public RouteWalk(RunningServer server)
        : this(server.Endpoints.OfType<RouteEndpoint>(), _ => server.Http)
    {
    }

    /// <summary>Over whatever form a tenant's platform has.</summary>
    public RouteWalk(PlatformTenant tenant)
        : this(tenant.Endpoints, _ => tenant.Http)
    {
    }

    /// <summary>Every route, those of the reference pages aside.</summary>
    public IReadOnlyList<WalkedRoute> Routes { get; } =
        [.. endpoints.Select(e => new WalkedRoute(e)).OrderBy(r => r.Pattern, StringComparer.Ordinal).ThenBy(r => r.Method, StringComparer.Ordinal)];

    /// <summary>The routes of services.</summary>
    public IEnumerable<WalkedRoute> Services => Routes.Where(r => r.Pattern.StartsWith("/v1/", StringComparison.Ordinal));

    public async Task<Answer> AskAsync(WalkedRoute route, string? bearer, string path, string? body = null, params (string Name, string Value)[] headers)
    {
        (string, string)[] all = bearer is null ? headers : [("Authorization", $"Bearer {bearer}"), .. headers];
        return await clientOf(route).TellAsync(route.Method, path, body is null ? null : Encoding.UTF8.GetBytes(body), body is null ? null : "application/json", all);
    }

    /// <summary>
    /// A request that passes every check of who asks and fails at the next: its ids name nothing, its query has a name unknown, its body
    /// is absent. So nothing is changed, and 401 and 403 say what they mean.
    /// </summary>
    public Task<Answer> KnockAsync(WalkedRoute route, string? bearer) => AskAsync(route, bearer, route.With("x") + "?nosuch=1");

    /// <summary>A body with every text replaced, one at a time.</summary>
    public static IEnumerable<string> Variants(string body, Func<string, string> change)
    {
        using var document = JsonDocument.Parse(body);
        var texts = Texts(document.RootElement).Distinct().ToList();
        foreach (var text in texts)
        {
            yield return body.Replace(Quoted(text), Quoted(change(text)), StringComparison.Ordinal);
        }

        static string Quoted(string text) => JsonSerializer.Serialize(text);
    }

    static IEnumerable<string> Texts(JsonElement at) => at.ValueKind switch
    {
        JsonValueKind.String => [at.GetString()!],
        JsonValueKind.Array => at.EnumerateArray().SelectMany(Texts),
        JsonValueKind.Object => at.EnumerateObject().SelectMany(m => Texts(m.Value)),
        _ => [],
    };
}
