using System.Text.Json;
using Anumate.PlanEngine;
using Anumate.Platform.Plans;
using Anumate.Platform.Policies;
using Anumate.Platform.Redactions;
using Anumate.PolicyEngine;

namespace Anumate.GhostRuns;

/// <summary>Makes the preflight report of one plan with one set of inputs.</summary>
sealed class Preflight(
    Caller caller, ReadyPlan ready, Id<Run> run, Json inputs, string inputsDigest, IReadOnlyDictionary<string, JsonElement> fixtures,
    PolicyGate gate, CallRedaction redaction, IConnectors connectors, IIdentity identity)
{
    readonly ExecutablePlan plan = ready.Plan;
    readonly List<Diagnostic> findings = [];

    public async Task<PreflightReport> MakeAsync(int mostPaths, DateTimeOffset now, CancellationToken ct)
    {
        var tools = await ToolsAsync(ct);
        var risk = Risk.Of(plan);

        // Policies that ask for a report are asked as they will be with this one, as if it found nothing that blocks: if it does, it says so.
        var facts = PolicyFacts.Of(caller).WithCapsule(plan.Capsule, plan.CapsuleVersion, plan.Labels).WithRun(run, caller.Principal).WithInputs(inputs.ToElement())
            .WithPreflight(new Id<GhostRun>(run.Value), PreflightVerdict.Ready, risk.Score, now);
        var start = await gate.SimulateAsync(caller, PolicyPoint.RunStart, facts, ready.PolicyDigests, ct);
        if (start.Verdict == Verdict.Deny)
        {
            findings.Add(Diagnostic.Error("preflight.run-denied", start.Reason, suggestion: "see the policies that bind the tenant and the capsule"));
        }

        Warn(start, null);
        var world = new SimulatedWorld(caller, ready, run, facts, gate, redaction, fixtures, tools);
        var happy = await SimulateAsync(world, new Assumption("everything succeeds"), ct);
        foreach (var (step, decision) in happy.Decisions)
        {
            Warn(decision, step);
        }

        var approvals = await ApprovalsAsync(start, happy, ct);
        var explored = new List<ExploredPath> { Path("everything succeeds", happy) };
        explored.AddRange(await ExploreAsync(world, happy, mostPaths, ct));
        if (happy.State.Status != RunStatus.Completed)
        {
            findings.Add(Diagnostic.Error("preflight.not-completed", $"with every call succeeding the run would end as {Word(happy.State.Status)}: {happy.State.Error ?? happy.State.Failure?.Error}"));
        }

        return new PreflightReport(VerdictOf(approvals), [.. plan.Steps.Select(s => Step(s, happy, world))], approvals,
            [.. plan.Flows.Select(f => new DataFlow(f.Field, Word(f.Sensitivity), f.Tool, f.Step)).Distinct()], explored, risk, findings, 0);
    }

    /// <summary>Says what policies that only warn would deny or demand.</summary>
    void Warn(Decision decision, string? step) => findings.AddRange(decision.Watched.Where(w => w.Mode == PolicyMode.Warn).Select(w => Diagnostic.Warning("preflight.policy-warns",
        $"`{w.Policy}{(w.Rule is null ? "" : $"/{w.Rule}")}` would come to {Word(w.Verdict)} at {decision.Point}{(step is null ? "" : $" of `{step}`")}{(w.Because is null ? "" : $": {w.Because}")}",
        suggestion: "the policy warns and is not enforced yet")));

    async Task<IReadOnlyDictionary<string, Tool>> ToolsAsync(CancellationToken ct)
    {
        var tools = (await connectors.GetToolsAsync(caller.AsService("ghostruns"), [.. plan.Tools.Keys], ct)).ToDictionary(t => t.Name);
        foreach (var pinned in plan.Tools.Values)
        {
            if (!tools.TryGetValue(pinned.Name, out var tool))
            {
                findings.Add(Diagnostic.Error("preflight.tool-missing", $"tool `{pinned.Name}` is not in the catalogue any more", suggestion: "register its connector again"));
            }
            else if (tool.Digest != pinned.Digest)
            {
                findings.Add(Diagnostic.Error("preflight.tool-changed", $"tool `{pinned.Name}` is not the one that was planned", suggestion: "compile the capsule again"));
            }
        }

        return tools;
    }

    Task<Simulation> SimulateAsync(SimulatedWorld world, Assumption assumed, CancellationToken ct) =>
        new Simulation(plan, run, inputs, inputsDigest, assumed, world).RunAsync(ct);

    /// <summary>The paths beside the happy one: each call that was reached fails; people say no; people say nothing.</summary>
    async Task<IReadOnlyList<ExploredPath>> ExploreAsync(SimulatedWorld world, Simulation happy, int most, CancellationToken ct)
    {
        var assumptions = plan.Steps.Where(s => s.Tool is not null && happy.State.StatusOf(s) == StepStatus.Completed)
            .Select(s => new Assumption($"{s.Id} fails") { FailingStep = s.Id }).ToList();
        if (happy.Asked.Count > 0)
        {
            assumptions.Add(new Assumption("an approval is rejected") { People = ApprovalVerdict.Rejected });
            assumptions.Add(new Assumption("an approval expires") { People = ApprovalVerdict.Expired });
        }

        if (assumptions.Count > most)
        {
            findings.Add(new Diagnostic("preflight.cut", Severity.Info, $"{most} of {assumptions.Count} paths were explored"));
        }

        var explored = new List<ExploredPath>();
        foreach (var assumed in assumptions.Take(most))
        {
            explored.Add(Path(assumed.Text, await SimulateAsync(world, assumed, ct)));
        }

        return explored;
    }

    async Task<IReadOnlyList<PreflightApproval>> ApprovalsAsync(Decision start, Simulation happy, CancellationToken ct)
    {
        var approvals = new List<PreflightApproval>();
        foreach (var (id, step, groups, quorum) in Demanded(start, happy))
        {
            var people = await PeopleAsync(groups, ct);
            approvals.Add(new PreflightApproval(id, step, groups, quorum, people, people.Count >= quorum));
            if (people.Count < quorum)
            {
                findings.Add(Diagnostic.Error("preflight.quorum-unreachable",
                    $"the approval needs {quorum} of {string.Join(" or ", groups)}, and {people.Count} could give it", suggestion: "add people to the group; a requester does not count"));
            }
        }

        return approvals;
    }

    /// <summary>Each stage that people will be asked for: by policies at the start, by the capsule, by policies before calls.</summary>
    static IEnumerable<(string Id, string? Step, IReadOnlyList<string> Groups, int Quorum)> Demanded(Decision start, Simulation happy) =>
        start.Approvals.Select(a => (start.Point, (string?)null, a.Groups, a.Quorum)).Concat(happy.Asked.SelectMany(asked => asked switch
        {
            ({ } capsule, _, _) => capsule.Approval.Stages.Select(s => (capsule.Approval.Id, capsule.Step?.Id, s.Groups, s.Quorum)),
            var (_, call, decision) => decision!.Approvals.Select(a => (call!.Step.Id, (string?)call.Step.Id, a.Groups, a.Quorum)),
        }));

    /// <summary>Who could grant it now: active users of the groups who may decide and are not the requester.</summary>
    async Task<IReadOnlyList<string>> PeopleAsync(IReadOnlyList<string> groups, CancellationToken ct)
    {
        var people = new SortedSet<string>(StringComparer.Ordinal);
        foreach (var group in groups)
        {
            var page = await identity.ListPrincipalsAsync(caller.AsService("ghostruns"), group, new PageRequest(Limit: PageRequest.MaxLimit), ct);
            people.UnionWith(page.Items
                .Where(p => p.Active && p.Kind == PrincipalKind.User && p.Id != caller.Principal && Role.ScopesOf(p.Roles).Contains(Scope.ApprovalDecide))
                .Select(p => p.Name));
        }

        return [.. people];
    }

    PreflightVerdict VerdictOf(IReadOnlyList<PreflightApproval> approvals) =>
        findings.Exists(f => f.Severity == Severity.Error) ? PreflightVerdict.Blocked
        : approvals.Count > 0 ? PreflightVerdict.NeedsApproval
        : PreflightVerdict.Ready;

    static PreflightStep Step(PlanStep step, Simulation happy, SimulatedWorld world)
    {
        var view = happy.State.StatusOf(step);
        var outcome = view switch
        {
            StepStatus.Completed => "simulated",
            StepStatus.Skipped => "skipped",
            StepStatus.Denied => "denied",
            StepStatus.Failed => "invalid",
            _ => "not_reached",
        };
        return new PreflightStep(step.Id, step.Tool?.Name, outcome, happy.Decisions.GetValueOrDefault(step.Id),
            step.Tool is { } tool && outcome == "simulated" ? world.SourceOf(tool.Name) : null,
            happy.State.Steps[step.Index].Error);
    }

    static ExploredPath Path(string assumption, Simulation simulation) => new(assumption, simulation.State.Status, simulation.Compensated);

    static string Word<T>(T value)
        where T : struct, Enum => JsonNamingPolicy.SnakeCaseLower.ConvertName(value.ToString());
}
