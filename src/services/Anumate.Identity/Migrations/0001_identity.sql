-- min_reader: 1
-- Tenants, the people and programs in them, and their API keys. Secrets are 256 random bits each; only SHA-256 of them is kept.

create table identity.tenant (
    tenant_id  uuid primary key default platform.tenant(),
    name       text not null unique check (name ~ '^[a-z0-9-]{1,63}$'),
    created    timestamptz not null
);
select platform.protect('identity.tenant', 'select, insert');

-- Sign-in gives a tenant's name before any tenant is set. The function reads names as the owner, and gives an id and nothing else.
create policy names on identity.tenant for select to anumate_owner using (true);
create function identity.tenant_named(wanted text) returns uuid language sql stable security definer set search_path = pg_catalog, pg_temp
    return (select t.tenant_id from identity.tenant t where t.name = wanted);
grant execute on function identity.tenant_named(text) to anumate_identity;

create table identity.principal (
    tenant_id    uuid not null default platform.tenant(),
    id           uuid not null,
    name         text not null,
    kind         text not null check (kind in ('user', 'service', 'agent')),
    roles        text[] not null,
    active       boolean not null,
    secret_hash  bytea check (length(secret_hash) = 32),
    version      bigint not null,
    created      timestamptz not null,
    primary key (tenant_id, id),
    unique (tenant_id, name)
);
select platform.protect('identity.principal', 'select, insert, update (roles, active, version, secret_hash)');

create table identity.membership (
    tenant_id  uuid not null default platform.tenant(),
    principal  uuid not null,
    grp        text not null check (grp ~ '^[a-z0-9_-]{1,63}$'),
    primary key (tenant_id, principal, grp),
    foreign key (tenant_id, principal) references identity.principal (tenant_id, id)
);
create index on identity.membership (tenant_id, grp, principal);
select platform.protect('identity.membership', 'select, insert, delete');

create table identity.api_key (
    tenant_id    uuid not null default platform.tenant(),
    id           uuid not null,
    name         text not null,
    owner        uuid not null,
    roles        text[] not null,
    secret_hash  bytea not null check (length(secret_hash) = 32),
    created      timestamptz not null,
    expires      timestamptz,
    revoked      timestamptz,
    last_used    timestamptz,
    primary key (tenant_id, id),
    unique (tenant_id, secret_hash),
    foreign key (tenant_id, owner) references identity.principal (tenant_id, id)
);
create index on identity.api_key (tenant_id, owner, id);
select platform.protect('identity.api_key', 'select, insert, update (revoked, last_used)');
