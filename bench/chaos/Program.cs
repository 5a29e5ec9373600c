using System.Globalization;
using Anumate.Bench;
using Anumate.Chaos;
using Anumate.Platform.Hosting;

// What survives. Real processes, real signals, a PostgreSQL with fsync; the oracle is a tool server in a process of its own that records raw
// executions and deduplicates nothing. Half of the runs call tools that may not be repeated.
//   bench/run chaos [--runs N] [--kills N] [--seed N] [--phase kill|points|stop|takeover|hosts|database|tools|disk] [--json]
// `lost`: acknowledged and gone. `doubled`: executed twice, though not idempotent. `unfinished`: no end. `asked`: put to a person.
int runs = Number("--runs", 20_000), kills = Number("--kills", 200), seed = Number("--seed", 20261125);
var only = args.SkipWhile(a => a != "--phase").Skip(1).FirstOrDefault();
var points = KillPoint.Names.Order(StringComparer.Ordinal).SelectMany(p => ((int[])(kills >= 100 ? [1, 5, 20] : [2])).Select(n => $"{p}:{n}")).ToList();
var total = new ChaosCount();
var clock = System.Diagnostics.Stopwatch.StartNew();

await OnGroundAsync(null, async phases =>
{
    await PhaseAsync("kill", () => phases.KillAsync(runs * 70 / 100, kills));
    await PhaseAsync("points", () => phases.KillAtPointsAsync(runs * 10 / 100, points, TimeSpan.FromSeconds(20)));
    await PhaseAsync("stop", () => phases.StopAndContinueAsync(runs * 2 / 100));
    await PhaseAsync("takeover", () => phases.TakeOverAsync(runs * 2 / 100));
    await PhaseAsync("hosts", () => phases.TwoHostsAsync(runs * 2 / 100));
    await PhaseAsync("database", () => phases.RestartDatabaseAsync(runs * 5 / 100, Math.Max(1, kills / 40)));
    await PhaseAsync("tools", () => phases.TroubleToolsAsync(runs * 7 / 100, Math.Max(2, kills / 20)));
});
if (Wanted("disk"))
{
    var folder = Directory.CreateTempSubdirectory("anumate-chaos-disk-").FullName;
    using (var disk = SmallDisk.Mount(folder, 400))
    {
        if (disk is null)
        {
            await Console.Error.WriteLineAsync("disk: a small tmpfs cannot be mounted here; left out");
        }
        else
        {
            await OnGroundAsync(disk.Folder, phases => PhaseAsync("disk", () => phases.FillDiskAsync(runs * 2 / 100, disk)));
        }
    }

    Directory.Delete(folder, recursive: true);
}

foreach (var fault in total.Faults.Take(50))
{
    await Console.Error.WriteLineAsync($"fault: {fault}");
}

var report = new Report("chaos");
report.Figures["runs"] = total.Runs;
report.Figures["kills"] = total.Kills;
report.Figures["lost"] = total.Lost;
report.Figures["doubled"] = total.Doubled;
report.Figures["unfinished"] = total.Unfinished;
report.Figures["asked"] = total.Asked;
report.Figures["success_percent"] = total.SuccessPercent;
report.Figures["seconds"] = clock.Elapsed.TotalSeconds;
report.Print(args);
return total is { Lost: 0, Doubled: 0, Unfinished: 0 } && total.Succeeded == total.Runs ? 0 : 1;

async Task OnGroundAsync(string? data, Func<ChaosPhases, Task> phases)
{
    await using var ground = await ChaosGround.StartAsync(seed, data);
    await phases(ground.Phases);
    await Console.Error.WriteLineAsync($"{clock.Elapsed:hh\\:mm\\:ss} waiting for every run to end ...");
    total += await ground.JudgeAsync();
}

async Task PhaseAsync(string name, Func<Task> phase)
{
    if (Wanted(name))
    {
        await Console.Error.WriteLineAsync($"{clock.Elapsed:hh\\:mm\\:ss} {name} ...");
        await phase();
    }
}

bool Wanted(string phase) => only is null || only == phase;

int Number(string option, int otherwise) =>
    args.SkipWhile(a => a != option).Skip(1).FirstOrDefault() is { } text ? int.Parse(text, CultureInfo.InvariantCulture) : otherwise;
