using Anumate.Cli;
using Anumate.Client;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Anumate.Tests.Hosting;

/// <summary>Starts that do not come to their end, and what is said of them.</summary>
public sealed class StartTests(TestDatabase database)
{
    [Fact]
    public async Task Names_every_setting_that_is_not_valid()
    {
        var refused = await Assert.ThrowsAsync<SetupException>(() => RunningServer.StartAsync(database.Options, new()
        {
            ["Anumate:Identity:CredentialCacheSize"] = "-5", ["Anumate:Receipts:LeavesAtOnce"] = "0",
        }));
        Assert.Contains("CredentialCacheSize", refused.Message, StringComparison.Ordinal);
        Assert.Contains("LeavesAtOnce", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Anumate:Orchestrator:Lease", "soon")]
    [InlineData("Anumate:Orchestrator:Nope", "1")]
    public async Task Names_a_setting_that_it_cannot_read(string setting, string value)
    {
        var refused = await Assert.ThrowsAsync<SetupException>(() => RunningServer.StartAsync(database.Options, new() { [setting] = value }));
        Assert.Contains(setting.Split(':')[2], refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Told_to_stop_while_starting_it_stops_in_order_and_logs_no_error()
    {
        await using var schema = await TestSchema.MakeAsync(database.Server, TimeProvider.System);
        using var stop = new CancellationTokenSource();
        LogLines? logs = null;
        var ended = new TaskCompletionSource();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => RunningServer.StartAsync(schema.Options, change: services =>
        {
            logs = (LogLines)services.Last(s => s.ImplementationInstance is LogLines).ImplementationInstance!;
            services.AddHostedService(_ => new Stopper(stop, ended));
        }, ct: stop.Token));
        Assert.True(ended.Task.IsCompleted);
        Assert.DoesNotContain(logs!.All, l => l.Level >= Microsoft.Extensions.Logging.LogLevel.Error);
    }

    [Fact]
    public async Task Says_what_to_do_in_lines_and_in_JSON_as_one_problem()
    {
        static Task<int> Refuse() => throw new SetupException("there is no PostgreSQL; install it:\n  sudo apt-get install postgresql");
        using var text = new StringWriter();
        Assert.Equal(ExitCode.Error, await Edge.RunAsync(new Output(false, TextWriter.Null, text), Refuse, default));
        var plain = System.Text.RegularExpressions.Regex.Replace(text.ToString(), "\e\\[[0-9;]*m", "");
        Assert.Equal(["setup: there is no PostgreSQL; install it:", "  sudo apt-get install postgresql", ""], plain.Split('\n'));
        using var json = new StringWriter();
        Assert.Equal(ExitCode.Error, await Edge.RunAsync(new Output(true, TextWriter.Null, json), Refuse, default));
        Assert.Contains("install it: sudo apt-get install postgresql\"", json.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_stored_secret_is_told_to_no_server_and_tenant_but_its_own()
    {
        using var temp = new TempFolder();
        new Profile("http://127.0.0.1:7400", "demo", "alma", [new ProfileUser("alma", [], [], "ans_x")]).Save(temp.Path);
        using var http = new HttpClient(new SocketsHttpHandler());
        string? Stored(string? address, string tenant, string name) => new Session(temp.Path, address, null, http, TimeProvider.System).StoredSecret(tenant, name);
        Assert.Equal("ans_x", Stored(null, "demo", "alma"));
        Assert.Equal("ans_x", Stored("http://127.0.0.1:7400/", "demo", "alma"));
        Assert.Null(Stored("http://127.0.0.1:7401", "demo", "alma"));
        Assert.Null(Stored(null, "other", "alma"));
        Assert.Null(Stored(null, "demo", "olga"));
    }

    sealed class Stopper(CancellationTokenSource stop, TaskCompletionSource ended) : IHostedService
    {
        public Task StartAsync(CancellationToken cancellationToken) => stop.CancelAsync();

        public Task StopAsync(CancellationToken cancellationToken)
        {
            ended.TrySetResult();
            return Task.CompletedTask;
        }
    }
}
