using Anumate.Platform.Data;

namespace Anumate.Policies;

/// <summary>What was violated, and when to tell of it.</summary>
sealed partial class PolicyService
{
    const int MostAlerts = 100, HighestThreshold = 1_000_000;

    static readonly TimeSpan ShortestAlert = TimeSpan.FromSeconds(10), LongestAlert = TimeSpan.FromDays(7);

    public async Task<Page<PolicyViolation>> ListViolationsAsync(Caller caller, ViolationFilter filter, PageRequest page, CancellationToken ct)
    {
        caller.Demand(Scope.PolicyRead);
        return await violations.ListAsync(caller, filter, page, ct);
    }

    public async Task<PolicyAlert> AlertAsync(Caller caller, NewPolicyAlert request, CancellationToken ct)
    {
        caller.Demand(Scope.PolicyWrite);
        if (request.Threshold is < 1 or > HighestThreshold)
        {
            throw Problems.Invalid($"`threshold` is 1 to {HighestThreshold}");
        }

        if (request.Within < ShortestAlert || request.Within > LongestAlert || request.Quiet < TimeSpan.Zero || request.Quiet > LongestAlert)
        {
            throw Problems.Invalid($"`within` is {ShortestAlert.TotalSeconds} s to {LongestAlert.Days} days, and `quiet` at most as long");
        }

        if (request.Mode is { } mode && !Enum.IsDefined(mode))
        {
            throw Problems.Invalid("`mode` is `observe`, `warn` or `enforce`");
        }

        var once = Once.Of("policy.alert", request.IdempotencyKey, request);
        if (await violations.CountAlertsAsync(caller, ct) >= MostAlerts)
        {
            throw Problems.Invalid($"a tenant has at most {MostAlerts} alerts");
        }

        var alert = new PolicyAlert(Id<PolicyAlert>.New(time), request.Policy, request.Mode, request.Threshold, Seconds(request.Within), Seconds(request.Quiet),
            caller.Principal, Now(), null);
        return await violations.SaveAsync(caller, alert, once, AuditRecord.Of(caller, time, "policy_alert.created", "policy_alert", alert.Id.ToString()), ct);

        static TimeSpan Seconds(TimeSpan span) => TimeSpan.FromSeconds(Math.Floor(span.TotalSeconds));
    }

    public async Task<Page<PolicyAlert>> ListAlertsAsync(Caller caller, PageRequest page, CancellationToken ct)
    {
        caller.Demand(Scope.PolicyRead);
        return await violations.ListAlertsAsync(caller, page, ct);
    }

    public async Task DeleteAlertAsync(Caller caller, Id<PolicyAlert> id, CancellationToken ct)
    {
        caller.Demand(Scope.PolicyWrite);
        await violations.DeleteAlertAsync(caller, id, AuditRecord.Of(caller, time, "policy_alert.deleted", "policy_alert", id.ToString()), ct);
    }
}
