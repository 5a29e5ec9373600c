using System.Diagnostics;
using Anumate.Platform.Data;
using Microsoft.Extensions.Logging.Abstractions;

namespace Anumate.Bench;

/// <summary>
/// What group commit alone can carry: runs of six sequential acknowledged appends, each with the ownership check, in closed loops; nothing
/// else of the runtime. The tables have the shape, the policies and the partitions of the orchestrator's.
/// </summary>
sealed class BareWriter : IAsyncDisposable
{
    public const string Service = "bench";

    const int AppendsOfARun = 6;
    const int Tenants = 200;

    const string Tables = """
        create table bench.run (tenant_id uuid not null, id uuid not null, epoch bigint not null, primary key (tenant_id, id)) partition by range (id);
        select platform.protect('bench.run');
        select platform.partition_by_time('bench.run', 'month');
        create table bench.run_event (
            tenant_id uuid not null, run_id uuid not null, seq bigint not null, body json not null, primary key (tenant_id, run_id, seq)) partition by range (run_id);
        select platform.protect('bench.run_event');
        select platform.partition_by_time('bench.run_event', 'month');
        grant usage on schema bench to anumate_writer;
        grant insert on bench.run, bench.run_event to anumate_writer;
        grant select on bench.run to anumate_writer;
        create policy writer_reads on bench.run for select to anumate_writer using (true);
        create policy writer_starts on bench.run for insert to anumate_writer with check (true);
        create policy writer on bench.run_event for insert to anumate_writer with check (true);
        """;

    const string Append = """
        with item as materialized (
            select * from unnest($1::int[], $2::uuid[], $3::uuid[], $4::bigint[], $5::bigint[], $6::json[]) as i(ord, tenant_id, run_id, epoch, seq, body)),
        own as materialized (
            select i.* from item i where i.seq = 1
            union all
            select i.* from item i join bench.run u on u.tenant_id = i.tenant_id and u.id = i.run_id and u.epoch = i.epoch where i.seq > 1),
        born as (insert into bench.run (tenant_id, id, epoch) select tenant_id, run_id, epoch from own where seq = 1),
        entry as (insert into bench.run_event (tenant_id, run_id, seq, body) select tenant_id, run_id, seq, body from own)
        select ord from own
        """;

    static readonly byte[] Body = System.Text.Encoding.UTF8.GetBytes($$"""{"type":"step_completed","step":"s1","at":"2026-11-23T12:00:00Z","output":"{{new string('x', 120)}}"}""");

    readonly GroupWriter<Item> _writer;
    readonly Guid[] _tenants = [.. Enumerable.Range(0, Tenants).Select(_ => NewId())];

    public BareWriter(Db db, int writers) => _writer = new GroupWriter<Item>(db, new GroupStatement<Item>(Append, i => i.Run) { Size = _ => Body.Length }
        .Uuid(i => i.Tenant).Uuid(i => i.Run).Bigint(_ => 1).Bigint(i => i.Seq).Json(_ => Body), new GroupOptions { Writers = writers }, NullLogger<GroupWriter<Item>>.Instance);

    public static MigrationSet Migrations { get; } = new(Service, [new Migration(Service, 1, "bench", Tables, "bench", 1)]);

    /// <summary>Runs a second, and the latencies of appends in ms, after a warm-up that is not counted.</summary>
    public async Task<(double RunsPerSecond, double P50, double P95)> MeasureAsync(int concurrency, TimeSpan warmUp, TimeSpan duration)
    {
        var begin = Stopwatch.GetTimestamp() + (long)(warmUp.TotalSeconds * Stopwatch.Frequency);
        var end = begin + (long)(duration.TotalSeconds * Stopwatch.Frequency);
        var loops = await Task.WhenAll(Enumerable.Range(0, concurrency).Select(loop => Task.Run(() => LoopAsync(loop, begin, end))));
        var latencies = loops.SelectMany(l => l.Latencies).Order().ToArray();
        return (loops.Sum(l => l.Runs) / duration.TotalSeconds, At(latencies, 0.50), At(latencies, 0.95));
    }

    public ValueTask DisposeAsync() => _writer.DisposeAsync();

    async Task<(int Runs, List<double> Latencies)> LoopAsync(int loop, long begin, long end)
    {
        var (runs, latencies) = (0, new List<double>(100_000));
        for (var tenant = loop; ; tenant++)
        {
            var run = NewId();
            for (var seq = 1; seq <= AppendsOfARun; seq++)
            {
                var sent = Stopwatch.GetTimestamp();
                if (sent >= end)
                {
                    return (runs, latencies);
                }

                if (!await _writer.WriteAsync(new Item(_tenants[tenant % Tenants], run, seq), default))
                {
                    throw new InvalidOperationException("an append was refused");
                }

                if (sent >= begin)
                {
                    latencies.Add(Stopwatch.GetElapsedTime(sent).TotalMilliseconds);
                }
            }

            if (Stopwatch.GetTimestamp() is var done && done >= begin && done < end)
            {
                runs++;
            }
        }
    }

    static double At(double[] sorted, double part) => sorted.Length == 0 ? 0 : sorted[(int)(part * (sorted.Length - 1))];

    static Guid NewId() => Guid.CreateVersion7(TimeProvider.System.GetUtcNow());

    readonly record struct Item(Guid Tenant, Guid Run, long Seq);
}
