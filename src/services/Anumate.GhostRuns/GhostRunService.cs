using System.Text.Json;
using Anumate.Platform.Data;
using Anumate.Platform.Plans;
using Anumate.Platform.Policies;
using Anumate.Platform.Redactions;
using Anumate.Platform.Secrets;
using Anumate.Platform.Telemetry;
using Anumate.Proofs;

namespace Anumate.GhostRuns;

sealed class GhostRunService(
    GhostRunStore store, PlanCache plans, PolicyGate gate, CallRedaction redaction, RunVault vault, IConnectors connectors, IIdentity identity, Slo slo, TimeProvider time)
    : IGhostRuns
{
    // Beyond this many paths the report says that it was cut.
    const int MostPaths = 64;

    public async Task<GhostRun> SimulateAsync(Caller caller, NewGhostRun request, CancellationToken ct)
    {
        caller.Demand(Scope.GhostRunExecute);
        var began = time.GetTimestamp();
        var plan = await plans.GetAsync(caller, request.PlanHash, ct);
        var reading = plan.Plan.ReadInputs(request.Inputs);
        if (reading.Inputs is not { } inputs)
        {
            throw PlanProblems.InputsInvalid(reading.Diagnostics);
        }

        var id = Id<GhostRun>.New(time);
        var keys = await vault.CreateDataKeyAsync(caller.Tenant, AsRun(id), ct);
        var digest = SaltedDigest.Of(keys.Salt.Span, inputs.Utf8.Span).ToString();
        var report = await new Preflight(caller, plan, AsRun(id), inputs, digest, request.Fixtures ?? new Dictionary<string, JsonElement>(), gate, redaction, connectors,
            identity).MakeAsync(MostPaths, time.GetUtcNow(), ct);
        report = report with { DurationMs = time.GetElapsedTime(began).TotalMilliseconds };
        slo.Preflight(time.GetElapsedTime(began));
        var ghost = new GhostRun(id, plan.Plan.Hash, digest, PolicyDigest(report), report, caller.Principal, time.GetUtcNow());
        var record = AuditRecord.Of(caller, time, "preflight.completed", "ghost_run", id.ToString()) with
        {
            Digests = new Dictionary<string, string> { ["plan"] = plan.Plan.Hash, ["inputs"] = digest },
        };
        return await store.SaveAsync(caller, ghost, Once.Of("ghostrun.simulate", request.IdempotencyKey, request), record, ct);
    }

    public async Task<GhostRun> GetAsync(Caller caller, Id<GhostRun> id, CancellationToken ct)
    {
        caller.Demand(Scope.GhostRunRead);
        return await store.GetAsync(caller, id, ct);
    }

    public async Task<bool> HasInputsAsync(Caller caller, Id<GhostRun> id, JsonElement inputs, CancellationToken ct)
    {
        caller.Demand(Scope.GhostRunRead);
        var ghost = await store.GetAsync(caller, id, ct);
        var reading = (await plans.GetAsync(caller, ghost.PlanHash, ct)).Plan.ReadInputs(inputs);
        return reading.Inputs is { } read && await vault.GetAsync(caller.Tenant, AsRun(id), ct) is { } keys
            && SaltedDigest.Of(keys.Salt.Span, read.Utf8.Span).ToString() == ghost.InputsDigest;
    }

    public async Task<Page<GhostRun>> ListAsync(Caller caller, string? planHash, PageRequest page, CancellationToken ct)
    {
        caller.Demand(Scope.GhostRunRead);
        return await store.ListAsync(caller, planHash, page, ct);
    }

    // The vault keeps one salt a run; a simulation is a run that did not happen, under the same number.
    static Id<Run> AsRun(Id<GhostRun> id) => new(id.Value);

    static string PolicyDigest(PreflightReport report) => Digest.Of(System.Text.Encoding.UTF8.GetBytes(
        string.Join('\n', report.Steps.Select(s => s.Decision?.Bundle).OfType<string>().Distinct().Order(StringComparer.Ordinal)))).ToString();
}
