-- min_reader: 1
create table connectors.connector (
    tenant_id  uuid not null default platform.tenant(),
    id         uuid not null,
    name       text not null,
    base_url   text not null,
    version    bigint not null,
    updated    timestamptz not null,
    primary key (tenant_id, id),
    unique (tenant_id, name)
);
select platform.protect('connectors.connector', 'select, insert, update');

-- A tool's name is unique in the tenant: a capsule names tools, not connectors.
create table connectors.tool (
    tenant_id     uuid not null default platform.tenant(),
    name          text not null,
    connector_id  uuid not null,
    body          json not null,
    primary key (tenant_id, name),
    foreign key (tenant_id, connector_id) references connectors.connector (tenant_id, id)
);
create index on connectors.tool (tenant_id, connector_id);
select platform.protect('connectors.tool', 'select, insert, update, delete');
