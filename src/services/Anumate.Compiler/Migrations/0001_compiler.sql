-- min_reader: 1
-- A plan is its bytes: the canonical document whose SHA-256 is its name. It never changes.
create table compiler.plan (
    tenant_id        uuid not null default platform.tenant(),
    plan_hash        text not null,
    id               uuid not null,
    capsule          text not null,
    capsule_version  text not null,
    steps            int not null,
    body             bytea not null,
    diagnostics      json not null,
    compiled_by      uuid not null,
    compiled_at      timestamptz not null,
    primary key (tenant_id, plan_hash)
);
create index on compiler.plan (tenant_id, id);
select platform.protect('compiler.plan', 'select, insert');
