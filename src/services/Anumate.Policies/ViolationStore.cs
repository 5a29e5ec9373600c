using System.Text;
using Anumate.Platform.Data;
using Anumate.Platform.Events;
using Anumate.Platform.Http;
using Npgsql;

namespace Anumate.Policies;

/// <summary>Violations by the hour, and alerts.</summary>
sealed class ViolationStore(Db db, TimeProvider time)
{
    // An event that was counted before is passed over. An alert counts those that it is for, in a time that begins with the first of them.
    const string Count = """
        with item as materialized (
            select i.*, date_trunc('hour', i.last, 'UTC') as hour
            from unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::bigint[], $10::timestamptz[], $11::timestamptz[], $12::text[])
                as i (event_id, id, policy, rule, point, subject, mode, verdict, count, first, last, sample)),
        fresh as (
            insert into policies.counted (event_id, at) select distinct event_id, $13::timestamptz from item order by event_id
            on conflict do nothing returning event_id),
        counted as (
            insert into policies.violation as v (id, policy, rule, point, subject, mode, verdict, hour, count, first, last, sample)
            select (array_agg(i.id order by i.last))[1], i.policy, i.rule, i.point, i.subject, i.mode, i.verdict, i.hour,
                sum(i.count), min(i.first), max(i.last), (array_agg(i.sample order by i.last desc))[1]::json
            from item i join fresh using (event_id) group by i.policy, i.rule, i.point, i.subject, i.mode, i.verdict, i.hour
            on conflict (tenant_id, hour, policy, rule, point, subject, mode, verdict) do update set
                count = v.count + excluded.count, first = least(v.first, excluded.first), last = greatest(v.last, excluded.last), sample = excluded.sample)
        update policies.alert a set
            seen = case when a.since + make_interval(secs => a.within_seconds) > $13 then a.seen + n.count else n.count end,
            since = case when a.since + make_interval(secs => a.within_seconds) > $13 then a.since else $13 end
        from (
            select l.id, sum(i.count)::bigint as count
            from policies.alert l join item i on (l.policy = '' or l.policy = i.policy) and (l.mode = '' or l.mode = i.mode) join fresh using (event_id) group by l.id) n
        where a.id = n.id
        returning a.id, a.policy, a.mode, a.threshold, a.within_seconds, a.quiet_seconds, a.set_by, a.set_at, a.fired, a.seen, a.since
        """;

    const string Fire = """
        update policies.alert set fired = $2
        where id = $1 and seen >= threshold and (fired is null or fired + make_interval(secs => quiet_seconds) <= $2)
        """;

    const string List = """
        select id, policy, rule, point, subject, mode, verdict, hour, count, first, last, sample from policies.violation
        where ($1::text is null or policy = $1) and ($2::text is null or rule = $2) and ($3::text is null or point = $3) and ($4::text is null or subject = $4)
            and ($5::text is null or mode = $5) and ($6::timestamptz is null or hour >= $6) and ($7::timestamptz is null or hour < $7) and ($8::uuid is null or id < $8)
        order by id desc limit $9
        """;

    const string InsertAlert = """
        insert into policies.alert (id, policy, mode, threshold, within_seconds, quiet_seconds, set_by, set_at) values ($1, $2, $3, $4, $5, $6, $7, $8)
        """;

    const string Alerts = """
        select id, policy, mode, threshold, within_seconds, quiet_seconds, set_by, set_at, fired from policies.alert
        where ($1::uuid is null or id < $1) order by id desc limit $2
        """;

    const string CountAlerts = "select count(*) from policies.alert";

    const string DeleteAlert = "delete from policies.alert where id = $1";

    const string ForgetViolations = """
        with gone as (
            delete from policies.violation where (tenant_id, id) in (
                select tenant_id, id from policies.violation where hour < now() - interval '90 days' order by hour limit $1)
            returning 1)
        select count(*) from gone
        """;

    const string ForgetCounted = """
        with gone as (
            delete from policies.counted where (tenant_id, event_id) in (
                select tenant_id, event_id from policies.counted where at < now() - interval '7 days' order by at limit $1)
            returning 1)
        select count(*) from gone
        """;

    const int BatchSize = 1_000;

    /// <summary>Counts violations of one tenant, and tells of those that alerts wait for.</summary>
    public async Task CountAsync(IReadOnlyList<StoredEvent> events, CancellationToken ct)
    {
        var (tenant, now) = (events[0].Tenant, time.GetUtcNow());
        var seen = events.Select(e => (Event: e.Id.Value, Of: e.Data<PolicyViolated>())).ToList();
        var alerts = await db.For(tenant).ListAsync(Count, r => (Alert: ToAlert(r), Seen: r.GetInt64(9), Since: r.Time(10)), ct,
            seen.Select(s => s.Event), seen.Select(_ => Id<PolicyViolation>.New(time).Value), seen.Select(s => s.Of.Policy), seen.Select(s => s.Of.Rule),
            seen.Select(s => s.Of.Point), seen.Select(s => s.Of.Of), seen.Select(s => Words.Of(s.Of.Mode)), seen.Select(s => Words.Of(s.Of.Verdict)),
            seen.Select(s => s.Of.Count), seen.Select(s => s.Of.First), seen.Select(s => s.Of.Last), seen.Select(s => Text(s.Of.Sample)), now);
        foreach (var (alert, count, since) in alerts.Where(a => a.Seen >= a.Alert.Threshold && !(a.Alert.Fired + a.Alert.Quiet > now)))
        {
            try
            {
                await db.For(tenant).One(Fire, alert.Id, now)
                    .Event(Caller.OfPlatform(tenant, "policies", alert.Id.ToString()), new PolicyAlerted(alert.Id, alert.Policy, alert.Mode, count, alert.Threshold, since))
                    .SaveAsync(ct);
            }
            catch (ProblemException e) when (e.Problem.Code == "version-conflict")
            {
                // Taken away meanwhile.
            }
        }
    }

    public async Task<Page<PolicyViolation>> ListAsync(Caller caller, ViolationFilter filter, PageRequest page, CancellationToken ct) => Cursor.Page(
        await db.For(caller.Tenant).ListAsync(List, ToViolation, ct, filter.Policy, filter.Rule, filter.Point, filter.Subject,
            filter.Mode is { } mode ? Words.Of(mode) : null, filter.From, filter.To, Cursor.ReadId<PolicyViolation>(page, "violations")?.Value, page.Limit + 1),
        page, "violations", v => [v.Id.ToString()]);

    public Task<PolicyAlert> SaveAsync(Caller caller, PolicyAlert alert, Once once, AuditRecord record, CancellationToken ct) => db.For(caller.Tenant)
        .One(InsertAlert, alert.Id, alert.Policy ?? "", alert.Mode is { } mode ? Words.Of(mode) : "", alert.Threshold, (long)alert.Within.TotalSeconds,
            (long)alert.Quiet.TotalSeconds, alert.By, alert.Created)
        .Audit(record)
        .SaveOnceAsync(caller, once, alert, ct);

    public Task<long> CountAlertsAsync(Caller caller, CancellationToken ct) => db.For(caller.Tenant).FirstAsync(CountAlerts, r => r.GetInt64(0), ct);

    public async Task<Page<PolicyAlert>> ListAlertsAsync(Caller caller, PageRequest page, CancellationToken ct) => Cursor.Page(
        await db.For(caller.Tenant).ListAsync(Alerts, ToAlert, ct, Cursor.ReadId<PolicyAlert>(page, "policy-alerts")?.Value, page.Limit + 1),
        page, "policy-alerts", a => [a.Id.ToString()]);

    public Task DeleteAlertAsync(Caller caller, Id<PolicyAlert> id, AuditRecord record, CancellationToken ct) =>
        db.For(caller.Tenant).One(DeleteAlert, id).Or(() => Problems.NotFound("alert", id.ToString())).Audit(record).SaveAsync(ct);

    /// <summary>Removes what is old, of all tenants.</summary>
    public async Task ForgetAsync(CancellationToken ct)
    {
        while (await db.Across(DbRole.Retention).FirstAsync(ForgetViolations, r => r.GetInt64(0), ct, BatchSize) == BatchSize)
        {
        }

        while (await db.Across(DbRole.Retention).FirstAsync(ForgetCounted, r => r.GetInt64(0), ct, BatchSize) == BatchSize)
        {
        }
    }

    static string Text(ViolationSample sample) => Encoding.UTF8.GetString(
        System.Text.Json.JsonSerializer.SerializeToUtf8Bytes(sample, AnumateJson.Options.GetTypeInfo(typeof(ViolationSample))));

    static PolicyViolation ToViolation(NpgsqlDataReader r) => new(r.Id<PolicyViolation>(0), r.GetString(1), r.GetString(2), r.GetString(3), r.GetString(4),
        Words.ModeOf(r.GetString(5)), Words.VerdictOf(r.GetString(6)), r.Time(7), r.GetInt64(8), r.Time(9), r.Time(10), r.Json<ViolationSample>(11));

    static PolicyAlert ToAlert(NpgsqlDataReader r) => new(r.Id<PolicyAlert>(0), r.GetString(1) is { Length: > 0 } policy ? policy : null,
        r.GetString(2) is { Length: > 0 } mode ? Words.ModeOf(mode) : null, r.GetInt32(3), TimeSpan.FromSeconds(r.GetInt64(4)), TimeSpan.FromSeconds(r.GetInt64(5)),
        r.Id<Principal>(6), r.Time(7), r.TimeOrNull(8));
}
