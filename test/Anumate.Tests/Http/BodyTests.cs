using System.Net.Http.Headers;
using System.Text;
using Microsoft.Extensions.Logging;

namespace Anumate.Tests.Http;

/// <summary>Bad bodies, sent to a route that writes; none may be a 500 and none may write.</summary>
public sealed class BodyTests(TestServer server)
{
    const string Good = """{"name":"zoe","kind":"user","roles":["viewer"],"groups":[]}""";

    public static TheoryData<string, string, string, int, int> Malformed => new()
    {
        { "", "the body is empty", "", 0, 0 },
        { "null", "the body is null", "", 0, 0 },
        { "{", "", "", 1, 2 },
        { """{"name":"zoe",}""", "", "", 1, 15 },
        { "{\"name\":\"zoe\"\n \"kind\":\"user\"}", "", "", 2, 2 },
        { "[]", "expected an object", "", 1, 1 },
        { "\"text\"", "expected an object", "", 1, 1 },
        { """{"name":7,"kind":"user","roles":[],"groups":[]}""", "expected a string", "/name", 1, 9 },
        { "{\n  \"name\": \"zoe\",\n  \"kind\": \"robot\",\n  \"roles\": [], \"groups\": []\n}", "expected one of `user`, `service`, `agent`", "/kind", 3, 11 },
        { """{"name":"zoé","kind":0,"roles":[],"groups":[]}""", "expected one of `user`, `service`, `agent`", "/kind", 1, 22 },
        { """{"name":"zoe","kind":"user","roles":"viewer","groups":[]}""", "expected an array", "/roles", 1, 37 },
        { """{"name":"zoe","kind":"user","roles":["viewer",7],"groups":[]}""", "expected a string", "/roles/1", 1, 47 },
        { """{"name":"zoe","kind":"user","roles":null,"groups":[]}""", "null does not belong here", "/roles", 1, 37 },
        { """{"name":"zoe","kind":"user","roles":[null],"groups":[]}""", "null does not belong here", "/roles/0", 1, 38 },
        { """{"name":"zoe","kind":"user"}""", "required members are missing: `roles`, `groups`", "", 1, 1 },
        { """{"name":"zoe","kind":"user","rolls":[],"groups":[]}""", "unknown member `rolls`", "/rolls", 1, 29 },
        { """{"name":"zoe","kind":"user","roles":[],"groups":[],"tenant_id":"x"}""", "unknown member `tenant_id`", "/tenant_id", 1, 52 },
        { """{"Name":"zoe","kind":"user","roles":[],"groups":[]}""", "unknown member `Name`", "/Name", 1, 2 },
        { """{"name":"zoe","kind":"user","roles":[],"groups":[],"idempotency_key":"x"}""", "unknown member `idempotency_key`", "/idempotency_key", 1, 52 },
        { """{"name":"zoe","name":"eve","kind":"user","roles":[],"groups":[]}""", "name", "/name", 1, 15 },
        { """{"name":"zo\u0000e","kind":"user","roles":[],"groups":[]}""", "", "/name", 1, 9 },
        { """{"name":"zo\ud800e","kind":"user","roles":[],"groups":[]}""", "", "/name", 1, 9 },
        { """{"name":"zoe","kind":"user","roles":[],"groups":[9007199254740993]}""", "", "/groups/0", 1, 50 },
        { """{"name":"zoe","kind":"user","roles":[],"groups":[1e400]}""", "", "/groups/0", 1, 50 },
        { """{"name":"zoe",/* c */"kind":"user","roles":[],"groups":[]}""", "", "", 1, 15 },
    };

    [Theory]
    [MemberData(nameof(Malformed))]
    public async Task Says_what_is_wrong_and_where(string body, string says, string path, int line, int column)
    {
        var t = await server.NewTenantAsync();
        using var http = await t.HttpAsync("alma");
        var answer = await http.PostJsonAsync("/v1/principals", body);
        Assert.Equal((400, "invalid-request"), (answer.Status, answer.Problem.Code));
        Assert.Contains(says, answer.Problem.Detail);
        Assert.DoesNotContain("System.", answer.Problem.Detail);
        Assert.DoesNotContain("Anumate.", answer.Problem.Detail);
        if (line > 0)
        {
            var finding = answer.Problem.Diagnostics![0];
            Assert.Equal((path, line, column), (finding.Path, finding.Line, finding.Column));
        }

        await NothingWasWrittenAsync(t);
    }

    [Fact]
    public async Task Suggests_the_member_that_was_meant()
    {
        var t = await server.NewTenantAsync();
        using var http = await t.HttpAsync("alma");
        var close = await http.PostJsonAsync("/v1/principals", """{"name":"zoe","kind":"user","rolls":[],"groups":[]}""");
        Assert.Equal("did you mean `roles`?", close.Problem.Diagnostics![0].Suggestion);
        var far = await http.PostJsonAsync("/v1/principals", """{"name":"zoe","kind":"user","privileges":[],"groups":[]}""");
        Assert.Equal("known members: `name`, `kind`, `roles`, `groups`", far.Problem.Diagnostics![0].Suggestion);
    }

    [Theory]
    [InlineData(new byte[] { 0xEF, 0xBB, 0xBF })]
    [InlineData(new byte[] { 0xC3 })]
    [InlineData(new byte[] { 0xFF, 0xFE })]
    [InlineData(new byte[] { 0x00 })]
    public async Task Refuses_bytes_that_are_not_plain_UTF8(byte[] prefix)
    {
        var t = await server.NewTenantAsync();
        using var http = await t.HttpAsync("alma");
        var answer = await http.TellAsync("POST", "/v1/principals", [.. prefix, .. Encoding.UTF8.GetBytes(Good)], "application/json");
        Assert.Equal((400, "invalid-request"), (answer.Status, answer.Problem.Code));
        await NothingWasWrittenAsync(t);
    }

    [Theory]
    [InlineData(10_000, "[", "]")]
    [InlineData(10_000, "{\"a\":", "}")]
    [InlineData(100_000, "[", "")]
    public async Task Refuses_deep_nesting(int depth, string open, string close)
    {
        var t = await server.NewTenantAsync();
        using var http = await t.HttpAsync("alma");
        var body = string.Concat(Enumerable.Repeat(open, depth)) + "1" + string.Concat(Enumerable.Repeat(close, depth));
        var answer = await http.PostJsonAsync("/v1/principals", body);
        Assert.Equal(400, answer.Status);
        Assert.Equal("json.too-deep", answer.Problem.Diagnostics![0].Code);
        await NothingWasWrittenAsync(t);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("text/plain")]
    [InlineData("application/x-www-form-urlencoded")]
    [InlineData("application/json; charset=utf-16")]
    [InlineData("application/jsonx")]
    [InlineData("not a type")]
    public async Task Refuses_another_content_type(string? type)
    {
        var t = await server.NewTenantAsync();
        using var http = await t.HttpAsync("alma");
        var answer = await http.TellAsync("POST", "/v1/principals", Encoding.UTF8.GetBytes(Good), type);
        Assert.Equal((415, "unsupported-media-type"), (answer.Status, answer.Problem.Code));
        await NothingWasWrittenAsync(t);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Refuses_a_body_over_the_limit_whether_its_length_is_told_or_not(bool chunked)
    {
        var t = await server.NewTenantAsync();
        using var http = await t.HttpAsync("alma");
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/principals");
        request.Headers.ExpectContinue = !chunked;
        var bytes = Encoding.UTF8.GetBytes(Good[..^1] + new string(' ', 1024 * 1024) + "}");
        request.Content = chunked ? new StreamContent(new Unsized(bytes)) : new ByteArrayContent(bytes);
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        var answer = await http.ReadAsync(request);
        Assert.Equal((413, "too-large"), (answer.Status, answer.Problem.Code));
        await NothingWasWrittenAsync(t);
    }

    [Fact]
    public async Task Accepts_a_body_just_within_the_limit()
    {
        var t = await server.NewTenantAsync();
        using var http = await t.HttpAsync("alma");
        var answer = await http.PostJsonAsync("/v1/principals", Good[..^1] + new string(' ', 1024 * 1024 - Good.Length) + "}");
        Assert.Equal(201, answer.Status);
    }

    [Fact]
    public async Task Tells_nothing_of_its_inside()
    {
        var t = await server.NewTenantAsync();
        using var http = await t.HttpAsync("alma");
        foreach (var body in Malformed.Select(row => row.Data.Item1))
        {
            var text = Encoding.UTF8.GetString((await http.PostJsonAsync("/v1/principals", body)).Body);
            Assert.DoesNotContain("   at ", text);
            Assert.DoesNotContain("Exception", text);
        }

        Assert.DoesNotContain(t.Server.Logs.All, line => line.Level >= LogLevel.Error && line.Category.Contains(".Http.", StringComparison.Ordinal) && line.Message.Contains("/v1/principals"));
    }

    static async Task NothingWasWrittenAsync(ServerTenant t)
    {
        var people = await (await t.ClientAsync("alma")).Identity.ListPrincipalsAsync(Caller.Self, null, new PageRequest(), default);
        Assert.DoesNotContain(people.Items, p => p.Name.StartsWith("zo", StringComparison.Ordinal) || p.Name == "eve");
    }

    sealed class Unsized(byte[] bytes) : MemoryStream(bytes)
    {
        public override bool CanSeek => false;
    }
}
