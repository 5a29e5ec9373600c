-- min_reader: 1
-- A policy has a name and, for good, whom it rules. Its versions never change.
create table policies.policy (
    tenant_id  uuid not null default platform.tenant(),
    name       text not null,
    binding    text not null check (binding in ('capsule', 'tenant')),
    created    timestamptz not null,
    primary key (tenant_id, name)
);
select platform.protect('policies.policy', 'select, insert, update');

create table policies.policy_version (
    tenant_id     uuid not null default platform.tenant(),
    id            uuid not null,
    name          text not null,
    version       int not null check (version > 0),
    digest        text not null,
    source        text not null,
    published_by  uuid not null,
    published_at  timestamptz not null,
    primary key (tenant_id, id),
    unique (tenant_id, name, version),
    foreign key (tenant_id, name) references policies.policy (tenant_id, name)
);
create index on policies.policy_version (tenant_id, digest);
select platform.protect('policies.policy_version', 'select, insert');
