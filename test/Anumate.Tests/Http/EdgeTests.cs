using Anumate.Platform.Http;
using Microsoft.AspNetCore.Routing;

namespace Anumate.Tests.Http;

public sealed class EdgeTests(TestServer server)
{
    [Fact]
    public async Task An_unknown_route_is_404_with_a_problem()
    {
        var s = await server.RunningAsync();
        var answer = await s.Http.AskAsync("/v1/nosuch?x=`1`");
        Assert.Equal((404, "route-not-found"), (answer.Status, answer.Problem.Code));
        Assert.Contains("GET `/v1/nosuch`", answer.Problem.Detail);
    }

    [Fact]
    public async Task A_method_that_a_route_lacks_is_405_and_names_those_it_has()
    {
        var s = await server.RunningAsync();
        var answer = await s.Http.TellAsync("DELETE", "/v1/me", null, null);
        Assert.Equal((405, "method-not-allowed"), (answer.Status, answer.Problem.Code));
        Assert.Contains("GET", answer.Problem.Detail);
    }

    [Fact]
    public async Task Every_answer_carries_a_correlation_id_a_trace_and_the_security_headers()
    {
        var t = await server.NewTenantAsync();
        using var http = await t.HttpAsync("olga");
        foreach (var answer in new[] { await http.AskAsync("/v1/me"), await http.AskAsync("/v1/nosuch"), await t.Server.Http.AskAsync("/v1/me"), await http.AskAsync("/health/live") })
        {
            Assert.Matches("^[0-9a-f]{32}$", answer.Header("X-Correlation-Id"));
            Assert.Matches("^00-[0-9a-f]{32}-[0-9a-f]{16}-0[01]$", answer.Header("traceparent"));
            Assert.Equal("nosniff", answer.Header("X-Content-Type-Options"));
            Assert.Equal("DENY", answer.Header("X-Frame-Options"));
            Assert.Contains("default-src 'none'", answer.Header("Content-Security-Policy"));
            Assert.Contains("no-store", answer.Header("Cache-Control"));
            Assert.Null(answer.Header("Server"));
        }
    }

    [Fact]
    public async Task Goes_on_with_the_callers_correlation_and_trace()
    {
        var t = await server.NewTenantAsync();
        using var http = await t.HttpAsync("olga");
        var answer = await http.AskAsync("/v1/nosuch", ("X-Correlation-Id", "order-4711"), ("traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"));
        Assert.Equal("order-4711", answer.Header("X-Correlation-Id"));
        Assert.StartsWith("00-4bf92f3577b34da6a3ce929d0e0e4736-", answer.Header("traceparent"));
        Assert.Equal("4bf92f3577b34da6a3ce929d0e0e4736", answer.Problem.TraceId);
    }

    [Theory]
    [InlineData("has space")]
    [InlineData("")]
    [InlineData("ünïcode")]
    [InlineData("tab\there")]
    public async Task Refuses_a_correlation_id_that_could_forge_a_log_line(string correlation)
    {
        var s = await server.RunningAsync();
        var answer = await s.Http.AskAsync("/v1/me", ("X-Correlation-Id", correlation));
        Assert.Equal((400, "invalid-request"), (answer.Status, answer.Problem.Code));
        Assert.Matches("^[0-9a-f]{32}$", answer.Header("X-Correlation-Id"));
    }

    [Fact]
    public async Task Refuses_a_correlation_id_of_129_characters()
    {
        var s = await server.RunningAsync();
        Assert.Equal(401, (await s.Http.AskAsync("/v1/me", ("X-Correlation-Id", new string('x', 128)))).Status);
        Assert.Equal(400, (await s.Http.AskAsync("/v1/me", ("X-Correlation-Id", new string('x', 129)))).Status);
    }

    [Theory]
    [InlineData("")]
    [InlineData("Bearer")]
    [InlineData("Bearer ")]
    [InlineData("Basic dXNlcjpwYXNz")]
    [InlineData("Bearer ank_01m826h01xf14v1qvyk36e7vrz_0000000000000000000000000000000000000000000000000000000000000000")]
    [InlineData("Bearer ank_short")]
    [InlineData("Bearer eyJhbGciOiJub25lIn0.e30.")]
    [InlineData("Bearer a.b.c")]
    [InlineData("Bearer \u00fc")]
    public async Task No_valid_credential_is_401(string authorization)
    {
        var s = await server.RunningAsync();
        var answer = await s.Http.AskAsync("/v1/me", ("Authorization", authorization));
        Assert.Equal((401, "unauthenticated"), (answer.Status, answer.Problem.Code));
        Assert.Equal("Bearer", answer.Header("WWW-Authenticate"));
        Assert.DoesNotContain("ank_", answer.Problem.Detail);
    }

    [Fact]
    public async Task Every_route_needs_a_caller_or_is_on_the_list_with_a_reason()
    {
        var s = await server.RunningAsync();
        var routes = s.Endpoints.OfType<RouteEndpoint>().ToList();
        Assert.NotEmpty(routes);
        Assert.All(PublicRoutes.Reasons.Values, reason => Assert.True(reason.Length > 20));
        foreach (var route in routes)
        {
            var isPublic = PublicRoutes.ReasonFor(route) is not null;
            var method = route.Metadata.GetMetadata<HttpMethodMetadata>() is { HttpMethods: [var first, ..] } ? first : "GET";
            var path = "/" + string.Join('/', route.RoutePattern.PathSegments.Select(segment => string.Concat(segment.Parts.Select(part =>
                part is Microsoft.AspNetCore.Routing.Patterns.RoutePatternLiteralPart literal ? literal.Content : "x"))));
            var answer = await s.Http.TellAsync(method, path, null, null);
            Assert.True(isPublic || answer is { Status: 401, Problem.Code: "unauthenticated" }, $"{method} {path} answered {answer.Status} without a caller");
        }
    }

    [Fact]
    public async Task Every_body_is_read_by_the_strict_reader_and_every_route_of_a_service_has_a_summary()
    {
        var s = await server.RunningAsync();
        foreach (var route in s.Endpoints.OfType<RouteEndpoint>().Where(r => r.RoutePattern.RawText!.StartsWith("/v1", StringComparison.Ordinal)))
        {
            var handler = route.Metadata.GetMetadata<System.Reflection.MethodInfo>()!;
            var takesBody = handler.GetParameters().Any(p => p.ParameterType.IsGenericType && p.ParameterType.GetGenericTypeDefinition() == typeof(Body<>));
            Assert.True(takesBody == route.Metadata.OfType<Microsoft.AspNetCore.Http.Metadata.IAcceptsMetadata>().Any(), $"{route} binds its body past Body<T>");
            Assert.True(route.Metadata.GetMetadata<Microsoft.AspNetCore.Http.Metadata.IEndpointSummaryMetadata>() is not null, $"{route} has no summary");
        }
    }

    [Fact]
    public async Task Each_role_may_use_exactly_the_routes_of_its_scopes()
    {
        var t = await server.NewTenantAsync();
        var people = new Dictionary<string, string>
        {
            [Role.Viewer] = "vera", [Role.Author] = "ada", [Role.Operator] = "olga", [Role.Approver] = "finn", [Role.Auditor] = "amir", [Role.Admin] = "alma",
        };
        Assert.Equal(Role.All, people.Keys);
        foreach (var route in t.Server.Endpoints.OfType<RouteEndpoint>().Where(r => r.Metadata.GetMetadata<DemandedScope>() is not null))
        {
            var scope = route.Metadata.GetMetadata<DemandedScope>()!.Scope;
            var method = route.Metadata.GetMetadata<HttpMethodMetadata>()!.HttpMethods[0];

            // Ids are malformed and bodies absent: whoever passes the check of scopes gets 400, 404 or a list, and nothing is changed.
            var path = route.RoutePattern.Parameters.Aggregate(route.RoutePattern.RawText!, (raw, p) => raw.Replace($"{{{p.Name}}}", "x", StringComparison.Ordinal));
            foreach (var (role, name) in people)
            {
                using var http = await t.HttpAsync(name);
                var answer = await http.TellAsync(method, path + "?nosuch=1", null, null);
                var refused = answer is { Status: 403, Problem.Code: "forbidden" };
                Assert.True(refused == !Role.Scopes[role].Contains(scope), $"{method} {path} (needs {scope}) answered {answer.Status} to {role}");
                Assert.NotEqual(500, answer.Status);
            }
        }
    }
}
