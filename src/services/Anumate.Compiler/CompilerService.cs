using Anumate.PlanEngine;
using Anumate.Platform.Data;
using Anumate.Platform.Policies;
using Anumate.PolicyEngine;

namespace Anumate.Compiler;

sealed class CompilerService(PlanStore store, IRegistry registry, IPolicies policies, IConnectors connectors, PolicyGate gate, TimeProvider time) : ICompiler
{
    public async Task<CompiledPlan> CompileAsync(Caller caller, CompileCapsule request, CancellationToken ct)
    {
        caller.Demand(Scope.PlanCompile);
        var asService = caller.AsService("compiler");
        var version = await registry.ResolveAsync(asService, request.Capsule, ct);
        var capsule = CapsuleReader.Read(version.Source).Capsule ?? throw CapsuleProblems.Invalid([]);

        // Both look-ups of the lock at once: neither needs the other.
        var tools = connectors.GetToolsAsync(asService, [.. capsule.Tools.Select(t => t.Value)], ct);
        var named = policies.ResolveAsync(asService, [.. capsule.Policies.Select(p => p.Value)], ct);
        await Task.WhenAll(tools, named);
        var pinned = await named;

        var decision = await gate.DecideAsync(caller, PolicyPoint.PlanCompile,
            PolicyFacts.Of(caller).WithCapsule(capsule.Name, capsule.Version, capsule.Labels), [.. pinned.Select(p => p.Digest)], ct);
        if (decision.Verdict != Verdict.Allow)
        {
            throw PolicyProblems.Denied(decision);
        }

        var compilation = PlanCompiler.Compile(capsule, new CompileContext((await tools).ToDictionary(t => t.Name), pinned));
        return compilation.Plan is { } plan ? await SaveAsync(caller, request, plan, compilation.Diagnostics, ct) : throw PlanProblems.CompileFailed(compilation.Diagnostics);
    }

    public async Task<CompiledPlan> GetPlanAsync(Caller caller, string planHash, CancellationToken ct)
    {
        caller.Demand(Scope.PlanRead);
        return await store.FindAsync(caller, planHash, ct) ?? throw PlanProblems.NotFound(planHash);
    }

    public async Task<Page<PlanSummary>> ListPlansAsync(Caller caller, PageRequest page, CancellationToken ct)
    {
        caller.Demand(Scope.PlanRead);
        return await store.ListAsync(caller, page, ct);
    }

    async Task<CompiledPlan> SaveAsync(Caller caller, CompileCapsule request, ExecutablePlan plan, IReadOnlyList<Diagnostic> diagnostics, CancellationToken ct)
    {
        // The same capsule and lock give the same plan: compiling again finds it.
        var once = Once.Of("plan.compile", request.IdempotencyKey, request);
        if (await store.FindAsync(caller, plan.Hash, ct) is { } known)
        {
            return await store.AnswerAsync(caller, known, once, ct);
        }

        var compiled = new CompiledPlan(plan.Hash, plan.Capsule, plan.CapsuleVersion, plan.Canonical.ToElement(), diagnostics, caller.Principal, time.GetUtcNow());
        var record = AuditRecord.Of(caller, time, "plan.created", "plan", plan.Hash) with
        {
            Digests = new Dictionary<string, string> { ["plan"] = plan.Hash, ["capsule"] = plan.CapsuleDigest },
        };
        try
        {
            return await store.SaveAsync(caller, Id<PlanRow>.New(time), compiled, plan.Canonical.Utf8.ToArray(), plan.Steps.Count,
                once, record, ct);
        }
        catch (ProblemException e) when (e.Problem.Code == "conflict")
        {
            return await store.FindAsync(caller, plan.Hash, ct) ?? throw e.Problem.Exception();
        }
    }
}
