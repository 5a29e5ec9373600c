-- min_reader: 1
-- What the limits of policies have let pass. A row is one taking: it counts until it has expired. `key` is a digest, `taking` says what
-- was let pass: the same thing asked for again is the same row.
create table platform.limit_taken (
    tenant_id  uuid not null default platform.tenant(),
    rule       text not null,
    key        text not null,
    taking     text not null,
    at         timestamptz not null,
    expires    timestamptz not null,
    primary key (tenant_id, rule, key, taking)
);
create index on platform.limit_taken (tenant_id, rule, key, at);
create index on platform.limit_taken (expires);
select platform.protect('platform.limit_taken', 'select, insert');
grant select (tenant_id, rule, key, taking, expires), delete on platform.limit_taken to anumate_retention;
create policy retention_reads on platform.limit_taken for select to anumate_retention using (true);
create policy retention on platform.limit_taken for delete to anumate_retention using (expires < now());

-- Takes every limit or none: gives no row when they are taken, else the first that is used up and when it is free again. One after the
-- other for each counter, so that no two see the same last place; in one order for everybody, so that no two wait for each other.
create function platform.take_limits(of_rules text[], of_keys text[], counts int[], seconds bigint[], of_taking text, moment timestamptz)
    returns table (number int, free timestamptz) language plpgsql as $$
declare
    nth timestamptz;
begin
    perform pg_advisory_xact_lock(c.counter) from (
        select distinct hashtextextended(format('limit %s %s %s', platform.tenant(), d.rule, d.key), 7312) as counter
        from unnest(of_rules, of_keys) as d (rule, key) order by 1) c;
    -- Each statement from here on sees what was committed before the locks were given.
    for i in 1 .. cardinality(of_rules) loop
        if exists (select from platform.limit_taken t where t.tenant_id = platform.tenant()
                and t.rule = of_rules[i] and t.key = of_keys[i] and t.taking = of_taking) then
            continue;
        end if;
        select t.at into nth from platform.limit_taken t
            where t.tenant_id = platform.tenant() and t.rule = of_rules[i] and t.key = of_keys[i]
                and t.at > moment - make_interval(secs => seconds[i])
            order by t.at desc offset counts[i] - 1 limit 1;
        if found then
            number := i;
            free := nth + make_interval(secs => seconds[i]);
            return next;
            return;
        end if;
    end loop;
    insert into platform.limit_taken (rule, key, taking, at, expires)
        select d.rule, d.key, of_taking, moment, moment + make_interval(secs => max(d.lasts))
        from unnest(of_rules, of_keys, seconds) as d (rule, key, lasts) group by d.rule, d.key
        on conflict do nothing;
end $$;
grant execute on function platform.take_limits(text[], text[], int[], bigint[], text, timestamptz) to anumate_platform;
