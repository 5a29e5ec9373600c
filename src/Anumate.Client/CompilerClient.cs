namespace Anumate.Client;

/// <summary>ICompiler over HTTP.</summary>
public sealed class CompilerClient(Transport transport) : ICompiler
{
    /// <inheritdoc/>
    public Task<CompiledPlan> CompileAsync(Caller caller, CompileCapsule request, CancellationToken ct) =>
        transport.PostAsync<CompileCapsule, CompiledPlan>(caller, "v1/compile", request, request.IdempotencyKey, ct);

    /// <inheritdoc/>
    public Task<CompiledPlan> GetPlanAsync(Caller caller, string planHash, CancellationToken ct) =>
        transport.GetAsync<CompiledPlan>(caller, $"v1/plans/{Route.Segment(planHash)}", ct);

    /// <inheritdoc/>
    public Task<Page<PlanSummary>> ListPlansAsync(Caller caller, PageRequest page, CancellationToken ct) =>
        transport.GetAsync<Page<PlanSummary>>(caller, Route.Page("v1/plans", page), ct);
}
