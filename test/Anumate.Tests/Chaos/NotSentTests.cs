using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Anumate.Chaos;
using Anumate.Connectors;

namespace Anumate.Tests.Chaos;

/// <summary>Calls of which nothing left for the tool: they cost the run nothing, and nobody is asked about them.</summary>
public sealed class NotSentTests(TestServer server)
{
    const int MaxAttempts = 2;

    static readonly string Capsule = $$$"""
        apiVersion: anumate.io/v1
        kind: Capsule
        metadata: { name: unsent, version: 1.0.0 }
        spec:
          inputs: { type: object, properties: { item: { type: string } }, required: [item] }
          tools: [chaos.blind]
          policies: [chaos.all]
          steps:
            - id: act
              call: chaos.blind
              with: { item: "${{ inputs.item }}" }
              timeout: 2s
              retry: { max_attempts: {{{MaxAttempts}}}, backoff: { initial: 50ms, factor: 2, max: 3s } }
              on_unknown: ask
        """;

    // A limit counts what was sent, not how often it was tried.
    static readonly string Policy = ChaosDocuments.Policy.Replace("rule anybody", "rule once limit 1 per 1h key [call.tool]\n\n  rule anybody", StringComparison.Ordinal);

    static Caller Self => Caller.Self;

    [Fact]
    public async Task A_tool_that_is_down_for_longer_than_the_rule_has_attempts_is_called_once_it_is_back()
    {
        var folder = Directory.CreateTempSubdirectory("anumate-unsent-");
        await using (var tools = await ChaosTools.StartAsync(folder.FullName))
        {
            var tenant = await server.NewTenantAsync();
            await (await tenant.ClientAsync("alma")).Connectors.PutAsync(Self, ChaosDocuments.Connector(tools.Address), default);
            var (ada, olga) = (await tenant.ClientAsync("ada"), await tenant.ClientAsync("olga"));
            await ada.Policies.PublishAsync(Self, new PublishPolicy(Policy), default);
            await ada.Registry.PublishAsync(Self, new PublishCapsule(Capsule), default);
            var plan = (await ada.Compiler.CompileAsync(Self, new CompileCapsule("unsent@1.0.0"), default)).PlanHash;
            Run run = null!;
            await tools.KillAsync(async () =>
            {
                run = await olga.Orchestrator.ExecuteAsync(Self, new NewRun(plan, JsonElement.Parse("{\"item\":\"x\"}"u8.ToArray())), default);
                while (!run.HasEnded && run.Steps[0].Attempts <= MaxAttempts + 1)
                {
                    await Task.Delay(50);
                    run = await olga.Orchestrator.GetAsync(Self, run.Id, default);
                }
            });
            while (!run.HasEnded && run.Clarifications.Count == 0)
            {
                run = await olga.Orchestrator.WaitAsync(Self, run.Id, TimeSpan.FromSeconds(5), default);
            }

            Assert.Equal(RunStatus.Completed, run.Status);
            Assert.Single(tools.Executions());
            var outcomes = new List<string?>();
            await foreach (var e in olga.Orchestrator.WatchAsync(Self, run.Id, 0, follow: false, default))
            {
                Assert.NotEqual("clarification_requested", e.Kind);
                if (e.Kind == "attempt_completed")
                {
                    outcomes.Add(e.Body.GetProperty("outcome").GetString());
                }
            }

            Assert.True(outcomes.Count > MaxAttempts + 1);
            Assert.Equal([.. Enumerable.Repeat("not_sent", outcomes.Count - 1), "ok"], outcomes);
        }

        folder.Delete(recursive: true);
    }

    [Fact]
    public async Task Without_a_connection_nothing_was_sent()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var port = ((IPEndPoint)taken.LocalEndpoint).Port;
        taken.Stop();

        Assert.False((await PostAsync($"http://127.0.0.1:{port}/act")).Sent);
        Assert.False((await PostAsync("http://nobody.invalid/act")).Sent);
    }

    [Fact]
    public async Task Without_a_connection_in_time_nothing_was_sent()
    {
        // Nobody accepts, and no more than the queue holds is let in: a connection after that hangs.
        using var full = new Socket(SocketType.Stream, ProtocolType.Tcp);
        full.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        full.Listen(0);
        var address = (IPEndPoint)full.LocalEndPoint!;
        using var waiting = new TcpClient();
        await waiting.ConnectAsync(address);

        var answer = await PostAsync($"http://{address}/act");

        Assert.False(answer.Sent);
        Assert.StartsWith("cannot connect to ", answer.Error);
    }

    [Fact]
    public async Task A_connection_that_breaks_may_have_taken_the_call_with_it()
    {
        using var tool = new TcpListener(IPAddress.Loopback, 0);
        tool.Start();
        var breaking = Task.Run(async () =>
        {
            using var client = await tool.AcceptSocketAsync();
            await client.ReceiveAsync(new byte[1]);
            client.Close(0);
        });

        Assert.True((await PostAsync($"http://{tool.LocalEndpoint}/act")).Sent);
        await breaking;
    }

    [Fact]
    public async Task An_address_where_no_tool_may_stand_is_not_tried_as_often()
    {
        using var http = new ToolHttp(new ConnectorOptions());
        var answer = await http.PostAsync(new Uri("http://127.0.0.1:9/act"), Body(), "key", "test", TimeSpan.FromMinutes(1), default);
        Assert.Equal((false, true), (answer.Sent, answer.Refused));
    }

    static async Task<Answer> PostAsync(string address)
    {
        using var http = new ToolHttp(new ConnectorOptions { AllowPrivateAddresses = true });
        return await http.PostAsync(new Uri(address), Body(), "key", "test", TimeSpan.FromMinutes(1), default);
    }

    static TimelyContent Body() => new("{}"u8.ToArray(), null, TimeProvider.System);
}
