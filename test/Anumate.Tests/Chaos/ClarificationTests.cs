using System.Text;
using System.Text.Json;
using Anumate.Chaos;
using Anumate.Client;

namespace Anumate.Tests.Chaos;

/// <summary>A call whose outcome neither we nor the tool can tell is put to a person, and the run goes on by the answer.</summary>
public sealed class ClarificationTests(AskedRuns asked) : IClassFixture<AskedRuns>
{
    static Caller Self => Caller.Self;

    [Fact]
    public async Task Done_goes_on_with_the_output_that_the_person_brings()
    {
        var (run, question) = asked[0];
        var olga = await asked.AsAsync("olga");
        var done = Assert.Single(asked.Tools.Executions(), e => e.Key == question.IdempotencyKey);
        Assert.Equal(("chaos.blind", "act", ClarificationCategory.MultipleChoice), (question.Tool, question.Step, question.Category));

        var after = await olga.Orchestrator.AnswerAsync(Self, run.Id, question.Id, new AnswerClarification("done", Output(done.N, done.Item), "in the books"), default);
        after = await EndedAsync(olga, after);
        Assert.Equal(RunStatus.Completed, after.Status);
        Assert.Equal(done.N, after.Outputs!.Value.GetProperty("n").GetInt32());
        Assert.Empty(after.Clarifications);
        var journal = new List<string>();
        await foreach (var e in olga.Orchestrator.WatchAsync(Self, run.Id, 0, follow: false, default))
        {
            journal.Add(e.Kind);
        }

        Assert.Contains("clarification_answered", journal);
        var again = await RefusedAsync(olga, run, question, new AnswerClarification("failed"));
        Assert.Equal("clarification-not-open", again);
    }

    [Fact]
    public async Task Not_done_calls_the_tool_again_under_the_same_key()
    {
        var (run, question) = asked[1];
        var olga = await asked.AsAsync("olga");
        await asked.Tools.TroubleAsync();
        await olga.Orchestrator.AnswerAsync(Self, run.Id, question.Id, new AnswerClarification("not_done"), default);

        Assert.Equal(RunStatus.Completed, (await EndedAsync(olga, run)).Status);
        Assert.Equal(2, asked.Tools.Executions().Count(e => e.Key == question.IdempotencyKey));
    }

    [Fact]
    public async Task Failed_gives_the_step_up()
    {
        var (run, question) = asked[2];
        var olga = await asked.AsAsync("olga");
        await olga.Orchestrator.AnswerAsync(Self, run.Id, question.Id, new AnswerClarification("failed"), default);

        var ended = await EndedAsync(olga, run);
        Assert.Equal(RunStatus.Failed, ended.Status);
        Assert.Contains("gave the step up", ended.Error);
        Assert.Single(asked.Tools.Executions(), e => e.Key == question.IdempotencyKey);
    }

    [Fact]
    public async Task Only_a_signed_in_person_with_the_right_answers_and_only_what_fits()
    {
        var (run, question) = asked[3];
        var olga = await asked.AsAsync("olga");
        var notDone = new AnswerClarification("not_done");
        var key = await olga.Identity.CreateApiKeyAsync(Self, new NewApiKey("ci"), default);
        var stranger = await (await asked.Server.NewTenantAsync()).ClientAsync("olga");

        Assert.Equal("forbidden", await RefusedAsync(await asked.AsAsync("vera"), run, question, notDone));
        Assert.Equal("clarification-needs-person", await RefusedAsync(new AnumateClient(asked.Tenant.Server.Http, key.Secret), run, question, notDone));
        Assert.Equal("not-found", await RefusedAsync(stranger, run, question, notDone));
        Assert.Equal("clarification-not-open", await RefusedAsync(olga, run, question with { Id = Id<Clarification>.New(TimeProvider.System) }, notDone));
        Assert.Equal("clarification-answer-invalid", await RefusedAsync(olga, run, question, new AnswerClarification("done")));
        Assert.Equal("clarification-answer-invalid", await RefusedAsync(olga, run, question, new AnswerClarification("done", Text("""{"n":"one"}"""))));
        Assert.Equal("clarification-answer-invalid", await RefusedAsync(olga, run, question, new AnswerClarification("perhaps")));
        Assert.Equal("clarification-answer-invalid", await RefusedAsync(olga, run, question, notDone with { Output = Output(1, "x") }));
        Assert.Equal(RunStatus.WaitingClarification, (await olga.Orchestrator.GetAsync(Self, run.Id, default)).Status);
    }

    static async Task<string> RefusedAsync(AnumateClient client, Run run, Clarification question, AnswerClarification answer) =>
        (await Assert.ThrowsAsync<ProblemException>(() => client.Orchestrator.AnswerAsync(Self, run.Id, question.Id, answer, default))).Problem.Code;

    static async Task<Run> EndedAsync(AnumateClient client, Run run)
    {
        for (var attempt = 0; !run.HasEnded && attempt < 12; attempt++)
        {
            run = await client.Orchestrator.WaitAsync(Self, run.Id, TimeSpan.FromSeconds(5), default);
        }

        return run;
    }

    static JsonElement Output(int n, string item) => Text($$"""{"n":{{n}},"item":"{{item}}"}""");

    static JsonElement Text(string json) => JsonElement.Parse(Encoding.UTF8.GetBytes(json));
}

/// <summary>Four runs that ask: their tool did what it was told, broke off, and cannot be asked.</summary>
public sealed class AskedRuns(TestServer server) : IAsyncLifetime
{
    readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("anumate-asked-");
    readonly List<(Run Run, Clarification Question)> _runs = [];

    public (Run Run, Clarification Question) this[int i] => _runs[i];

    public TestServer Server => server;

    public ServerTenant Tenant { get; private set; } = null!;

    internal ChaosTools Tools { get; private set; } = null!;

    public Task<AnumateClient> AsAsync(string person) => Tenant.ClientAsync(person);

    public async ValueTask InitializeAsync()
    {
        Tools = await ChaosTools.StartAsync(_folder.FullName);
        Tenant = await server.NewTenantAsync();
        await (await AsAsync("alma")).Connectors.PutAsync(Caller.Self, ChaosDocuments.Connector(Tools.Address), default);
        var (ada, olga) = (await AsAsync("ada"), await AsAsync("olga"));
        await ada.Policies.PublishAsync(Caller.Self, new PublishPolicy(ChaosDocuments.Policy), default);

        await ada.Registry.PublishAsync(Caller.Self, new PublishCapsule(ChaosDocuments.Capsule("chaos-blind")), default);
        var plan = (await ada.Compiler.CompileAsync(Caller.Self, new CompileCapsule("chaos-blind@1.0.0"), default)).PlanHash;
        await Tools.TroubleAsync(drop: 100);
        var runs = await Task.WhenAll(Enumerable.Range(0, 4).Select(i => olga.Orchestrator.ExecuteAsync(
            Caller.Self, new NewRun(plan, JsonElement.Parse(Encoding.UTF8.GetBytes($$"""{"item":"asked-{{i}}"}"""))), default)));
        foreach (var run in runs)
        {
            var now = run;
            for (var attempt = 0; now.Clarifications.Count == 0 && attempt < 30; attempt++)
            {
                now = await olga.Orchestrator.WaitAsync(Caller.Self, run.Id, TimeSpan.FromSeconds(5), default);
            }

            _runs.Add((now, Assert.Single(now.Clarifications)));
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Tools.DisposeAsync();
        _folder.Delete(recursive: true);
    }
}
