-- min_reader: 1
-- Violations by the hour: one row for a rule (none: no rule allows it), point, subject and mode, whatever their number.
create table policies.violation (
    tenant_id  uuid not null default platform.tenant(),
    id         uuid not null,
    policy     text not null,
    rule       text not null,
    point      text not null,
    subject    text not null,
    mode       text not null,
    verdict    text not null,
    hour       timestamptz not null,
    count      bigint not null,
    first      timestamptz not null,
    last       timestamptz not null,
    sample     json not null,
    primary key (tenant_id, id),
    unique (tenant_id, hour, policy, rule, point, subject, mode, verdict)
);
create index on policies.violation (tenant_id, policy, id);
create index on policies.violation (hour);
select platform.protect('policies.violation', 'select, insert, update');

-- Events that were counted: they may come twice.
create table policies.counted (
    tenant_id  uuid not null default platform.tenant(),
    event_id   uuid not null,
    at         timestamptz not null,
    primary key (tenant_id, event_id)
);
create index on policies.counted (at);
select platform.protect('policies.counted', 'select, insert');

-- When to tell of violations. `seen` counts since `since`, for `within_seconds`.
create table policies.alert (
    tenant_id       uuid not null default platform.tenant(),
    id              uuid not null,
    policy          text not null,
    mode            text not null,
    threshold       int not null check (threshold > 0),
    within_seconds  bigint not null,
    quiet_seconds   bigint not null,
    set_by          uuid not null,
    set_at          timestamptz not null,
    seen            bigint not null default 0,
    since           timestamptz,
    fired           timestamptz,
    primary key (tenant_id, id)
);
select platform.protect('policies.alert');

-- What is old is removed across tenants; of it only its age is seen.
grant usage on schema policies to anumate_retention;
grant select (tenant_id, id, hour), delete on policies.violation to anumate_retention;
grant select (tenant_id, event_id, at), delete on policies.counted to anumate_retention;
create policy retention_reads on policies.violation for select to anumate_retention using (true);
create policy retention on policies.violation for delete to anumate_retention using (hour < now() - interval '90 days');
create policy retention_reads on policies.counted for select to anumate_retention using (true);
create policy retention on policies.counted for delete to anumate_retention using (at < now() - interval '7 days');

-- What was found of drift, so that it is told once: what the checks said last of a policy's fit to the tools, the hour whose mix was looked at, …
create table policies.drift (
    tenant_id  uuid not null default platform.tenant(),
    kind       text not null,
    name       text not null,
    state      text not null,
    at         timestamptz not null,
    primary key (tenant_id, kind, name)
);
select platform.protect('policies.drift');
