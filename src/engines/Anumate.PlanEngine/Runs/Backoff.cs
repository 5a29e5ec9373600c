using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Anumate.PlanEngine;

/// <summary>How long to wait before an attempt. Jitter comes from run, step and attempt, so that a replay waits exactly as long.</summary>
static class Backoff
{
    public static TimeSpan Delay(RunState state, PlanStep step, int failed, CallPhase phase)
    {
        var rule = step.Retry;
        // By multiplication: Math.Pow may differ in the last bit between platforms.
        var (wait, max) = (rule.Initial.TotalMilliseconds, rule.Max.TotalMilliseconds);
        for (var i = 1; i < failed && wait < max; i++)
        {
            wait *= rule.Factor;
        }

        wait = Math.Min(wait, max);
        if (rule.Jitter)
        {
            wait -= wait / 2 * Fraction(state.Run, step.Id, failed, phase);
        }

        return TimeSpan.FromMilliseconds(Math.Floor(wait));
    }

    /// <summary>Evenly spread over [0, 1).</summary>
    static double Fraction(Id<Run> run, string step, int failed, CallPhase phase)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(Encoding.UTF8.GetBytes($"{run}/{step}/{failed}/{(phase is CallPhase.Do ? "do" : "compensate")}"), hash);
        return (BinaryPrimitives.ReadUInt64BigEndian(hash) >> 11) * (1.0 / (1UL << 53));
    }
}
