using System.Diagnostics;
using Anumate.Cel;
using Anumate.PolicyEngine;

namespace Anumate.Bench.Policies;

/// <summary>Our engine on one workload, on one thread, without any cache of decisions.</summary>
sealed class Engine
{
    readonly PolicyFacts[] bound;
    readonly ReadOnlyMemory<byte>[] json;
    readonly Workload workload;
    readonly string[] sources;

    public Engine(Workload workload, Placement placement)
    {
        this.workload = workload;
        sources = [.. workload.Rules.Select(r => r.Text(placement))];
        Policies = [.. sources.Select(Compile)];
        Layers = new("sha256:bench", PolicySet.Of(Policies), PolicySet.Empty);
        json = [.. workload.Questions.Select(q => new ReadOnlyMemory<byte>(q.Json()))];
        bound = [.. json.Select(Bind)];
    }

    public CompiledPolicy[] Policies { get; }

    public PolicyLayers Layers { get; }

    public int Count => bound.Length;

    static CompiledPolicy Compile(string source) => CompiledPolicy.Check(source) is { Policy: { } policy }
        ? policy
        : throw new InvalidOperationException($"the policy does not compile: {source}");

    static PolicyFacts Bind(ReadOnlyMemory<byte> json) => PolicyFacts.Read(PolicyPoint.ToolBefore, json, out var found)
        ?? throw new InvalidOperationException(string.Join('\n', found));

    public Verdict PreBound(int i) => Decider.Judge(Layers, PolicyPoint.ToolBefore, bound[i]);

    public Verdict FromJson(int i) => Decider.Judge(Layers, PolicyPoint.ToolBefore, json[i], out _)!.Value;

    public Verdict WithDetail(int i) => Decider.Decide(Layers, PolicyPoint.ToolBefore, bound[i]).Verdict;

    /// <summary>The answers that differ from the oracle's, of all ways to ask.</summary>
    public int Mismatches() =>
        Enumerable.Range(0, Count).Sum(i => new[] { PreBound(i), FromJson(i), WithDetail(i) }.Count(v => v == Verdict.Allow != workload.Expected[i]));

    /// <summary>From a changed policy's text to a bundle that decides, beside all others compiled before.</summary>
    public double ReloadMilliseconds(int round)
    {
        var from = Stopwatch.GetTimestamp();
        var changed = Compile(sources[0].Replace("version 1", $"version {round + 2}"));
        var layers = new PolicyLayers("sha256:next", PolicySet.Of([changed, .. Policies.AsSpan(1)]), PolicySet.Empty);
        _ = Decider.Judge(layers, PolicyPoint.ToolBefore, bound[0]);
        return Stopwatch.GetElapsedTime(from).TotalMilliseconds;
    }
}

static class Measure
{
    /// <summary>Whether rates are by the processor time of this process, what it collects and compiles included, and not by the clock.</summary>
    public static bool ByProcessorTime { get; set; }

    static double Seconds => ByProcessorTime ? Environment.CpuUsage.TotalTime.TotalSeconds : Stopwatch.GetTimestamp() / (double)Stopwatch.Frequency;

    /// <summary>Calls a second, for as long as given; the median of three.</summary>
    public static double PerSecond(Func<int, Verdict> ask, int questions, double seconds)
    {
        const int batch = 64;
        var rates = new double[3];
        for (var round = 0; round < rates.Length; round++)
        {
            var (from, passed, calls, next) = (Seconds, 0.0, 0L, 0);
            while (passed < seconds)
            {
                for (var i = 0; i < batch; i++)
                {
                    ask(next);
                    next = next + 1 == questions ? 0 : next + 1;
                }

                calls += batch;
                passed = Seconds - from;
            }

            rates[round] = calls / passed;
        }

        Array.Sort(rates);
        return rates[1];
    }

    /// <summary>The time that 99 of 100 calls stay below, each timed alone (the clock's own cost included).</summary>
    public static double P99Microseconds(Func<int, Verdict> ask, int questions, int calls)
    {
        var times = new long[calls];
        for (var i = 0; i < calls; i++)
        {
            var from = Stopwatch.GetTimestamp();
            ask(i % questions);
            times[i] = Stopwatch.GetTimestamp() - from;
        }

        Array.Sort(times);
        return times[calls * 99 / 100] * 1e6 / Stopwatch.Frequency;
    }

    public static double BytesPerCall(Func<int, Verdict> ask, int questions)
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < questions; i++)
        {
            ask(i);
        }

        return (GC.GetAllocatedBytesForCurrentThread() - before) / (double)questions;
    }

    /// <summary>Runs until the runtime compiles nothing more in the background; its work is not in the figures but its methods are counted.</summary>
    public static void WarmUp(params ReadOnlySpan<(Func<int, Verdict> Ask, int Questions)> all)
    {
        for (var (round, compiled) = (0, -1L);
            round < 40 && (compiled != System.Runtime.JitInfo.GetCompiledMethodCount() || CelCondition.Progress.Waiting > 0); round++)
        {
            compiled = System.Runtime.JitInfo.GetCompiledMethodCount();
            foreach (var (ask, questions) in all)
            {
                var from = Stopwatch.GetTimestamp();
                for (var i = 0; Stopwatch.GetElapsedTime(from).TotalMilliseconds < 100; i = i + 1 == questions ? 0 : i + 1)
                {
                    ask(i);
                }
            }

            Thread.Sleep(150);
        }
    }
}
