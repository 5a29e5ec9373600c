using System.CommandLine;
using System.Text.Json;

namespace Anumate.Cli.Verbs;

/// <summary><c>anumate run</c> and <c>anumate runs</c>.</summary>
static class RunVerbs
{
    static readonly TimeSpan Poll = TimeSpan.FromSeconds(20);

    public static Command Run()
    {
        var plan = new Argument<string>("plan") { Description = "plan hash, or name@version to compile first" };
        var inputs = new Documents.InputOptions();
        var ghost = new Option<string?>("--ghostrun") { Description = "bind the run to this preflight report", HelpName = "gho_id" };
        var key = new Option<string?>("--idempotency-key") { Description = "the same key and content start one run only", HelpName = "key" };
        var wait = new Option<int>("--wait") { Description = "seconds to wait for the end or for people; 0 returns once the run is durable", DefaultValueFactory = _ => 60, HelpName = "seconds" };
        return new Command("run", "Execute a plan; exit code 2 means it waits for an approval") { plan, inputs.Each, inputs.File, ghost, key, wait }.Does(async (call, ct) =>
        {
            var request = new NewRun(await PlanVerbs.HashAsync(call, call.Get(plan), ct), await inputs.ReadAsync(call.Parse, ct), GhostId(call.Get(ghost))) { IdempotencyKey = call.Get(key) };
            var run = await call.Client.Orchestrator.ExecuteAsync(call.Self, request, ct);
            if (call.Get(wait) > 0)
            {
                run = await WaitAsync(call, run, TimeSpan.FromSeconds(call.Get(wait)), ct);
            }

            call.Out.Write(run, o => Show(o, run));
            return call.Get(wait) > 0 || run.HasEnded ? ExitCode.Of(run.Status) : ExitCode.Ok;
        });
    }

    public static Command Runs() => new("runs", "See runs, and answer what they ask") { List(), Get(), Watch(), Answer() };

    static Command List()
    {
        var status = new Option<string?>("--status") { Description = "only runs in this status", HelpName = "status" };
        status.AcceptOnlyFromAmong([.. Enum.GetValues<RunStatus>().Select(Lists.Word)]);
        var lists = new Lists();
        return new Command("list", "List runs, newest first") { status, lists.Limit, lists.Cursor }.Does(async (call, ct) =>
            Lists.Show(call, await call.Client.Orchestrator.ListAsync(call.Self, Parse<RunStatus>(call.Get(status)), lists.Page(call.Parse), ct),
                ["run", "capsule", "status", "created", "ended"],
                r => [r.Id.ToString(), $"{r.Capsule}@{r.CapsuleVersion}", Lists.Word(r.Status), Lists.When(r.Created), Lists.When(r.Ended)]));
    }

    static Command Get()
    {
        var id = new Argument<string>("run") { Description = "run_ id" };
        return new Command("get", "Show a run as it stands; the exit code tells its status") { id }.Does(async (call, ct) =>
        {
            var run = await call.Client.Orchestrator.GetAsync(call.Self, Ids.Parse<Run>(call.Get(id)), ct);
            call.Out.Write(run, o => Show(o, run));
            return run.HasEnded || run.WaitingFor.Count > 0 || run.Clarifications.Count > 0 ? ExitCode.Of(run.Status) : ExitCode.Ok;
        });
    }

    static Command Watch()
    {
        var id = new Argument<string>("run") { Description = "run_ id" };
        return new Command("watch", "Follow a run's journal until it ends; with -o json one document a line") { id }.Does(async (call, ct) =>
        {
            var run = Ids.Parse<Run>(call.Get(id));
            await foreach (var e in call.Client.Orchestrator.WatchAsync(call.Self, run, 0, follow: true, ct))
            {
                call.Out.Write(e, o => o.Line($"[grey]{e.At.UtcDateTime:HH:mm:ss.fff}[/] {e.Seq,4} [bold]{e.Kind}[/] {Brief(e.Body)}"));
            }

            return ExitCode.Of((await call.Client.Orchestrator.GetAsync(call.Self, run, ct)).Status);
        });
    }

    static Command Answer()
    {
        var id = new Argument<string>("run") { Description = "run_ id" };
        var clarification = new Argument<string>("clarification") { Description = "cla_ id" };
        var answer = new Argument<string>("answer") { Description = "done: it happened; not_done: try it again; failed: give the step up" };
        answer.AcceptOnlyFromAmong("done", "not_done", "failed");
        var output = new Option<string?>("--result") { Description = "with done: what the tool would have answered, as JSON", HelpName = "json" };
        var note = new Option<string?>("--note", "-m") { Description = "how you know", HelpName = "text" };
        return new Command("answer", "Say what became of a call of unknown outcome") { id, clarification, answer, output, note }.Does(async (call, ct) =>
        {
            var request = new AnswerClarification(call.Get(answer)!, Json(call.Get(output)), call.Get(note));
            var run = await call.Client.Orchestrator.AnswerAsync(call.Self, Ids.Parse<Run>(call.Get(id)), Ids.Parse<Clarification>(call.Get(clarification)), request, ct);
            call.Out.Write(run, o => Show(o, run));
            return ExitCode.Ok;
        });
    }

    static JsonElement? Json(string? text)
    {
        try
        {
            return text is null ? null : JsonElement.Parse(System.Text.Encoding.UTF8.GetBytes(text));
        }
        catch (JsonException e)
        {
            throw new UsageException($"--result is not JSON: {e.Message}");
        }
    }

    static async Task<Run> WaitAsync(Call call, Run run, TimeSpan patience, CancellationToken ct)
    {
        var clock = System.Diagnostics.Stopwatch.StartNew();
        while (!run.HasEnded && run.WaitingFor.Count == 0 && run.Clarifications.Count == 0 && clock.Elapsed < patience)
        {
            var left = patience - clock.Elapsed;
            run = await call.Client.Orchestrator.WaitAsync(call.Self, run.Id, left < Poll ? TimeSpan.FromSeconds(Math.Ceiling(left.TotalSeconds)) : Poll, ct);
        }

        return run;
    }

    static void Show(Output o, Run run)
    {
        o.Line($"[bold]{run.Id}[/]  {run.Capsule}@{run.CapsuleVersion}  {Lists.Word(run.Status)}");
        o.Table(["step", "status", "attempts", "error"], run.Steps.Select(s => new[] { s.Step, s.Status, s.Attempts.ToString(), s.Error ?? "" }));
        if (run.Outputs is { } outputs)
        {
            o.Line($"outputs {outputs.GetRawText()}");
        }

        if (run.Error is { } error)
        {
            o.Line($"error   {error}");
        }

        foreach (var approval in run.WaitingFor)
        {
            o.Line($"waits for approval: anumate approvals approve {approval}");
        }

        foreach (var asked in run.Clarifications)
        {
            o.Line($"asks: {asked.UserGuidance} (key {asked.IdempotencyKey})");
            o.Line($"      anumate runs answer {run.Id} {asked.Id} {string.Join('|', asked.Options)}");
        }
    }

    static string Brief(JsonElement body) => body.GetRawText() is { Length: > 160 } text ? text[..160] + "…" : body.GetRawText();

    static Id<GhostRun>? GhostId(string? text) => text is null ? null : Ids.Parse<GhostRun>(text);

    static T? Parse<T>(string? word)
        where T : struct, Enum => word is null ? null : Enum.GetValues<T>().First(v => Lists.Word(v) == word);
}

/// <summary>Ids from the command line.</summary>
static class Ids
{
    public static Id<T> Parse<T>(string text)
        where T : IEntity => Id<T>.TryParse(text, null, out var id) ? id : throw new UsageException($"`{text}` is not an id of the form {T.Prefix}_<26 characters>");
}
