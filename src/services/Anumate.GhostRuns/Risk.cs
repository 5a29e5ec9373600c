using Anumate.PlanEngine;
using Anumate.Schemas;

namespace Anumate.GhostRuns;

/// <summary>
/// The risk score: points for what could go wrong, at most 100. Adding an effect, a sensitive field or taking away a compensation never
/// lowers it.
/// </summary>
static class Risk
{
    const int Most = 100;

    public static RiskScore Of(ExecutablePlan plan)
    {
        var factors = new List<RiskFactor>();
        var calls = plan.Steps.Where(s => s.Tool is not null).ToList();
        var effects = calls.Where(s => s.Tool!.Effect == ToolEffect.Effect).ToList();
        var idempotent = calls.Count(s => s.Tool!.Effect == ToolEffect.Idempotent);
        var irreversible = effects.Where(s => s.CompensationTool is null).ToList();
        var blind = effects.Where(s => !s.Tool!.HasLookup).ToList();
        var pii = plan.Flows.Where(f => f.Sensitivity == Sensitivity.Pii).Select(f => (f.Field, f.Tool)).Distinct().Count();
        var secret = plan.Flows.Where(f => f.Sensitivity == Sensitivity.Secret).Select(f => (f.Field, f.Tool)).Distinct().Count();

        Add(factors, "effects", 10, effects.Count, 40, $"steps that change something and may do it twice: {Names(effects)}");
        Add(factors, "idempotent-effects", 4, idempotent, 16, "steps that change something, safely repeated");
        Add(factors, "irreversible", 10, irreversible.Count, 30, $"effects without compensation: {Names(irreversible)}");
        Add(factors, "unknown-outcomes", 6, blind.Count, 18, $"effects whose outcome cannot be looked up after a crash: {Names(blind)}");
        Add(factors, "personal-data", 5, pii, 15, "personal fields that reach a tool");
        Add(factors, "secrets", 10, secret, 20, "secret fields that reach a tool");
        return new RiskScore(Math.Min(Most, factors.Sum(f => f.Points)), factors);
    }

    static void Add(List<RiskFactor> factors, string name, int each, int count, int most, string why)
    {
        if (count > 0)
        {
            factors.Add(new RiskFactor(name, Math.Min(most, each * count), $"{count} × {why}"));
        }
    }

    static string Names(List<PlanStep> steps) => string.Join(", ", steps.Take(5).Select(s => s.Id)) + (steps.Count > 5 ? ", …" : "");
}
