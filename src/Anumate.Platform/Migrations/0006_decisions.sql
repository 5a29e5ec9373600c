-- min_reader: 1
-- Decisions of policies with the facts they were made of, some each second, so that a version of a policy can be tried on what really
-- happened. Facts that hold values are sealed with the key of their run, or with the tenant's key of the day.
create table platform.decision (
    tenant_id  uuid not null default platform.tenant(),
    id         uuid not null,
    at         timestamptz not null,
    point      text not null,
    subject    text not null,
    verdict    text not null,
    digest     text not null,
    pinned     text not null,
    run_id     uuid,
    key_of     uuid,
    facts      text not null,
    primary key (tenant_id, id)
) partition by range (id);
create index on platform.decision (at);
select platform.protect('platform.decision', 'select, insert');
select platform.partition_by_time('platform.decision', 'week');
grant select (tenant_id, id, at), delete on platform.decision to anumate_retention;
create policy retention_reads on platform.decision for select to anumate_retention using (true);
create policy retention on platform.decision for delete to anumate_retention using (at < now() - interval '30 days');

-- Decisions by the hour, of all processes together.
create table platform.policy_mix (
    tenant_id  uuid not null default platform.tenant(),
    hour       timestamptz not null,
    point      text not null,
    verdict    text not null,
    count      bigint not null,
    primary key (tenant_id, hour, point, verdict)
);
create index on platform.policy_mix (hour, tenant_id);
select platform.protect('platform.policy_mix', 'select, insert, update');
grant select (tenant_id, hour, point, verdict), delete on platform.policy_mix to anumate_retention;
create policy retention_reads on platform.policy_mix for select to anumate_retention using (true);
create policy retention on platform.policy_mix for delete to anumate_retention using (hour < now() - interval '90 days');

-- By which digest each process decides for a tenant, as it said last.
create table platform.policy_host (
    tenant_id  uuid not null default platform.tenant(),
    process    text not null,
    digest     text not null,
    at         timestamptz not null,
    primary key (tenant_id, process)
);
create index on platform.policy_host (at);
select platform.protect('platform.policy_host', 'select, insert, update');
grant select (tenant_id, process, at), delete on platform.policy_host to anumate_retention;
create policy retention_reads on platform.policy_host for select to anumate_retention using (true);
create policy retention on platform.policy_host for delete to anumate_retention using (at < now() - interval '1 hour');
