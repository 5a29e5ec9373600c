using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Anumate.Connectors;
using Anumate.Tests.GoldenPath;
using Anumate.Tests.Http;
using Answer = Anumate.Tests.Http.Answer;

namespace Anumate.Tests.Walls;

/// <summary>Texts that mean harm somewhere, through every address, query and body there is.</summary>
public sealed class HostileTextTests(TestServer server, ToolProgram tools, TestDatabase database)
{
    // The long one is short enough to stand twice in an address: over 8 KiB the server's own reader answers 414, with no body.
    static readonly string[] Texts =
    [
        "'; drop table identity.principal; --", "' or '1'='1", "$1", "\\'; select pg_sleep(9); --", "${{ secrets.all }}", "${jndi:ldap://127.0.0.1/a}", "{{7*7}}",
        "true || actor.roles.exists(r, true)", "x\r\nX-Injected: yes", "x\nlevel=error tenant=other", "\u001b[2J", "\u2028\u202etxt.exe", "../../../../etc/passwd", "..\\..\\windows",
        "%2e%2e%2fetc%2fpasswd", "%00", "file:///etc/passwd", "<script>alert(1)</script>", "=cmd|' /c calc'!A0", new string('a', 3000), "e\u0301\u212a\ufb01",
    ];

    [Fact]
    public async Task T4_T9_No_text_in_an_address_or_a_query_does_more_than_miss()
    {
        var t = await server.NewTenantAsync();
        var walk = new RouteWalk(t.Server);
        var alma = await t.TokenAsync("alma");
        var before = await CountAsync();

        // What the stream accepts it answers for ever; its query is that of the list.
        foreach (var route in walk.Services.Where(r => r.Pattern != "/v1/events/stream"))
        {
            foreach (var text in Texts)
            {
                var escaped = Uri.EscapeDataString(text);
                var paths = route.QueryNames.Select(name => $"{route.With("x")}?{name}={escaped}").Append($"{route.With(escaped)}").Append($"{route.With("x")}?{escaped}=1");
                foreach (var path in paths)
                {
                    Harmless($"{route.Method} {path}", await walk.AskAsync(route, alma, path));
                }
            }
        }

        Assert.Equal(before, await CountAsync());
        LinesAreWhole(t);
    }

    [Fact]
    public async Task T4_No_text_in_a_body_does_more_than_stand_there()
    {
        var t = await server.NewTenantAsync();
        var walk = new RouteWalk(t.Server);
        foreach (var (route, ask) in await BodiesAsync(walk, t))
        {
            foreach (var text in Texts)
            {
                foreach (var body in RouteWalk.Variants(ask.First, _ => text).Take(12))
                {
                    Harmless(route.Name, await walk.AskAsync(route, await t.TokenAsync(ask.As), route.Pattern, body));
                }
            }
        }

        LinesAreWhole(t);
        Assert.Equal(200, (await walk.AskAsync(walk.Routes.Single(r => r.Name == "GET /v1/me"), await t.TokenAsync("alma"), "/v1/me")).Status);
    }

    [Fact]
    public async Task T4_Hostile_headers_are_refused_or_ignored()
    {
        var t = await server.NewTenantAsync();
        using var http = await t.HttpAsync("alma");
        foreach (var text in Texts.Where(x => !x.AsSpan().ContainsAny('\r', '\n', '\u001b')))
        {
            foreach (var header in new[] { "X-Correlation-Id", "Idempotency-Key", "If-Match", "X-Tenant", "X-Forwarded-For", "X-Forwarded-Host", "X-Original-URL", "traceparent", "tracestate", "baggage" })
            {
                Harmless(header, await http.AskAsync("/v1/me", (header, text)));
            }
        }

        // Headers that other products believe: the credential alone tells the tenant and who calls.
        var other = await server.NewTenantAsync();
        var me = (await http.AskAsync("/v1/me", ("X-Tenant", other.Name), ("X-Tenant-Id", other.Id.ToString()), ("X-User", "root"), ("X-Roles", "admin"),
            ("X-Forwarded-User", "root"), ("X-HTTP-Method-Override", "DELETE"))).Json<Me>();
        Assert.Equal((t.Id, "alma"), (me.Tenant, me.Name));
        LinesAreWhole(t);
    }

    [Fact]
    public async Task T5_No_body_sets_what_is_not_the_callers_to_set()
    {
        var t = await server.NewTenantAsync();
        var walk = new RouteWalk(t.Server);
        var known = await BodiesAsync(walk, t);
        foreach (var route in walk.Services.Where(r => r.TakesBody))
        {
            var role = Role.All.Reverse().FirstOrDefault(route.IsFor);
            if (role is null)
            {
                continue; // No person reaches it.
            }

            var bearer = await t.TokenAsync(ServerTenant.People.First(p => p.Roles.Contains(role)).Name);
            var whole = known.FirstOrDefault(k => k.Route == route).Ask?.First;
            foreach (var member in new[] { "tenant", "tenant_id", "id", "hash", "plan_hash_of", "digest", "state", "status", "created", "version_of", "signature", "requested_by", "is_admin" })
            {
                var body = whole is null ? $$"""{"{{member}}":"x"}""" : $$"""{"{{member}}":"x",{{whole.TrimStart()[1..]}}""";
                var answer = await walk.AskAsync(route, bearer, route.WithUnknownIds, body, ("If-Match", "\"1\""));
                var says = Encoding.UTF8.GetString(answer.Body);
                Assert.True(answer.Status == 400 && (whole is null || says.Contains(member, StringComparison.Ordinal)), $"{route} answered {answer.Status} to a body with `{member}`: {says}");
            }
        }
    }

    [Fact]
    public async Task T6_An_idempotency_key_used_with_another_body_is_422_on_every_route_that_takes_one()
    {
        var t = await server.NewTenantAsync();
        var walk = new RouteWalk(t.Server);
        var asks = await BodiesAsync(walk, t);
        Assert.Equal(walk.Services.Where(r => r.TakesKey).Select(r => r.Name).Order(StringComparer.Ordinal), asks.Select(a => a.Route.Name).Order(StringComparer.Ordinal));
        foreach (var (route, ask) in asks)
        {
            var bearer = await t.TokenAsync(ask.As);
            var key = ("Idempotency-Key", $"once-{route.Pattern}");
            var first = await walk.AskAsync(route, bearer, route.Pattern, ask.First, key);
            Assert.True(first.Status is 200 or 201, $"{route} answered {first.Status}: {Encoding.UTF8.GetString(first.Body)}");
            Assert.Equal(first.Status, (await walk.AskAsync(route, bearer, route.Pattern, ask.First, key)).Status);
            var other = await walk.AskAsync(route, bearer, route.Pattern, ask.Other, key);
            Assert.True(other.Status == 422 && other.Problem.Code == "idempotency-mismatch", $"{route} answered {other.Status} to a used key with another body");
        }
    }

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("localhost")]
    [InlineData("127.1")]
    [InlineData("2130706433")]
    [InlineData("0x7f000001")]
    [InlineData("[::1]")]
    [InlineData("[::ffff:127.0.0.1]")]
    [InlineData("0.0.0.0")]
    public async Task T9_A_tool_on_this_machine_is_not_called_under_any_name(string host)
    {
        using var trap = new TcpListener(host == "[::1]" ? IPAddress.IPv6Loopback : IPAddress.Loopback, 0);
        trap.Start();
        using var http = new ToolHttp(new ConnectorOptions());
        var answer = await http.PostAsync(new Uri($"http://{host}:{((IPEndPoint)trap.LocalEndpoint).Port}/"), new TimelyContent("{}"u8.ToArray(), null, TimeProvider.System),
            "k", "c", TimeSpan.FromSeconds(5), default);
        Assert.False(answer.Sent);
        Assert.False(trap.Pending());
    }

    [Theory]
    [InlineData("169.254.169.254")]
    [InlineData("10.0.0.1")]
    [InlineData("172.31.255.255")]
    [InlineData("192.168.1.1")]
    [InlineData("100.64.0.1")]
    [InlineData("fd00:ec2::254")]
    [InlineData("fe80::1")]
    [InlineData("::")]
    [InlineData("64:ff9b::a9fe:a9fe")]
    [InlineData("2002:7f00:1::")]
    [InlineData("::127.0.0.1")]
    public void T9_Addresses_behind_the_server_are_not_public(string address) => Assert.False(ToolHttp.IsPublic(IPAddress.Parse(address)));

    [Fact]
    public async Task T9_A_redirect_is_not_followed()
    {
        using var trap = new TcpListener(IPAddress.Loopback, 0);
        trap.Start();
        using var door = new TcpListener(IPAddress.Loopback, 0);
        door.Start();
        using var http = new ToolHttp(new ConnectorOptions { AllowPrivateAddresses = true });
        var asked = http.PostAsync(new Uri($"http://{door.LocalEndpoint}/"), new TimelyContent("{}"u8.ToArray(), null, TimeProvider.System), "k", "c", TimeSpan.FromSeconds(20), default);
        using var caller = await door.AcceptTcpClientAsync();
        await caller.GetStream().WriteAsync(Encoding.ASCII.GetBytes($"HTTP/1.1 307 Temporary Redirect\r\nLocation: http://{trap.LocalEndpoint}/\r\nContent-Length: 0\r\n\r\n"));
        Assert.Equal(HttpStatusCode.TemporaryRedirect, (await asked).Status);
        Assert.False(trap.Pending());
    }

    static void Harmless(string what, Answer answer)
    {
        Assert.True(answer.Status < 500, $"{what} answered {answer.Status}");
        Assert.Null(answer.Header("X-Injected"));
        if (answer.Status >= 400)
        {
            Assert.Equal(-1, answer.Problem.Detail.AsSpan().IndexOfAnyInRange('\0', '\u001f'));
        }
    }

    // A log line that a caller's text broke in two could forge the second.
    static void LinesAreWhole(ServerTenant t) =>
        Assert.DoesNotContain(t.Server.Logs.All, l => l.Message.AsSpan().ContainsAny('\r', '\n', '\u001b') && l.Error is null && l.Scopes.Values.Contains(t.Id.ToString()));

    async Task<long> CountAsync()
    {
        await using var connection = new Npgsql.NpgsqlConnection(database.Admin);
        await connection.OpenAsync();
        await using var tables = new Npgsql.NpgsqlCommand("select count(*) from pg_class where relkind in ('r', 'p')", connection);
        return (long)(await tables.ExecuteScalarAsync())!;
    }

    /// <summary>Two bodies that each route with an idempotency key accepts, and who may send them.</summary>
    async Task<IReadOnlyList<(WalkedRoute Route, KeyedAsk Ask)>> BodiesAsync(RouteWalk walk, ServerTenant t)
    {
        var a = await Automation.MakeAsync(t, tools);
        var connector = (await Automation.ReadAsync("tools.json")).Replace("http://127.0.0.1:7070", tools.Address, StringComparison.Ordinal);
        var capsule = await Automation.ReadAsync("capsule.yaml");
        var second = await (await t.ClientAsync("ada")).Registry.PublishAsync(Caller.Self,
            new PublishCapsule(capsule.Replace("name: refund-order", "name: refund-second", StringComparison.Ordinal)), default);
        var asks = new Dictionary<string, KeyedAsk>
        {
            ["POST /v1/api-keys"] = new("olga", """{"name":"one"}""", """{"name":"two"}"""),
            ["POST /v1/capsules"] = new("ada", Source(capsule.Replace("name: refund-order", "name: refund-three", StringComparison.Ordinal)),
                Source(capsule.Replace("name: refund-order", "name: refund-four", StringComparison.Ordinal))),
            ["POST /v1/compile"] = new("ada", $$"""{"capsule":"refund-order@{{a.Capsule.Version}}"}""", $$"""{"capsule":"refund-second@{{second.Version}}"}"""),
            ["POST /v1/connectors"] = new("alma", connector, connector.Replace("Looks an order up", "Finds an order", StringComparison.Ordinal)),
            ["POST /v1/execute"] = new("olga", Execute(a, 600), Execute(a, 601)),
            ["POST /v1/ghostrun"] = new("olga", Execute(a, 40), Execute(a, 41)),
            ["POST /v1/policies"] = new("ada", Source(Policy("first")), Source(Policy("second"))),
            ["POST /v1/principals"] = new("alma", """{"name":"p1","kind":"service","roles":[],"groups":[]}""", """{"name":"p2","kind":"service","roles":[],"groups":[]}"""),
        };
        return [.. asks.Select(ask => (walk.Routes.Single(r => r.Name == ask.Key), ask.Value))];

        static string Source(string text) => JsonSerializer.Serialize(new { source = text });
        static string Policy(string name) => $"policy {name}.rules version 1 {{\n  at tool.before\n  rule all allow because \"x\" when call.tool == \"a.b\"\n}}\n";
        static string Execute(Automation a, double amount) => $$"""{"plan_hash":"{{a.Plan.PlanHash}}","inputs":{{Automation.Inputs(amount)}}}""";
    }

    sealed record KeyedAsk(string As, string First, string Other);
}
