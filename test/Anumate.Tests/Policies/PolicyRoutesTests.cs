using System.Net.Http.Json;
using System.Text;
using System.Text.Json;

namespace Anumate.Tests.Policies;

public sealed class PoliciesOverHttpTests(OtherProcess other) : PolicyContractTests
{
    private protected override async ValueTask<PolicyKit> MakeAsync() => new RemotePolicies(await other.MakeTenantAsync());
}

public sealed class PolicyRoutesTests(TestServer server)
{
    static async Task<HttpResponseMessage> PostAsync(HttpClient http, string route, string json)
    {
        using var content = new StringContent(json, Encoding.UTF8, "application/json");
        return await http.PostAsync(new Uri(route, UriKind.Relative), content);
    }

    static async Task<Problem> ProblemOf(HttpResponseMessage answer)
    {
        Assert.Equal("application/problem+json", answer.Content.Headers.ContentType?.ToString());
        return (await JsonSerializer.DeserializeAsync<Problem>(await answer.Content.ReadAsStreamAsync(), AnumateJson.Options))!;
    }

    [Fact]
    public async Task Publishing_answers_created_with_its_address()
    {
        var t = await server.NewTenantAsync();
        using var ada = await t.HttpAsync("ada");
        var answer = await PostAsync(ada, "/v1/policies", """{"source":"policy a version 1 { at tool.before rule x allow }"}""");
        Assert.Equal(201, (int)answer.StatusCode);
        var published = (await answer.Content.ReadFromJsonAsync<PolicyVersion>(AnumateJson.Options))!;
        Assert.Equal($"/v1/policies/{published.Id}", answer.Headers.Location?.ToString());
        Assert.Equal(published, await ada.GetFromJsonAsync<PolicyVersion>($"/v1/policies/{published.Id}", AnumateJson.Options));
    }

    [Theory]
    [InlineData("/v1/policies", "{}", 400)]
    [InlineData("/v1/policies", "{\"source\":null}", 400)]
    [InlineData("/v1/policies", "{\"source\":\"\",\"owner\":\"me\"}", 400)]
    [InlineData("/v1/policies", "{\"source\":\"\",\"binding\":\"platform\"}", 400)]
    [InlineData("/v1/policies", "{\"source\":\"\",\"binding\":1}", 400)]
    [InlineData("/v1/policies", "{\"source\":\"\"}", 422)]
    [InlineData("/v1/policies", "{\"source\":\"policy a version 1 { at tool.before rule x allow when \\u0000 }\"}", 400)]
    [InlineData("/v1/policies/resolve", "[null]", 400)]
    [InlineData("/v1/policies/resolve", "{\"0\":\"a\"}", 400)]
    [InlineData("/v1/policies/resolve", "[\"a\"]", 404)]
    [InlineData("/v1/policies/bundle", "[1]", 400)]
    [InlineData("/v1/policies/bundle", "[\"sha256:00\"]", 404)]
    [InlineData("/v1/policies/evaluate", "{\"point\":\"tool.before\",\"facts\":null,\"policies\":[]}", 400)]
    [InlineData("/v1/policies/evaluate", "{\"point\":\"tool.before\",\"facts\":{\"call\":{\"tool\":\"a.b\"}},\"policies\":[null]}", 400)]
    [InlineData("/v1/policies/evaluate", "{\"point\":\"tool.before\",\"facts\":{\"call\":{\"tool\":\"a.b\",\"tool\":\"c.d\"}},\"policies\":[]}", 400)]
    [InlineData("/v1/policies/evaluate", "{\"point\":\"tool.before\",\"facts\":{\"call\":{\"tool\":\"a.b\",\"__proto__\":{}}},\"policies\":[]}", 400)]
    public async Task Bad_input_is_refused_and_writes_nothing(string route, string body, int status)
    {
        var t = await server.NewTenantAsync();
        using var ada = await t.HttpAsync("ada");
        var answer = await PostAsync(ada, route, body);
        Assert.Equal(status, (int)answer.StatusCode);
        Assert.Equal(status, (await ProblemOf(answer)).Status);
        Assert.Equal(0, await new RemotePolicies(t).CountAsync("policies.policy"));
    }

    [Fact]
    public async Task An_update_needs_the_tag_of_the_version_that_was_read()
    {
        var t = await server.NewTenantAsync();
        var first = await new RemotePolicies(t).PublishAsync("a", 4);
        using var ada = await t.HttpAsync("ada");
        var read = await ada.GetAsync(new Uri($"/v1/policies/{first.Id}", UriKind.Relative));
        Assert.Equal("\"4\"", read.Headers.ETag?.ToString());

        Assert.Equal(428, (int)(await PutAsync(null)).StatusCode);
        Assert.Equal(409, (int)(await PutAsync("\"3\"")).StatusCode);
        var answer = await PutAsync("\"4\"");
        Assert.Equal(201, (int)answer.StatusCode);
        var next = (await answer.Content.ReadFromJsonAsync<PolicyVersion>(AnumateJson.Options))!;
        Assert.Equal($"/v1/policies/{next.Id}", answer.Headers.Location?.ToString());
        Assert.Equal(204, (int)(await ada.DeleteAsync(new Uri($"/v1/policies/{first.Id}", UriKind.Relative))).StatusCode);

        async Task<HttpResponseMessage> PutAsync(string? tag)
        {
            using var request = new HttpRequestMessage(HttpMethod.Put, $"/v1/policies/{first.Id}")
            {
                Content = new StringContent("""{"source":"policy a version 5 { at tool.before rule x allow }"}""", Encoding.UTF8, "application/json"),
            };
            if (tag is not null)
            {
                request.Headers.TryAddWithoutValidation("If-Match", tag);
            }

            return await ada.SendAsync(request);
        }
    }

    [Fact]
    public async Task What_a_policy_denies_does_not_happen()
    {
        var t = await server.NewTenantAsync();
        var kit = new RemotePolicies(t);
        const string gate = "policy publishing version 1 { at capsule.publish rule rest allow rule drafts deny because \"no drafts\" when capsule.name == \"draft\" }";
        await kit.Service.PublishAsync(kit.Author, new PublishPolicy(gate, PolicyBinding.Tenant), default);
        using var ada = await t.HttpAsync("ada");
        var capsule = "{\"source\":\"apiVersion: anumate.io/v1\\nkind: Capsule\\nmetadata: { name: draft, version: 1.0.0, title: A draft, owner: ada }\\n"
            + "spec:\\n  inputs: { type: object }\\n  tools: [orders.get]\\n  steps:\\n    - { id: order, call: orders.get, with: {} }\\n\"}";
        var answer = await PostAsync(ada, "/v1/capsules", capsule);
        var problem = await ProblemOf(answer);
        Assert.Equal((403, "policy-denied", "`publishing/drafts` denies it: no drafts"), (problem.Status, problem.Code, problem.Detail));
        Assert.Equal(0, await kit.CountAsync("registry.capsule"));

        answer = await PostAsync(ada, "/v1/capsules", capsule.Replace("name: draft", "name: final"));
        Assert.Equal(201, (int)answer.StatusCode);
    }
}
