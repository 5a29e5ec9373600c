using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Anumate.PlanEngine;
using Anumate.Platform.Data;
using Anumate.Platform.Plans;
using Anumate.Platform.Policies;
using Anumate.Platform.Redactions;
using Anumate.Platform.Secrets;
using Anumate.PolicyEngine;
using Anumate.Proofs;
using Orleans.Concurrency;
using Json = Anumate.PlanEngine.Json;

namespace Anumate.Orchestrator;

sealed class OrchestratorService(
    RunStore store, PlanCache plans, PolicyGate gate, ShownData data, RunVault vault, IConnectors connectors, IGhostRuns ghostRuns, LeafWriter leaves,
    RunShards shards, OrchestratorOptions options, TimeProvider time) : IOrchestrator
{
    const int WatchPage = 200;
    static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(60);

    public async Task<Run> ExecuteAsync(Caller caller, NewRun request, CancellationToken ct)
    {
        caller.Demand(Scope.RunExecute);
        DemandWait(request.Wait);
        var once = Once.Of("run.execute", request.IdempotencyKey, request);
        var plan = await plans.GetAsync(caller, request.PlanHash, ct);
        var reading = plan.Plan.ReadInputs(request.Inputs);
        if (reading.Inputs is not { } inputs)
        {
            throw PlanProblems.InputsInvalid(reading.Diagnostics);
        }

        await DemandPinnedToolsAsync(caller, plan.Plan, ct);
        var run = Id<Run>.New(time);
        var keys = await vault.MakeAsync(caller.Tenant, run, ct);
        var facts = RunFacts.Of(caller, Activity.Current?.Id, await ReportAsync(caller, request, ct));
        var decision = await gate.DecideAsync(caller, PolicyPoint.RunStart, facts.About(caller, plan.Plan, run, inputs), plan.PolicyDigests, ct);
        if (decision.Verdict is Verdict.Approval or Verdict.Limit && await store.ReplayAsync(caller, once, ct) is { } before)
        {
            // Nobody is asked again, and nothing is counted again.
            return await ShownAsync(caller, await AgainAsync(caller, before, request.Wait, ct), ct);
        }

        decision = await gate.TakeAsync(caller.Tenant, decision, TakingOf(caller, once, run), ct);
        if (decision.Verdict == Verdict.Deny)
        {
            throw PolicyProblems.Denied(decision);
        }

        var started = new RunStarted(time.GetUtcNow(), plan.Plan.Hash, inputs, SaltedDigest.Of(keys.Keys.Salt.Span, inputs.Utf8.Span).ToString(),
            Json.Of(JsonSerializer.SerializeToElement(facts, OrchestratorJson.Default.RunFacts)));
        var birth = new RunBirth(caller.Tenant, run, plan, started, facts, keys, decision) { Once = once.Key is null ? null : once, Wait = request.Wait };
        var accepted = (await shards.Of(run).StartAsync(birth.AsImmutable()).WaitAsync(ct)).Value;
        return await ShownAsync(caller, accepted.Id == run ? accepted : await AgainAsync(caller, accepted, request.Wait, ct), ct);
    }

    /// <summary>The run that the same request has started before.</summary>
    async Task<Run> AgainAsync(Caller caller, Run first, TimeSpan wait, CancellationToken ct)
    {
        // That start may be durable and yet have been answered with 503, its connection lost in the commit: then nobody is at work on it.
        await shards.Of(first.Id).ResumeAsync(RunKey.Of(caller.Tenant, first.Id));
        return wait > TimeSpan.Zero ? await WaitedAsync(caller, first.Id, wait, ct) : first;
    }

    public async Task<Page<Run>> ListAsync(Caller caller, RunStatus? status, PageRequest page, CancellationToken ct)
    {
        caller.Demand(Scope.RunRead);
        var runs = await store.ListAsync(caller, status, page, ct);
        var shown = new List<Run>(runs.Items.Count);
        foreach (var run in runs.Items)
        {
            shown.Add(run.Outputs is { } outputs ? await ShownAsync(caller, run, await plans.GetAsync(caller, run.PlanHash, ct), Sealing.Mask(outputs), ct) : run);
        }

        return runs with { Items = shown };
    }

    public async Task<Run> GetAsync(Caller caller, Id<Run> id, CancellationToken ct)
    {
        caller.Demand(Scope.RunRead);

        // The row first: it says whether the run is this tenant's at all, and all of a run that has ended.
        var run = await store.GetAsync(caller, id, ct);
        return await ShownAsync(caller, run.HasEnded ? run : (await shards.Of(id).WaitAsync(RunKey.Of(caller.Tenant, id), TimeSpan.Zero)).Value, ct);
    }

    public async Task<Run> WaitAsync(Caller caller, Id<Run> id, TimeSpan wait, CancellationToken ct)
    {
        caller.Demand(Scope.RunRead);
        DemandWait(wait);

        // The run itself first: most often it is at work here. A run of another tenant is not found under the caller's key.
        return await ShownAsync(caller, await WaitedAsync(caller, id, wait, ct), ct);
    }

    async Task<Run> WaitedAsync(Caller caller, Id<Run> id, TimeSpan wait, CancellationToken ct) =>
        (await shards.Of(id).WaitAsync(RunKey.Of(caller.Tenant, id), wait).WaitAsync(ct)).Value;

    static void DemandWait(TimeSpan wait)
    {
        if (wait < TimeSpan.Zero || wait > LongestWait)
        {
            throw Problems.Invalid($"a wait is 0 to {LongestWait.TotalSeconds} s");
        }
    }

    public async Task<Run> AnswerAsync(Caller caller, Id<Run> id, Id<Clarification> clarification, AnswerClarification request, CancellationToken ct)
    {
        caller.Demand(Scope.RunExecute);
        if (caller is not { Credential: CredentialKind.SignIn, Kind: PrincipalKind.User })
        {
            throw ClarificationProblems.NotAPerson();
        }

        Clarifications.Read(request);
        var run = await shards.Of(id).AnswerAsync(RunKey.Of(caller.Tenant, id), clarification.Value, request.Response, Clarifications.Bytes(request), caller.Principal.Value, request.Note);
        return await ShownAsync(caller, run.Value, ct);
    }

    public async IAsyncEnumerable<RunEvent> WatchAsync(Caller caller, Id<Run> id, long after, bool follow, [EnumeratorCancellation] CancellationToken ct)
    {
        caller.Demand(Scope.RunRead);
        var run = await store.GetAsync(caller, id, ct);
        var pinned = (await plans.GetAsync(caller, run.PlanHash, ct)).PolicyDigests;
        while (true)
        {
            // A commit holds several entries; `after` may stand inside one.
            var page = await store.EntriesAsync(caller.Tenant, id, Math.Max(0, after - EntryFormat.MostEntries), WatchPage, ct);
            var (seen, ended) = (after, run.HasEnded && !follow);
            foreach (var e in page.SelectMany(Shown))
            {
                if (e.Seq > after)
                {
                    yield return e with { Body = await data.ShowAsync(caller, ShownData.Entry, id.ToString(), id, pinned, e.Body, ct) };
                    seen = e.Seq;
                }

                ended |= e.Kind == "run_completed";
            }

            if (ended || (!follow && seen == after))
            {
                yield break;
            }

            if (seen == after)
            {
                await Task.Delay(options.WatchPoll, time, ct);
            }

            after = seen;
        }
    }

    static IEnumerable<RunEvent> Shown(StoredCommit commit)
    {
        using var document = JsonDocument.Parse(commit.Entries);
        var seq = commit.Seq;
        var shown = new List<RunEvent>();
        foreach (var entry in document.RootElement.EnumerateArray())
        {
            var body = entry.GetProperty("body");
            shown.Add(new RunEvent(seq++, entry.GetProperty("kind").GetString()!, DateTimeOffset.FromUnixTimeMilliseconds(body.GetProperty("at").GetInt64()), Sealing.Mask(body)));
        }

        return shown;
    }

    /// <summary>A run as the caller may see it: what of its outputs is sensitive, and what policies say about them.</summary>
    async Task<Run> ShownAsync(Caller caller, Run run, CancellationToken ct)
    {
        if (run.Outputs is not { } outputs)
        {
            return run;
        }

        var plan = await plans.GetAsync(caller, run.PlanHash, ct);
        return await ShownAsync(caller, run, plan, await OpenAsync(caller, run.Id, plan.Plan, outputs, ct), ct);
    }

    async ValueTask<Run> ShownAsync(Caller caller, Run run, ReadyPlan plan, JsonElement outputs, CancellationToken ct) =>
        run with { Outputs = await data.ShowAsync(caller, ShownData.Outputs, run.Id.ToString(), run.Id, plan.PolicyDigests, outputs, ct) };

    /// <summary>Outputs with sensitive values only for who may see them, and then with a proof that they were read.</summary>
    async ValueTask<JsonElement> OpenAsync(Caller caller, Id<Run> run, ExecutablePlan plan, JsonElement outputs, CancellationToken ct)
    {
        if (!caller.Scopes.Contains(Scope.SensitiveRead) || plan.SensitiveOutputs.Count == 0 || await vault.GetAsync(caller.Tenant, run, ct) is not { } keys)
        {
            return Sealing.Mask(outputs);
        }

        var record = AuditRecord.Of(caller, time, "execution.outputs_read", "run", run.ToString()) with { Run = null };
        await leaves.WriteAsync(caller.Tenant, Leaf.Of(record), ct);
        return new Sealing(plan, run, keys).OpenOutputs(outputs);
    }

    async Task DemandPinnedToolsAsync(Caller caller, ExecutablePlan plan, CancellationToken ct)
    {
        if (plan.Tools.Count == 0)
        {
            return;
        }

        var now = (await connectors.GetToolsAsync(caller.AsService("orchestrator"), [.. plan.Tools.Keys], ct)).ToDictionary(t => t.Name, t => t.Digest);
        foreach (var tool in plan.Tools.Values)
        {
            if (now.GetValueOrDefault(tool.Name) != tool.Digest)
            {
                throw ConnectorProblems.ToolChanged(tool.Name);
            }
        }
    }

    /// <summary>Under what name a start counts: that of the request where its sender may repeat it.</summary>
    static string TakingOf(Caller caller, Once once, Id<Run> run) => once.Key is null
        ? $"{run}"
        : $"start/{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{caller.Principal}\n{once.Key}")))}";

    /// <summary>The preflight report that a run is bound to: it has its plan and its inputs.</summary>
    async Task<GhostRun?> ReportAsync(Caller caller, NewRun request, CancellationToken ct)
    {
        if (request.GhostRun is not { } id)
        {
            return null;
        }

        var ghost = await ghostRuns.GetAsync(caller.AsService("orchestrator"), id, ct);
        return ghost.PlanHash == request.PlanHash && await ghostRuns.HasInputsAsync(caller.AsService("orchestrator"), id, request.Inputs, ct)
            ? ghost
            : throw Problems.Conflict($"`{id}` reports on another plan or other inputs; simulate again");
    }
}
