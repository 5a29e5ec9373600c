namespace Anumate.Tests.Http;

/// <summary>On a cluster of its own, which it takes away.</summary>
public sealed class DatabaseGoneTests
{
    [Fact]
    public async Task Without_its_database_the_server_answers_503_and_recovers_by_itself()
    {
        await using var cluster = await TestCluster.StartAsync();
        await using var schema = await TestSchema.MakeAsync(cluster.Admin, TimeProvider.System);
        await using var server = await RunningServer.StartAsync(schema.Options);
        var t = await server.NewTenantAsync();
        using var http = await t.HttpAsync("alma");
        Assert.Equal(200, (await http.AskAsync("/v1/me")).Status);

        await cluster.StopAsync();
        var answers = new List<Answer>();
        for (var i = 0; i < 200 && answers.Count(a => a.Status == 503) < 5; i++)
        {
            answers.Add(await http.PostJsonAsync("/v1/principals", $$"""{"name":"p{{i}}","kind":"user","roles":[],"groups":[]}"""));
        }

        Assert.Equal(5, answers.Count(a => a.Status == 503));
        Assert.All(answers, a => Assert.True(a.Status is 201 or 503, $"answered {a.Status}"));
        var gone = answers.First(a => a.Status == 503);
        Assert.Equal("unavailable", gone.Problem.Code);
        Assert.Equal("1", gone.Header("Retry-After"));
        var ready = await server.Http.AskAsync("/health/ready");
        Assert.Equal(503, ready.Status);
        Assert.Contains("\"name\":\"database\",\"status\":\"down\"", System.Text.Encoding.UTF8.GetString(ready.Body));
        Assert.Equal(200, (await server.Http.AskAsync("/health/live")).Status);

        await cluster.ResumeAsync();
        Answer back;
        do
        {
            back = await http.PostJsonAsync("/v1/principals", """{"name":"back","kind":"user","roles":[],"groups":[]}""");
        }
        while (back.Status == 503);

        Assert.Equal(201, back.Status);
        Assert.Equal(200, (await server.Http.AskAsync("/health/ready")).Status);
    }
}
