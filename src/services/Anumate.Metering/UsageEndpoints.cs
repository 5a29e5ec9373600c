using Anumate.Platform.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Anumate.Metering;

static class UsageEndpoints
{
    public static void Map(IEndpointRouteBuilder v1) =>
        v1.MapGet("/usage", GetUsage).Demands(Scope.UsageRead).WithSummary("Usage per day (UTC), oldest first");

    static async Task<Ok<IReadOnlyList<DailyUsage>>> GetUsage(Caller caller, DateOnly from, DateOnly to, IMetering metering, CancellationToken ct) =>
        Reply.Ok(await metering.GetUsageAsync(caller, from, to, ct));
}
