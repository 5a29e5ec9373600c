using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Anumate.Chaos;

namespace Anumate.Tests.Chaos;

/// <summary>What a tool's answer means for a call that must not be repeated.</summary>
public sealed class ToolAnswerTests(TestServer server)
{
    static Caller Self => Caller.Self;

    [Theory]
    [InlineData("""{"n":"one"}""")]
    [InlineData("""{"n":1,"it""")]
    [InlineData("<html>it worked</html>")]
    public async Task A_success_that_cannot_be_read_may_have_happened(string body)
    {
        using var tool = new TcpListener(IPAddress.Loopback, 0);
        tool.Start();
        using var stop = new CancellationTokenSource();
        var answering = AnswerAsync(tool, body, stop.Token);
        var tenant = await server.NewTenantAsync();
        await (await tenant.ClientAsync("alma")).Connectors.PutAsync(Self, ChaosDocuments.Connector($"http://127.0.0.1:{((IPEndPoint)tool.LocalEndpoint).Port}"), default);
        var (ada, olga) = (await tenant.ClientAsync("ada"), await tenant.ClientAsync("olga"));
        await ada.Policies.PublishAsync(Self, new PublishPolicy(ChaosDocuments.Policy), default);
        await ada.Registry.PublishAsync(Self, new PublishCapsule(ChaosDocuments.Capsule("chaos-blind")), default);
        var plan = (await ada.Compiler.CompileAsync(Self, new CompileCapsule("chaos-blind@1.0.0"), default)).PlanHash;

        var run = await olga.Orchestrator.ExecuteAsync(Self, new NewRun(plan, JsonElement.Parse("""{"item":"x"}"""u8.ToArray())), default);
        for (var attempt = 0; !run.HasEnded && run.Clarifications.Count == 0 && attempt < 12; attempt++)
        {
            run = await olga.Orchestrator.WaitAsync(Self, run.Id, TimeSpan.FromSeconds(5), default);
        }

        Assert.Equal(RunStatus.WaitingClarification, run.Status);
        Assert.Equal("act", Assert.Single(run.Clarifications).Step);
        await stop.CancelAsync();
        await answering;
    }

    // Looks are answered well, everything else with the body.
    static async Task AnswerAsync(TcpListener tool, string body, CancellationToken ct)
    {
        try
        {
            while (true)
            {
                using var client = await tool.AcceptTcpClientAsync(ct);
                await using var stream = client.GetStream();
                var buffer = new byte[8192];
                var request = "";
                while (!request.Contains('}', StringComparison.Ordinal))
                {
                    request += Encoding.UTF8.GetString(buffer, 0, await stream.ReadAsync(buffer, ct));
                }

                var text = request.StartsWith("POST /read", StringComparison.Ordinal) ? """{"n":1,"item":"x"}""" : body;
                await stream.WriteAsync(Encoding.UTF8.GetBytes($"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: {text.Length}\r\n\r\n{text}"), ct);
            }
        }
        catch (OperationCanceledException)
        {
            // The test is over.
        }
    }
}
