-- min_reader: 1
-- What every service stands on: the tenant of a transaction, protection of tenant tables, partitions, and the tables they share.
-- Roles are made by Bootstrap before the first migration; README.md beside Data/ says what each may do.

alter default privileges revoke execute on functions from public;

-- The tenant of this transaction; null (no rows) when none is set. After a transaction the setting reverts to '', not to null.
create function platform.tenant() returns uuid language sql stable parallel safe
    return nullif(current_setting('anumate.tenant', true), '')::uuid;

-- Guards «exactly one row»: the batch that calls it with anything else is undone.
create function platform.expect_one(n bigint) returns void language plpgsql as $$
begin
    if n <> 1 then
        raise exception 'expected one row, got %', n using errcode = 'AN409';
    end if;
end $$;

grant usage on schema platform to anumate_platform, anumate_writer, anumate_reader, anumate_sequencer, anumate_timer, anumate_retention;
grant execute on function platform.tenant(), platform.expect_one(bigint)
    to anumate_platform, anumate_writer, anumate_reader, anumate_sequencer, anumate_timer, anumate_retention;

-- Row-level security for a tenant table and its partitions, and the rights of its service on it.
create function platform.protect(target regclass, rights text default 'select, insert, update, delete') returns void language plpgsql as $$
declare
    service text := (select 'anumate_' || n.nspname from pg_class c join pg_namespace n on n.oid = c.relnamespace where c.oid = target);
    part regclass;
begin
    for part in select target union select relid from pg_partition_tree(target) loop
        execute format('alter table %s enable row level security', part);
        execute format('alter table %s force row level security', part);
        execute format('create policy tenant on %s using (tenant_id = platform.tenant()) with check (tenant_id = platform.tenant())', part);
    end loop;
    if rights <> '' then
        execute format('grant %s on %s to %I', rights, target, service);
    end if;
end $$;

-- The least UUIDv7 of a moment.
create function platform.uuid_at(moment timestamptz) returns uuid language sql immutable parallel safe
    return (lpad(to_hex(greatest(0, (extract(epoch from moment) * 1000)::bigint)), 12, '0') || '00000000000000000000')::uuid;

-- Tables whose partitions are made ahead. By time: ranges of a UUIDv7 key, `step` day, week or month. By position: ranges of a
-- sequence, `step` a number.
create table platform.partitioning (
    target    text primary key,
    step      text not null,
    sequence  text,
    ahead     int not null check (ahead between 1 and 64)
);

create function platform.add_partition(target text, suffix text, bounds text) returns void language plpgsql as $$
declare
    child text := format('%I.%I', split_part(target, '.', 1), split_part(target, '.', 2) || '_' || suffix);
begin
    if to_regclass(child) is not null then
        return;
    end if;
    -- Made alone and then attached: inserts into the other partitions go on meanwhile.
    execute format('create table %s (like %s including defaults including constraints including storage)', child, target);
    perform platform.protect(child::regclass, '');
    execute format('alter table %s attach partition %s %s', target, child, bounds);
end $$;

-- Makes what is missing. A range that the default partition already holds rows of is left to it.
create function platform.ensure_partitions() returns int language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    entry platform.partitioning;
    made int := 0;
    before int;
    first timestamptz;
    last bigint;
begin
    if not pg_try_advisory_xact_lock(7311, 1) then
        return 0;
    end if;
    perform set_config('lock_timeout', '2s', true);
    for entry in select * from platform.partitioning order by target loop
        before := (select count(*) from pg_partition_tree(entry.target));
        if entry.sequence is null then
            for k in 0 .. entry.ahead loop
                first := date_trunc(entry.step, now(), 'UTC') + k * ('1 ' || entry.step)::interval;
                begin
                    perform platform.add_partition(entry.target, to_char(first at time zone 'UTC', 'YYYYMMDD'),
                        format('for values from (%L) to (%L)', platform.uuid_at(first), platform.uuid_at(first + ('1 ' || entry.step)::interval)));
                exception when check_violation then null;
                end;
            end loop;
        else
            execute format('select last_value / %s from %s', entry.step, entry.sequence) into last;
            for k in last .. last + entry.ahead loop
                begin
                    perform platform.add_partition(entry.target, 'p' || k,
                        format('for values from (%s) to (%s)', k * entry.step::bigint, (k + 1) * entry.step::bigint));
                exception when check_violation then null;
                end;
            end loop;
        end if;
        made := made + (select count(*) from pg_partition_tree(entry.target)) - before;
    end loop;
    return made;
end $$;
grant execute on function platform.ensure_partitions() to anumate_retention;

create function platform.partition_by_time(target text, step text default 'month', ahead int default 2) returns void language plpgsql as $$
begin
    if step not in ('day', 'week', 'month') then
        raise exception 'a step is day, week or month';
    end if;
    insert into platform.partitioning (target, step, ahead) values (target, step, ahead);
    perform platform.add_partition(target, 'past', format('for values from (minvalue) to (%L)', platform.uuid_at(date_trunc(step, now(), 'UTC'))));
    perform platform.add_partition(target, 'rest', 'default');
    perform platform.ensure_partitions();
end $$;

create function platform.partition_by_position(target text, sequence text, step bigint, ahead int default 2) returns void language plpgsql as $$
begin
    insert into platform.partitioning (target, step, sequence, ahead) values (target, step::text, sequence, ahead);
    perform platform.add_partition(target, 'rest', 'default');
    perform platform.ensure_partitions();
end $$;

-- The migrator writes this one (and makes it, as it must exist before the first migration).
grant select on platform.migration to anumate_platform, anumate_reader;

create table platform.setting (
    name     text primary key,
    value    json not null,
    updated  timestamptz not null
);
grant select on platform.setting to anumate_platform, anumate_reader;
-- The cluster these transaction numbers belong to: elsewhere (a restore) they mean nothing, and a new era begins.
insert into platform.setting (name, value, updated)
    select 'era', json_build_object('number', 1, 'system', s.system_identifier::text, 'timeline', c.timeline_id), now()
    from pg_control_system() s, pg_control_checkpoint() c;

-- The outbox and the log. Positions are given before commit: readers order by (era, xid, position) below the snapshot's horizon.
-- A new era (after a restore) changes the default of `era`.
create sequence platform.event_position;
grant usage on sequence platform.event_position to anumate_platform, anumate_writer;
create table platform.events (
    position     bigint not null default nextval('platform.event_position'),
    era          int not null default 1,
    xid          xid8 not null default pg_current_xact_id(),
    tenant_id    uuid not null default platform.tenant(),
    id           uuid not null,
    type         text not null,
    subject      text not null,
    sequence     bigint not null,
    service      text not null,
    principal    uuid,
    correlation  text,
    traceparent  text,
    at           timestamptz not null,
    body         json not null,
    primary key (tenant_id, era, xid, position)
) partition by range (position);
create index on platform.events (era, xid, position);
select platform.protect('platform.events', 'select, insert (tenant_id, id, type, subject, sequence, service, principal, correlation, traceparent, at, body)');
select platform.partition_by_position('platform.events', 'platform.event_position', 10000000);

grant insert (tenant_id, id, type, subject, sequence, service, principal, correlation, traceparent, at, body) on platform.events to anumate_writer;
create policy writer on platform.events for insert to anumate_writer with check (true);
grant select on platform.events to anumate_reader;
create policy reader on platform.events for select to anumate_reader using (true);

-- Where each work subscription stands, and which process has it.
create table platform.cursor (
    name      text primary key,
    era       int not null,
    xid       xid8 not null,
    position  bigint not null,
    owner     text,
    epoch     bigint not null default 0,
    expires   timestamptz not null default '-infinity',
    updated   timestamptz not null default now()
);
grant select, insert, update on platform.cursor to anumate_reader;
grant select on platform.cursor to anumate_platform;

-- Events whose handler kept failing.
create table platform.parked (
    tenant_id     uuid not null default platform.tenant(),
    subscription  text not null,
    era           int not null,
    xid           xid8 not null,
    position      bigint not null,
    event_id      uuid not null,
    type          text not null,
    attempts      int not null,
    error         text not null,
    parked        timestamptz not null default now(),
    primary key (tenant_id, subscription, era, xid, position)
);
select platform.protect('platform.parked', 'select, delete');
grant insert on platform.parked to anumate_reader;
create policy reader on platform.parked for insert to anumate_reader with check (true);

-- The intake of receipts and audit. `body` is canonical and final; `shard` and `index` are given by Receipts when it seals.
create table platform.leaf (
    tenant_id  uuid not null default platform.tenant(),
    id         uuid not null,
    type       text not null,
    subject    text not null,
    run_id     uuid,
    leaf_hash  bytea not null check (length(leaf_hash) = 32),
    body       bytea not null,
    created    timestamptz not null,
    shard      int,
    index      bigint,
    primary key (tenant_id, id)
) partition by range (id);
create index on platform.leaf (tenant_id, id) where index is null;
create index on platform.leaf (tenant_id, run_id, id) where run_id is not null;
create index on platform.leaf (tenant_id, shard, index) where index is not null;
select platform.protect('platform.leaf', 'insert (tenant_id, id, type, subject, run_id, leaf_hash, body, created)');
select platform.partition_by_time('platform.leaf', 'month');
grant select on platform.leaf to anumate_receipts;
grant insert (tenant_id, id, type, subject, run_id, leaf_hash, body, created) on platform.leaf to anumate_writer;
create policy writer on platform.leaf for insert to anumate_writer with check (true);
grant select, update (shard, index) on platform.leaf to anumate_sequencer;
create policy sequencer_reads on platform.leaf for select to anumate_sequencer using (true);
create policy sequencer_numbers on platform.leaf for update to anumate_sequencer using (index is null) with check (true);

-- What a keyed request answered, for 24 hours.
create table platform.idempotency (
    tenant_id  uuid not null default platform.tenant(),
    principal  uuid not null,
    operation  text not null,
    key        text not null,
    digest     bytea not null,
    response   json not null,
    created    timestamptz not null,
    primary key (tenant_id, principal, operation, key)
);
create index on platform.idempotency (created);
select platform.protect('platform.idempotency', 'select, insert, update');
grant select (tenant_id, principal, operation, key, created), delete on platform.idempotency to anumate_retention;
create policy retention_reads on platform.idempotency for select to anumate_retention using (true);
create policy retention on platform.idempotency for delete to anumate_retention using (created < now() - interval '24 hours');

-- Keys that sign. Those of the platform itself stand under the nil tenant, and every tenant may read them.
create table platform.signing_key (
    tenant_id    uuid not null default platform.tenant(),
    kid          text not null,
    purpose      text not null,
    algorithm    text not null,
    public_key   bytea not null,
    private_key  bytea not null,
    created      timestamptz not null,
    retired      timestamptz,
    primary key (tenant_id, kid)
);
select platform.protect('platform.signing_key', 'select, insert, update (retired)');
create policy of_the_platform on platform.signing_key for select using (tenant_id = '00000000-0000-0000-0000-000000000000');

-- Sealed values of the local secret store; the platform's own stand under the nil tenant.
create table platform.secret (
    tenant_id  uuid not null default platform.tenant(),
    name       text not null,
    version    int not null,
    sealed     bytea not null,
    created    timestamptz not null,
    primary key (tenant_id, name, version)
);
select platform.protect('platform.secret', 'select, insert, delete');

-- Public keys of running processes, by which they call each other. A process enrols only for services it hosts.
create table platform.service_key (
    kid         text not null,
    service     text not null,
    public_key  bytea not null,
    created     timestamptz not null,
    expires     timestamptz not null,
    primary key (kid, service)
);
alter table platform.service_key enable row level security;
alter table platform.service_key force row level security;
create policy readable on platform.service_key for select using (true);
create policy own_service on platform.service_key for insert to anumate_platform with check (pg_has_role('anumate_' || service, 'member'));
create policy expired on platform.service_key for delete to anumate_retention using (expires < now() - interval '1 day');
create policy renewed on platform.service_key for update to anumate_platform using (pg_has_role('anumate_' || service, 'member'));
grant select, insert, update (expires) on platform.service_key to anumate_platform;
grant select (expires), delete on platform.service_key to anumate_retention;

-- Exclusive duties. `epoch` rises with each acquisition; who writes under a lease checks it.
create table platform.lease (
    name     text primary key,
    holder   text not null,
    epoch    bigint not null,
    expires  timestamptz not null
);
grant select, insert, update on platform.lease to anumate_platform, anumate_sequencer, anumate_timer, anumate_reader;
