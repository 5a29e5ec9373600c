-- min_reader: 1
-- A version never changes: there is no update right.
create table registry.capsule (
    tenant_id     uuid not null default platform.tenant(),
    id            uuid not null,
    name          text not null,
    version       text not null,
    -- Orders versions of one name by SemVer precedence; computed by the service.
    precedence    text collate "C" not null,
    title         text,
    owner         text,
    digest        text not null,
    source        text not null,
    signature     json not null,
    published_by  uuid not null,
    published_at  timestamptz not null,
    primary key (tenant_id, id),
    unique (tenant_id, name, version)
);
create index on registry.capsule (tenant_id, name, precedence desc);
select platform.protect('registry.capsule', 'select, insert');
