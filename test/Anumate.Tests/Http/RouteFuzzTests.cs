using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using CsCheck;
using Microsoft.AspNetCore.Routing;

namespace Anumate.Tests.Http;

/// <summary>
/// Every route of the running server is sent nonsense with a valid credential: broken bodies, wrong types, odd ids, queries and headers. The
/// answer is never a 500, always a problem document, and the server goes on. ANUMATE_FUZZ makes the run as many times longer.
/// </summary>
public sealed partial class RouteFuzzTests(TestServer server)
{
    const int RequestsOfARoute = 30;

    static readonly int Factor = int.TryParse(Environment.GetEnvironmentVariable("ANUMATE_FUZZ"), out var factor) ? factor : 1;

    static readonly string[] Texts =
    [
        "", "x", "null", "\0", "\\u0000", "\ud83d", "'; drop table platform.events; --", "../../etc/passwd", "%00", "${{ 1/0 }}", "<script>", "a\u202eb", "sha256:00", "run_01m826h01xf14v1qvyk36e7vrz",
        "cap_00000000000000000000000000", "9223372036854775808", "-1", "1e999", "2026-13-45", "*", "a b", "é", new string('x', 3000),
    ];

    static readonly string[] Bodies =
    [
        "", "{", "[]", "null", "0", "\"x\"", "{}", "{\"a\":1,\"a\":2}", "{\"idempotency_key\":5}", "{\"source\":\"a: *b\"}", "{\"source\":\"x\",\"yaml\":[]}", "{\"plan_hash\":\"x\",\"inputs\":[[[1e400]]]}",
        "{\"plan_hash\":\"sha256:0000000000000000000000000000000000000000000000000000000000000000\",\"inputs\":{}}", "{\"name\":\"\\u0000\"}", "{\"name\":\"\\ud800\"}", "{\"name\":{\"$ref\":\"file:///x\"}}", "\ufeff{}", "{}{}",
        "{\"tenant\":\"ten_01m826h01xf14v1qvyk36e7vrz\",\"name\":\"n\",\"roles\":[\"admin\"],\"kind\":\"user\"}", "{\"decision\":\"yes\",\"comment\":12}", "{\"limit\":-1}", "{\"events\":{}}", "{\"bundle\":\"AAAA\"}", "{\"token\":\"a.b.c\"}",
    ];

    static readonly Gen<string> Body = Gen.OneOf(
        Gen.OneOf(Bodies),
        Gen.Select(Gen.OneOf(Bodies), Gen.Int[0, 200], Gen.OneOf(Texts), (body, at, piece) => body.Insert(Math.Min(at, body.Length), piece)),
        Gen.Int[1, 3000].Select(n => string.Concat(Enumerable.Repeat("[", n)) + string.Concat(Enumerable.Repeat("]", n / 2))),
        Gen.Select(Gen.OneOf("source", "name", "plan_hash", "plan", "capsule", "inputs", "rules", "tool", "args", "id", "reason"), Gen.OneOf(Texts),
            (key, value) => System.Text.Json.JsonSerializer.Serialize(new Dictionary<string, string> { [key] = value })));

    [Theory]
    [InlineData("alma")]
    [InlineData("olga")]
    [InlineData("finn")]
    public async Task No_route_answers_nonsense_with_a_500(string person)
    {
        var tenant = await server.NewTenantAsync();
        using var http = await tenant.HttpAsync(person);
        http.Timeout = TimeSpan.FromSeconds(30);
        var faults = new List<string>();
        var routes = tenant.Server.Endpoints.OfType<RouteEndpoint>().Where(e => e.RoutePattern.RawText is { } text && text.StartsWith("/v1/", StringComparison.Ordinal)).ToList();
        Assert.NotEmpty(routes);
        foreach (var route in routes)
        {
            foreach (var method in route.Metadata.GetMetadata<IHttpMethodMetadata>()?.HttpMethods ?? ["GET"])
            {
                // A stream that is followed has no end; what it is asked for is tried by the other methods.
                var path = route.RoutePattern.RawText!;
                var random = new PCG(1, BitConverter.ToUInt64(SHA256.HashData(Encoding.UTF8.GetBytes($"{person} {method} {path}"))));
                foreach (var (target, body, type, header) in Requests(path).Array[RequestsOfARoute * Factor].Generate(random, null, out _))
                {
                    if (await FaultAsync(http, method, target, body, type, header) is { } fault)
                    {
                        faults.Add($"{method} {target} {header} {body[..Math.Min(body.Length, 200)]}: {fault}");
                    }
                }
            }
        }

        Assert.Empty(faults);
        Assert.Equal(200, (await http.AskAsync("/v1/me")).Status);
    }

    static async Task<string?> FaultAsync(HttpClient http, string method, string target, string body, string type, (string, string) header)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), new Uri(http.BaseAddress!, target));
        if (method is not "GET")
        {
            request.Content = new ByteArrayContent(Encoding.UTF8.GetBytes(body));
            request.Content.Headers.TryAddWithoutValidation("Content-Type", type);
        }

        if (!request.Headers.TryAddWithoutValidation(header.Item1, header.Item2))
        {
            return null;
        }

        try
        {
            using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
            var status = (int)response.StatusCode;
            return status is >= 500 and not 503 ? $"status {status}"
                : status >= 400 && response.Content.Headers.ContentType?.MediaType != "application/problem+json" && method != "HEAD" && status != 400 ? $"status {status} without a problem"
                : null;
        }
        catch (HttpRequestException e) when (e.InnerException is FormatException or ArgumentException)
        {
            return null; // Not a request that can be sent.
        }
    }

    static Gen<(string Target, string Body, string Type, (string, string) Header)> Requests(string path) => Gen.Select(
        Gen.OneOf(Texts).Array[8], Gen.OneOf(Texts), Gen.OneOf("", "limit", "cursor", "status", "after", "wait", "name", "type", "from", "x"), Body,
        Gen.OneOf("application/json", "application/json", "application/json", "application/yaml", "text/plain", "multipart/form-data", "nonsense", "application/json; charset=utf-7"),
        Gen.Select(Gen.OneOf("Idempotency-Key", "If-Match", "traceparent", "X-Correlation-Id", "Accept", "Last-Event-ID"), Gen.OneOf(Texts)),
        (parts, value, name, body, type, header) =>
        {
            var i = 0;
            var filled = Parameter().Replace(path, _ => Uri.EscapeDataString(Sendable(parts[i++ % parts.Length])) is { Length: > 0 } p ? p : "x");
            return (filled + (name == "" ? "" : $"?{name}={Uri.EscapeDataString(Sendable(value))}"), body, type, header);
        });

    static string Sendable(string text) => text.Replace("\ud83d", "?", StringComparison.Ordinal);

    [GeneratedRegex(@"\{[^}]+\}")]
    private static partial Regex Parameter();
}
