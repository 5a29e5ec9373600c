-- min_reader: 1
-- Waivers, as signed: a row that was altered lifts nothing.
create table policies.waiver (
    tenant_id  uuid not null default platform.tenant(),
    id         uuid not null,
    rule       text not null,
    expires    timestamptz not null,
    revoked    timestamptz,
    body       json not null,
    primary key (tenant_id, id)
);
create index on policies.waiver (tenant_id, expires) where revoked is null;
select platform.protect('policies.waiver', 'select, insert, update (revoked)');
