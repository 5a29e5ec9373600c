-- min_reader: 1
-- A simulation and its report; the values of its inputs are not kept, only their digest under a salt of its own.
create table ghostruns.ghost_run (
    tenant_id      uuid not null default platform.tenant(),
    id             uuid not null,
    plan_hash      text not null,
    verdict        text not null,
    created        timestamptz not null,
    body           json not null,
    primary key (tenant_id, id)
);
create index on ghostruns.ghost_run (tenant_id, plan_hash, id);
select platform.protect('ghostruns.ghost_run', 'select, insert');
