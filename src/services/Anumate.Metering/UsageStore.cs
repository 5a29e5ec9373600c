using Anumate.Platform.Data;
using Anumate.Platform.Events;

namespace Anumate.Metering;

sealed class UsageStore(Db db)
{
    const string Count = """
        with fresh as (insert into metering.counted (run_id) values ($1) on conflict do nothing returning 1)
        insert into metering.daily as d (day, runs, completed, tool_calls) select $2, 1, $3, $4 from fresh
        on conflict (tenant_id, day) do update
            set runs = d.runs + excluded.runs, completed = d.completed + excluded.completed, tool_calls = d.tool_calls + excluded.tool_calls
        """;

    const string Select = "select day, runs, completed, tool_calls from metering.daily where day between $1 and $2 order by day";

    public Task CountAsync(StoredEvent e, CancellationToken ct)
    {
        var ended = e.Data<ExecutionCompleted>();
        return db.For(e.Tenant)
            .Run(Count, ended.Run, DateOnly.FromDateTime(e.Time.UtcDateTime), ended.Status == RunStatus.Completed ? 1L : 0L, (long)ended.ToolCalls)
            .SaveAsync(ct);
    }

    public Task<IReadOnlyList<DailyUsage>> GetAsync(Caller caller, DateOnly from, DateOnly to, CancellationToken ct) =>
        db.For(caller.Tenant).ListAsync(Select, r => new DailyUsage(r.GetFieldValue<DateOnly>(0), r.GetInt64(1), r.GetInt64(2), r.GetInt64(3)), ct, from, to);
}
