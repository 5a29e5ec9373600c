using System.Text.Json;
using Anumate.Tests.Http;

namespace Anumate.Tests.Hosting;

/// <summary><c>/health/ready</c> names what the process depends on, in both forms.</summary>
public sealed class ReadinessTests(TestServer server, OtherProcess other)
{
    [Fact]
    public async Task One_process_depends_on_its_database_and_its_lease()
    {
        var answer = await (await server.RunningAsync()).Http.AskAsync("/health/ready");
        Assert.Equal(200, answer.Status);
        Assert.Equal(["database ok", "executions ok"], Dependencies(answer));
    }

    [Fact]
    public async Task A_process_that_calls_services_elsewhere_names_each()
    {
        var platform = await other.PlatformAsync();
        using var http = new HttpClient(new SocketsHttpHandler()) { BaseAddress = platform.AddressOf("orchestrator") };
        var running = Dependencies(await http.AskAsync("/health/ready"));
        Assert.Superset(new HashSet<string>(["captokens ok", "connectors ok", "database ok", "executions ok", "ghostruns ok", "policies ok"]), running.ToHashSet());
        using var deciding = new HttpClient(new SocketsHttpHandler()) { BaseAddress = platform.AddressOf("policies") };
        Assert.DoesNotContain("executions ok", Dependencies(await deciding.AskAsync("/health/ready")));
    }

    static IReadOnlyList<string> Dependencies(Answer answer) => [.. JsonElement.Parse(answer.Body).GetProperty("dependencies").EnumerateArray()
        .Select(d => $"{d.GetProperty("name").GetString()} {d.GetProperty("status").GetString()}")];
}
