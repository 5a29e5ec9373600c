using System.Text;
using System.Text.Json.Nodes;
using Anumate.Tests.Http;
using Npgsql;

namespace Anumate.Tests.GoldenPath;

/// <summary>Capsule texts an attacker would send, over HTTP to the running platform: a finding each, never a 500, and nothing stored.</summary>
public sealed class BadCapsuleTests(TestServer server, TestDatabase database)
{
    public static TheoryData<string, string> Bad => new()
    {
        { "nothing", "" },
        { "not a mapping", "- a\n- b\n" },
        { "malformed YAML", "metadata: {name: x\nsteps: [" },
        { "malformed JSON", """{"metadata":{"name":"x"},}""" },
        { "a duplicate key", "apiVersion: anumate.io/v1\nkind: Capsule\nkind: Capsule\n" },
        { "an unknown field", "apiVersion: anumate.io/v1\nkind: Capsule\nstepps: []\n" },
        { "wrong types", "apiVersion: 7\nkind: [Capsule]\nmetadata: name\nsteps: {}\n" },
        { "NUL", "kind: \"a\\0b\"\n" },
        { "NUL as it is", "kind: a\0b\n" },
        { "a lone surrogate", "kind: \"\\ud800\"\n" },
        { "a number no double holds", "apiVersion: anumate.io/v1\nkind: Capsule\nmetadata: {name: x, version: 1e400}\n" },
        { "an integer no double holds", "apiVersion: anumate.io/v1\nkind: Capsule\nmetadata: {name: x, version: 9007199254740993}\n" },
        { "an alias bomb", "a: &a [x,x,x,x,x,x,x,x,x]\n" + string.Concat(Enumerable.Range(1, 20).Select(i =>
            $"{(char)('a' + i)}: &{(char)('a' + i)} [{string.Join(',', Enumerable.Repeat($"*{(char)('a' + i - 1)}", 9))}]\n")) },
        { "10,000 levels of flow", "a: " + new string('[', 10_000) + new string(']', 10_000) },
        { "10,000 levels of JSON", string.Concat(Enumerable.Repeat("""{"a":""", 10_000)) + "1" + new string('}', 10_000) },
        { "10,000 levels of blocks", string.Concat(Enumerable.Repeat("- ", 10_000)) + "x" },
        { "more than a megabyte", "kind: " + new string('x', 1_200_000) },
    };

    [Theory]
    [MemberData(nameof(Bad))]
    public async Task A_bad_capsule_is_refused_with_findings_and_nothing_is_stored(string what, string source)
    {
        var t = await server.NewTenantAsync();
        using var http = await t.HttpAsync("ada");
        var answer = await http.PostJsonAsync("/v1/capsules", Body(source));

        Assert.True(answer.Status is 400 or 413 or 422, $"{what}: {answer.Status}");
        Assert.NotEqual("", answer.Problem.Detail);
        Assert.DoesNotContain("Anumate.", answer.Problem.Detail);
        Assert.DoesNotContain("YamlDotNet", Encoding.UTF8.GetString(answer.Body));
        await NothingIsStoredAsync(t);
    }

    [Fact]
    public async Task Bytes_that_are_no_UTF8_in_the_middle_of_a_capsule_are_refused()
    {
        var t = await server.NewTenantAsync();
        using var http = await t.HttpAsync("ada");
        byte[] body = [.. """{"source":"kind: """u8, 0xC3, 0x28, .. "\"}"u8];
        var answer = await http.TellAsync("POST", "/v1/capsules", body, "application/json");

        Assert.Equal((400, "invalid-request"), (answer.Status, answer.Problem.Code));
        await NothingIsStoredAsync(t);
    }

    [Fact]
    public async Task A_capsule_of_5000_steps_compiles_and_one_more_step_is_refused()
    {
        var t = await server.NewTenantAsync();
        using var http = await t.HttpAsync("ada");
        var more = await http.PostJsonAsync("/v1/capsules", Body(Steps("more", 5_001)));
        Assert.Equal((422, "capsule-invalid"), (more.Status, more.Problem.Code));
        await NothingIsStoredAsync(t);

        Assert.Equal(201, (await http.PostJsonAsync("/v1/capsules", Body(Steps("many", 5_000)))).Status);
        Assert.Equal(200, (await http.PostJsonAsync("/v1/compile", """{"capsule":"many@1.0.0"}""")).Status);
    }

    static string Steps(string name, int count) => $"apiVersion: anumate.io/v1\nkind: Capsule\nmetadata: {{ name: {name}, version: 1.0.0 }}\nspec:\n  steps:\n"
        + string.Concat(Enumerable.Range(0, count).Select(i => $"    - {{ id: s{i}, pure: {i} }}\n"));

    static string Body(string source) => new JsonObject { ["source"] = source }.ToJsonString();

    async Task NothingIsStoredAsync(ServerTenant t)
    {
        await using var connection = new NpgsqlConnection(database.Admin);
        await connection.OpenAsync();
        foreach (var rows in (string[])["registry.capsule", "platform.idempotency", "platform.events where type like '%capsule%' and"])
        {
            var where = rows.Contains(" where ") ? rows : rows + " where";
            await using var count = new NpgsqlCommand($"select count(*) from {where} tenant_id = $1", connection) { Parameters = { new() { Value = t.Id.Value } } };
            Assert.True((long)(await count.ExecuteScalarAsync())! == 0, $"{rows} holds something of a refused capsule");
        }
    }
}
