-- min_reader: 1
-- A run. What changes on every step is in the journal alone; this row is folded forward at the events that matter: start, wait, end.
-- `epoch` is raised by each takeover: an append of an older epoch is refused.
create table orchestrator.run (
    tenant_id        uuid not null default platform.tenant(),
    id               uuid not null,
    plan_hash        text not null,
    capsule          text not null,
    capsule_version  text not null,
    status           text not null,
    epoch            bigint not null,
    requested_by     uuid not null,
    created          timestamptz not null,
    ended            timestamptz,
    view             json not null,
    primary key (tenant_id, id)
) partition by range (id);
create index on orchestrator.run (id) where ended is null;
select platform.protect('orchestrator.run', 'select, insert, update (epoch)');
select platform.partition_by_time('orchestrator.run', 'month');

-- The journal, the truth of a run. A row is one acknowledged commit: one or more entries in order, the first of them number `seq`.
-- The primary key is the fence: two owners cannot both write number n.
create table orchestrator.run_event (
    tenant_id  uuid not null default platform.tenant(),
    run_id     uuid not null,
    seq        bigint not null,
    entries    json not null,
    primary key (tenant_id, run_id, seq)
) partition by range (run_id);
select platform.protect('orchestrator.run_event', 'select, insert');
select platform.partition_by_time('orchestrator.run_event', 'month');

-- The group-commit writer appends for all tenants; of a run it reads keys and the epoch, never what the run says.
grant usage on schema orchestrator to anumate_writer, anumate_timer;
grant insert on orchestrator.run, orchestrator.run_event to anumate_writer;
grant select (tenant_id, id, epoch), update (status, view, ended) on orchestrator.run to anumate_writer;
create policy writer_reads on orchestrator.run for select to anumate_writer using (true);
create policy writer_starts on orchestrator.run for insert to anumate_writer with check (true);
create policy writer_folds on orchestrator.run for update to anumate_writer using (true) with check (true);
create policy writer on orchestrator.run_event for insert to anumate_writer with check (true);
grant insert (tenant_id, scope, wrapped, salt, created) on platform.data_key to anumate_writer;
create policy orchestrator_writer on platform.data_key for insert to anumate_writer with check (true);

-- After a start, unfinished runs of all tenants are looked for: keys only; each is then taken over as its tenant.
grant select (tenant_id, id, ended, epoch) on orchestrator.run to anumate_timer;
create policy timer on orchestrator.run for select to anumate_timer using (ended is null);
