using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Anumate.Chaos;
using Npgsql;

namespace Anumate.Tests.Chaos;

/// <summary>A start that is durable, and whose answer from the database is lost.</summary>
public sealed class LostStartTests
{
    static Caller Self => Caller.Self;

    [Theory]
    [InlineData(null)]
    [InlineData("a-key")]
    public async Task A_run_that_was_refused_and_is_there_all_the_same_is_worked(string? key)
    {
        var folder = Directory.CreateTempSubdirectory("anumate-lost-");
        await using var tools = await ChaosTools.StartAsync(folder.FullName);
        await using var schema = await TestSchema.MakeAsync(TestDatabase.Current.Server, TimeProvider.System);
        await using var wire = new LosingWire(new NpgsqlConnectionStringBuilder(TestDatabase.Current.Server), $"lost-{key}");
        var server = new NpgsqlConnectionStringBuilder(schema.Options.Server) { Host = "127.0.0.1", Port = wire.Port }.ConnectionString;
        await using (var running = await RunningServer.StartAsync(schema.Options with { Server = server }))
        {
            var tenant = await running.NewTenantAsync();
            await (await tenant.ClientAsync("alma")).Connectors.PutAsync(Self, ChaosDocuments.Connector(tools.Address), default);
            var (ada, olga) = (await tenant.ClientAsync("ada"), await tenant.ClientAsync("olga"));
            await ada.Policies.PublishAsync(Self, new PublishPolicy(ChaosDocuments.Policy), default);
            await ada.Registry.PublishAsync(Self, new PublishCapsule(ChaosDocuments.Capsule("chaos-charge")), default);
            var plan = (await ada.Compiler.CompileAsync(Self, new CompileCapsule("chaos-charge@1.0.0"), default)).PlanHash;
            var request = new NewRun(plan, JsonElement.Parse(Encoding.UTF8.GetBytes($$"""{"item":"lost-{{key}}"}"""))) { IdempotencyKey = key };

            // In process: a client of HTTP would repeat what has a key.
            var caller = await tenant.CallerAsync("olga");
            Assert.Equal("unavailable", await PlatformTenant.RefusalAsync(() => tenant.Get<IOrchestrator>().ExecuteAsync(caller, request, default)));

            // It is there, nobody sends it again, and it ends.
            var run = Assert.Single((await olga.Orchestrator.ListAsync(Self, null, new PageRequest(Limit: 10), default)).Items);
            while (!await HasEndedAsync(tenant, run))
            {
                await Task.Delay(200);
            }

            Assert.Single(tools.Executions(), e => e.Tool == "charge");
        }

        folder.Delete(recursive: true);
    }

    // Looks at the row and not at the run, since to ask for a run is to go on with it.
    static async Task<bool> HasEndedAsync(ServerTenant tenant, Run run) =>
        await tenant.CountAsync("orchestrator.run", $"id = '{run.Id.Value}' and status = 'completed'") == 1;

    /// <summary>
    /// A wire to PostgreSQL that cuts one connection: when a request with the word in it has been answered, and before the answer is passed on.
    /// </summary>
    sealed class LosingWire : IAsyncDisposable
    {
        readonly TcpListener _listener = new(IPAddress.Loopback, 0);
        readonly NpgsqlConnectionStringBuilder _to;
        readonly byte[] _word;
        readonly Task _accepting;
        int _lost;

        public LosingWire(NpgsqlConnectionStringBuilder to, string word)
        {
            (_to, _word) = (to, Encoding.UTF8.GetBytes(word));
            _listener.Start();
            _accepting = AcceptAsync();
        }

        public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

        public async ValueTask DisposeAsync()
        {
            _listener.Stop();
            await _accepting;
            _listener.Dispose();
        }

        async Task AcceptAsync()
        {
            try
            {
                while (true)
                {
                    _ = CarryAsync(await _listener.AcceptSocketAsync());
                }
            }
            catch (SocketException)
            {
                // Over.
            }
        }

        async Task CarryAsync(Socket client)
        {
            using var server = _to.Host!.StartsWith('/') ? new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified) : new Socket(SocketType.Stream, ProtocolType.Tcp);
            using (client)
            {
                try
                {
                    await (_to.Host.StartsWith('/') ? server.ConnectAsync(new UnixDomainSocketEndPoint($"{_to.Host}/.s.PGSQL.{_to.Port}")) : server.ConnectAsync(_to.Host, _to.Port));
                    var answers = new Answers();
                    await Task.WhenAny(PassAsync(client, server, answers, asks: true), PassAsync(server, client, answers, asks: false));
                }
                catch (SocketException)
                {
                    // One side is gone, and so the other goes.
                }
            }
        }

        async Task PassAsync(Socket from, Socket to, Answers answers, bool asks)
        {
            var buffer = new byte[64 * 1024];
            while (await from.ReceiveAsync(buffer) is > 0 and var n)
            {
                if (!asks && answers.AreLost)
                {
                    return;
                }

                if (asks && buffer.AsSpan(0, n).IndexOf(_word) >= 0 && Interlocked.Exchange(ref _lost, 1) == 0)
                {
                    answers.AreLost = true;
                }

                for (var sent = 0; sent < n;)
                {
                    sent += await to.SendAsync(buffer.AsMemory(sent, n - sent));
                }
            }
        }

        sealed class Answers
        {
            public volatile bool AreLost;
        }
    }
}
