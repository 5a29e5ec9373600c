using System.Diagnostics.Metrics;
using System.Globalization;
using Anumate;
using Anumate.Bench;
using Anumate.Platform.Data;
using Anumate.Platform.Hosting;
using Microsoft.Extensions.Logging.Abstractions;

// The bare group committer on an embedded PostgreSQL with fsync on, client and server on one machine: `bare_runs_per_s_c1` … `c256`,
// `bare_p50_ms_c1` and the like per append. What the whole runtime costs on top is told by bench/journal.
TimeSpan warmUp = TimeSpan.FromSeconds(2), duration = TimeSpan.FromSeconds(Seconds(args));

var folder = Directory.CreateTempSubdirectory("anumate-bench-").FullName;
try
{
    using var claim = DataFolder.Open(folder).Claim();
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
    string[] services = ["registry", "policies", "compiler", "ghostruns", "orchestrator", "approvals", "captokens", "receipts", "events", "connectors", "identity", "metering"];
    await Bootstrap.RunAsync(postgres.ConnectionString(), options, [.. services, BareWriter.Service], default);
    await new Migrator(options, TimeProvider.System, NullLogger<Migrator>.Instance)
        .RunAsync([MigrationSet.Of(typeof(Db).Assembly), BareWriter.Migrations], default);

    var report = new Report("journal-writer");
    using var sizes = new GroupSizes();
    await using var db = new Db(options, TimeProvider.System);
    foreach (var writers in new[] { 1, 2 })
    {
        await using var bare = new BareWriter(db, writers);
        foreach (var concurrency in new[] { 1, 16, 64, 256 })
        {
            sizes.Reset();
            var (runs, p50, p95) = await bare.MeasureAsync(concurrency, warmUp, duration);
            var key = $"c{concurrency}{(writers == 2 ? "_2writers" : "")}";
            report.Figures[$"bare_runs_per_s_{key}"] = runs;
            report.Figures[$"bare_p50_ms_{key}"] = p50;
            report.Figures[$"bare_p95_ms_{key}"] = p95;
            report.Figures[$"bare_group_{key}"] = sizes.Mean;
        }
    }

    report.Print(args);
    return 0;
}
finally
{
    Directory.Delete(folder, recursive: true);
}

static double Seconds(string[] args) =>
    Array.IndexOf(args, "--seconds") is var at and >= 0 && at + 1 < args.Length ? double.Parse(args[at + 1], CultureInfo.InvariantCulture) : 5;

/// <summary>How many appends a group had in the mean.</summary>
sealed class GroupSizes : IDisposable
{
    private readonly MeterListener _listener = new();
    private long _groups;
    private long _items;

    public GroupSizes()
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Name == "anumate.data.group_size")
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<int>((_, size, _, _) =>
        {
            Interlocked.Increment(ref _groups);
            Interlocked.Add(ref _items, size);
        });
        _listener.Start();
    }

    public double Mean => _groups == 0 ? 0 : (double)_items / _groups;

    public void Reset() => (_groups, _items) = (0, 0);

    public void Dispose() => _listener.Dispose();
}
