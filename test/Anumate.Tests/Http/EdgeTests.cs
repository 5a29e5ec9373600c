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
    public async Task Each_route_that_needs_no_caller_has_a_reason_and_exists()
    {
        var s = await server.RunningAsync();
        Assert.All(PublicRoutes.Reasons.Values, reason => Assert.True(reason.Why.Length > 20 && reason.Instead.Length > 20));
        var used = s.Endpoints.OfType<RouteEndpoint>().Select(PublicRoutes.ReasonFor).ToHashSet();
        Assert.All(PublicRoutes.Reasons, reason => Assert.True(used.Contains(reason.Value), $"no route is left at {reason.Key}"));
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
}
