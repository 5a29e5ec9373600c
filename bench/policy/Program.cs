using Anumate.Bench;
using Anumate.Bench.Policies;

// Decisions a second on one thread, every answer checked against an oracle first. --seconds N is the time of one measurement (1),
// --cpu counts processor time instead of the clock's, for a machine that has more to do; --no-peers leaves out Cedar and OPA, which are
// otherwise installed into bench/.peers and run on the same workloads.
var seconds = Array.IndexOf(args, "--seconds") is var at and >= 0 ? double.Parse(args[at + 1]) : 1;
Measure.ByProcessorTime = args.Contains("--cpu");
var report = new Report("policy");
var few = new Workload(10, 5);
var many = new Workload(1_000, 500);
var dense = new Workload(1_000, 20);

var ten = new Engine(few, Placement.Head);
var thousand = new Engine(many, Placement.Head);
var fifty = new Engine(dense, Placement.Head);
var condition = new Engine(many, Placement.Condition);
var argument = new Engine(many, Placement.Argument);
Engine[] all = [ten, thousand, fifty, condition, argument];
if (Differ("at first"))
{
    return 1;
}

Measure.WarmUp((thousand.PreBound, thousand.Count), (thousand.FromJson, thousand.Count), (ten.PreBound, ten.Count), (ten.FromJson, ten.Count),
    (fifty.PreBound, fifty.Count), (condition.PreBound, condition.Count), (argument.PreBound, argument.Count), (thousand.WithDetail, thousand.Count));
if (Differ("once compiled"))
{
    return 1;
}

report.Figures["compiled_conditions"] = Anumate.Cel.CelCondition.Progress.Compiled;
report.Figures["compiled_methods"] = System.Runtime.JitInfo.GetCompiledMethodCount();
report.Figures["indexed_per_s"] = Rate(thousand.PreBound, thousand);
report.Figures["indexed_10_per_s"] = Rate(ten.PreBound, ten);
report.Figures["indexed_p99_us"] = Measure.P99Microseconds(thousand.PreBound, thousand.Count, 200_000);
report.Figures["json_per_s"] = Rate(thousand.FromJson, thousand);
report.Figures["json_10_per_s"] = Rate(ten.FromJson, ten);
report.Figures["applicable50_per_s"] = Rate(fifty.PreBound, fifty);
report.Figures["unindexed_per_s"] = Rate(condition.PreBound, condition);
report.Figures["linear_per_s"] = Rate(argument.PreBound, argument);
report.Figures["detail_per_s"] = Rate(thousand.WithDetail, thousand);
report.Figures["bytes_per_decision"] = Measure.BytesPerCall(thousand.PreBound, thousand.Count);
report.Figures["bytes_per_decision_json"] = Measure.BytesPerCall(thousand.FromJson, thousand.Count);
report.Figures["bytes_per_decision_50"] = Measure.BytesPerCall(fifty.PreBound, fifty.Count);
double[] reloads = [.. Enumerable.Range(0, 9).Select(thousand.ReloadMilliseconds).Order()];
report.Figures["reload_ms"] = reloads[4];
if (!args.Contains("--no-peers") && !await Peers.RunAsync(report, seconds, ("10", few), ("1000", many), ("50", dense)))
{
    return 1;
}

report.Print(args);
return 0;

bool Differ(string when)
{
    var wrong = all.Sum(e => e.Mismatches());
    if (wrong > 0)
    {
        Console.Error.WriteLine($"{when}, {wrong} decisions differ from the oracle");
    }

    return wrong > 0;
}

double Rate(Func<int, Anumate.Verdict> ask, Engine engine) => Measure.PerSecond(ask, engine.Count, seconds);
