namespace Anumate.Metering;

sealed class MeteringService(UsageStore store) : IMetering
{
    const int LongestDays = 366;

    public async Task<IReadOnlyList<DailyUsage>> GetUsageAsync(Caller caller, DateOnly from, DateOnly to, CancellationToken ct)
    {
        caller.Demand(Scope.UsageRead);
        return to >= from && to.DayNumber - from.DayNumber < LongestDays
            ? await store.GetAsync(caller, from, to, ct)
            : throw Problems.Invalid($"`from` must not be after `to`, and at most {LongestDays} days are shown at once");
    }
}
