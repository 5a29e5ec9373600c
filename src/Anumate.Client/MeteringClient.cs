namespace Anumate.Client;

/// <summary>IMetering over HTTP.</summary>
public sealed class MeteringClient(Transport transport) : IMetering
{
    /// <inheritdoc/>
    public Task<IReadOnlyList<DailyUsage>> GetUsageAsync(Caller caller, DateOnly from, DateOnly to, CancellationToken ct) =>
        transport.GetAsync<IReadOnlyList<DailyUsage>>(caller, Route.Of("v1/usage", ("from", $"{from:yyyy-MM-dd}"), ("to", $"{to:yyyy-MM-dd}")), ct);
}
