using System.Globalization;
using Anumate;
using Anumate.Bench;
using Anumate.Platform.Data;
using Anumate.Platform.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;

// Durable runs of five pure steps, each reading the one before, in process through the contract interface: six acknowledged commits a run,
// counted in the journal afterwards. PostgreSQL with fsync on, beside it on the same machine. Everything runs: policies, leaves, events,
// sealing, metering. The bare group committer stands under `bare_*`: the difference is what the runtime costs.
TimeSpan warmUp = TimeSpan.FromSeconds(3), duration = TimeSpan.FromSeconds(Seconds(args));
var only = args.SkipWhile(a => a != "--only").Skip(1).FirstOrDefault();
var report = new Report("journal");
string[] folders = [Directory.CreateTempSubdirectory("anumate-bench-").FullName, Directory.CreateTempSubdirectory("anumate-bench-").FullName];
try
{
    if (only is null or "runtime")
    {
        await RuntimeAsync(folders[0]);
    }

    if (only is null or "bare")
    {
        await BareAsync(folders[1]);
    }

    foreach (var key in report.Figures.Keys.Where(k => k.StartsWith("runs_per_s_", StringComparison.Ordinal) && report.Figures.ContainsKey("bare_" + k)).ToList())
    {
        report.Ratios[$"bare_over_runtime_{key["runs_per_s_".Length..]}"] = report.Figures["bare_" + key] / report.Figures[key];
    }

    report.Print(args);
    return 0;
}
finally
{
    Array.ForEach(folders, folder => Directory.Delete(folder, recursive: true));
}

async Task RuntimeAsync(string data)
{
    await using var platform = await EmbeddedPlatform.StartAsync(data, _ => new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>
    {
        ["Anumate:Server:Urls"] = "http://127.0.0.1:0",
        ["Anumate:Telemetry:LogLevel"] = "Warning",
        ["Anumate:Orchestrator:JournalWriters"] = args.Contains("--writers2") ? "2" : "1",
    }).Build(), _ => { }, default);
    var runtime = new RuntimeLoad(platform.App.Services);
    await runtime.PrepareAsync();
    await runtime.SettleAsync();
    foreach (var concurrency in Concurrencies(args))
    {
        var (runs, p50, p95, cpu, allocated) = await runtime.MeasureAsync(concurrency, warmUp, duration);
        report.Figures[$"runs_per_s_c{concurrency}"] = runs;
        report.Figures[$"p50_ms_c{concurrency}"] = p50;
        report.Figures[$"p95_ms_c{concurrency}"] = p95;
        report.Figures[$"cpu_us_per_run_c{concurrency}"] = cpu;
        report.Figures[$"kib_per_run_c{concurrency}"] = allocated;
    }

    await runtime.CountAsync(platform.App.Services.GetRequiredService<Db>());
}

async Task BareAsync(string data)
{
    using var claim = DataFolder.Open(data).Claim();
    await using var postgres = await EmbeddedPostgres.StartAsync(claim, new EmbeddedPostgresOptions(), NullLogger<EmbeddedPostgres>.Instance, default);
    var options = new DbOptions
    {
        Server = postgres.ConnectionString(),
        Passwords = new DbPasswords
        {
            Owner = postgres.PasswordOf("anumate_owner"), App = postgres.PasswordOf("anumate_app"), Writer = postgres.PasswordOf("anumate_writer"),
            Reader = postgres.PasswordOf("anumate_reader"), Sequencer = postgres.PasswordOf("anumate_sequencer"), Timer = postgres.PasswordOf("anumate_timer"),
            Retention = postgres.PasswordOf("anumate_retention"),
        },
    };
    await Bootstrap.RunAsync(postgres.ConnectionString(), options, [.. Services.Words, BareWriter.Service], default);
    await new Migrator(options, TimeProvider.System, NullLogger<Migrator>.Instance)
        .RunAsync([MigrationSet.Of(typeof(Db).Assembly), BareWriter.Migrations], default);
    await using var db = new Db(options, TimeProvider.System);
    await using var bare = new BareWriter(db, 1);
    foreach (var concurrency in Concurrencies(args))
    {
        var (runs, p50, p95) = await bare.MeasureAsync(concurrency, warmUp, duration);
        report.Figures[$"bare_runs_per_s_c{concurrency}"] = runs;
        report.Figures[$"bare_p50_ms_c{concurrency}"] = p50;
        report.Figures[$"bare_p95_ms_c{concurrency}"] = p95;
    }
}

static double Seconds(string[] args) =>
    Array.IndexOf(args, "--seconds") is var at and >= 0 && at + 1 < args.Length ? double.Parse(args[at + 1], CultureInfo.InvariantCulture) : 6;

static int[] Concurrencies(string[] args) =>
    Array.IndexOf(args, "--at") is var at and >= 0 && at + 1 < args.Length ? [int.Parse(args[at + 1], CultureInfo.InvariantCulture)] : [1, 16, 64, 256];
