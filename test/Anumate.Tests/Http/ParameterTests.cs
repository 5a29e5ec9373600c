using Anumate.Platform.Http;

namespace Anumate.Tests.Http;

public sealed class ParameterTests(TestServer server)
{
    [Theory]
    [InlineData("x")]
    [InlineData("prn_")]
    [InlineData("prn_01M826H01XF14V1QVYK36E7VRZ")]
    [InlineData("prn_81m826h01xf14v1qvyk36e7vrz")]
    [InlineData("prn_01m826h01xf14v1qvyk36e7vr")]
    [InlineData("prn_01m826h01xf14v1qvyk36e7vrzz")]
    [InlineData("run_01m826h01xf14v1qvyk36e7vrz")]
    [InlineData("prn_01m826h01xf14v1qvyk36e7vru")]
    [InlineData("..%2f..%2fetc")]
    [InlineData("'%20or%201=1--")]
    public async Task An_id_of_another_form_is_404_as_an_unknown_one_is(string id)
    {
        var t = await server.NewTenantAsync();
        using var http = await t.HttpAsync("alma");
        var answer = await http.AskAsync($"/v1/principals/{id}");
        Assert.Equal(404, answer.Status);
        Assert.Contains(answer.Problem.Code, new[] { "not-found", "route-not-found" });
        Assert.Equal(404, (await http.AskAsync($"/v1/principals/{Id<Principal>.New(TimeProvider.System)}")).Status);
    }

    [Theory]
    [InlineData("limit=0")]
    [InlineData("limit=201")]
    [InlineData("limit=-1")]
    [InlineData("limit=ten")]
    [InlineData("limit=1&limit=2")]
    [InlineData("limit=99999999999999999999")]
    [InlineData("cursor=")]
    [InlineData("cursor=abc")]
    [InlineData("cursor=!!!")]
    [InlineData("limt=5")]
    [InlineData("Limit=5")]
    [InlineData("group=")]
    [InlineData("group=Not%20A%20Group")]
    public async Task Refuses_a_query_it_cannot_read(string query)
    {
        var t = await server.NewTenantAsync();
        using var http = await t.HttpAsync("alma");
        var answer = await http.AskAsync($"/v1/principals?{query}");
        Assert.Equal((400, "invalid-request"), (answer.Status, answer.Problem.Code));
    }

    [Theory]
    [InlineData("/v1/executions?status=zzz", "parameter `status` cannot be `zzz`; see /docs")]
    [InlineData("/v1/usage?from=yesterday&to=2026-01-02", "parameter `from` cannot be `yesterday`; see /docs")]
    public async Task Says_which_parameter_cannot_be_read_and_nothing_of_its_code(string path, string detail)
    {
        var t = await server.NewTenantAsync();
        using var http = await t.HttpAsync("alma");
        var answer = await http.AskAsync(path);
        Assert.Equal((400, "invalid-request", detail), (answer.Status, answer.Problem.Code, answer.Problem.Detail));
    }

    [Fact]
    public async Task Pages_through_all_once_and_takes_no_foreign_or_altered_cursor()
    {
        var t = await server.NewTenantAsync();
        using var http = await t.HttpAsync("alma");
        var names = new List<string>();
        string? cursor = null;
        do
        {
            var page = (await http.AskAsync($"/v1/principals?limit=3{(cursor is null ? "" : $"&cursor={cursor}")}")).Json<Page<Principal>>();
            names.AddRange(page.Items.Select(p => p.Name));
            cursor = page.Next;
        }
        while (cursor is not null);

        Assert.Equal(["ada", "alma", "amir", "finn", "fiona", "olga", "vera"], names);
        var next = (await http.AskAsync("/v1/principals?limit=3")).Json<Page<Principal>>().Next!;
        Assert.Equal(400, (await http.AskAsync($"/v1/api-keys?cursor={next}")).Status);
        Assert.Equal(400, (await http.AskAsync($"/v1/principals?cursor={next[..^1]}{(next[^1] == 'A' ? 'B' : 'A')}")).Status);
        Assert.Equal(400, (await http.AskAsync($"/v1/principals?cursor={new string('A', 5000)}")).Status);
    }

    [Theory]
    [InlineData("has space")]
    [InlineData("ünïcode")]
    public async Task Refuses_a_malformed_idempotency_key(string key)
    {
        var t = await server.NewTenantAsync();
        using var http = await t.HttpAsync("alma");
        var answer = await http.PostJsonAsync("/v1/principals", """{"name":"zoe","kind":"user","roles":[],"groups":[]}""", ("Idempotency-Key", key));
        Assert.Equal((400, "invalid-request"), (answer.Status, answer.Problem.Code));
    }

    [Fact]
    public async Task An_idempotency_key_is_at_most_200_characters()
    {
        var t = await server.NewTenantAsync();
        using var http = await t.HttpAsync("alma");
        Assert.Equal(400, (await http.PostJsonAsync("/v1/principals", """{"name":"zoe","kind":"user","roles":[],"groups":[]}""", ("Idempotency-Key", new string('k', 201)))).Status);
        Assert.Equal(201, (await http.PostJsonAsync("/v1/principals", """{"name":"zoe","kind":"user","roles":[],"groups":[]}""", ("Idempotency-Key", new string('k', 200)))).Status);
    }

    [Theory]
    [InlineData("3")]
    [InlineData("W/\"1\"")]
    [InlineData("*")]
    [InlineData("\"1\", \"2\"")]
    [InlineData("\"01\"")]
    [InlineData("\"-1\"")]
    [InlineData("\"99999999999999999999\"")]
    [InlineData("\"x\"")]
    public async Task Refuses_an_If_Match_that_is_not_one_strong_tag(string tag)
    {
        var t = await server.NewTenantAsync();
        using var http = await t.HttpAsync("alma");
        var answer = await http.TellAsync("PUT", $"/v1/principals/{t.Person("vera").Id}", """{"roles":[],"groups":[],"active":true}"""u8.ToArray(), "application/json", ("If-Match", tag));
        Assert.Equal((400, "invalid-request"), (answer.Status, answer.Problem.Code));
    }

    [Fact]
    public async Task An_update_needs_If_Match()
    {
        var t = await server.NewTenantAsync();
        using var http = await t.HttpAsync("alma");
        var answer = await http.TellAsync("PUT", $"/v1/principals/{t.Person("vera").Id}", """{"roles":[],"groups":[],"active":true}"""u8.ToArray(), "application/json");
        Assert.Equal((428, "if-match-required"), (answer.Status, answer.Problem.Code));
    }

    [Theory]
    [InlineData("\"0\"", 0)]
    [InlineData("\"42\"", 42)]
    [InlineData("\"9223372036854775807\"", long.MaxValue)]
    public void An_entity_tag_is_a_version_in_quotes(string text, long version)
    {
        Assert.True(ETag.TryParse(text, out var parsed));
        Assert.Equal(version, parsed);
        Assert.Equal(text, ETag.Of(version));
    }
}
