using System.Text.Json;
using Anumate.Platform.Http;
using Microsoft.AspNetCore.Http;

namespace Anumate.Platform.RateLimits;

/// <summary>
/// What an answer says of the tenant's limit: <c>RateLimit-Policy</c> and <c>RateLimit</c> as structured fields (the draft
/// draft-ietf-httpapi-ratelimit-headers of the IETF), and <c>Retry-After</c> with a refusal.
/// </summary>
static class RateLimitHeaders
{
    const string PolicyName = "tenant";

    sealed record Said(Quota Quota, Grant Grant);

    /// <summary>Counts the request. Work that a service does for a caller was counted where the caller's request came in.</summary>
    /// <returns>The problem that stops the request, or null.</returns>
    public static async ValueTask<Problem?> CountAsync(HttpContext context, RateLimiter limiter, Caller caller)
    {
        if (caller.Via is not null || await limiter.TakeAsync(caller.Tenant) is not { } grant)
        {
            return null;
        }

        var quota = limiter.QuotaOf(caller.Tenant)!;
        context.Items[typeof(Said)] = new Said(quota, grant);
        if (grant.Allowed)
        {
            return null;
        }

        context.Response.Headers.RetryAfter = $"{Seconds(grant.RetryAfter)}";
        return HttpProblems.TooManyRequests(
            $"the tenant may send {quota.Requests} requests in {quota.Window.TotalSeconds:0} s; the next one is allowed in {Seconds(grant.RetryAfter)} s").Problem with
        {
            Facts = new Dictionary<string, JsonElement>
            {
                ["violated_policies"] = JsonElement.Parse($"[\"{PolicyName}\"]"),
                ["retry_after_ms"] = JsonElement.Parse($"{Math.Ceiling(grant.RetryAfter.TotalMilliseconds):0}"),
            },
        };
    }

    /// <summary>Writes the fields when the answer starts, whatever it is.</summary>
    public static void Write(HttpResponse response)
    {
        if (response.HttpContext.Items.TryGetValue(typeof(Said), out var said) && said is Said(var quota, var grant))
        {
            response.Headers["RateLimit-Policy"] = $"\"{PolicyName}\";q={quota.Requests};w={quota.Window.TotalSeconds:0}";
            response.Headers["RateLimit"] = $"\"{PolicyName}\";r={grant.Remaining};t={Seconds(grant.Reset)}";
        }
    }

    static long Seconds(TimeSpan time) => Math.Max(1, (long)Math.Ceiling(time.TotalSeconds));
}
