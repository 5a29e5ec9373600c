using Anumate.Platform.Data;
using Anumate.Platform.Events;

namespace Anumate.Metering;

sealed class UsageStore(Db db)
{
    const string Count = """
        with item as materialized (
            select * from unnest($1::uuid[], $2::date[], $3::bigint[], $4::bigint[]) as i(run_id, day, completed, tool_calls)),
        fresh as (
            insert into metering.counted (run_id) select distinct run_id from item order by run_id on conflict do nothing returning run_id)
        insert into metering.daily as d (day, runs, completed, tool_calls)
        select i.day, count(*), sum(i.completed), sum(i.tool_calls) from (select distinct on (run_id) * from item) i join fresh using (run_id) group by i.day
        on conflict (tenant_id, day) do update
            set runs = d.runs + excluded.runs, completed = d.completed + excluded.completed, tool_calls = d.tool_calls + excluded.tool_calls
        """;

    const string Select = "select day, runs, completed, tool_calls from metering.daily where day between $1 and $2 order by day";

    /// <summary>Counts runs of one tenant; one that was counted before is passed over.</summary>
    public Task CountAsync(IReadOnlyList<StoredEvent> events, CancellationToken ct)
    {
        var ended = events.Select(e => (Event: e.Data<ExecutionCompleted>(), e.Time)).ToList();
        return db.For(events[0].Tenant).Run(Count,
            ended.Select(e => e.Event.Run.Value), ended.Select(e => DateOnly.FromDateTime(e.Time.UtcDateTime)),
            ended.Select(e => e.Event.Status == RunStatus.Completed ? 1L : 0L), ended.Select(e => (long)e.Event.ToolCalls)).SaveAsync(ct);
    }

    public Task<IReadOnlyList<DailyUsage>> GetAsync(Caller caller, DateOnly from, DateOnly to, CancellationToken ct) =>
        db.For(caller.Tenant).ListAsync(Select, r => new DailyUsage(r.GetFieldValue<DateOnly>(0), r.GetInt64(1), r.GetInt64(2), r.GetInt64(3)), ct, from, to);
}
