using Anumate.Platform.RateLimits;
using CsCheck;

namespace Anumate.Tests.RateLimits;

public sealed class QuotaTests
{
    static readonly Quota FivePerMinute = new(5, TimeSpan.FromMinutes(1));

    const double Second = 1_000_000;

    [Fact]
    public void Lets_a_burst_of_the_whole_quota_pass_and_then_one_request_per_step()
    {
        var empty = 0.0;
        var grants = Enumerable.Range(0, 6).Select(_ => FivePerMinute.Take(ref empty, 100 * Second)).ToList();
        Assert.Equal([true, true, true, true, true, false], grants.Select(g => g.Allowed));
        Assert.Equal([4, 3, 2, 1, 0, 0], grants.Select(g => g.Remaining));
        Assert.Equal([12, 24, 36, 48, 60, 60], grants.Select(g => g.Reset.TotalSeconds));
        Assert.Equal(12, grants[^1].RetryAfter.TotalSeconds);
        Assert.False(FivePerMinute.Take(ref empty, 111 * Second).Allowed);
        Assert.True(FivePerMinute.Take(ref empty, 112 * Second).Allowed);
        Assert.False(FivePerMinute.Take(ref empty, 112 * Second).Allowed);
        Assert.Equal(4, FivePerMinute.Take(ref empty, 1000 * Second).Remaining);
    }

    [Fact]
    public void In_any_stretch_no_more_pass_than_the_quota_and_what_flowed_back() =>
        Gen.Select(Gen.Int[1, 20], Gen.Int[0, 5_000].Array[1, 200]).Sample((requests, pauses) =>
        {
            var quota = new Quota(requests, TimeSpan.FromSeconds(10));
            var (empty, now) = (0.0, 0.0);
            var passed = new List<double>();
            foreach (var pause in pauses)
            {
                now += pause * 1000.0;
                var grant = quota.Take(ref empty, now);
                if (grant.Allowed)
                {
                    passed.Add(now);
                }
                else
                {
                    var soon = empty;
                    Assert.True(quota.Take(ref soon, now + grant.RetryAfter.TotalMicroseconds).Allowed);
                }
            }

            foreach (var start in passed)
            {
                Assert.InRange(passed.Count(at => at >= start && at < start + quota.WindowMicroseconds), 0, 2 * requests);
                Assert.InRange(passed.Count(at => at >= start && at < start + quota.StepMicroseconds), 0, requests + 1);
            }
        }, iter: 200);

    [Fact]
    public void A_quota_whose_step_is_no_whole_number_is_used_up_exactly()
    {
        foreach (var requests in new[] { 3, 7, 999, 700_001 })
        {
            var quota = new Quota(requests, TimeSpan.FromMinutes(1));
            var (empty, passed) = (0.0, 0);
            while (quota.Take(ref empty, 1e12).Allowed)
            {
                passed++;
            }

            Assert.InRange(passed, requests - (requests / 100_000), requests + (requests / 100_000));
        }
    }
}
