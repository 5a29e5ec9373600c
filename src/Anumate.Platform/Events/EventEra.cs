using Anumate.Platform.Data;
using Npgsql;

namespace Anumate.Platform.Events;

/// <summary>What the log's recorded cluster says about the one we are in.</summary>
public enum EraState
{
    /// <summary>The same cluster.</summary>
    Same,

    /// <summary>The same, promoted or recovered to a point in time since.</summary>
    OtherTimeline,

    /// <summary>Another cluster: the data was restored into it, and stored transaction numbers mean nothing here.</summary>
    OtherCluster,
}

/// <summary>
/// Eras of the event log. Transaction numbers order the log, and they belong to one cluster: data restored elsewhere goes on in a new
/// era, in which everything older is settled.
/// </summary>
public static class EventEra
{
    const string Look = """
        select value->>'system' = s.system_identifier::text, value->>'timeline' = c.timeline_id::text
        from platform.setting, pg_control_system() s, pg_control_checkpoint() c
        where name = 'era'
        """;

    // Changing the default waits for every writer.
    const string Begin = """
        do $$
        declare
            next int := (select (value->>'number')::int + 1 from platform.setting where name = 'era');
        begin
            execute format('alter table platform.events alter column era set default %s', next);
            update platform.setting
                set value = (select json_build_object('number', next, 'system', s.system_identifier::text, 'timeline', c.timeline_id)
                             from pg_control_system() s, pg_control_checkpoint() c)
                where name = 'era';
        end $$
        """;

    public static Task<EraState> CheckAsync(Db db, CancellationToken ct) => db.Across(DbRole.Reader).FirstAsync(Look,
        r => !r.GetBoolean(0) ? EraState.OtherCluster : r.GetBoolean(1) ? EraState.Same : EraState.OtherTimeline, ct);

    /// <summary>Begins a new era, as the owner, while nothing serves.</summary>
    public static async Task BeginAsync(DbOptions options, TimeProvider time, CancellationToken ct)
    {
        await using var source = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(options.ConnectionString(DbRole.Owner)) { Pooling = false }.ConnectionString);
        await using var connection = await source.OpenConnectionAsync(ct);
        await using var batch = new NpgsqlBatch(connection)
        {
            BatchCommands =
            {
                new NpgsqlBatchCommand(Begin),
                new NpgsqlBatchCommand("update platform.setting set updated = $1 where name = 'era'") { Parameters = { Arguments.Of(time.GetUtcNow()) } },
            },
        };
        await batch.ExecuteNonQueryAsync(ct);
    }
}
