using Anumate.PlanEngine;
using Anumate.Platform.Data;
using Anumate.Platform.Plans;
using Anumate.Platform.Secrets;

namespace Anumate.Orchestrator;

/// <summary>All that a new run is made of: checked, and not yet durable.</summary>
sealed record RunBirth(Id<Tenant> Tenant, Id<Run> Run, ReadyPlan Plan, RunStarted Started, RunFacts Facts, MadeRunKeys Keys, Decision Decision)
{
    /// <summary>Set where the client sent an idempotency key.</summary>
    public Once? Once { get; init; }

    /// <summary>How long who starts it waits for its end.</summary>
    public TimeSpan Wait { get; init; }
}
